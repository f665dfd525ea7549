"""Does over-sampling help? One table, classifiers and arms, folds, corrected intervals.

Everything that learns is fitted inside a fold: columns are scaled, samplers and classifiers fitted
on its training rows, probabilities recalibrated on rows of it that are kept apart from both. All
networks start afresh and take as many steps.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.estimators.arms import ARMS, Arm, at_ratio
from genjax.estimators.networks import NetworkStudy, Rows
from genjax.estimators.quantiles import NormalQuantiles
from genjax.metrics.probabilities import Recalibration, score_probabilities
from genjax.metrics.resampled import Interval, corrected_interval

with needs_extra("tables", "estimators"):
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
    from sklearn.pipeline import make_pipeline
    from threadpoolctl import threadpool_limits

CALIBRATION_SHARE = 0.2  # of a fold's training rows, kept apart for recalibration
NETWORK = "network"


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


class AugmentationReport(NamedTuple):
    """What was found.

    Attributes:
        scores: a row for each classifier, arm, ratio, fold and seed, with the scores of its
            probabilities, and of the recalibrated ones as "recalibrated_...".
        curves: (classifier, arm) -> (y, probability, recalibrated probability) of all test rows of
            the first repeat.
        test_to_train: rows of a fold's test set over those of its training set.
    """

    scores: pd.DataFrame
    curves: dict[tuple[str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]
    test_to_train: float

    def summary(self) -> pd.DataFrame:
        """Return mean scores, a row for each classifier, arm and ratio."""
        grouped = self.scores.drop(columns=["fold"]).groupby(
            ["classifier", "arm", "ratio"], sort=False
        )
        return grouped.mean()

    def difference(
        self, arm: str, other: str, *, classifier: str = NETWORK, score: str = "auc"
    ) -> Interval:
        """Return how much higher one arm's score is than another's, fold by fold, at full balance.

        Raises:
            InputError: there is no such arm, classifier or score.
        """
        if score not in self.scores.columns:
            raise InputError(f"no score {score!r}: {', '.join(self.scores.columns[4:])}")
        of_one = self.scores[
            (self.scores["classifier"] == classifier) & (self.scores["ratio"] == 1.0)
        ]
        folds = of_one.pivot_table(index="fold", columns="arm", values=score)
        for name in (arm, other):
            if name not in folds:
                raise InputError(f"no arm {name!r} of {classifier!r} at ratio 1")
        return corrected_interval(folds[arm] - folds[other], test_to_train=self.test_to_train)


def folds_of(y: np.ndarray, *, folds: int, repeats: int, seed: int) -> list[Fold]:
    """Return stratified folds, each with its calibration rows.

    Raises:
        InputError: a class has fewer rows than there are folds.
    """
    if np.bincount(y, minlength=2).min() < max(folds, 5):
        raise InputError(f"{folds} folds need {max(folds, 5)} rows of each class or more")
    split = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    made = []
    for train, test in split.split(np.zeros(len(y)), y):
        own, calibration = train_test_split(
            train, test_size=CALIBRATION_SHARE, stratify=y[train], random_state=seed
        )
        made.append(Fold(own, calibration, test))
    return made


def augmentation_report(
    X: pd.DataFrame,
    y: np.ndarray,
    *,
    arms: Mapping[str, Arm] = ARMS,
    ratios: Sequence[float] = (1.0,),
    swept: Sequence[str] = (),
    network: NetworkStudy | None = None,
    steps: int | None = None,
    network_seeds: int = 1,
    others: Mapping[str, Any] | None = None,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    say: Any = lambda line: None,
) -> AugmentationReport:
    """Compare ways to balance a table by what classifiers make of it.

    Args:
        X: (n, columns) numbers, with gaps.
        y: (n,) 0 or 1.
        arms: name -> `Arm`.
        ratios: of the rare class to the other, in (0, 1]; 1 is full balance.
        swept: arms that are tried at every ratio; the others at 1 alone.
        network: the study's.
        steps: of each network; None takes four epochs of a balanced table.
        network_seeds: networks a fold and arm, whose scores are averaged.
        others: name -> classifier of scikit-learn; None takes logistic regression and trees.
        folds: 2 or more.
        repeats: of all folds.
        seed: of all that is random.
        say: is told what was done, a line at a time.

    Returns:
        The report.

    Raises:
        InputError: classes that cannot be split, ratios or arms that are none.

    Example:
        >>> from genjax.estimators.arms import ARMS
        >>> rng = np.random.default_rng(0)
        >>> y = (rng.random(300) < 0.2).astype(int)
        >>> X = pd.DataFrame({"a": rng.normal(size=300) + y, "b": rng.normal(size=300)})
        >>> arms = {name: ARMS[name] for name in ("unbalanced", "random")}
        >>> report = augmentation_report(X, y, arms=arms, steps=20, folds=2)
        >>> report.summary().loc["network"].index.get_level_values("arm").tolist()
        ['unbalanced', 'random']
    """
    y = np.asarray(y).astype(int)
    if unknown := [name for name in swept if name not in arms]:
        raise InputError(f"no arm {unknown[0]!r}: {', '.join(arms)}")
    if not all(0 < ratio <= 1 for ratio in ratios):
        raise InputError(f"ratios lie in (0, 1], not {tuple(ratios)}")
    network = NetworkStudy() if network is None else network
    others = default_classifiers(seed) if others is None else others
    parts = folds_of(y, folds=folds, repeats=repeats, seed=seed)
    scales = [scale_of(X.iloc[fold.train]) for fold in parts]
    ready = [
        {name: scale(X.iloc[rows]) for name, rows in fold._asdict().items() if name != "train"}
        for fold, scale in zip(parts, scales, strict=True)
    ]
    if steps is None:
        steps = round(4 * 2 * (y == np.bincount(y).argmax()).sum() * 0.64 / network.batch_size)
    collected = _Collected(y, parts, len(parts) // repeats)
    for name, arm in arms.items():
        made = [
            arm(X.iloc[fold.train].reset_index(drop=True), y[fold.train], scale, seed + number)
            for number, (fold, scale) in enumerate(zip(parts, scales, strict=True))
        ]
        say(f"{name}: rows of {len(parts)} folds drawn")
        for ratio in ratios if name in swept else (1.0,):
            cut = [
                at_ratio(rows, len(fold.train), ratio) if ratio < 1 else rows
                for rows, fold in zip(made, parts, strict=True)
            ]
            for classifier, predict in (
                (NETWORK, _of_networks(network, cut, steps, network_seeds, seed)),
                *((key, _of_others(model, cut)) for key, model in others.items()),
            ):
                collected.add(classifier, name, ratio, predict, ready)
        say(f"{name}: classifiers of {len(parts)} folds scored")
    fold = parts[0]
    learnt = len(fold.train) + len(fold.calibration)
    return AugmentationReport(
        pd.DataFrame(collected.rows), collected.joined(), len(fold.test) / learnt
    )


def default_classifiers(seed: int) -> dict[str, Any]:
    """Return the classifiers beside the network, not fitted."""
    return {
        "logistic regression": LogisticRegression(max_iter=500),
        "trees": HistGradientBoostingClassifier(
            learning_rate=0.05, max_leaf_nodes=15, random_state=seed
        ),
    }


def scale_of(frame: pd.DataFrame) -> Any:
    """Return median imputation and normal quantiles, learnt from these rows, as a function."""
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), NormalQuantiles()
    ).fit(frame.to_numpy(np.float64))
    return lambda rows: pipeline.transform(rows.to_numpy(np.float64)).astype(np.float32)


# x of each fold -> probabilities of each fold, averaged over no seeds: (seeds, n) a fold
Predict = Any


def _of_networks(
    network: NetworkStudy, made: Sequence[Rows], steps: int, seeds: int, seed: int
) -> Predict:
    members = [rows for rows in made for _ in range(seeds)]
    states = network.fit(members, steps=steps, seed=seed)

    def predict(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        longest = max(map(len, x))
        padded = [np.resize(rows, (longest, rows.shape[1])) for rows in x for _ in range(seeds)]
        probability = network.predict(states, padded).reshape(len(x), seeds, longest)
        return [own[:, : len(rows)] for own, rows in zip(probability, x, strict=True)]

    return predict


def _of_others(model: Any, made: Sequence[Rows]) -> Predict:
    with threadpool_limits(1, user_api="openmp"):
        fitted = [clone(model).fit(rows.x, rows.y, sample_weight=rows.weight) for rows in made]
    return lambda x: [m.predict_proba(own)[None, :, 1] for m, own in zip(fitted, x, strict=True)]


class _Collected:
    """Scores as they come in, and the first repeat's probabilities."""

    def __init__(self, y: np.ndarray, folds: Sequence[Fold], first: int):
        self.rows: list[dict[str, Any]] = []
        self._curves: dict[tuple[str, str], list[np.ndarray]] = {}
        self._y, self._folds, self._first = y, folds, first

    def add(
        self,
        classifier: str,
        arm: str,
        ratio: float,
        predict: Predict,
        ready: Sequence[Mapping[str, np.ndarray]],
    ) -> None:
        known, asked = (predict([own[part] for own in ready]) for part in ("calibration", "test"))
        for number, fold in enumerate(self._folds):
            y = self._y[fold.test]
            for seed, (before, probability) in enumerate(
                zip(known[number], asked[number], strict=True)
            ):
                again = Recalibration.fit(self._y[fold.calibration], before)(probability)
                scores = score_probabilities(y, probability)._asdict()
                after = score_probabilities(y, again)._asdict()
                self.rows.append(
                    {"classifier": classifier, "arm": arm, "ratio": ratio, "fold": number}
                    | scores
                    | {f"recalibrated_{name}": value for name, value in after.items()}
                )
                if number < self._first and seed == 0 and ratio == 1:
                    curve = np.stack([y, probability, again])
                    self._curves.setdefault((classifier, arm), []).append(curve)

    def joined(self) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        whole = {key: np.concatenate(parts, axis=1) for key, parts in self._curves.items()}
        return {key: (curve[0].astype(int), curve[1], curve[2]) for key, curve in whole.items()}
