"""Residual networks for two players of pictures: the strong baseline.

The generator's blocks double the picture, the discriminator's halve it, as often as both its sides
are even and the result is 4 or more. In the generator batch normalisation takes its scale and shift
from the input itself: with a label's vector in that input this is conditional batch normalisation,
without one it is self-modulation. The discriminator sums its features over the picture.

References:
    Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial
    networks", ICLR 2018, appendix B.4.
    Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018, figure 14.
    Chen, Lucic, Houlsby and Gelly, "On self modulation for generative adversarial networks",
    ICLR 2019, eq. 1.
"""

import math
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.nets.conv_layers import Conv
from genjax.nets.dcgan import widths
from genjax.nets.spectral import normalize

_INITIAL = nn.initializers.orthogonal()


def even_halvings(size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the sizes that halving without a rest passes through, the picture's first.

    Example:
        >>> even_halvings((28, 32)), even_halvings((32, 32))[-1]
        (((28, 32), (14, 16), (7, 8)), (4, 4))
    """
    height, width = size
    if height % 2 or width % 2 or min(size) < 8:
        return ((height, width),)
    return ((height, width), *even_halvings((height // 2, width // 2)))


class ModulatedNorm(nn.Module):
    """Batch normalisation whose scale and shift are linear in a vector of each row.

    Attributes:
        dtype: of the computation.
    """

    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, vector: Array, *, train: bool = False) -> Array:
        """Return x (batch, height, width, channels), modulated by vector (batch, numbers)."""
        x = nn.BatchNorm(
            not train, momentum=0.9, use_scale=False, use_bias=False, dtype=self.dtype
        )(x)
        dense = nn.Dense(2 * x.shape[-1], kernel_init=nn.initializers.normal(0.02), name="vector")
        scale, shift = jnp.split(dense(vector)[:, None, None].astype(x.dtype), 2, axis=-1)
        return x * (1 + scale) + shift


class ResidualGenerator(nn.Module):
    """A dense layer to the smallest size, and residual blocks that double it.

    Attributes:
        output_shape: (height, width, channels).
        width: channels of the largest pictures; a level below has twice as many, at most 8 times.
        dtype: of the computation; parameters and the result are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = ResidualGenerator((28, 28, 1), width=4)
        >>> jax.eval_shape(net.init_with_output, jax.random.key(0), jnp.ones((2, 10)))[0].shape
        (2, 28, 28, 1)
    """

    output_shape: tuple[int, int, int]
    width: int = 64
    dtype: Any = None

    @nn.compact
    def __call__(self, z: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of z (batch, numbers)."""
        *larger, smallest = even_halvings(self.output_shape[:2])
        *features, most = widths(self.width, len(larger) + 1)
        x = nn.Dense(math.prod(smallest) * most, kernel_init=_INITIAL, dtype=self.dtype)(z)
        x = x.reshape(x.shape[0], *smallest, most)
        for channels in reversed(features):
            x = self._block(x, z, channels, train)
        x = nn.relu(ModulatedNorm(self.dtype)(x, z, train=train))
        return self._conv(x, self.output_shape[2], use_bias=True).astype("float32")

    def _block(self, x: Array, z: Array, channels: int, train: bool) -> Array:
        h = _double(nn.relu(ModulatedNorm(self.dtype)(x, z, train=train)))
        h = nn.relu(ModulatedNorm(self.dtype)(self._conv(h, channels), z, train=train))
        return self._conv(h, channels) + _double(self._conv(x, channels, side=1))

    def _conv(self, x: Array, channels: int, side: int = 3, use_bias: bool = False) -> Array:
        # Whatever constant a block adds, batch normalisation takes away in the end.
        how: dict[str, Any] = {"kernel_init": _INITIAL, "dtype": self.dtype}
        return Conv(channels, (side, side), 1, use_bias=use_bias, **how)(x)


class ResidualDiscriminator(nn.Module):
    """Residual blocks that halve the picture, two at the smallest size: a trunk of features.

    Attributes:
        width: channels of the first block; each that halves has twice as many, at most 8 times.
        spectral: divide each kernel by its spectral norm.
        dtype: of the computation; parameters and the result are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = ResidualDiscriminator(width=4, spectral=False)
        >>> key, x = jax.random.key(0), jnp.ones((2, 28, 28, 1))
        >>> jax.eval_shape(net.init_with_output, key, x)[0].shape
        (2, 8)
    """

    width: int = 64
    spectral: bool = True
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, channels), summed over the picture, of x (batch, height, width, c)."""
        levels = len(even_halvings((x.shape[1], x.shape[2]))) - 1
        features = widths(self.width, max(levels, 1))
        for index, channels in enumerate(features):
            x = self._block(x, channels, train, first=index == 0, halve=index < levels)
        x = self._block(x, features[-1], train, first=False, halve=False)
        return jnp.sum(nn.relu(x), axis=(1, 2)).astype("float32")

    def _block(self, x: Array, channels: int, train: bool, *, first: bool, halve: bool) -> Array:
        # A picture's own numbers are not to be cut at 0 before the first layer.
        h = self._conv(x if first else nn.relu(x), channels, train)
        h = self._conv(nn.relu(h), channels, train)
        if halve:
            h, x = _halve(h), _halve(x)
        if first or x.shape[-1] != channels:
            x = self._conv(x, channels, train, side=1)
        return h + x

    def _conv(self, x: Array, channels: int, train: bool, side: int = 3) -> Array:
        layer = Conv(channels, (side, side), 1, kernel_init=_INITIAL, dtype=self.dtype)
        return normalize(layer, x, train=train) if self.spectral else layer(x)


def _double(x: Array) -> Array:
    """Return pictures at twice their size, each pixel four times."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def _halve(x: Array) -> Array:
    """Return pictures at half their size, the mean of each four pixels."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))
