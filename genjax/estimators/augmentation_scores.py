"""The columns' scales in a fold of a study of imbalance, and the scores as they come in."""

from typing import Any

import numpy as np
import pandas as pd

from genjax.errors import needs_extra
from genjax.estimators.augmentation_splits import Splits
from genjax.estimators.quantiles import NormalQuantiles
from genjax.metrics.probabilities import Recalibration, score_probabilities

with needs_extra("tables", "estimators"):
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline


def scale_of(frame: pd.DataFrame) -> Any:
    """Return median imputation and normal quantiles, learnt from these rows, as a function."""
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), NormalQuantiles()
    ).fit(frame.to_numpy(np.float64))
    return lambda rows: pipeline.transform(rows.to_numpy(np.float64)).astype(np.float32)


class Collected:
    """Scores as they come in, and the first folds' probabilities."""

    def __init__(self, y: np.ndarray, splits: Splits):
        self.rows: list[dict[str, Any]] = []
        self._curves: dict[tuple[str, str], list[np.ndarray]] = {}
        self._y, self._splits = y, splits

    def add(
        self,
        classifier: str,
        arm: str,
        ratio: float,
        known: list[np.ndarray],
        asked: list[np.ndarray],
    ) -> None:
        """Score probabilities of calibration (`known`) and test rows, (seeds, n) of each fold."""
        for number, fold in enumerate(self._splits.folds):
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
                if number < self._splits.first and seed == 0 and ratio == 1:
                    curve = np.stack([y, probability, again])
                    self._curves.setdefault((classifier, arm), []).append(curve)

    def joined(self) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return (classifier, arm) -> (y, probability, recalibrated) of the first folds' rows."""
        whole = {key: np.concatenate(parts, axis=1) for key, parts in self._curves.items()}
        return {key: (curve[0].astype(int), curve[1], curve[2]) for key, curve in whole.items()}
