"""Generative models in JAX that you can trust: the public names."""

from genjax.algorithm import Algorithm, Aux, Context, Elementwise, Phase, TrainState, from_phases
from genjax.errors import InputError
from genjax.fit import NonFiniteError, Progress, fit
from genjax.fit_many import fit_many
from genjax.run import Run, load
from genjax.trained import Trained

__all__ = [
    "Algorithm",
    "Aux",
    "Context",
    "Elementwise",
    "InputError",
    "NonFiniteError",
    "Phase",
    "Progress",
    "Run",
    "TrainState",
    "Trained",
    "fit",
    "fit_many",
    "from_phases",
    "load",
]
