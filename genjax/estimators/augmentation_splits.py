"""Splits of a study of imbalance: whole tables in folds, small samples, rarer classes.

All are places of rows in one table.
"""

from typing import NamedTuple

import numpy as np

from genjax.errors import InputError, needs_extra

with needs_extra("tables", "estimators"):
    from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

CALIBRATION_SHARE = 0.2  # of a fold's training rows, kept apart for recalibration
_TESTED = 0.4  # of the rows of each class, in `small_samples`
_LEAST = 10  # rows of a class: 8 to learn from and 2 to calibrate by


class Fold(NamedTuple):
    """One split of the table; places of rows.

    Attributes:
        train: samplers and classifiers learn from these.
        calibration: the recalibration does.
        test: scored.
    """

    train: np.ndarray
    calibration: np.ndarray
    test: np.ndarray


class Splits(NamedTuple):
    """Folds, and what an interval over them must know.

    Attributes:
        folds: in order.
        first: how many of them, from the start, test each row once at most.
        test_to_train: for `corrected_interval`; 0 where training rows are of no other fold's.
    """

    folds: list[Fold]
    first: int
    test_to_train: float


def repeated_folds(y: np.ndarray, *, folds: int, repeats: int, seed: int) -> Splits:
    """Return stratified folds, each with its calibration rows.

    Args:
        y: (n,) 0 or 1.
        folds: of a repeat.
        repeats: of all folds.
        seed: of the order.

    Raises:
        InputError: fewer than 2 folds, or a class has fewer rows than there are folds, or than 10.
    """
    if folds < 2:
        raise InputError(f"folds must be 2 or more, not {folds}")
    least = max(folds, _LEAST)
    if (rarest := np.bincount(y, minlength=2).min()) < least:
        raise InputError(f"{folds} folds need {least} rows of each class or more, not {rarest}")
    split = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    made = [_fold(y, train, test, seed) for train, test in split.split(np.zeros(len(y)), y)]
    return Splits(made, folds, 1 / ((folds - 1) * (1 - CALIBRATION_SHARE)))


def small_samples(
    y: np.ndarray, *, rows: int, share: float | None = None, draws: int, seed: int
) -> Splits:
    """Return small training sets and test sets of their own, none with a row in another.

    Their results are independent, which makes a plain t interval right.

    Args:
        y: (n,) 0 or 1.
        rows: of each training set, those for calibration among them.
        share: of the rarer class in them; None takes the table's. Test rows, two fifths of the
            table in all, have the table's.
        draws: training sets, 2 or more.
        seed: of the order.

    Raises:
        InputError: the table has too few rows of a class, or a training set would have under 10.

    Example:
        >>> y = np.arange(6000) % 10 == 0
        >>> splits = small_samples(y.astype(int), rows=500, share=0.04, draws=3, seed=0)
        >>> [len(fold.train) + len(fold.calibration) for fold in splits.folds]
        [500, 500, 500]
        >>> int(y[splits.folds[0].train].sum()), len(splits.folds[0].test)
        (16, 800)
    """
    if draws < 2:
        raise InputError(f"draws must be 2 or more, not {draws}")
    rare = int(y.mean() < 0.5)
    share = float((y == rare).mean()) if share is None else share
    few = round(share * rows)
    rng = np.random.default_rng(seed)
    learnt, tested = [], []
    for label, size in ((rare, few), (1 - rare, rows - few)):
        places = rng.permutation(np.flatnonzero(y == label))
        held, pool = np.split(places, [round(_TESTED * len(places))])
        if size < _LEAST or draws * size > len(pool):
            raise InputError(
                f"{draws} training sets of {size:,} rows of class {label}: from {_LEAST} rows each "
                f"to {len(pool):,} in all"
            )
        learnt.append(pool[: draws * size].reshape(draws, size))
        tested.append(np.array_split(held, draws))
    made = [
        _fold(y, np.concatenate(own), np.concatenate(test), seed)
        for own, test in zip(zip(*learnt, strict=True), zip(*tested, strict=True), strict=True)
    ]
    return Splits(made, draws, 0.0)


def rarer(splits: Splits, y: np.ndarray, *, share: float, seed: int) -> Splits:
    """Return the splits with the rarer class made this share of what is learnt from, or tested.

    Rows for training and calibration are dropped at random; test rows stay. An interval over the
    folds knows of their overlap in all rows, though the rare ones that are left overlap less: it
    is rather too wide.

    Raises:
        InputError: it is no larger share as it is, or under 10 rows a fold would be left.
    """
    rare = int(y.mean() < 0.5)
    made = []
    for fold in splits.folds:
        learnt = np.concatenate([fold.train, fold.calibration])
        few, many = learnt[y[learnt] == rare], learnt[y[learnt] != rare]
        wanted = round(share / (1 - share) * len(many)) if 0 < share < 1 else 0
        if not _LEAST <= wanted <= len(few):
            given = f"{_LEAST / len(learnt):.2g} and {len(few) / len(learnt):.2g}"
            raise InputError(f"the rarer class's share lies between {given} here, not {share}")
        kept = np.random.default_rng(seed).choice(few, wanted, replace=False)
        made.append(_fold(y, np.concatenate([many, kept]), fold.test, seed))
    return splits._replace(folds=made)


def _fold(y: np.ndarray, learnt: np.ndarray, test: np.ndarray, seed: int) -> Fold:
    if (rarest := np.bincount(y[learnt], minlength=2).min()) < _LEAST:
        raise InputError(f"{_LEAST} rows of each class to learn from are needed, not {rarest}")
    own, calibration = train_test_split(
        learnt, test_size=CALIBRATION_SHARE, stratify=y[learnt], random_state=seed
    )
    return Fold(own, calibration, test)
