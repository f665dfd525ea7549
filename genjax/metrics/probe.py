"""Does a change of a picture change what was meant, and nothing else? A probe reads it.

A probe is linear: the pictures' principal components, then for each factor logistic regression
(yes or no: a probability) or ridge regression (a number: in deviations of the factor). What it says
is worth its skill on pictures of the same look: train it on reconstructions too where it is to read
what a model decodes, and leave out the factors that it cannot read there.

References:
    Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from genjax.data.attributes import others_than
from genjax.errors import InputError, needs_extra

with needs_extra("tables", "probes"):
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import balanced_accuracy_score, r2_score

_ROWS_OF_COMPONENTS = 2_000  # whose principal components are taken: bounds the memory
_BLOCK = 512


@dataclass(frozen=True)
class Probe:
    """Reads factors from pictures; `fit_probe` makes it.

    Attributes:
        mean: (d,), of the pictures' d numbers.
        directions: (k, d), principal components, each over its deviation.
        readers: factor -> the fitted regression.
        scales: factor -> (mean, deviation) in the training rows; (0, 1) of yes-or-no factors.
    """

    mean: np.ndarray
    directions: np.ndarray
    readers: dict[str, Any]
    scales: dict[str, tuple[float, float]]

    def read(self, pictures: np.ndarray) -> pd.DataFrame:
        """Return the readings, a row a picture: a probability, or a number in deviations."""
        x = _project(pictures, self.mean, self.directions)
        return pd.DataFrame(
            {
                name: reader.predict_proba(x)[:, 1]
                if isinstance(reader, LogisticRegression)
                else reader.predict(x)
                for name, reader in self.readers.items()
            }
        )

    def skill(self, readings: pd.DataFrame, factors: pd.DataFrame) -> dict[str, float]:
        """Return how well each factor is read: 1 is perfect, 0 is chance.

        Args:
            readings: of `read`.
            factors: the truth, as for `fit_probe`.

        Returns:
            Of a yes-or-no factor the share that is right, balanced, from chance (.5 is 0) upwards:
            Youden's J; of a number R². NaN where these pictures have a single value.
        """

        def score(name: str) -> float:
            if factors[name].nunique() < 2:
                return float("nan")
            truth, reading = factors[name].to_numpy(), readings[name].to_numpy()
            if is_bool_dtype(factors[name]):
                return float(balanced_accuracy_score(truth, reading >= 0.5, adjusted=True))
            mean, deviation = self.scales[name]
            return float(r2_score((truth - mean) / deviation, reading))

        return {name: score(name) for name in self.readers}


def fit_probe(
    pictures: np.ndarray, factors: pd.DataFrame, *, components: int = 200, seed: int = 0
) -> Probe:
    """Fit a linear probe.

    Args:
        pictures: (n, ...), all numbers of a picture are its features.
        factors: n rows; bool columns are yes-or-no factors, all others numbers. A column of one
            value is left out.
        components: principal components that are read, at most.
        seed: of the components' randomised decomposition and of the rows that they are taken of.

    Raises:
        InputError: other numbers of rows, or too few.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 3))
        >>> factors = pd.DataFrame({"yes": x[:, 0] > 0, "size": x[:, 1]})
        >>> probe = fit_probe(x, factors)
        >>> {name: round(value, 1) for name, value in probe.skill(probe.read(x), factors).items()}
        {'yes': 1.0, 'size': 1.0}
    """
    n = len(pictures)
    if n != len(factors) or n < 2:
        raise InputError(f"a probe needs 2 rows or more, of both: {n} and {len(factors)}")
    rows = np.random.default_rng(seed).permutation(n)[:_ROWS_OF_COMPONENTS]
    some = _features(pictures[rows])
    pca = PCA(min(components, *some.shape), random_state=seed).fit(some)
    # Over their deviations: what is small in a picture (a mouth) is not punished for it. Those of
    # rounding alone are left out.
    deviations = np.sqrt(pca.explained_variance_)
    real = deviations > 1e-3 * deviations.max()
    directions = (pca.components_[real] / deviations[real, None]).astype(np.float32)
    x = _project(pictures, pca.mean_, directions)
    readers: dict[str, Any] = {}
    scales: dict[str, tuple[float, float]] = {}
    for name, column in factors.items():
        if column.nunique() < 2:
            continue
        values = column.to_numpy()
        yes_or_no = is_bool_dtype(column)
        mean, deviation = (0.0, 1.0) if yes_or_no else (values.mean(), values.std())
        scales[str(name)] = float(mean), float(deviation)
        reader = LogisticRegression(max_iter=1000) if yes_or_no else Ridge()
        target = values if yes_or_no else (values - mean) / deviation
        readers[str(name)] = reader.fit(x, target)
    return Probe(pca.mean_, directions, readers, scales)


def _features(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1).astype(np.float32)


def _project(pictures: np.ndarray, mean: np.ndarray, directions: np.ndarray) -> np.ndarray:
    blocks = (pictures[start : start + _BLOCK] for start in range(0, len(pictures), _BLOCK))
    empty = np.zeros((0, len(directions)), np.float32)
    return np.concatenate([empty, *((_features(x) - mean) @ directions.T for x in blocks)])


class Effect(NamedTuple):
    """What a change of pictures, meant for one factor, did to the readings of all.

    It is measured on the pictures that were read as without the target (below .5), or as with it
    where it was removed; all but `pictures` is NaN or None where there are none.

    Attributes:
        pictures: how many those are.
        success: share of them that are read the other way round afterwards.
        changes: mean change of each reading: of a probability, or in deviations.
        leak: the other factor whose mean change is largest; None where there is no other.
        disturbance: mean size of the change of the other factors' readings, over factors and
            pictures: here changes of both signs add up.
    """

    pictures: int
    success: float
    changes: dict[str, float]
    leak: str | None
    disturbance: float


def effect(
    before: pd.DataFrame, after: pd.DataFrame, target: str, *, removed: bool = False
) -> Effect:
    """Compare readings before and after a change that was meant for one yes-or-no factor.

    Classes of one column ("label=3", "label=7") exclude each other and change together by right:
    they are not among each other's other factors.

    Args:
        before: readings of `Probe.read`.
        after: of the same pictures, changed.
        target: the factor.
        removed: it was taken away, not added.

    Example:
        >>> before = pd.DataFrame({"hat": [0.25, 0.0, 1.0], "smile": [0.5, 0.5, 0.5]})
        >>> after = pd.DataFrame({"hat": [0.75, 0.25, 1.0], "smile": [0.75, 0.25, 0.0]})
        >>> effect(before, after, "hat")[:3]
        (2, 0.5, {'hat': 0.375, 'smile': 0.0})
        >>> effect(before, after, "hat").disturbance
        0.25
    """
    to_flip = (before[target] < 0.5) != removed
    before, after = before[to_flip], after[to_flip]
    change = after - before
    others = change[others_than(target, change.columns)]
    known = others.size > 0
    return Effect(
        pictures=len(change),
        success=float(((after[target] < 0.5) == removed).mean()),
        changes={str(name): float(value) for name, value in change.mean().items()},
        leak=str(others.mean().abs().idxmax()) if known else None,
        disturbance=float(np.abs(others.to_numpy()).mean()) if known else float("nan"),
    )
