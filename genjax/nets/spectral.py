"""Spectral normalisation: a layer's kernel, divided by its largest singular value.

A step of power iteration at each training call (two in a discriminator's turn, of real and of
generated rows) follows the singular vector, a statistic of its own collection, which stays as it is
when the layer is not training.

References:
    Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial
    networks", ICLR 2018, algorithm 1.
"""

from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.dense import Dense


def normalize(layer: nn.Module, x: Array, *, train: bool) -> Array:
    """Apply a layer with its kernel at spectral norm 1; call it within a compact method.

    Args:
        layer: any linen layer; kernels of more axes are seen as (rest, outputs) matrices.
        x: its input.
        train: take a step of power iteration.
    """
    # A collection of its own: "batch_stats" would say that rows of a batch depend on each other.
    spectral = nn.SpectralNorm(layer, collection_name="spectral_norm")
    return spectral(x, update_stats=train)


def dense(x: Array, units: int, *, spectral: bool, train: bool, **settings: Any) -> Array:
    """Apply a dense layer, normalised or not; call it within a compact method."""
    layer = Dense(units, **settings)
    return normalize(layer, x, train=train) if spectral else layer(x)
