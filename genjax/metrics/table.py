"""How near is a synthetic table to the real one: its columns, their pairs, and all in one report.

Tables are pandas' frames of the same columns, of numbers, booleans, dates, categories or text,
with missing values; types do not matter, values do (`genjax.metrics.table_columns.comparable`).
"""

from itertools import combinations

import numpy as np
import pandas as pd

from genjax.metrics.table_columns import categorical, comparable, ranked
from genjax.metrics.table_learning import told_apart, train_on_synthetic
from genjax.metrics.table_nearness import (
    closest_records,
    density_coverage_of_table,
    precision_recall_of_table,
)
from genjax.metrics.univariate import kolmogorov_smirnov


def column_shapes(real: pd.DataFrame, synthetic: pd.DataFrame) -> pd.Series:
    """Return how far each column's distribution is off: 0 for the same one, 1 for disjoint ones.

    Of categories and booleans the total variation distance, ½ Σ |p(c) - q(c)|, where missing is
    one more category. Of numbers and dates the Kolmogorov-Smirnov statistic, sup |F(x) - G(x)|,
    where missing values lie below all numbers, or above all: the larger of both. So it is never
    less than the difference of the shares of missing values, and the usual statistic where none is
    missing. Chance gives about .9 √((n + m) / nm) for a column of different numbers.

    Args:
        real: (n, columns).
        synthetic: (m, columns).

    Returns:
        A number, 0 to 1, by column.

    Raises:
        InputError: the tables cannot be compared.

    Example:
        >>> real = pd.DataFrame({"age": [20, 30, 40, 50], "sex": ["f", "m", "f", "m"]})
        >>> column_shapes(real, real.assign(age=[20, 30, None, None], sex="f")).to_dict()
        {'age': 0.5, 'sex': 0.5}

    References:
        Massey, "The Kolmogorov-Smirnov test for goodness of fit", JASA 1951.
    """
    real, synthetic = comparable(real, synthetic)
    return pd.Series({name: _shape(real[name], synthetic[name]) for name in real}, dtype=float)


def _shape(real: pd.Series, synthetic: pd.Series) -> float:
    x, y = ranked(real, synthetic)
    if categorical(real):
        return _total_variation(x + 1, y + 1)
    above = max(x.max(), y.max()) + 1
    return max(
        kolmogorov_smirnov(x, y),
        kolmogorov_smirnov(np.where(x < 0, above, x), np.where(y < 0, above, y)),
    )


def pair_trends(real: pd.DataFrame, synthetic: pd.DataFrame) -> pd.DataFrame:
    """Return how far the association of each pair of columns is off, 0 to 1.

    Of two columns of numbers or dates |ρ - ρ'| / 2, of Spearman's rank correlations over the rows
    that have both values (0 for a constant); or, if that is more, the total variation distance
    ½ Σ |p - q| between the tables' shares of rows that miss both, the one, the other or neither.

    Of other pairs the total variation distance between their contingency tables, in which missing
    is one more category and numbers are binned at the real ones' deciles. It is at least that of
    either column, and chance gives up to √((n + m) cells / 2π nm).

    Args:
        real: (n, columns).
        synthetic: (m, columns).

    Returns:
        (columns, columns), symmetric, NaN on the diagonal.

    Raises:
        InputError: the tables cannot be compared.

    Example:
        >>> real = pd.DataFrame({"x": [1, 2, 3], "y": [2, 4, 6], "even": [False, True, False]})
        >>> trends = pair_trends(real, real.assign(y=[6, 4, 2]))
        >>> float(trends.loc["x", "y"]), float(trends.loc["x", "even"])
        (1.0, 0.0)

    References:
        Spearman, "The proof and measurement of association between two things", American Journal
        of Psychology 1904.
        Patki, Wedge and Veeramachaneni, "The synthetic data vault", DSAA 2016.
    """
    real, synthetic = comparable(real, synthetic)
    names = list(real.columns)
    numbers = [name for name in names if not categorical(real[name])]
    correlations = [
        table[numbers].corr("spearman", min_periods=2).fillna(0) for table in (real, synthetic)
    ]
    off = np.abs(correlations[0].to_numpy() - correlations[1].to_numpy()) / 2
    place = {name: i for i, name in enumerate(numbers)}
    cells = {name: _cells(real[name], synthetic[name]) for name in names}
    missing = {
        name: (real[name].isna().to_numpy(), synthetic[name].isna().to_numpy()) for name in numbers
    }
    trends = pd.DataFrame(np.nan, index=names, columns=names)
    for a, b in combinations(names, 2):
        if a in place and b in place:
            absent = _joint_distance(missing[a], missing[b])
            distance = max(float(off[place[a], place[b]]), absent)
        else:
            distance = _joint_distance(cells[a], cells[b])
        trends.loc[a, b] = trends.loc[b, a] = distance
    return trends


