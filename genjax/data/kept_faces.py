"""Drawn faces in a file that is mapped into memory, so that a second start draws nothing."""

import hashlib
import inspect
import os

import jax
import numpy as np

from genjax.compilation_cache import machine
from genjax.data import drawn_faces, drawn_parts, drawn_shapes
from genjax.data.cache import open_or_make
from genjax.data.source import DataError


def kept_faces(
    folder: str | os.PathLike[str],
    n: int,
    *,
    seed: int = 0,
    image_shape: tuple[int, int, int] = (128, 128, 3),
    start: int = 0,
) -> np.ndarray:
    """Return the pictures of `drawn_faces`, from a folder where they are there.

    They are kept apart by everything that a pixel may depend on: the code that draws, the versions
    of JAX and XLA, the compiler's flags, the processor and the device.

    Args:
        folder: made if it is not there; it may be emptied at any time.
        n: faces.
        seed: the data set's.
        image_shape: (height, width, 3).
        start: the first row's number.

    Returns:
        (n, height, width, 3) uint8; mapped and read-only, but where they cannot be kept.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first, second = (kept_faces(folder, 2, image_shape=(32, 32, 3)) for _ in range(2))
        ...     print(np.array_equal(first, second))
        True
    """

    def fill(pictures: np.ndarray) -> dict[str, str]:
        drawn_faces.draw_into(pictures, drawn_faces.sample_factors(seed, n, start))
        return {}

    height, width, _ = image_shape
    key = f"faces-{height}x{width}-{seed}-{start}-{n}-{_drawn_by()}"
    try:
        return open_or_make(folder, key, (n, *image_shape), fill)[0]
    except DataError:  # a full disk: what can be drawn need not be kept
        pictures = np.empty((n, *image_shape), np.uint8)
        fill(pictures)
        return pictures


def _drawn_by() -> str:
    """Return a hash of what draws."""
    parts = [inspect.getsource(module) for module in (drawn_faces, drawn_parts, drawn_shapes)]
    parts += [jax.__version__, machine(), jax.devices()[0].device_kind]
    parts.append(os.environ.get("XLA_FLAGS", ""))
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
