"""How far apart are two distributions of one number? scipy's answers, typed and checked."""

from typing import Any, Protocol

import numpy as np
from scipy import stats

from genjax.errors import InputError


class Distribution(Protocol):
    """A distribution that is known, such as `scipy.stats.norm(69, 3)`."""

    def cdf(self, x: Any, /) -> Any:
        """Return the share below x."""

    def ppf(self, q: Any, /) -> Any:
        """Return the number that a share q is below."""


def kolmogorov_smirnov(sample: np.ndarray, reference: np.ndarray | Distribution) -> float:
    """Return the largest gap between two cumulative distributions, 0 to 1.

    Two samples of 10,000 of one distribution have .0117 in half of all cases, and .0192 or more in
    a twentieth.

    Args:
        sample: (n,) or (n, 1).
        reference: another sample, or a distribution.

    Raises:
        InputError: a sample is empty, not finite or of more than one column.

    Example:
        >>> kolmogorov_smirnov(np.arange(4.0), np.arange(4.0) + 1)
        0.25
    """
    x = _column(sample)
    if hasattr(reference, "cdf"):
        return float(stats.ks_1samp(x, reference.cdf, method="asymp").statistic)
    return float(stats.ks_2samp(x, _column(reference), method="asymp").statistic)


def wasserstein_1(sample: np.ndarray, reference: np.ndarray | Distribution) -> float:
    """Return how far the numbers of one distribution must be moved, on average, to be the other's.

    In the numbers' unit. A distribution stands for as many of its quantiles as there are numbers,
    at (i + ½) / n, which is exact but for its tails beyond the last of them.

    Args:
        sample: (n,) or (n, 1).
        reference: another sample, or a distribution.

    Raises:
        InputError: as `kolmogorov_smirnov`.

    Example:
        >>> wasserstein_1(np.arange(4.0), np.arange(4.0) + 1)
        1.0
    """
    x = _column(sample)
    if hasattr(reference, "ppf"):
        reference = np.asarray(reference.ppf((np.arange(len(x)) + 0.5) / len(x)))
    return float(stats.wasserstein_distance(x, _column(reference)))


def _column(sample: Any) -> np.ndarray:
    x = np.asarray(sample, float)
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 1 or not len(x):
        raise InputError(f"a sample of one number is (n,) or (n, 1), this is {x.shape}")
    if not np.isfinite(x).all():
        raise InputError("a sample must be finite")
    return x
