"""Normalisation and activations by name.

References:
    Ioffe and Szegedy, "Batch normalization", ICML 2015.
    Wu and He, "Group normalization", ECCV 2018.
    Ba, Kiros and Hinton, "Layer normalization", 2016.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import jax
from flax import linen as nn
from jax import Array

NormName = Literal["none", "batch", "group", "layer"]
ActivationName = Literal["leaky_relu", "leaky_relu_0.2", "relu", "elu", "gelu", "silu", "tanh"]

# jax.nn's functions; the slope of leaky_relu is 0.01, as in PyTorch (Keras: 0.3; GANs: 0.2).
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    name: getattr(jax.nn, name) for name in ("leaky_relu", "relu", "elu", "gelu", "silu", "tanh")
} | {"leaky_relu_0.2": partial(jax.nn.leaky_relu, negative_slope=0.2)}

PIECEWISE_LINEAR = ("leaky_relu", "relu", "leaky_relu_0.2")  # cheap enough to compute twice


def has_bias(kind: NormName) -> bool:
    """Return whether the layer before a normalisation should have a bias.

    Batch normalisation subtracts any; its gradient would be rounding noise, which Adam scales up.
    """
    return kind != "batch"


class Norm(nn.Module):
    """No normalisation, or batch, group or layer normalisation.

    Attributes:
        kind: "none", "batch" (batch statistics while training, running ones otherwise, momentum
            .9), "group" (32 groups, or the largest number below that divides the channels) or
            "layer" (over the last axis alone, at each position).
        dtype: of the result; statistics are computed in float32.
    """

    kind: NormName = "none"
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return x (batch, ..., channels), normalised."""
        if self.kind == "batch":
            return nn.BatchNorm(not train, momentum=0.9, dtype=self.dtype)(x)
        if self.kind == "group":
            return nn.GroupNorm(math.gcd(32, x.shape[-1]), dtype=self.dtype)(x)
        if self.kind == "layer":
            return nn.LayerNorm(dtype=self.dtype)(x)
        return x
