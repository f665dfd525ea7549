"""Noise that two interpreters share without sending any: a function of its shape alone.

NumPy alone is needed. Draws of one shape are equal, which is no good noise, but the same on either
side of a comparison.
"""

from collections.abc import Sequence

import numpy as np


def normal(shape: Sequence[int]) -> np.ndarray:
    """Return N(0, 1), float32 of this shape.

    Example:
        >>> bool((normal((2, 3)) == normal([2, 3])).all())
        True
    """
    return _generator(shape).standard_normal(tuple(shape)).astype(np.float32)


def uniform(shape: Sequence[int], low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Return numbers of [low, high), float32 of this shape."""
    return (low + (high - low) * _generator(shape).random(tuple(shape))).astype(np.float32)


def integers(shape: Sequence[int], low: int, high: int) -> np.ndarray:
    """Return integers of [low, high), int32 of this shape."""
    return _generator(shape).integers(low, high, tuple(shape)).astype(np.int32)


def _generator(shape: Sequence[int]) -> np.random.Generator:
    return np.random.default_rng([len(shape), *shape])
