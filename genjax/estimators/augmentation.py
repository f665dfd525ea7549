"""Does over-sampling help? One table, classifiers and arms, folds, corrected intervals.

Everything that learns is fitted inside a fold: columns are scaled, samplers and classifiers fitted
on its training rows, probabilities recalibrated on rows of it that are kept apart from both. All
networks start afresh, a fold's from the same weights in every arm, and take as many steps.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.estimators.arms import ARMS, Arm, class_weights
from genjax.estimators.augmentation_scores import Collected, scale_of
from genjax.estimators.augmentation_splits import Splits, repeated_folds
from genjax.estimators.augmentation_trials import NETWORK, Study, try_arms
from genjax.estimators.networks import NetworkStudy
from genjax.metrics.resampled import Interval, corrected_interval
from genjax.near_names import near_names

with needs_extra("tables", "estimators"):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.utils.validation import has_fit_parameter

_KEYS = ["classifier", "arm", "ratio", "fold", "seed"]
_BYTES = 1e9  # of the rows of one program's networks, about


class AugmentationReport(NamedTuple):
    """What was found.

    Attributes:
        scores: a row for each classifier, arm, ratio, fold and seed, with the scores of its
            probabilities, and of the recalibrated ones as "recalibrated_...".
        curves: (classifier, arm) -> (y, probability, recalibrated probability) of all test rows of
            the first repeat, of one network each.
        test_to_train: of the splits.
    """

    scores: pd.DataFrame
    curves: dict[tuple[str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]
    test_to_train: float

    def summary(self) -> pd.DataFrame:
        """Return mean scores, a row for each classifier, arm and ratio."""
        grouped = self.scores.drop(columns=["fold", "seed"]).groupby(_KEYS[:3], sort=False)
        return grouped.mean()

    def difference(
        self, arm: str, other: str, *, classifier: str = NETWORK, score: str = "auc"
    ) -> Interval:
        """Return how much higher one arm's score is than another's, fold by fold, at full balance.

        Raises:
            InputError: there is no such arm, classifier or score.
        """
        names = [name for name in self.scores.columns if name not in _KEYS]
        if score not in names:
            raise InputError(f"no score {score!r}: {', '.join(names)}")
        of_one = self.scores[
            (self.scores["classifier"] == classifier) & (self.scores["ratio"] == 1.0)
        ]
        folds = of_one.pivot_table(index="fold", columns="arm", values=score)
        for name in (arm, other):
            if name not in folds:
                raise InputError(f"no arm {name!r} of {classifier!r} at ratio 1")
        return corrected_interval(folds[arm] - folds[other], test_to_train=self.test_to_train)


def augmentation_report(
    X: pd.DataFrame,
    y: np.ndarray,
    *,
    arms: Sequence[str] | Mapping[str, Arm] = ARMS,
    ratios: Sequence[float] = (1.0,),
    swept: Sequence[str] = (),
    network: NetworkStudy | None = None,
    steps: int | None = None,
    network_seeds: int = 1,
    others: Mapping[str, Any] | None = None,
    folds: int = 5,
    repeats: int = 1,
    splits: Splits | None = None,
    seed: int = 0,
    jobs: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> AugmentationReport:
    """Compare ways to balance a table by what classifiers make of it.

    Args:
        X: (n, columns) numbers, with gaps.
        y: (n,) 0 or 1.
        arms: names of `ARMS`, or name -> `Arm`.
        ratios: of the rare class to the other, in (0, 1], besides 1, which is full balance.
        swept: arms that are tried at every ratio; the others at 1 alone.
        network: the study's.
        steps: of each network; None takes four epochs of a balanced table.
        network_seeds: networks a fold and arm, whose scores are averaged.
        others: name -> classifier of scikit-learn; None takes logistic regression and trees.
        folds: 2 or more.
        repeats: of all folds.
        splits: used instead of folds and repeats, such as `small_samples`.
        seed: of all that is random.
        jobs: samplers or classifiers that are fitted at a time; results do not depend on it.
        say: is told what was done, a line at a time.

    Returns:
        The report.

    Raises:
        InputError: no numbers, classes that cannot be split, ratios or arms that are none.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = (rng.random(300) < 0.2).astype(int)
        >>> X = pd.DataFrame({"a": rng.normal(size=300) + y, "b": rng.normal(size=300)})
        >>> report = augmentation_report(X, y, arms=("unbalanced", "random"), steps=20, folds=2)
        >>> report.summary().loc["network"].index.get_level_values("arm").tolist()
        ['unbalanced', 'random']
    """
    X, y = _table(X, y)
    arms = arms if isinstance(arms, Mapping) else {name: _known_arm(name) for name in arms}
    if unknown := [name for name in swept if name not in arms]:
        raise InputError(f"no arm {unknown[0]!r}: {', '.join(arms)}")
    counts_of = {"arms": len(arms), "network_seeds": network_seeds, "jobs": jobs}
    for name, value in (counts_of | {"repeats": repeats, "steps": steps}).items():
        if value is not None and value < 1:
            raise InputError(f"{name} must be 1 or more, not {value}")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed lies in [0, 2^31), not {seed}")
    others = default_classifiers(seed) if others is None else others
    _check_classifiers(others, weighted=class_weights in arms.values())
    splits = (
        repeated_folds(y, folds=folds, repeats=repeats, seed=seed) if splits is None else splits
    )
    parts = splits.folds
    counts = np.bincount(y[parts[0].train], minlength=2)
    if not all(counts.min() / counts.max() <= ratio <= 1 for ratio in ratios):
        given = f"{counts.min() / counts.max():.3g}, the table's own"
        raise InputError(f"ratios lie between {given}, and 1, not {tuple(ratios)}")
    network = NetworkStudy() if network is None else network
    balanced = 2 * int(counts.max())
    scales = [scale_of(X.iloc[fold.train]) for fold in parts]
    study = Study(
        x=X,
        y=y,
        parts=parts,
        scales=scales,
        ready=[
            (scale(X.iloc[fold.calibration]), scale(X.iloc[fold.test]))
            for fold, scale in zip(parts, scales, strict=True)
        ],
        network=network,
        steps=round(4 * balanced / network.batch_size) if steps is None else steps,
        network_seeds=network_seeds,
        others=others,
        seed=seed,
        jobs=jobs,
    )
    tries = {name: sorted({1.0, *ratios}) if name in swept else [1.0] for name in arms}
    of_arm = 4 * balanced * (X.shape[1] + 2) * len(parts) * network_seeds
    at_once = max(1, int(_BYTES // of_arm))
    names, collected = list(arms), Collected(y, splits)
    for first in range(0, len(names), at_once):
        some = {name: arms[name] for name in names[first : first + at_once]}
        try_arms(study, some, tries, collected, say)
    order = [NETWORK, *study.others]
    rows = sorted(collected.rows, key=lambda row: order.index(row["classifier"]))
    return AugmentationReport(pd.DataFrame(rows), collected.joined(), splits.test_to_train)


def _table(X: pd.DataFrame, y: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table and its classes as integers, or raise InputError where it is none."""
    X, y = pd.DataFrame(X), np.asarray(y)
    if y.shape != (len(X),):
        raise InputError(f"a class, 0 or 1, of each row: {len(X)} rows, classes of {y.shape}")
    if not (known := np.isin(y, (0, 1))).all():
        raise InputError(f"a class, 0 or 1, of each row, not {y[~known][0]!r}")
    for name, column in X.items():
        if not pd.api.types.is_numeric_dtype(column):
            raise InputError(f"column {name!r} holds {column.dtype}, not numbers: encode it first")
        if np.isinf(column.to_numpy(np.float64, na_value=np.nan)).any():
            raise InputError(f"column {name!r} holds infinite values")
    return X, y.astype(int)


def _known_arm(name: str) -> Arm:
    if name not in ARMS:
        raise InputError(f"no arm {name!r}; there is {near_names(name, ARMS)}")
    return ARMS[name]


def _check_classifiers(others: Mapping[str, Any], *, weighted: bool) -> None:
    """Raise InputError for classifiers that would fail late."""
    for name, model in others.items():
        if name == NETWORK:
            raise InputError(f"{NETWORK!r} is the study's own: another name for that classifier")
        if not hasattr(model, "predict_proba"):
            raise InputError(f"{name!r} has no predict_proba")
        if weighted and not has_fit_parameter(model, "sample_weight"):
            raise InputError(f"{name!r} takes no weights: leave the arm of class weights out")


def default_classifiers(seed: int) -> dict[str, Any]:
    """Return the classifiers beside the network, not fitted."""
    return {
        "logistic regression": LogisticRegression(max_iter=500),
        # Never stopped early: copies on both sides of its split would stop balanced tables later.
        "trees": HistGradientBoostingClassifier(
            learning_rate=0.05, max_leaf_nodes=15, early_stopping=False, random_state=seed
        ),
    }
