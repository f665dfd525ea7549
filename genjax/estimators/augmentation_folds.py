"""Folds of a study of imbalance, the columns' scales in them, and the scores as they come in."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.estimators.quantiles import NormalQuantiles
from genjax.metrics.probabilities import Recalibration, score_probabilities

with needs_extra("tables", "estimators"):
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
    from sklearn.pipeline import make_pipeline

CALIBRATION_SHARE = 0.2  # of a fold's training rows, kept apart for recalibration


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


def folds_of(y: np.ndarray, *, folds: int, repeats: int, seed: int) -> list[Fold]:
    """Return stratified folds, each with its calibration rows.

    Raises:
        InputError: fewer than 2 folds, or a class has fewer rows than there are folds, or than 10.
    """
    if folds < 2:
        raise InputError(f"folds must be 2 or more, not {folds}")
    least = max(folds, 10)
    if (rarest := np.bincount(y, minlength=2).min()) < least:
        raise InputError(f"{folds} folds need {least} rows of each class or more, not {rarest}")
    split = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    made = []
    for train, test in split.split(np.zeros(len(y)), y):
        own, calibration = train_test_split(
            train, test_size=CALIBRATION_SHARE, stratify=y[train], random_state=seed
        )
        made.append(Fold(own, calibration, test))
    return made


def scale_of(frame: pd.DataFrame) -> Any:
    """Return median imputation and normal quantiles, learnt from these rows, as a function."""
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), NormalQuantiles()
    ).fit(frame.to_numpy(np.float64))
    return lambda rows: pipeline.transform(rows.to_numpy(np.float64)).astype(np.float32)


class Collected:
    """Scores as they come in, and the first repeat's probabilities."""

    def __init__(self, y: np.ndarray, folds: list[Fold], first: int):
        self.rows: list[dict[str, Any]] = []
        self._curves: dict[tuple[str, str], list[np.ndarray]] = {}
        self._y, self._folds, self._first = y, folds, first

    def add(
        self,
        classifier: str,
        arm: str,
        ratio: float,
        known: list[np.ndarray],
        asked: list[np.ndarray],
    ) -> None:
        """Score probabilities of calibration (`known`) and test rows, (seeds, n) of each fold."""
        for number, fold in enumerate(self._folds):
            y = self._y[fold.test]
            of_seeds = zip(known[number], asked[number], strict=True)
            for seed, (before, probability) in enumerate(of_seeds):
                again = Recalibration.fit(self._y[fold.calibration], before)(probability)
                keys = {"classifier": classifier, "arm": arm, "ratio": ratio, "fold": number}
                after = score_probabilities(y, again)._asdict()
                self.rows.append(
                    {**keys, "seed": seed, **score_probabilities(y, probability)._asdict()}
                    | {f"recalibrated_{name}": value for name, value in after.items()}
                )
                if number < self._first and seed == 0 and ratio == 1:
                    curve = np.stack([y, probability, again])
                    self._curves.setdefault((classifier, arm), []).append(curve)

    def joined(self) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return (classifier, arm) -> (y, probability, recalibrated) of the first repeat's rows."""
        whole = {key: np.concatenate(parts, axis=1) for key, parts in self._curves.items()}
        return {key: (curve[0].astype(int), curve[1], curve[2]) for key, curve in whole.items()}
