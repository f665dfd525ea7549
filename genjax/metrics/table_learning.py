"""What do classifiers make of a synthetic table: do they learn from it, do they tell it apart?"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.metrics.table_columns import categorical, comparable, label, ranked
from genjax.metrics.two_sample import two_sample_auc

with needs_extra("tables", "classifiers of tables"):
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score, roc_auc_score
    from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

_LEVELS = 254  # categories that boosted trees tell apart, and one for all rarer ones


class Utility(NamedTuple):
    """Scores on real test rows, of one classifier trained twice.

    Attributes:
        roc_auc_trained_on_synthetic: area under the ROC curve, .5 where nothing was learned.
        roc_auc_trained_on_real: the same, trained on real rows: what could be reached.
        average_precision_trained_on_synthetic: of the target's larger value; its share in the test
            rows where nothing was learned.
        average_precision_trained_on_real: the same, trained on real rows.
    """

    roc_auc_trained_on_synthetic: float
    roc_auc_trained_on_real: float
    average_precision_trained_on_synthetic: float
    average_precision_trained_on_real: float


def train_on_synthetic(
    real_train: pd.DataFrame,
    synthetic: pd.DataFrame,
    real_test: pd.DataFrame,
    *,
    target: object,
    classifier: "ClassifierMixin | None" = None,
    seed: int = 0,
) -> Utility:
    """Train on synthetic rows and test on real ones, beside training on real rows.

    The classifier that is trained on synthetic rows learns nothing from the real ones: a category
    that it has not met counts as missing. Synthetic rows of one class only teach nothing.

    Args:
        real_train: (n, columns), the rows that the generator was trained on.
        synthetic: (m, columns), best as many.
        real_test: rows that neither saw.
        target: the column to learn, of the same two values in all tables, none missing. The larger
            one (1, True, the last in the alphabet) counts as positive.
        classifier: scikit-learn's, not fitted. It gets frames of float64 and categorical columns,
            both with missing values; the 254 most frequent categories, by number, and the rest as
            one more. Without one boosted trees, which take such frames.
        seed: of the trees.

    Raises:
        InputError: the tables cannot be compared, the target is no column of two values, the real
            rows do not hold both.

    Example:
        >>> x = pd.DataFrame({"x": np.random.default_rng(0).normal(size=400)})
        >>> x["y"] = x["x"] > 0
        >>> utility = train_on_synthetic(x[:100], x[100:200], x[200:], target="y")
        >>> min(utility) > 0.95
        True

    References:
        Esteban, Hyland and Rätsch, "Real-valued (medical) time series generation with recurrent
        conditional GANs", arXiv:1706.02633, 2017.
    """
    tables = comparable(real_train, synthetic, real_test)
    if target not in tables[0].columns:
        raise InputError(
            f"the target {target!r} is not a column; these are {', '.join(map(str, tables[0]))}"
        )
    if len(tables[0].columns) < 2:
        raise InputError(f"{target!r} is learned from other columns, but there are none")
    if classifier is None:
        classifier = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
    labels = _labels([table[target] for table in tables], target)
    real, fake, test = (_features(table.drop(columns=target)) for table in tables)
    scores = []
    for rows, is_positive in ((fake, labels[1]), (real, labels[0])):
        score = _score(classifier, rows, is_positive, test)
        scores.append((roc_auc_score(labels[2], score), average_precision_score(labels[2], score)))
    (area, precision), (area_of_real, precision_of_real) = scores
    return Utility(*map(float, (area, area_of_real, precision, precision_of_real)))


def _labels(columns: list[pd.Series], target: object) -> list[np.ndarray]:
    """Return for each table whether a row is positive."""
    if any(column.isna().any() for column in columns):
        raise InputError(f"the target {target!r} is missing in some rows: leave them out")
    found = sorted(set().union(*(column.unique() for column in columns)))
    both = all(column.nunique() == 2 for column in (columns[0], columns[2]))
    if len(found) != 2 or not both:
        raise InputError(
            f"the target {target!r} has two values, both in the real training and test rows; "
            f"found {', '.join(map(label, found[:9]))}"
        )
    return [(column == found[1]).to_numpy() for column in columns]


def _features(table: pd.DataFrame) -> pd.DataFrame:
    """Return numbers as they are and categories by number, few enough for boosted trees."""
    return pd.DataFrame({str(name): _feature(table[name]) for name in table})


def _feature(column: pd.Series) -> pd.Series:
    if not categorical(column):
        return column
    codes = np.minimum(column.cat.codes.to_numpy(int), _LEVELS)
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.RangeIndex(_LEVELS + 1)))


def _score(
    classifier: "ClassifierMixin", rows: pd.DataFrame, is_positive: np.ndarray, test: pd.DataFrame
) -> np.ndarray:
    if is_positive.all() or not is_positive.any():
        return np.zeros(len(test))
    # Boosted trees cannot bin a column without values, and others cannot learn from it.
    known = rows.columns[rows.notna().any()]
    if not len(known):
        return np.zeros(len(test))
    with threadpool_limits(1, user_api="openmp"):  # as `two_sample_auc`
        fitted = clone(classifier).fit(rows[known], is_positive)
        return fitted.predict_proba(test[known])[:, 1]


def told_apart(
    real: pd.DataFrame, synthetic: pd.DataFrame, *, folds: int = 3, seed: int = 0
) -> float:
    """Return `two_sample_auc` of boosted trees: .5 where rows cannot be told apart, 1 where always.

    The trees see each number's rank among the numbers of both tables and each category's number in
    the order of frequency in both; missing values come before all others. So a share of missing
    values that is off is seen, and a type is not.

    Args:
        real: (n, columns), n at least `folds`.
        synthetic: (m, columns), likewise.
        folds: 2 or more, each held out once.
        seed: of the folds, and of the trees.

    Raises:
        InputError: the tables cannot be compared, too few rows or folds.

    Example:
        >>> x = pd.DataFrame({"x": np.random.default_rng(0).normal(size=400)})
        >>> told_apart(x[:200], x[200:] + 10)
        1.0

    References:
        Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
    """
    real, synthetic = comparable(real, synthetic)
    columns = [ranked(real[name], synthetic[name]) for name in real]
    x, y = (np.stack([column[i] for column in columns], axis=1) for i in (0, 1))
    return two_sample_auc(x, y, folds=folds, seed=seed)
