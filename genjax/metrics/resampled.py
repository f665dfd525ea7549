"""Differences between methods over resampled splits, with intervals that know of the overlap."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from genjax.errors import InputError


class Interval(NamedTuple):
    """A mean and where it lies.

    Attributes:
        mean: of the splits.
        low: end of the interval.
        high: end of the interval.
        splits: how many there were.
    """

    mean: float
    low: float
    high: float
    splits: int

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0


def corrected_interval(
    differences: ArrayLike, *, test_to_train: float, confidence: float = 0.95
) -> Interval:
    """Return the corrected resampled t interval of a mean difference.

        mean ± t_{splits - 1} √((1 / splits + test / train) s²)

    Training sets of repeated folds overlap, so that their results are no independent ones; the
    plain interval, without test / train, is too narrow.

    Args:
        differences: (splits,) of paired results, 2 or more.
        test_to_train: rows of a split's test set over those of its training set; five folds: 1/4.
        confidence: in (0, 1).

    Raises:
        InputError: fewer than 2 differences, some that are not finite, a ratio or a confidence out
            of its range.

    Example:
        >>> interval = corrected_interval([0.1, 0.2, 0.3], test_to_train=0.25)
        >>> round(interval.mean, 3), round(interval.low, 3), interval.above_zero
        (0.2, -0.129, False)
        >>> corrected_interval([0.18, 0.2, 0.22], test_to_train=0.25).above_zero
        True

    References:
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 2003.
        Bouckaert and Frank, "Evaluating the replicability of significance tests", PAKDD 2004
        (repeated folds).
    """
    values = np.asarray(differences, np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise InputError(f"2 finite differences or more are needed, not {values.shape}")
    if not (0 <= test_to_train < math.inf and 0 < confidence < 1):
        raise InputError(
            f"test_to_train and confidence out of range: {test_to_train}, {confidence}"
        )
    splits, mean = len(values), float(values.mean())
    error = math.sqrt((1 / splits + test_to_train) * values.var(ddof=1))
    half = float(stats.t.ppf((1 + confidence) / 2, splits - 1)) * error
    return Interval(mean, mean - half, mean + half, splits)
