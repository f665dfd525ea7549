"""Strided convolutions from pictures to vectors, and transposed ones back.

The depth follows from the picture: it is halved, rounding up, until its shorter side is 8 or less
(128, 64 and 32 end at 8; 96 and 48 at 6; 28 at 7). The decoder walks the encoder's sizes backwards,
so every size comes out as it went in.

References:
    Radford et al., "Unsupervised representation learning with DCGANs", ICLR 2016.
"""

import math
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.conv_layers import Conv, ConvTranspose
from genjax.nets.norm import ACTIVATIONS, ActivationName, Norm, NormName, has_bias

SMALLEST = 8  # the shorter side is halved until it is no longer than this


def halvings(size: tuple[int, int], smallest: int = SMALLEST) -> tuple[tuple[int, int], ...]:
    """Return the sizes that strided convolutions pass through, the picture's first.

    Args:
        size: (height, width), both 1 or more.
        smallest: the shorter side is halved until it is no longer than this.

    Example:
        >>> halvings((28, 40))
        ((28, 40), (14, 20), (7, 10))
    """
    height, width = size
    if min(size) <= smallest:
        return ((height, width),)
    return ((height, width), *halvings(((height + 1) // 2, (width + 1) // 2), smallest))


def widths(channels: tuple[int, ...], depth: int) -> tuple[int, ...]:
    """Return one width a layer: cut to the depth, or the last one repeated.

    Example:
        >>> widths((32, 64), 4)
        (32, 64, 64, 64)
    """
    return tuple(channels[min(layer, len(channels) - 1)] for layer in range(depth))


class ConvEncoder(nn.Module):
    """Strided 3x3 convolutions (convolution, normalisation, activation), flattened, dense.

    Attributes:
        channels: of each layer; cut, or the last repeated, to the picture's depth.
        outputs: numbers an example.
        activation: of the convolutions; the output is linear.
        norm: of the convolutions.
        dtype: of the computation; parameters and the result are float32.
    """

    channels: tuple[int, ...]
    outputs: int
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, outputs) of x (batch, height, width, channels)."""
        depth = len(halvings((x.shape[1], x.shape[2]))) - 1
        for features in widths(self.channels, depth):
            x = Conv(features, use_bias=has_bias(self.norm), dtype=self.dtype)(x)
            x = Norm(self.norm, self.dtype)(x, train=train)
            x = ACTIVATIONS[self.activation](x)
        x = x.reshape(x.shape[0], -1)
        return nn.Dense(self.outputs, dtype=self.dtype)(x).astype("float32")


class ConvDecoder(nn.Module):
    """The mirror image of `ConvEncoder`: dense, then transposed convolutions.

    Attributes:
        channels: as the encoder's: used backwards, the last transposed convolution giving
            `output_shape`'s channels.
        output_shape: (height, width, channels) of an example's output.
        activation: of all layers but the last, which is linear.
        norm: of the same layers.
        dtype: of the computation; parameters and the result are float32.
    """

    channels: tuple[int, ...]
    output_shape: tuple[int, int, int]
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dtype: Any = None

    @nn.compact
    def __call__(self, z: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of z (batch, latent)."""
        *larger, smallest = halvings(self.output_shape[:2])
        features = widths(self.channels, max(len(larger), 1))
        x = nn.Dense(math.prod(smallest) * features[-1], dtype=self.dtype)(z)
        x = x.reshape(x.shape[0], *smallest, features[-1])
        for size, width in zip(larger[:0:-1], features[-2::-1], strict=True):
            x = ConvTranspose(width, use_bias=has_bias(self.norm), dtype=self.dtype)(x, size)
            x = Norm(self.norm, self.dtype)(x, train=train)
            x = ACTIVATIONS[self.activation](x)
        last = ConvTranspose(self.output_shape[2], stride=2 if larger else 1, dtype=self.dtype)
        return last(x, self.output_shape[:2]).astype("float32")
