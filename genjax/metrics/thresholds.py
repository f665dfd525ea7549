"""Where does an anomaly begin? From scores, high for normal rows, to one threshold below which.

`at_quantile`, `robust` and `tail` know normal rows alone; `least_cost` knows labels, and what a
wrong decision costs. A row is flagged if its score is *below* the threshold, not at it.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from genjax.errors import InputError

_LEAST_TAIL = 30  # scores that a tail is fitted to


def at_quantile(scores: ArrayLike, share: float) -> float:
    """Return the threshold that a share of the training rows lies below.

    It is what scikit-learn's outlier detectors do with their `contamination`, the share of training
    rows that are taken to be anomalies. Of n different scores it is met within 1/n.

    Args:
        scores: (n,) of training rows.
        share: 0 to 1; 0 is the least score, below which there is none.

    Raises:
        InputError: scores that are not finite, a share that is none.

    Example:
        >>> scores = np.arange(100.0)
        >>> threshold = at_quantile(scores, 0.05)
        >>> int((scores < threshold).sum())
        5
    """
    if not 0 <= share <= 1:
        raise InputError(f"a share of rows is from 0 to 1, not {share}")
    return float(np.percentile(checked_scores(scores), 100 * share))


def robust(scores: ArrayLike, *, deviations: float = 5.0) -> float:
    """Return the median less some robust standard deviations of the scores below it.

        median - deviations * 1.4826 * median{median - s : s ≤ median}

    For training rows with anomalies among them: 5 % move that of normal scores from -3 to -3.3
    deviations, however far they lie; at a quarter it breaks down. The upper half is left out:
    log-likelihoods are skewed, and how far they rise says nothing about how far they fall. It is
    blind to the tail's form, so that what it flags of normal rows depends on that: if the share
    matters use `tail`.

    | scores | flagged at 3 | at 5 | at 10 |
    | --- | --- | --- | --- |
    | normal | .0013 | .0000003 | 0 |
    | -χ² of 10 degrees of freedom | .0087 | .0003 | 0 |
    | -χ² of 1 | .038 | .0087 | .0003 |
    | Student's t of 3 | .021 | .0054 | .0007 |

    Args:
        scores: (n,) of training rows.
        deviations: above 0; 2.5 or 3 is usual for symmetric scores, more where the tail is heavy.

    Raises:
        InputError: scores that are not finite, most of the lower half equal, no deviations.

    Example:
        >>> scores = np.random.default_rng(0).normal(size=10_000)
        >>> round(robust(scores, deviations=3))
        -3

    References:
        Leys, Ley, Klein, Bernard and Licata, "Detecting outliers: do not use standard deviation
        around the mean, use absolute deviation around the median", Journal of Experimental Social
        Psychology 2013.
    """
    if not 0 < deviations < np.inf:
        raise InputError(f"deviations must be above 0 and finite, not {deviations}")
    values = checked_scores(scores)
    middle = np.median(values)
    deviation = float(
        stats.median_abs_deviation(
            values[values <= middle], center=lambda x, axis: middle, scale="normal"
        )
    )
    if deviation == 0:
        raise InputError("half of the scores below the median equal it: take at_quantile or tail")
    return float(middle - deviations * deviation)


def tail(scores: ArrayLike, false_alarm: float, *, share: float = 0.05) -> float:
    """Return the threshold that normal rows fall below at a rate, even one below 1 in n.

    The excesses below the `share` quantile follow, nearly and whatever the scores' distribution, a
    generalised Pareto distribution. Its maximum likelihood fit is read off beyond the last row.

    Of 200 draws of 20,000 rows, the true rate over that asked for: median, middle 80 %, and by it
    what the sample's own quantile gives. Where ten rows or more are false alarms that does as well.

    | scores | .001 | .0001 | .00001 |
    | --- | --- | --- | --- |
    | normal | 1.0 (.8 to 1.3), 1.0 | 1.3 (.7 to 2.1), 1.3 | 2.2 (.7 to 5.5), 4.9 |
    | -χ² of 10 | 1.0 (.8 to 1.3), 1.1 | 1.1 (.6 to 2.0), 1.3 | 1.4 (.5 to 4.4), 3.8 |
    | Student's t of 3 | 1.0 (.8 to 1.3), 1.1 | 1.2 (.7 to 2.0), 1.3 | 1.6 (.7 to 3.3), 3.9 |

    Args:
        scores: (n,) of training rows, normal ones alone: an anomaly among them makes the tail.
        false_alarm: share of normal rows that may be flagged, above 0, below `share`.
        share: of the scores that are the tail, below 1; at least 30 rows. Less is truer to the
            theory, and noisier.

    Raises:
        InputError: scores that are not finite, too few or too alike, shares that are none.

    Example:
        >>> scores = np.random.default_rng(0).normal(size=10_000)
        >>> round(tail(scores, 0.0005), 1), round(float(stats.norm.ppf(0.0005)), 1)
        (-3.3, -3.3)

    References:
        Pickands, "Statistical inference using extreme order statistics", Annals of Statistics 1975.
        Siffer, Fouque, Termier and Largouet, "Anomaly detection in streams with extreme value
        theory", KDD 2017.
    """
    values = checked_scores(scores)
    if not 0 < false_alarm < share < 1:
        raise InputError(
            f"0 < false alarm < the tail's share < 1 does not hold: {false_alarm} and {share}"
        )
    edge = np.quantile(values, share)
    excess = edge - values[values < edge]
    different = len(np.unique(excess))
    rate = false_alarm * len(values) / max(len(excess), 1)
    if len(excess) < _LEAST_TAIL or different < _LEAST_TAIL // 2 or rate >= 1:
        raise InputError(
            f"a tail is fitted to {_LEAST_TAIL} scores or more, of {_LEAST_TAIL // 2} values, and "
            f"more than are false alarms: of {len(values)} scores it has {len(excess)}, of "
            f"{different} values"
        )
    # One scale for all scores: the search for the maximum starts at steps of a fixed size.
    mean = excess.mean()
    # Started where every excess is possible: from a shape below 0 the search can end where some
    # are not.
    shape, _, scale = stats.genpareto.fit(excess / mean, 0.1, floc=0, scale=1.0)
    return float(edge - mean * stats.genpareto.isf(rate, shape, scale=scale))


def least_cost(
    scores: ArrayLike,
    y: ArrayLike,
    *,
    false_alarm: float,
    miss: float | ArrayLike,
    true_alarm: float = 0.0,
    true_pass: float = 0.0,
    prevalence: float | None = None,
) -> float:
    """Return the threshold with the least expected cost on labelled rows: exact, in O(n log n).

    Of thresholds of equal cost it is the lowest, halfway between the two scores that it parts. If
    it is cheapest to flag none, it is the least score; if all, just above the largest. Costs of
    rows that it was chosen on are too good: say what it costs by `expected_cost` on others.

    Args:
        scores: (n,) of rows of both classes.
        y: (n,) 1 of frauds, 0 of genuine rows.
        false_alarm: cost of flagging a genuine row.
        miss: cost of passing a fraud: a number or (n,), such as the transaction's amount, of which
            the frauds' are used.
        true_alarm: cost of flagging a fraud: of the call, say.
        true_pass: cost of passing a genuine row.
        prevalence: count frauds as this share of the rows, 0 to 1; without, as the share that they
            are.

    Raises:
        InputError: one class alone, scores or costs that are not finite, costs below 0.

    Example:
        >>> scores, y = [-9.0, -8.0, -3.0, -2.0, -1.0], [1, 0, 1, 0, 0]
        >>> least_cost(scores, y, false_alarm=1, miss=10)
        -2.5
        >>> least_cost(scores, y, false_alarm=1, miss=[10, 0, 0.5, 0, 0])
        -8.5

    References:
        Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
        Bahnsen, Stojanovic, Aouada and Ottersten, "Cost sensitive credit card fraud detection using
        Bayes minimum risk", ICMLA 2013 (costs by amount).
    """
    values, is_fraud = labelled(scores, y)
    flagged, passed = _costs(is_fraud, false_alarm, miss, true_alarm, true_pass, prevalence)
    steps, place = np.unique(values, return_inverse=True)
    change = np.bincount(place, flagged - passed)  # of flagging all rows of one score
    best = int(np.argmin(np.concatenate([[0.0], np.cumsum(change)])))
    if best == 0:
        return float(steps[0])
    if best == len(steps):
        return math.nextafter(steps[-1], math.inf)
    low, high = steps[best - 1], steps[best]
    middle = low / 2 + high / 2
    return float(middle if low < middle else high)  # of neighbours the middle may be the lower


def expected_cost(
    scores: ArrayLike,
    y: ArrayLike,
    threshold: float,
    *,
    false_alarm: float,
    miss: float | ArrayLike,
    true_alarm: float = 0.0,
    true_pass: float = 0.0,
    prevalence: float | None = None,
) -> float:
    """Return what a row costs on average at a threshold; arguments as of `least_cost`.

    Example:
        >>> scores, y = [-9.0, -8.0, -3.0, -2.0, -1.0], [1, 0, 1, 0, 0]
        >>> expected_cost(scores, y, -2.5, false_alarm=1, miss=10)
        0.2
        >>> expected_cost(scores, y, -8.5, false_alarm=1, miss=10)
        2.0
    """
    values, is_fraud = labelled(scores, y)
    flagged, passed = _costs(is_fraud, false_alarm, miss, true_alarm, true_pass, prevalence)
    return float(np.where(values < threshold, flagged, passed).sum())


def _costs(
    is_fraud: np.ndarray,
    false_alarm: float,
    miss: float | ArrayLike,
    true_alarm: float,
    true_pass: float,
    prevalence: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) what each row adds to the expected cost if it is flagged, and if it passes."""
    n, frauds = len(is_fraud), int(is_fraud.sum())
    missed = np.asarray(miss, np.float64)
    if missed.shape not in ((), (n,)):
        raise InputError(f"a miss costs a number or ({n},) numbers, not {missed.shape}")
    flagged = np.where(is_fraud, true_alarm, false_alarm).astype(np.float64)
    passed = np.where(is_fraud, missed, true_pass)
    if not all(np.isfinite(costs).all() and (costs >= 0).all() for costs in (flagged, passed)):
        raise InputError("costs must be finite and 0 or more")
    weight = np.full(n, 1 / n)
    if prevalence is not None:
        checked_prevalence(prevalence)
        weight = np.where(is_fraud, prevalence / frauds, (1 - prevalence) / (n - frauds))
    return weight * flagged, weight * passed


