"""Linen layers over `conv.py`: convolutions and transposed ones, with what they learn."""

from collections.abc import Callable
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.conv import Padding, Pair, conv2d, conv2d_transpose


class Conv(nn.Module):
    """`conv2d` with a kernel and a bias to learn; parameters are float32.

    Attributes:
        features: output channels.
        kernel_size: (rows, columns).
        stride: the step of the windows.
        padding: "SAME", "VALID" or explicit pairs.
        use_bias: whether to add a bias.
        dtype: of the computation; None takes the promoted type of the inputs.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> Conv(8).init_with_output(jax.random.key(0), jnp.ones((1, 7, 7, 3)))[0].shape
        (1, 4, 4, 8)
    """

    features: int
    kernel_size: Pair = (3, 3)
    stride: int | Pair = 2
    padding: Padding = "SAME"
    use_bias: bool = True
    dtype: Any = None
    kernel_init: Callable[..., Array] = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Return (batch, height', width', features) of x (batch, height, width, channels)."""
        shape = (*self.kernel_size, x.shape[-1], self.features)
        x, kernel, bias = _parameters(self, x, shape)
        y = conv2d(x, kernel, stride=self.stride, padding=self.padding)
        return y if bias is None else y + bias


class ConvTranspose(nn.Module):
    """`conv2d_transpose` with a kernel and a bias to learn; attributes as in `Conv`.

    Attributes:
        output_size: (height, width) of the result, here or in the call.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = ConvTranspose(3, output_size=(7, 7))
        >>> net.init_with_output(jax.random.key(0), jnp.ones((1, 4, 4, 8)))[0].shape
        (1, 7, 7, 3)
    """

    features: int
    kernel_size: Pair = (3, 3)
    stride: int | Pair = 2
    padding: Padding = "SAME"
    use_bias: bool = True
    dtype: Any = None
    kernel_init: Callable[..., Array] = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)
    output_size: Pair | None = None

    @nn.compact
    def __call__(self, y: Array, output_size: Pair | None = None) -> Array:
        """Return (batch, *output_size, features) of y (batch, height', width', channels)."""
        size = nn.merge_param("output_size", self.output_size, output_size)
        shape = (*self.kernel_size, self.features, y.shape[-1])
        y, kernel, bias = _parameters(self, y, shape)
        x = conv2d_transpose(y, kernel, output_size=size, stride=self.stride, padding=self.padding)
        return x if bias is None else x + bias


def _parameters(
    module: Conv | ConvTranspose, x: Array, shape: tuple[int, ...]
) -> tuple[Array, Array, Array | None]:
    """The input, kernel and bias (or None), in the type of the computation."""
    kernel = module.param("kernel", module.kernel_init, shape)
    bias = (
        module.param("bias", nn.initializers.zeros, (module.features,)) if module.use_bias else None
    )
    x, kernel, bias = nn.dtypes.promote_dtype(x, kernel, bias, dtype=module.dtype)
    return x, kernel, None if bias is None else bias.reshape(1, 1, 1, -1)
