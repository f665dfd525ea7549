"""Differentiable augmentation: a discriminator that never sees the same picture twice.

Real and generated pictures alike pass random, differentiable changes before they are judged, in
either player's turn, so that a small set cannot be learnt by heart, and the generator is not taught
to draw the changes. It wraps any discriminator, and is gone when not training.

References:
    Zhao, Liu, Lin, Zhu and Han, "Differentiable augmentation for data-efficient GAN training",
    NeurIPS 2020, eq. 2 and 3, section 4.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.nets.network import dropout_key

SHIFT = 1 / 8  # of a side, at most
HOLE = 1 / 2  # of a side


def colour(key: Array, x: Array) -> Array:
    """Change each picture's brightness, saturation and contrast.

    By up to .5 more or less, by a factor of 0 to 2, and by one of .5 to 1.5.

    Args:
        key: random key.
        x: (batch, height, width, channels) in [-1, 1]; the result may leave that range.
    """
    keys = jax.random.split(key, 3)
    shape = (len(x), 1, 1, 1)
    x = x + jax.random.uniform(keys[0], shape, minval=-0.5, maxval=0.5)
    grey = x.mean(axis=3, keepdims=True)
    x = grey + (x - grey) * jax.random.uniform(keys[1], shape, maxval=2.0)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    return mean + (x - mean) * jax.random.uniform(keys[2], shape, minval=0.5, maxval=1.5)


def translation(key: Array, x: Array) -> Array:
    """Shift each picture by up to an eighth of its sides; zeros come in.

    Args:
        key: random key.
        x: (batch, height, width, channels).
    """
    keys = jax.random.split(key)
    rows, columns = (
        _shifts(own, len(x), side) for own, side in zip(keys, x.shape[1:3], strict=True)
    )
    # Products with shift matrices: the gradient of a gather is slow in a loop on a CPU.
    return jnp.einsum("nah,nbw,nhwc->nabc", rows, columns, x, precision="highest")


def cutout(key: Array, x: Array) -> Array:
    """Set a random rectangle of half the sides to zero; its centre lies anywhere in the picture.

    Args:
        key: random key.
        x: (batch, height, width, channels).
    """
    keys = jax.random.split(key)
    rows, columns = (
        _inside(own, len(x), side) for own, side in zip(keys, x.shape[1:3], strict=True)
    )
    return x * ~(rows[:, :, None, None] & columns[:, None, :, None])


AUGMENTATIONS: dict[str, Callable[[Array, Array], Array]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}


def augment(key: Array, x: Array, policy: Sequence[str]) -> Array:
    """Apply the named augmentations in turn.

    Args:
        key: random key.
        x: (batch, height, width, channels), as the networks see pictures, in [-1, 1].
        policy: names of `AUGMENTATIONS`.

    Example:
        >>> x = jnp.ones((2, 8, 8, 1))
        >>> augment(jax.random.key(0), x, ("translation", "cutout")).shape
        (2, 8, 8, 1)
    """
    for index, name in enumerate(policy):
        x = AUGMENTATIONS[name](jax.random.fold_in(key, index), x)
    return x


class Augmented(nn.Module):
    """A discriminator that sees augmented pictures while it trains.

    Attributes:
        discriminator: x, and y -> its judgement; its call takes `train`.
        policy: names of `AUGMENTATIONS`.
    """

    discriminator: nn.Module
    policy: tuple[str, ...]

    @nn.compact
    def __call__(self, x: Array, *labels: Array, train: bool = False) -> Any:
        """Return what the discriminator says of x (batch, *event_shape), and labels."""
        if train:
            x = augment(dropout_key(self), x, self.policy)
        return self.discriminator(x, *labels, train=train)


def _shifts(key: Array, n: int, side: int) -> Array:
    """Return n matrices (side, side) that shift by a whole number of pixels."""
    most = int(side * SHIFT + 0.5)
    by = jax.random.randint(key, (n, 1, 1), -most, most + 1)
    place = jnp.arange(side)
    return jnp.where(place[None, :, None] - place[None, None, :] == by, 1.0, 0.0)


def _inside(key: Array, n: int, side: int) -> Array:
    """Return which places of a side lie in the hole, (n, side) bool."""
    length = int(side * HOLE + 0.5)
    start = jax.random.randint(key, (n, 1), 0, side + (1 - length % 2)) - length // 2
    place = jnp.arange(side)[None]
    return (place >= start) & (place < start + length)