def checked_scores(scores: ArrayLike) -> np.ndarray:
    """Return (n,) float64; InputError unless they are one finite number a row, 1 or more."""
    values = np.asarray(scores, np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError(f"scores are (n,), one a row, not {values.shape}")
    if bad := int((~np.isfinite(values)).sum()):
        raise InputError(f"scores must be finite: {bad} of {len(values)} are not")
    return values


def checked_labels(y: ArrayLike, n: int) -> np.ndarray:
    """Return (n,) bool, true of frauds; InputError unless 0 and 1 are there, and nothing else."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise InputError(f"labels are one a row, ({n},), not {labels.shape}")
    if not np.isin(labels, (0, 1)).all():
        raise InputError("labels are 0 of genuine rows and 1 of frauds, nothing else")
    if len(np.unique(labels)) < 2:
        raise InputError(f"both classes are needed: all {n} labels are {int(labels[0])}")
    return labels.astype(bool)


def labelled(scores: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) float64 scores and (n,) bool, true of frauds; InputError as of both checks."""
    values = checked_scores(scores)
    return values, checked_labels(y, len(values))


def checked_prevalence(prevalence: float) -> float:
    """Return it; InputError unless it is above 0 and below 1."""
    if not 0 < prevalence < 1:
        raise InputError(f"frauds are a share of the rows above 0 and below 1, not {prevalence}")
    return prevalence
