"""Smaller pictures by averaging areas: exact for any ratio, and differentiable."""

import jax.numpy as jnp
import numpy as np
from jax import Array


def shrink(images: Array | np.ndarray, size: int) -> Array:
    """Return pictures in [0, 1], averaged over areas until no side exceeds `size`.

    Each new pixel is the mean over its own, equal share of the old area (OpenCV's INTER_AREA).

    Args:
        images: (n, h, w, c) uint8.
        size: the longest side; a shorter one stays, so a wide picture is made narrower.

    Returns:
        (n, min(h, size), min(w, size), c) float32.

    Example:
        >>> shrink(np.array([[[[0], [255], [255], [255]]]], np.uint8), 2).ravel().tolist()
        [0.5, 1.0]
    """
    rows, columns = (_areas(n, min(n, size)) for n in images.shape[1:3])
    x = jnp.asarray(images).astype(jnp.float32) / 255
    return jnp.einsum("ah,bw,nhwc->nabc", rows, columns, x, precision="highest")


def _areas(old: int, new: int) -> np.ndarray:
    """Return the share that each old pixel has in each new one, (new, old)."""
    edges = np.arange(new + 1) * old / new
    low = np.maximum(edges[:-1, None], np.arange(old))
    high = np.minimum(edges[1:, None], np.arange(1, old + 1))
    return (np.maximum(high - low, 0) * new / old).astype(np.float32)
