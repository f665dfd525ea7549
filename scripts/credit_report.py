"""What is told of the credit study: tables, differences with intervals, a verdict in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from credit_study_published import FAULTS, PublishedArm
from genjax.estimators.augmentation import NETWORK, AugmentationReport
from genjax.metrics.resampled import Interval

AGAIN = "recalibrated_"
_SCORES = {
    "auc": "AUC",
    "gini": "Gini",
    "ks": "KS",
    "average_precision": "AP",
    "brier": "Brier",
    "log_loss": "log-loss",
    "calibration_error": "cal.err",
}
_CHANGED = ("brier", "log_loss", "calibration_error")  # by recalibration; the ranking is not
_UNBALANCED, _WEIGHTS, _COPIES, _NOISE = "unbalanced", "class weights", "random", "noise"
PEERS = ("smote", _COPIES, _WEIGHTS, _UNBALANCED, _NOISE)
_BRIER, _TREES = 0.001, 0.002  # differences that are none to speak of
_LEGEND = (
    "AUC: area under the ROC curve; Gini: 2 AUC - 1; KS: largest difference of the classes' "
    "distribution\nfunctions; AP: average precision; cal.err: mean distance of predicted and "
    "observed shares in 20 bins\nof equal numbers. After the bar: after Platt's recalibration on "
    "rows of the training folds that neither\nsampler nor classifier saw; it leaves a ranking that "
    "is not upside down."
)


class Differences(NamedTuple):
    """A sampler's scores less other arms', with their intervals.

    Attributes:
        sampler: its name.
        auc: classifier -> other arm -> difference of AUC.
        brier: classifier -> difference of the recalibrated Brier score from the unbalanced arm's.
    """

    sampler: str
    auc: dict[str, dict[str, Interval]]
    brier: dict[str, Interval]


def differences(report: AugmentationReport, sampler: str) -> Differences:
    """Return how a sampler differs from those of `PEERS` that were tried."""
    arms = set(report.scores["arm"])
    others = [name for name in PEERS if name in arms and name != sampler and sampler in arms]
    classifiers = report.scores["classifier"].unique().tolist()
    auc = {
        classifier: {
            other: report.difference(sampler, other, classifier=classifier) for other in others
        }
        for classifier in classifiers
    }
    brier = {
        classifier: report.difference(
            sampler, _UNBALANCED, classifier=classifier, score=f"{AGAIN}brier"
        )
        for classifier in classifiers
        if _UNBALANCED in others
    }
    return Differences(sampler, auc, brier)


def score_table(report: AugmentationReport) -> pd.DataFrame:
    """Return what to print of all arms at full balance: a row for each classifier and arm."""
    means = report.summary().xs(1.0, level="ratio")
    shown = {title: means[name].map("{:.4f}".format) for name, title in _SCORES.items()}
    shown["|"] = pd.Series("|", index=means.index)
    again = {f"{_SCORES[name]} ": means[f"{AGAIN}{name}"] for name in _CHANGED}
    return pd.DataFrame(shown | {title: one.map("{:.4f}".format) for title, one in again.items()})


def ratio_table(report: AugmentationReport) -> pd.DataFrame:
    """Return what to print of the arms that were swept: a row for each classifier, arm, ratio."""
    means = report.summary()
    ratios = means.index.get_level_values("ratio")
    swept = means.index.get_level_values("arm").isin(
        means[ratios < 1].index.get_level_values("arm")
    )
    names = {"auc": "AUC", "average_precision": "AP", "brier": "Brier"}
    names[f"{AGAIN}brier"] = "Brier recalibrated"
    return pd.DataFrame(
        {title: means.loc[swept, name].map("{:.4f}".format) for name, title in names.items()}
    )


def show_interval(interval: Interval, digits: int = 4) -> str:
    """Return a mean and its interval as text.

    Example:
        >>> show_interval(Interval(0.01, -0.002, 0.022, 5), 3)
        '+0.010 [-0.002, +0.022]'
    """
    mean, low, high = (f"{value:+.{digits}f}" for value in interval[:3])
    return f"{mean} [{low}, {high}]"


def word(interval: Interval) -> str:
    """Return what an interval of a difference shows.

    Example:
        >>> word(Interval(0.01, 0.002, 0.018, 5)), word(Interval(0.01, -0.002, 0.022, 5))
        ('higher', 'no difference that 5 folds can show')
    """
    if interval.low > 0:
        return "higher"
    if interval.high < 0:
        return "lower"
    return f"no difference that {interval.splits} folds can show"


def within(interval: Interval, margin: float) -> str:
    """Return whether a difference is within a margin of 0, and whether its interval is.

    Example:
        >>> within(Interval(0.0005, -0.0001, 0.0011, 5), 0.001)
        'within .001, though the interval goes beyond'
    """
    short = f"{margin:g}".removeprefix("0")
    if abs(interval.mean) > margin:
        return f"not within {short}"
    whole = max(abs(interval.low), abs(interval.high)) <= margin
    return f"within {short}" + ("" if whole else ", though the interval goes beyond")


def verdict(found: Differences) -> list[str]:
    """Return in words what the intervals show, and no more."""
    sampler = found.sampler
    if not any(found.auc.values()):
        return [f"nothing to compare: {sampler}, or all it is compared with, were not tried"]
    lines = [
        f"{classifier}: AUC of {sampler}: {_in_words(others)}"
        for classifier, others in found.auc.items()
        if others
    ]
    for classifier, interval in found.brier.items():
        how = within(interval, _BRIER)
        lines.append(f"{classifier}: Brier after recalibration, beside unbalanced: {how}")
    lines += [
        f"trees: AUC beside unbalanced: {within(others[_UNBALANCED], _TREES)}"
        for classifier, others in found.auc.items()
        if classifier == "trees" and _UNBALANCED in others
    ]
    return [*lines, *_in_sum(sampler, found.auc.get(NETWORK, {}))]


def _in_words(others: Mapping[str, Interval]) -> str:
    """Return what differences from some arms show, arms of one answer together."""
    words: dict[str, list[str]] = {}
    for other, interval in others.items():
        words.setdefault(word(interval), []).append(other)
    joined = {"higher": "than", "lower": "than"}
    return "; ".join(
        f"{answer} {joined.get(answer, 'beside')} {', '.join(names)}"
        for answer, names in words.items()
    )


def _in_sum(sampler: str, network: Mapping[str, Interval]) -> list[str]:
    """Return the network's answers, where it was compared with what they need."""
    words = {other: word(interval) for other, interval in network.items()}
    if _UNBALANCED not in words:
        return []
    if words[_UNBALANCED] != "higher":
        how = "harms" if words[_UNBALANCED] == "lower" else "is not shown to help"
        return [f"in sum: balancing by {sampler} {how} the network's ranking"]
    lines = [f"in sum: balancing by {sampler} helps the network's ranking in so many steps"]
    for other in (_COPIES, "smote", _WEIGHTS, _NOISE):
        answer = words.get(other)
        if answer in ("higher", "lower"):
            lines.append(f"it is worth {'more' if answer == 'higher' else 'less'} than {other}")
        elif answer:
            lines.append(f"beside {other} these folds show no difference")
    return lines