def _cells(real: pd.Series, synthetic: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the categories' or bins' numbers in both tables, from 0, which is missing."""
    x, y = ranked(real, synthetic)
    known = x[x >= 0]
    if not categorical(real) and len(known):
        values = np.unique(known)
        edges = np.unique(np.quantile(known, np.arange(1, 10) / 10, method="inverted_cdf"))
        # A bin ends with its edge. None ends with the last number: where most numbers are the
        # largest one, it would hold all.
        edges = np.unique(np.where(edges == values[-1], values[max(len(values) - 2, 0)], edges))
        x, y = (np.where(z < 0, -1, np.searchsorted(edges, z)) for z in (x, y))
    return x + 1, y + 1


def _joint_distance(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the total variation distance of pairs, given two columns of both tables."""
    width = int(max(column.max() for column in b)) + 1
    x, y = (np.asarray(a[i], int) * width + np.asarray(b[i], int) for i in (0, 1))
    return _total_variation(x, y)


def _total_variation(x: np.ndarray, y: np.ndarray) -> float:
    _, cells = np.unique(np.concatenate([x, y]), return_inverse=True)
    counts = [np.bincount(part, minlength=cells.max() + 1) for part in np.split(cells, [len(x)])]
    return float(np.abs(counts[0] / len(x) - counts[1] / len(y)).sum() / 2)


def table_report(
    real_train: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    target: object = None,
    seed: int = 0,
) -> dict[str, float]:
    """Return the headline numbers of all scores of tables.

    The synthetic table is held against the holdout wherever likeness is asked for, so that a copied
    training set is worth no more than true draws. Give real rows in its place, as many, to see what
    chance makes of the scores.

    Args:
        real_train: rows that the generator was trained on.
        synthetic: its rows.
        holdout: real rows that it has not seen.
        target: a column of two values, to be learned from the others; without one nothing is.
        seed: of folds, trees and chosen rows.

    Returns:
        Numbers by name. `column_shapes_*` and `pair_trends_*` (mean and worst; NaN for a single
        column): 0 is best. `told_apart_auc`: .5 is best. `precision`, `recall`, `density` and
        `coverage`: 1 is best. Those that end on `_of_holdout` or `_trained_on_real` are what the
        ones before them are compared with.

    Raises:
        InputError: the tables cannot be compared, or the target cannot be learned.

    Example:
        >>> x = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 2)), columns=["a", "b"])
        >>> report = table_report(x[:100], x[:100], x[200:])
        >>> report["exact_copies"], report["exact_copies_of_holdout"]
        (1.0, 0.0)
    """
    shapes = column_shapes(holdout, synthetic)
    trends = pair_trends(holdout, synthetic).to_numpy()
    trends = trends[np.triu_indices_from(trends, 1)]
    closest = closest_records(real_train, synthetic, holdout)
    report = {
        "column_shapes_mean": float(shapes.mean()),
        "column_shapes_worst": float(shapes.max()),
        "pair_trends_mean": float(trends.mean()) if len(trends) else np.nan,
        "pair_trends_worst": float(trends.max()) if len(trends) else np.nan,
        "told_apart_auc": told_apart(holdout, synthetic, seed=seed),
        **precision_recall_of_table(holdout, synthetic, seed=seed)._asdict(),
        **density_coverage_of_table(holdout, synthetic, seed=seed)._asdict(),
        "closest_record_median": closest.median,
        "closest_record_median_of_holdout": closest.median_of_holdout,
        "closest_record_low": closest.low,
        "closest_record_low_of_holdout": closest.low_of_holdout,
        "share_nearer_than_holdout": closest.share_nearer,
        "exact_copies": closest.exact_copies,
        "exact_copies_of_holdout": closest.exact_copies_of_holdout,
    }
    if target is not None:
        report |= train_on_synthetic(
            real_train, synthetic, holdout, target=target, seed=seed
        )._asdict()
    return report
