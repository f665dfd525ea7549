"""How well do scores tell frauds from genuine rows? Rankings, decisions, detectors in pairs.

Scores are high for normal rows, as scikit-learn's `score_samples` and log-likelihoods are.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from genjax.errors import InputError, needs_extra
from genjax.metrics.thresholds import checked_prevalence, checked_scores, labelled

with needs_extra("tables", "detection scores"):
    from sklearn.metrics import (
        average_precision_score,
        confusion_matrix,
        roc_auc_score,
        roc_curve,
    )


class Confusion(NamedTuple):
    """Decisions at a threshold, counted; an alarm is positive."""

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int

    @property
    def precision(self) -> float:
        """Share of frauds among the alarms; NaN without any."""
        alarms = self.true_positive + self.false_positive
        return self.true_positive / alarms if alarms else float("nan")

    @property
    def recall(self) -> float:
        """Share of the frauds that raise an alarm."""
        return self.true_positive / (self.true_positive + self.false_negative)

    @property
    def false_alarm_rate(self) -> float:
        """Share of the genuine rows that raise an alarm."""
        return self.false_positive / (self.false_positive + self.true_negative)


class Detection(NamedTuple):
    """How a detector does on labelled rows; `judge` makes it.

    Attributes:
        genuine: number of genuine rows.
        frauds: number of frauds.
        auroc: area under the ROC curve: the probability that a fraud scores below a genuine row,
            ties counted half. .5 is chance.
        average_precision: mean precision over the recalls. Chance is the share of frauds.
        prevalence: share of frauds that the next is at.
        average_precision_at_prevalence: likewise, were frauds that share of the rows. It compares
            tests with frauds of other shares, and is below the former where those are more.
        precision_at_k: k -> share of frauds among the k lowest scores; its expectation over the
            orders of tied rows.
        recall_at_false_alarms: rate -> the most frauds, as a share, that a threshold flags with at
            most this share of the genuine rows.
        threshold: of the decisions.
        confusion: rows below the threshold are alarms.
    """

    genuine: int
    frauds: int
    auroc: float
    average_precision: float
    prevalence: float
    average_precision_at_prevalence: float
    precision_at_k: dict[int, float]
    recall_at_false_alarms: dict[float, float]
    threshold: float
    confusion: Confusion

    def to_plain(self) -> dict[str, Any]:
        """Return JSON's types: keys are strings, what is not finite is null."""
        decisions = self.confusion
        rates = {
            name: getattr(decisions, name) for name in ("precision", "recall", "false_alarm_rate")
        }
        return self._asdict() | {
            "precision_at_k": {str(k): value for k, value in self.precision_at_k.items()},
            "recall_at_false_alarms": {
                str(rate): value for rate, value in self.recall_at_false_alarms.items()
            },
            "threshold": _known(self.threshold),
            "confusion": decisions._asdict(),
            "decisions": {name: _known(value) for name, value in rates.items()},
        }

    def to_lines(self) -> list[str]:
        """Return what to print, a line each."""
        share, count = self.frauds / (self.genuine + self.frauds), self.confusion
        return [
            f"{self.genuine:,} genuine rows, {self.frauds:,} frauds ({share:.3%})",
            f"area under the ROC curve {self.auroc:.4f}",
            f"average precision {self.average_precision:.4f}, by chance {share:.4f}",
            f"average precision {self.average_precision_at_prevalence:.4f} if frauds were "
            f"{self.prevalence:.3%} of the rows",
            *(
                f"precision {value:.3f} among the {k:,} lowest scores"
                for k, value in self.precision_at_k.items()
            ),
            *(
                f"recall {value:.3f} at false alarms of {rate:.2%} of the genuine rows or fewer"
                for rate, value in self.recall_at_false_alarms.items()
            ),
            f"below {self.threshold:.6g}: {count.true_positive:,} frauds flagged, "
            f"{count.false_negative:,} missed, {count.false_positive:,} false alarms, "
            f"{count.true_negative:,} genuine rows passed",
            f"below {self.threshold:.6g}: precision {count.precision:.3f}, "
            f"recall {count.recall:.3f}, false alarms {count.false_alarm_rate:.2%}",
        ]


