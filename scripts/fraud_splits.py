"""Splits of a table of transactions, and how detectors do on them."""

import math
import sys
import time
from typing import Any, NamedTuple

import numpy as np

from genjax.data.transaction_columns import one_line
from genjax.data.transactions import Transactions, genuine, split_at_random, split_by_time
from genjax.errors import InputError
from genjax.metrics.detection import Detection, judge
from genjax.metrics.thresholds import expected_cost
from genjax.near_names import near_names

_TESTED = {"random": 0.25, "time": 0.3}
_HELD_OUT = 0.2  # of the training part, for a threshold by cost


class Split(NamedTuple):
    """Rows to learn, all genuine; labelled ones to choose a threshold on; ones to test with."""

    seed: int
    learn: np.ndarray
    choose: np.ndarray
    test: np.ndarray

    def to_plain(self) -> dict[str, int]:
        """Return the seed, and how many rows are for what."""
        counts = {name: len(getattr(self, name)) for name in ("learn", "choose", "test")}
        return {"seed": self.seed, **counts}


class Costs(NamedTuple):
    """Of a genuine row that is flagged, and (n,) of each row if it is a fraud that is missed."""

    false_alarm: float
    miss: np.ndarray


class Judged(NamedTuple):
    """A detector on the test rows of one split.

    Attributes:
        detection: how it does; a peer has no threshold, and flags nothing.
        scores: (test rows,), high for usual rows.
        seconds: that it took to learn.
        cost: of a test row by the threshold, where that is by cost.
    """

    detection: Detection
    scores: np.ndarray
    seconds: float
    cost: float | None


def split_rows(data: Transactions, by: str, seed: int, *, choose: bool) -> Split:
    """Return a split with a quarter of the rows to test with, or the latest 30 %.

    Args:
        data: labelled.
        by: "random" or "time".
        seed: of a random one.
        choose: hold out a fifth of the training part, in the same way.

    Raises:
        InputError: rows to learn or to judge with are missing, or a time to split by.
    """
    y = labels_of(data)

    def cut(rows: np.ndarray, test: float) -> tuple[np.ndarray, np.ndarray]:
        if by == "time":
            kept, rest = split_by_time(None if data.time is None else data.time[rows], test=test)
        else:
            kept, rest = split_at_random(y[rows], test=test, seed=seed)
        return rows[kept], rows[rest]

    learn, test = cut(np.arange(len(y)), _TESTED[by])
    learn, chosen = cut(learn, _HELD_OUT) if choose else (learn, learn[:0])
    learn = genuine(y, learn)
    for rows, purpose in ((test, "to test with"), (chosen, "to choose a threshold on")):
        for label, kind in ((0, "genuine"), (1, "a fraud")):
            if len(rows) and not (y[rows] == label).any():
                raise InputError(f"none of {len(rows):,} rows {purpose} is {kind}")
    return Split(seed, learn, chosen, test)


def costs_of(data: Transactions, false_alarm: float, miss: float | str) -> Costs:
    """Return the costs of each row, where a miss costs a number or what a column says."""
    if not isinstance(miss, str):
        return Costs(false_alarm, np.full(len(data.x), miss))
    if miss not in data.x:
        near = near_names(miss, [str(name) for name in data.x])
        raise InputError(f"--miss-cost is a number or a column such as {near}, not {miss!r}")
    values = data.x[miss].to_numpy()
    if not (values[labels_of(data) == 1] >= 0).all():
        raise InputError(
            f"--miss-cost {miss}: every fraud must cost 0 or more, and none be missing"
        )
    return Costs(false_alarm, np.nan_to_num(values))


def judged(
    name: str, detector: Any, data: Transactions, split: Split, costs: Costs | None = None
) -> Judged:
    """Fit a detector, choose its threshold by cost if there are costs, and judge it.

    Args:
        name: to print.
        detector: has `fit` and `score_samples`.
        data: labelled.
        split: of its rows.
        costs: of its rows.

    Raises:
        InputError: the detector cannot learn these rows.
    """
    x, y = data.x, labels_of(data)
    start = time.perf_counter()
    try:
        detector.fit(x.iloc[split.learn])
        seconds = time.perf_counter() - start
        scores = detector.score_samples(x.iloc[split.test])
    except ValueError as error:
        raise InputError(
            f"{name}, {len(split.learn):,} rows to learn: {one_line(error)}"
        ) from error
    cost = None
    if costs:
        of_chosen, of_tested = (
            {"false_alarm": costs.false_alarm, "miss": costs.miss[rows]}
            for rows in (split.choose, split.test)
        )
        detector.choose_threshold(x.iloc[split.choose], y[split.choose], **of_chosen)
        cost = expected_cost(scores, y[split.test], detector.offset_, **of_tested)
    detection = judge(scores, y[split.test], threshold=getattr(detector, "offset_", -math.inf))
    print(
        f"  {name}: AUROC {detection.auroc:.3f}, average precision "
        f"{detection.average_precision:.3f}, learnt in {seconds:.1f} s",
        file=sys.stderr,
    )
    return Judged(detection, scores, seconds, cost)


def part_of(data: Transactions, rows: np.ndarray) -> Transactions:
    """Return some rows of labelled transactions."""
    when = None if data.time is None else data.time[rows]
    return Transactions(data.x.iloc[rows], when, labels_of(data)[rows], ())


def labels_of(data: Transactions) -> np.ndarray:
    """Return the labels, (n,)."""
    assert data.y is not None  # a table without labels was refused
    return data.y
