"""The two networks of the paper that conditioned GANs: noise and label have layers of their own.

The generator maps noise to 200 units and the label to 1000, both ReLUs, and those together to 1200,
then to the picture. The discriminator maps the picture to 240 maxout units of 5 pieces and the
label to 50 of 5, and those together to 240 of 4, then to the logit. Half of the hidden units are
dropped while training.

References:
    Mirza and Osindero, "Conditional generative adversarial nets", 2014, section 4.1.
    Goodfellow et al., "Maxout networks", ICML 2013.
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.losses.adversarial import Judgement
from genjax.nets.conditioned import shares
from genjax.nets.dropout import Dropout


def _start(key: Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Array:
    """Return kernels within ±.05: the paper does not say; flax's own collapse at its rate."""
    return jax.random.uniform(key, shape, dtype, -0.05, 0.05)


_Dense = partial(nn.Dense, kernel_init=_start)


def maxout(x: Array, units: int, pieces: int, *, name: str) -> Array:
    """Apply a dense layer of units * pieces outputs, and keep each unit's largest piece.

    Call it within a compact method.

    Args:
        x: (batch, inputs).
        units: outputs.
        pieces: linear functions that a unit is the maximum of.
        name: of the dense layer.

    Returns:
        (batch, units).
    """
    return _Dense(units * pieces, name=name)(x).reshape(x.shape[0], units, pieces).max(axis=-1)


class PublishedGenerator(nn.Module):
    """Noise and label, joined in the second hidden layer.

    Attributes:
        output_shape: of one example.
        classes: of the labels.
        units: of the noise's, the label's and the joint layer.
        dropout: share of hidden units dropped while training.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = PublishedGenerator((28, 28, 1), classes=10)
        >>> z, y = jnp.ones((2, 100)), jnp.array([3, 7])
        >>> jax.eval_shape(net.init_with_output, jax.random.key(0), z, y)[0].shape
        (2, 28, 28, 1)
    """

    output_shape: tuple[int, ...]
    classes: int
    units: tuple[int, int, int] = (200, 1000, 1200)
    dropout: float = 0.5

    @nn.compact
    def __call__(self, z: Array, y: Array, *, train: bool = False) -> Array:
        """Return raw rows (batch, *output_shape) of z (batch, numbers), y (batch,) int."""
        drop = partial(Dropout(self.dropout), train=train)
        of_noise = drop(nn.relu(_Dense(self.units[0], name="noise")(z)))
        of_label = drop(nn.relu(_Dense(self.units[1], name="label")(shares(y, self.classes))))
        joint = jnp.concatenate([of_noise, of_label], axis=-1)
        joint = drop(nn.relu(_Dense(self.units[2], name="joint")(joint)))
        x = _Dense(math.prod(self.output_shape), name="output")(joint)
        return x.reshape(x.shape[0], *self.output_shape)


class PublishedDiscriminator(nn.Module):
    """Picture and label, joined in the second maxout layer, which is the features.

    Attributes:
        classes: of the labels.
        units: of the picture's, the label's and the joint layer.
        pieces: of each of these layers' units.
        dropout: share of hidden units dropped while training.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = PublishedDiscriminator(classes=10)
        >>> x, y = jnp.ones((2, 28, 28, 1)), jnp.array([3, 7])
        >>> jax.eval_shape(net.init_with_output, jax.random.key(0), x, y)[0].features.shape
        (2, 240)
    """

    classes: int
    units: tuple[int, int, int] = (240, 50, 240)
    pieces: tuple[int, int, int] = (5, 5, 4)
    dropout: float = 0.5

    @nn.compact
    def __call__(self, x: Array, y: Array, *, train: bool = False) -> Judgement:
        """Return the judgement of x (batch, *event_shape), y (batch,) int."""
        drop = partial(Dropout(self.dropout), train=train)
        x = x.reshape(x.shape[0], -1)
        of_picture = maxout(x, self.units[0], self.pieces[0], name="picture")
        of_label = maxout(shares(y, self.classes), self.units[1], self.pieces[1], name="label")
        joint = drop(jnp.concatenate([of_picture, of_label], axis=-1))
        joint = maxout(joint, self.units[2], self.pieces[2], name="joint")
        return Judgement(_Dense(1, name="logit")(drop(joint))[:, 0], joint)
