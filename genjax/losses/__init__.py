"""Small pure functions, per example, in nats; callers reduce."""

from genjax.losses.divergence import kl_per_dimension, kl_standard_normal
from genjax.losses.likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from genjax.losses.mixed import Mixed
from genjax.losses.reconstruction import WeightedSquaredError

__all__ = [
    "Bernoulli",
    "Categorical",
    "Gaussian",
    "Likelihood",
    "Mixed",
    "WeightedSquaredError",
    "kl_per_dimension",
    "kl_standard_normal",
]
