"""Splits of a study of imbalance: whole tables in folds, small samples, rarer classes.

All are places of rows in one table, so that what was made of one split can be compared with what
was made of another: `small_samples` share their test rows, `rarer` ones those that they came from.
"""

from typing import NamedTuple

import numpy as np

from genjax.errors import InputError, needs_extra

with needs_extra("tables", "estimators"):
    from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

CALIBRATION_SHARE = 0.2  # of a fold's training rows, kept apart for recalibration
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
    return Splits(made, folds, 1 / (folds - 1))


def small_samples(
    y: np.ndarray, *, rows: int, share: float | None = None, draws: int, seed: int
) -> Splits:
    """Return small training sets without a row in common, all tested on the same sixth of the rows.

    Args:
        y: (n,) 0 or 1.
        rows: of each training set, those for calibration among them.
        share: of the rarer class in them; None takes the table's. Test rows have the table's.
        draws: training sets.
        seed: of the order.

    Raises:
        InputError: the table has too few rows of a class, or a training set would have under 10.

    Example:
        >>> y = np.arange(6000) % 10 == 0
        >>> splits = small_samples(y.astype(int), rows=500, share=0.04, draws=3, seed=0)
        >>> [len(fold.train) + len(fold.calibration) for fold in splits.folds]
        [500, 500, 500]
        >>> int(y[splits.folds[0].train].sum()), len(splits.folds[0].test)
        (16, 1000)
    """
    rare = int(y.mean() < 0.5)
    share = float((y == rare).mean()) if share is None else share
    few = round(share * rows)
    pool, test = train_test_split(np.arange(len(y)), test_size=1 / 6, stratify=y, random_state=seed)
    rng = np.random.default_rng(seed)
    parts = []
    for label, size in ((rare, few), (1 - rare, rows - few)):
        places = rng.permutation(pool[y[pool] == label])
        if size < _LEAST or draws * size > len(places):
            raise InputError(
                f"{draws} training sets of {size:,} rows of class {label}: from {_LEAST} rows each "
                f"to {len(places):,} in all"
            )
        parts.append(places[: draws * size].reshape(draws, size))
    made = [_fold(y, np.concatenate(own), test, seed) for own in zip(*parts, strict=True)]
    return Splits(made, 1, 0.0)


def rarer(splits: Splits, y: np.ndarray, *, share: float, seed: int) -> Splits:
    """Return the splits with the rarer class made this share of what is learnt from, or tested.

    Rows for training and calibration are dropped at random; test rows stay.

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
    own, calibration = train_test_split(
        learnt, test_size=CALIBRATION_SHARE, stratify=y[learnt], random_state=seed
    )
    return Fold(own, calibration, test)
