"""DCGAN's two networks, for pictures of any size.

5x5 convolutions of stride 2, none but these; batch normalisation everywhere but in the generator's
last and the discriminator's first layer; ReLUs in the generator, leaky ones of slope .2 in the
discriminator; every kernel, the logit's too, drawn from N(0, .02²). For a picture of 64x64x3 and a
width of 128 that is the published stack: 100 -> 1024x4x4 -> 512x8x8 -> 256x16x16 -> 128x32x32 ->
3x64x64. Other sizes are halved, rounding up, until a side is 4 or less; a level has twice the
channels of the one above, at most eight times the width.

References:
    Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional
    generative adversarial networks", ICLR 2016, figure 1 and section 4.
"""

import math
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.conv_layers import Conv, ConvTranspose
from genjax.nets.conv_networks import halvings
from genjax.nets.norm import ACTIVATIONS, ActivationName, Norm, NormName, has_bias
from genjax.nets.spectral import normalize

SMALLEST = 4  # a side is halved until it is no longer than this
INITIAL = nn.initializers.normal(0.02)


def widths(width: int, levels: int) -> tuple[int, ...]:
    """Return the channels of each level, the largest pictures' first.

    Example:
        >>> widths(128, 5)
        (128, 256, 512, 1024, 1024)
    """
    return tuple(width * 2 ** min(level, 3) for level in range(levels))


class DCGANGenerator(nn.Module):
    """Noise through a dense layer to the smallest size, and transposed convolutions up.

    Attributes:
        output_shape: (height, width, channels).
        width: channels of the largest hidden layer.
        kernel: side of the windows.
        activation: of all layers but the last, which is linear.
        norm: of the same layers.
        dtype: of the computation; parameters and the result are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = DCGANGenerator((28, 28, 1), width=4)
        >>> jax.eval_shape(net.init_with_output, jax.random.key(0), jnp.ones((2, 100)))[0].shape
        (2, 28, 28, 1)
    """

    output_shape: tuple[int, int, int]
    width: int = 128
    kernel: int = 5
    activation: ActivationName = "relu"
    norm: NormName = "batch"
    dtype: Any = None

    @nn.compact
    def __call__(self, z: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of z (batch, numbers)."""
        *sizes, smallest = halvings(self.output_shape[:2], SMALLEST)
        features = widths(self.width, max(len(sizes), 1))
        how: dict[str, Any] = {"kernel_init": INITIAL, "dtype": self.dtype}
        inner = {**how, "use_bias": has_bias(self.norm)}
        x = nn.Dense(math.prod(smallest) * features[-1], **inner)(z)
        x = self._rest(x.reshape(x.shape[0], *smallest, features[-1]), train)
        window = (self.kernel, self.kernel)
        for size, channels in zip(sizes[:0:-1], features[-2::-1], strict=True):
            x = self._rest(ConvTranspose(channels, window, **inner)(x, size), train)
        last = ConvTranspose(self.output_shape[2], window, 2 if sizes else 1, **how)
        return last(x, self.output_shape[:2]).astype("float32")

    def _rest(self, x: Array, train: bool) -> Array:
        return ACTIVATIONS[self.activation](Norm(self.norm, self.dtype)(x, train=train))


class DCGANDiscriminator(nn.Module):
    """Convolutions down to the smallest size, flattened: a trunk of `players.Discriminator`.

    Attributes:
        width: channels of the first layer.
        kernel: side of the windows.
        activation: of all layers but the last; that of the features is `Discriminator`'s.
        norm: of all layers but the first.
        spectral: divide each kernel by its spectral norm.
        dtype: of the computation; parameters and the result are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = DCGANDiscriminator(width=4)
        >>> key, x = jax.random.key(0), jnp.ones((2, 64, 64, 3))
        >>> jax.eval_shape(net.init_with_output, key, x)[0].shape
        (2, 512)
    """

    width: int = 128
    kernel: int = 5
    activation: ActivationName = "leaky_relu_0.2"
    norm: NormName = "batch"
    spectral: bool = False
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, features), before their activation, of x (batch, height, width, c)."""
        levels = len(halvings((x.shape[1], x.shape[2]), SMALLEST)) - 1
        for level, channels in enumerate(widths(self.width, max(levels, 1))):
            norm: NormName = self.norm if level else "none"
            x = x if level == 0 else ACTIVATIONS[self.activation](x)
            layer = Conv(
                channels, (self.kernel, self.kernel), 2 if levels else 1,
                use_bias=has_bias(norm), kernel_init=INITIAL, dtype=self.dtype,
            )  # fmt: skip
            x = normalize(layer, x, train=train) if self.spectral else layer(x)
            x = Norm(norm, self.dtype)(x, train=train)
        return x.reshape(x.shape[0], -1).astype("float32")
