"""Generative models in JAX that you can trust: the public names."""

from genjax.algorithm import Algorithm, Aux, Context, Phase, TrainState, from_phases
from genjax.fit import NonFiniteError, Progress, fit, fit_many

__all__ = [
    "Algorithm",
    "Aux",
    "Context",
    "NonFiniteError",
    "Phase",
    "Progress",
    "TrainState",
    "fit",
    "fit_many",
    "from_phases",
]
