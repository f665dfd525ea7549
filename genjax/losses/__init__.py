"""Small pure functions, per example, in nats; callers reduce."""

from genjax.losses.divergence import (
    kl_per_dimension,
    kl_standard_normal,
    log_ratio_to_standard_normal,
)
from genjax.losses.likelihood import (
    Bernoulli,
    Categorical,
    Gaussian,
    Likelihood,
    bits_per_dimension,
    shares_scale,
)
from genjax.losses.mixed import Mixed
from genjax.losses.reconstruction import WeightedSquaredError

__all__ = [
    "Bernoulli",
    "Categorical",
    "Gaussian",
    "Likelihood",
    "Mixed",
    "WeightedSquaredError",
    "bits_per_dimension",
    "kl_per_dimension",
    "kl_standard_normal",
    "log_ratio_to_standard_normal",
    "shares_scale",
]