def judge(
    scores: ArrayLike,
    y: ArrayLike,
    *,
    threshold: float,
    prevalence: float = 0.0017,
    ks: Sequence[int] = (50, 100, 200),
    false_alarms: Sequence[float] = (0.001, 0.01),
) -> Detection:
    """Judge a detector by its scores of labelled rows.

    Args:
        scores: (n,) high for normal rows.
        y: (n,) 1 of frauds, 0 of genuine rows; both must be there.
        threshold: rows that score below it are flagged; chosen on other rows.
        prevalence: share of frauds that average precision is reweighted to, above 0 and below 1;
            without one given that of the European card holders' set, 492 of 284,807.
        ks: numbers of lowest scores to look at, 1 or more; those above n are left out.
        false_alarms: shares of the genuine rows, 0 to 1.

    Raises:
        InputError: scores that are not finite, labels of one class or others than 0 and 1, a
            threshold that is no number, a k or a share that is none.

    Example:
        >>> scores, y = [-9.0, -8.0, -3.0, -2.0, -1.0], [1, 0, 1, 0, 0]
        >>> found = judge(scores, y, threshold=-5.0, ks=(1, 3), false_alarms=(0.0, 0.5))
        >>> round(found.auroc, 3), round(found.average_precision, 3)
        (0.833, 0.833)
        >>> found.recall_at_false_alarms, found.confusion.precision
        ({0.0: 0.5, 0.5: 1.0}, 0.5)
        >>> found.to_lines()[1]
        'area under the ROC curve 0.8333'

    References:
        Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.
        Dal Pozzolo, Caelen, Johnson and Bontempi, "Calibrating probability with undersampling for
        unbalanced classification", IEEE SSCI 2015 (the set).
    """
    values, is_fraud = labelled(scores, y)
    checked_prevalence(prevalence)
    if math.isnan(threshold):
        raise InputError("a threshold must be a number, not NaN")
    if bad := [k for k in ks if k < 1]:
        raise InputError(f"the lowest scores are counted from 1, not {bad[0]}")
    if wrong := [rate for rate in false_alarms if not 0 <= rate <= 1]:
        raise InputError(f"a share of false alarms is from 0 to 1, not {wrong[0]}")
    n, frauds = len(values), int(is_fraud.sum())
    # All points: those on the curve's straight lines are thresholds too.
    rates, recalls, _ = roc_curve(is_fraud, -values, drop_intermediate=False)
    weight = np.where(is_fraud, prevalence / frauds, (1 - prevalence) / (n - frauds))
    return Detection(
        genuine=n - frauds,
        frauds=frauds,
        auroc=float(roc_auc_score(is_fraud, -values)),
        average_precision=float(average_precision_score(is_fraud, -values)),
        prevalence=prevalence,
        average_precision_at_prevalence=float(
            average_precision_score(is_fraud, -values, sample_weight=weight)
        ),
        precision_at_k={k: _precision_at(values, is_fraud, k) for k in ks if k <= n},
        recall_at_false_alarms={rate: float(recalls[rates <= rate].max()) for rate in false_alarms},
        threshold=float(threshold),
        confusion=Confusion(*confusion_matrix(is_fraud, values < threshold).ravel().tolist()),
    )


def _precision_at(scores: np.ndarray, is_fraud: np.ndarray, k: int) -> float:
    last = np.partition(scores, k - 1)[k - 1]
    below, tied = scores < last, scores == last
    places = k - below.sum()  # which rows of one score take by chance
    return float((is_fraud[below].sum() + places * is_fraud[tied].mean()) / k)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


class Paired(NamedTuple):
    """Two detectors on the same splits; `paired` makes it.

    Attributes:
        splits: how many.
        mean: of the differences, ours less the peer's.
        deviation: the differences' standard deviation, of splits - 1 degrees of freedom.
        wins: splits where ours is higher.
        ties: splits where both are equal.
        p_value: of Student's paired test, two-sided; None where all differences are equal.
        corrected_p_value: of the corrected one; None also where no ratio was given.
    """

    splits: int
    mean: float
    deviation: float
    wins: int
    ties: int
    p_value: float | None
    corrected_p_value: float | None


def paired(ours: ArrayLike, peer: ArrayLike, *, test_to_train: float | None = None) -> Paired:
    """Compare two detectors' results, higher is better, split by split.

    Training sets of random splits or folds overlap, so that their results are no independent ones:
    the variance that the plain p-value takes is too small, and the p-value too optimistic. The
    corrected test takes (1 / splits + test / train) where the plain one takes 1 / splits.

    Args:
        ours: (splits,) one number each, such as average precision; 2 or more.
        peer: (splits,) of the same splits.
        test_to_train: rows of a split's test set over those of its training set, as for ten folds
            1/9; 0 if the splits share no rows, which is the plain test.

    Raises:
        InputError: numbers that are not finite or not in pairs, a single split, a ratio below 0.

    Example:
        >>> result = paired([0.8, 0.9, 0.7], [0.7, 0.6, 0.7], test_to_train=0.25)
        >>> result.wins, result.ties, round(result.mean, 3), round(result.deviation, 3)
        (2, 1, 0.133, 0.153)
        >>> round(result.p_value, 2), round(result.corrected_p_value, 2)
        (0.27, 0.37)

    References:
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 2003.
    """
    pair = checked_scores(ours), checked_scores(peer)
    splits = len(pair[0])
    if splits != len(pair[1]) or splits < 2:
        raise InputError(f"2 splits or more, of both, are compared: {splits} and {len(pair[1])}")
    if test_to_train is not None and not 0 <= test_to_train < math.inf:
        raise InputError(f"the ratio of test to training rows is 0 or more, not {test_to_train}")
    difference = pair[0] - pair[1]
    deviation = float(difference.std(ddof=1))
    plain = corrected = None
    if deviation > 1e-12 * np.abs(pair).max():  # below that it is rounding
        test = stats.ttest_rel(*pair)
        plain = float(test.pvalue)
        if test_to_train is not None:
            t = abs(test.statistic) / math.sqrt(1 + splits * test_to_train)
            corrected = float(2 * stats.t.sf(t, splits - 1))
    return Paired(
        splits=splits,
        mean=float(difference.mean()),
        deviation=deviation,
        wins=int((difference > 0).sum()),
        ties=int((difference == 0).sum()),
        p_value=plain,
        corrected_p_value=corrected,
    )