def report_lines(report: AugmentationReport, sampler: str, notes: Sequence[str]) -> list[str]:
    """Return the whole report.

    Args:
        report: what was found.
        sampler: the one that is compared with the others.
        notes: of the data and the protocol.
    """
    found = differences(report, sampler)
    lines = [*notes, "", "Scores at full balance, means of all folds", ""]
    lines += [score_table(report).to_string(), "", _LEGEND]
    if any(found.auc.values()):
        lines += ["", f"Differences of AUC: {sampler} less another arm, corrected 95 % intervals"]
        lines += [
            f"  {classifier:<20} {sampler} - {other:<14} {show_interval(interval)}  "
            f"{word(interval)}"
            for classifier, others in found.auc.items()
            for other, interval in others.items()
        ]
    if found.brier:
        lines.append(f"Differences of Brier after recalibration: {sampler} less unbalanced")
        lines += [
            f"  {classifier:<20} {show_interval(interval, 5)}"
            for classifier, interval in found.brier.items()
        ]
    if len(ratios := ratio_table(report)):
        lines += ["", "Ratios of the delinquents to the others", "", ratios.to_string()]
    return [*lines, "", "Verdict", *(f"  {line}" for line in verdict(found))]


def study_lines(arms: Sequence[PublishedArm], notes: Sequence[str]) -> list[str]:
    """Return the report of the published protocol: what is wrong, and its figures beside ours."""
    lines = [*notes, "", "The study as it was published. What is wrong with each step (figures are"]
    lines += ["of Kaggle's rows):", *(f"  {fault}" for fault in FAULTS), ""]
    lines += [
        "Added here: a fifth of the rows is laid aside beforehand, so that epochs are shorter by"
    ]
    lines += ["as much. Assumed: how the GAN's arm is scored, which is nowhere said.", ""]
    lines += [
        f"{'arm':<12}{'rows added':>11}{'published AUC':>15}{'here':>7}{'fresh rows':>12}"
        f"{'scored rows that were trained on':>35}"
    ]
    for arm in arms:
        fresh = "" if arm.auc_on_fresh_rows is None else f"{arm.auc_on_fresh_rows:.3f}"
        lines.append(
            f"{arm.name:<12}{arm.synthetic:>11,}{arm.published_auc:>15.3f}{arm.auc:>7.3f}"
            f"{fresh:>12}{arm.trained_on:>35.0%}"
        )
    return [
        *lines,
        "",
        "Verdict",
        "  These figures cannot be compared with each other: see above. Fresh rows, which no step",
        "  saw, tell what the same networks are worth; --protocol right compares arms fairly.",
    ]
