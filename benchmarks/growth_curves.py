"""The slope and the knee of a curve of two positive numbers, both on logarithmic axes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST_CHANGE = 0.2  # of slope, below which a bend is no knee but the spread of the timings


class Knee(NamedTuple):
    """Where a curve bends most: the size, and the slopes of its neighbouring stretches."""

    size: float
    before: float
    after: float


def slope_of(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of log value against log size, by least squares over the upper half.

    Args:
        sizes: ascending and positive, 2 or more; of an odd number the middle one counts.
        values: positive, one for each.

    Example:
        >>> round(slope_of([1, 10, 100, 1000], [7.0, 7.0, 50.0, 5.0]), 6)
        -1.0
    """
    half = min(len(sizes) // 2, len(sizes) - 2)
    x, y = np.log(sizes[half:]), np.log(values[half:])
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))


def knee_of(sizes: Sequence[float], values: Sequence[float]) -> Knee | None:
    """Return where the slope from size to size changes most, or None if it hardly does.

    Args:
        sizes: ascending and positive.
        values: positive, one for each.

    Example:
        >>> knee_of([1, 10, 100, 1000], [7.0, 7.0, 7.0, 0.7])
        Knee(size=100, before=0.0, after=-1.0)
    """
    slopes = np.diff(np.log(values)) / np.diff(np.log(sizes))
    changes = np.abs(np.diff(slopes))
    if not len(changes) or changes.max() < FEWEST_CHANGE:
        return None
    sharpest = int(changes.argmax())
    before, after = (round(float(slope), 9) for slope in slopes[sharpest : sharpest + 2])
    return Knee(sizes[sharpest + 1], before, after)
