"""How close are reconstructions to their originals?"""

import numpy as np

from genjax.errors import InputError


def squared_errors(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each example's mean squared error a pixel, (n,) float64, in units of [0, 1] squared.

    Args:
        x: (n, ...), uint8 (255 is taken for 1) or floats in [0, 1].
        y: the same shape, of either type.

    Raises:
        InputError: the shapes differ, or floats lie outside [0, 1].

    Example:
        >>> squared_errors(np.full((2, 4), 255, np.uint8), np.array([[1.0] * 4, [0.5] * 4]))
        array([0.  , 0.25])
    """
    if x.shape != y.shape or x.ndim < 2:
        raise InputError(f"errors are between arrays of one shape, (n, ...): {x.shape}, {y.shape}")
    errors = [np.mean((_unit(a) - _unit(b)) ** 2) for a, b in zip(x, y, strict=True)]
    return np.array(errors, np.float64)


def mean_squared_error(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean of `squared_errors`, in units of [0, 1] squared."""
    return float(squared_errors(x, y).mean())


def _unit(x: np.ndarray) -> np.ndarray:
    if x.dtype == np.uint8:
        return x / 255
    if not (x.min() >= 0 and x.max() <= 1):  # a NaN lands here too
        raise InputError(f"floats must lie in [0, 1], these in [{x.min():g}, {x.max():g}]")
    return x.astype(np.float64)
