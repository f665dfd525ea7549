"""Residual networks over patches, beside a linear path: quick to compute, quick to learn.

The encoder is the sum of a dense layer that sees the whole picture at half its size and of a trunk:
patches of `patch` pixels, residual blocks, and at each further level patches of 2. All but the
blocks' 3x3 convolutions are matrix products without a window to copy. The decoder is its mirror
image. The last layers of both trunks start at zero, so that what is learnt first, or is set to a
closed form (`genjax.models.linear_start`), is the linear model, and the trunks learn what it lacks.

References:
    He et al., "Identity mappings in deep residual networks", ECCV 2016 (pre-activation).
    Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021 (patches).
    Shi et al., "Real-time single image super-resolution using an efficient sub-pixel convolutional
    neural network", CVPR 2016 (depth to space).
    Zhang, Dauphin and Ma, "Fixup initialization", ICLR 2019 (last layers at zero).
"""

import math
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.errors import InputError
from genjax.nets.conv_layers import Conv
from genjax.nets.dense import Dense
from genjax.nets.norm import ACTIVATIONS, ActivationName, Norm, NormName
from genjax.nets.patches import depth_to_space, enlarge, half_size, shrink, space_to_depth

LINEAR = "linear"  # the name of the linear path's layer, in both networks
# The linear path sees a tenth of its inputs, and has kernels ten times as large: Adam moves every
# weight by its rate, so that a rate which is right for the trunks would shake the linear path.
TENTH = 0.1
_MIDDLE = 0.5  # of the pixels' range: what the trunk sees is centred


class ResidualBlock(nn.Module):
    """x + dense(activation(conv3x3(activation(norm(x))))), of x's shape.

    Attributes:
        activation: of both layers.
        norm: of the input.
        dtype: of the computation.
    """

    activation: ActivationName = "silu"
    norm: NormName = "layer"
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, height, width, channels) of the same."""
        act, features = ACTIVATIONS[self.activation], x.shape[-1]
        h = act(Norm(self.norm, self.dtype)(x, train=train))
        h = act(Conv(features, stride=1, dtype=self.dtype)(h))
        return x + Dense(features, dtype=self.dtype)(h)


class ResidualEncoder(nn.Module):
    """From pictures to vectors: a linear path and a residual trunk, added.

    Attributes:
        channels: of each level.
        outputs: numbers an example.
        blocks: residual blocks of each level.
        patch: side of the first level's patches, pixels; a further level's are of 2.
        activation: of the hidden layers.
        norm: of the hidden layers.
        dtype: of the trunk's computation; the linear path, parameters and the result are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = ResidualEncoder((8, 16), 10, blocks=(0, 1))
        >>> net.init_with_output(jax.random.key(0), jnp.ones((2, 16, 24, 3)))[0].shape
        (2, 10)
    """

    channels: tuple[int, ...]
    outputs: int
    blocks: tuple[int, ...]
    patch: int = 4
    activation: ActivationName = "silu"
    norm: NormName = "layer"
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, outputs) of x (batch, height, width, channels)."""
        batch = x.shape[0]
        linear = Dense(self.outputs, name=LINEAR)(TENTH * shrink(x).reshape(batch, -1))
        how: dict[str, Any] = {"activation": self.activation, "norm": self.norm}
        h = x - _MIDDLE
        for level, (features, count) in enumerate(zip(self.channels, self.blocks, strict=True)):
            h = space_to_depth(h, 2 if level else self.patch)
            h = Dense(features, dtype=self.dtype)(h)
            for _ in range(count):
                h = ResidualBlock(**how, dtype=self.dtype)(h, train=train)
        h = Norm(self.norm, self.dtype)(h, train=train)
        h = ACTIVATIONS[self.activation](h).reshape(batch, -1)
        h = Dense(self.outputs, dtype=self.dtype, kernel_init=nn.initializers.zeros)(h)
        return linear + h.astype("float32")


class ResidualDecoder(nn.Module):
    """The mirror image of `ResidualEncoder`: from vectors to pictures.

    Attributes:
        channels: as the encoder's, used backwards.
        output_shape: (height, width, channels) of an example's output.
        blocks: as the encoder's, used backwards.
        patch: as the encoder's.
        activation: of the hidden layers.
        norm: of the hidden layers.
        dtype: as the encoder's.
    """

    channels: tuple[int, ...]
    output_shape: tuple[int, int, int]
    blocks: tuple[int, ...]
    patch: int = 4
    activation: ActivationName = "silu"
    norm: NormName = "layer"
    dtype: Any = None

    @nn.compact
    def __call__(self, z: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of z (batch, latent)."""
        height, width, depth = self.output_shape
        half = half_size((height, width))
        linear = Dense(math.prod(half) * depth, name=LINEAR)(TENTH * z)
        linear = enlarge(linear.reshape(-1, *half, depth), (height, width))
        how: dict[str, Any] = {"activation": self.activation, "norm": self.norm}
        rows, columns = coarsest((height, width), self.patch, len(self.channels))
        h = Dense(rows * columns * self.channels[-1], dtype=self.dtype)(z)
        h = h.reshape(-1, rows, columns, self.channels[-1])
        for level in reversed(range(len(self.channels))):
            for _ in range(self.blocks[level]):
                h = ResidualBlock(**how, dtype=self.dtype)(h, train=train)
            if level:
                h = Dense(4 * self.channels[level - 1], dtype=self.dtype)(h)
                h = depth_to_space(h, 2)
        h = ACTIVATIONS[self.activation](Norm(self.norm, self.dtype)(h, train=train))
        last = Dense(self.patch**2 * depth, dtype=self.dtype, kernel_init=nn.initializers.zeros)
        return linear + depth_to_space(last(h), self.patch).astype("float32")


def coarsest(size: tuple[int, int], patch: int, levels: int) -> tuple[int, int]:
    """Return the (height, width) of the last level.

    Args:
        size: (height, width) of the picture.
        patch: side of the first level's patches.
        levels: how many.

    Raises:
        InputError: the picture is not made of whole patches at every level.

    Example:
        >>> coarsest((128, 96), 4, 3)
        (8, 6)
    """
    side = patch * 2 ** (levels - 1)
    if size[0] % side or size[1] % side:
        raise InputError(
            f"residual networks of {levels} levels over patches of {patch} take pictures whose "
            f"sides are multiples of {side}, not {size}: change `channels`, `blocks` or `patch`"
        )
    return size[0] // side, size[1] // side
