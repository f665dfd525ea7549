"""Columns brought to a normal distribution by their quantiles, and told apart beyond them."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from genjax.errors import needs_extra

with needs_extra("tables", "estimators"):
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.preprocessing import QuantileTransformer
    from sklearn.utils.validation import check_is_fitted

QUANTILES = 1000
_END = 5.199337582605575  # where scikit-learn's normal quantiles end, at 1e-7


class NormalQuantiles(TransformerMixin, BaseEstimator):
    """scikit-learn's `QuantileTransformer` to a normal distribution, but for the two ends.

    There it maps the least value, however many rows have it, to -5.2, and all that lies beyond the
    training rows to -5.2 or 5.2: an amount of 1e30 would be as usual as the largest known one, and
    a flag that was always set could be unset unnoticed. Here the extreme values have the middle
    rank of the rows that share them, and what lies beyond goes on from 5.2 with the logarithm of
    the distance, in ranges of the training rows.

    Example:
        >>> import numpy as np
        >>> rows = np.linspace(0, 1, 101)[:, None]
        >>> scaled = NormalQuantiles().fit(rows).transform([[0.5], [1.5], [100.0]])
        >>> scaled.round(1).ravel().tolist()
        [0.0, 5.6, 9.8]
    """

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the quantiles of (n, columns) rows."""
        rows = np.asarray(X)
        self.quantiles_ = QuantileTransformer(
            n_quantiles=min(QUANTILES, len(rows)), output_distribution="normal", subsample=None
        ).fit(rows)
        known = self.quantiles_.quantiles_
        ranges = known[-1] - known[0]
        self.range_ = np.where(ranges > 0, ranges, 1.0)
        self.lowest_ = _middle(known == known[0])
        self.highest_ = -_middle(known == known[-1])
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return (n, columns) scaled rows."""
        check_is_fitted(self)
        rows = np.asarray(X)
        known = self.quantiles_.quantiles_
        scaled = self.quantiles_.transform(rows)
        scaled = np.where(rows == known[-1], self.highest_, scaled)
        scaled = np.where(rows == known[0], self.lowest_, scaled)
        scaled = np.where((known[0] == known[-1]) & (rows == known[0]), 0.0, scaled)
        beyond = rows - np.clip(rows, known[0], known[-1])
        return scaled + np.sign(beyond) * np.log1p(np.abs(beyond) / self.range_)


def _middle(tied: np.ndarray) -> np.ndarray:
    """Return the middle rank of the least values' quantiles, (columns,), as a normal quantile."""
    return norm.ppf(np.maximum((tied.sum(axis=0) - 1) / (len(tied) - 1) / 2, norm.cdf(-_END)))
