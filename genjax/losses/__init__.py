"""Small pure functions, per example, in nats; callers reduce."""

from genjax.losses.adversarial import (
    AdversarialLoss,
    Judgement,
    adversarial_loss,
    match_features,
    smooth_labels,
)
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
from genjax.losses.penalty import R1, R2, GradientPenalty, Penalty, WeightClipping, penalty
from genjax.losses.reconstruction import WeightedSquaredError
from genjax.losses.student_t import StudentT
from genjax.losses.table_row import Column, RowLayout, TableRow

__all__ = [
    "R1",
    "R2",
    "AdversarialLoss",
    "Bernoulli",
    "Categorical",
    "Column",
    "Gaussian",
    "GradientPenalty",
    "Judgement",
    "Likelihood",
    "Mixed",
    "Penalty",
    "RowLayout",
    "StudentT",
    "TableRow",
    "WeightClipping",
    "WeightedSquaredError",
    "adversarial_loss",
    "bits_per_dimension",
    "kl_per_dimension",
    "kl_standard_normal",
    "log_ratio_to_standard_normal",
    "match_features",
    "penalty",
    "shares_scale",
    "smooth_labels",
]
