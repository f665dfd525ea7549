"""Pictures as coarser pictures of patches, and back: no arithmetic, and nothing is lost."""

import jax
from jax import Array

from genjax.errors import InputError


def space_to_depth(x: Array, side: int) -> Array:
    """Return each patch of side x side pixels as one pixel.

    Args:
        x: (batch, height, width, channels).
        side: of a patch, pixels; divides height and width.

    Returns:
        (batch, height / side, width / side, side * side * channels).

    Raises:
        InputError: the pictures are not made of whole patches.

    Example:
        >>> import jax.numpy as jnp
        >>> space_to_depth(jnp.arange(4.0).reshape(1, 2, 2, 1), 2).ravel().tolist()
        [0.0, 1.0, 2.0, 3.0]
    """
    n, height, width, channels = x.shape
    if height % side or width % side:
        raise InputError(f"a picture of {(height, width)} is not made of {side}x{side} patches")
    x = x.reshape(n, height // side, side, width // side, side, channels)
    x = x.transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(n, height // side, width // side, side * side * channels)


def depth_to_space(x: Array, side: int) -> Array:
    """Return what `space_to_depth` was given.

    Args:
        x: (batch, height, width, side * side * channels).
        side: of a patch, pixels.

    Returns:
        (batch, height * side, width * side, channels).

    Example:
        >>> import jax.numpy as jnp
        >>> depth_to_space(jnp.arange(8.0).reshape(1, 1, 1, 8), 2).shape
        (1, 2, 2, 2)
    """
    n, height, width, depth = x.shape
    channels = depth // (side * side)
    x = x.reshape(n, height, width, side, side, channels).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(n, height * side, width * side, channels)


def half_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return half of (height, width), rounded up."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


def shrink(x: Array) -> Array:
    """Return pictures (batch, height, width, channels) at half their size, anti-aliased."""
    return _resize(x, half_size((x.shape[1], x.shape[2])), "linear")


def enlarge(x: Array, size: tuple[int, int]) -> Array:
    """Return pictures (batch, height', width', channels) at (height, width), by cubic splines."""
    return _resize(x, size, "cubic")


def _resize(x: Array, size: tuple[int, int], method: str) -> Array:
    return jax.image.resize(x, (x.shape[0], *size, x.shape[3]), method)
