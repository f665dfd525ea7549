"""How good probabilities of two classes are: ranking, sharpness, calibration."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from genjax.errors import InputError, needs_extra

with needs_extra("tables", "scores of probabilities"):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import auc as area
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_curve

_BINS = 20
_EDGE = 1e-7  # what a probability of 0 or 1 is taken for


class ProbabilityScores(NamedTuple):
    """Scores of probabilities; the first four are of the ranking alone.

    Attributes:
        auc: area under the ROC curve.
        gini: 2 auc - 1, as credit scoring has it.
        ks: largest difference of the classes' distribution functions (Kolmogorov-Smirnov).
        average_precision: area under precision over recall.
        brier: mean squared error.
        log_loss: nats a row.
        calibration_error: mean distance of predicted and observed shares in bins of equal numbers.
    """

    auc: float
    gini: float
    ks: float
    average_precision: float
    brier: float
    log_loss: float
    calibration_error: float


def score_probabilities(y: ArrayLike, probability: ArrayLike) -> ProbabilityScores:
    """Return the scores of probabilities.

    Args:
        y: (n,) 0 or 1, some of each.
        probability: (n,) of class 1, in [0, 1].

    Raises:
        InputError: other shapes or ranges, or one class only.

    Example:
        >>> scores = score_probabilities([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
        >>> scores.auc, scores.gini, scores.ks
        (0.75, 0.5, 0.5)
    """
    y, probability = _checked(y, probability)
    false_alarms, hits, _ = roc_curve(y, probability)
    auc = float(area(false_alarms, hits))
    inside = np.clip(probability, _EDGE, 1 - _EDGE)
    return ProbabilityScores(
        auc=auc,
        gini=2 * auc - 1,
        ks=float(np.max(np.abs(hits - false_alarms))),
        average_precision=float(average_precision_score(y, probability)),
        brier=float(brier_score_loss(y, probability)),
        log_loss=float(log_loss(y, inside)),
        calibration_error=calibration_error(y, probability),
    )


def calibration_error(y: ArrayLike, probability: ArrayLike, *, bins: int = _BINS) -> float:
    """Return Σ_bins share of rows |mean probability - share of class 1|, of bins of equal numbers.

    Bins of equal width would hold nearly all rows of a rare class's table in the first one.

    Args:
        y: (n,) 0 or 1.
        probability: (n,) of class 1.
        bins: groups of rows by probability, at most; rows of one probability share one.

    References:
        Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
        binning", AAAI 2015 (there of equal width).

    Example:
        >>> calibration_error([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], bins=1)
        0.0
    """
    predicted, observed, size = calibration_bins(y, probability, bins=bins)
    return float(size @ np.abs(predicted - observed) / size.sum())


def calibration_bins(
    y: ArrayLike, probability: ArrayLike, *, bins: int = _BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (mean probability, share of class 1, rows) of each bin, in ascending order.

    Args:
        y: see `calibration_error`, as all that follow.
        probability: of class 1.
        bins: 1 or more.

    Raises:
        InputError: other shapes or ranges.

    Example:
        >>> [part.tolist() for part in calibration_bins([0, 1, 1], [0.25, 0.25, 0.5], bins=2)]
        [[0.25, 0.5], [0.5, 1.0], [2, 1]]
    """
    y, probability = _checked(y, probability, one_class=True)
    if bins < 1:
        raise InputError(f"there is 1 bin or more, not {bins}")
    order = np.argsort(probability)
    y, probability = y[order], probability[order]
    # Where a bin would begin amid ties it begins behind them: their order says nothing.
    bins = min(bins, len(y))
    last = probability[np.arange(1, bins) * len(y) // bins - 1]
    begins = np.unique(np.append(0, np.searchsorted(probability, last, side="right")))
    begins = begins[begins < len(y)]
    size = np.diff(np.append(begins, len(y)))
    predicted, observed = (
        np.add.reduceat(v.astype(float), begins) / size for v in (probability, y)
    )
    return predicted, observed, size


class Recalibration(NamedTuple):
    """Platt's scaling: probability = sigmoid(slope * logit + intercept).

    References:
        Platt, "Probabilistic outputs for support vector machines", 1999.
    """

    slope: float
    intercept: float

    @classmethod
    def fit(cls, y: ArrayLike, probability: ArrayLike) -> "Recalibration":
        """Learn it on rows that the classifier was not trained on.

        Args:
            y: (n,) 0 or 1, some of each.
            probability: (n,) of class 1.

        Example:
            >>> y, p = [0] * 9 + [1], [0.5] * 10
            >>> round(float(Recalibration.fit(y, p)(p)[0]), 2)
            0.1
        """
        y, probability = _checked(y, probability)
        model = LogisticRegression(C=1e6).fit(_logit(probability)[:, None], y)
        return cls(float(model.coef_[0, 0]), float(model.intercept_[0]))

    def __call__(self, probability: ArrayLike) -> np.ndarray:
        """Return recalibrated probabilities, (n,)."""
        return expit(self.slope * _logit(np.asarray(probability, np.float64)) + self.intercept)


def _logit(probability: np.ndarray) -> np.ndarray:
    return logit(np.clip(probability, _EDGE, 1 - _EDGE))


def _checked(
    y: ArrayLike, probability: ArrayLike, *, one_class: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    y, probability = np.asarray(y), np.asarray(probability, np.float64)
    if y.shape != probability.shape or y.ndim != 1 or not len(y):
        raise InputError(f"a probability a row: {y.shape} classes, {probability.shape} of them")
    if not np.isin(y, (0, 1)).all() or (len(np.unique(y)) < 2 and not one_class):
        raise InputError("classes are 0 and 1, and there are some of each")
    if not ((probability >= 0) & (probability <= 1)).all():  # NaN lands here too
        raise InputError("probabilities lie in [0, 1], not all of these do")
    return y.astype(int), probability
