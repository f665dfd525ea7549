"""Do synthetic rows lie among the real ones, do they cover them, and are any of them copied?

Rows are compared as points, to which no column adds much more than another
(`genjax.metrics.table_columns.positions`).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax.metrics.coverage import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    precision_recall,
)
from genjax.metrics.nearest import nearest
from genjax.metrics.table_columns import comparable, positions

_LOW = 0.05


class ClosestRecords(NamedTuple):
    """Distances to the closest training row, of synthetic rows and of held-out real ones.

    Attributes:
        median: of the synthetic rows' distances.
        median_of_holdout: of the held-out rows' distances.
        low: the synthetic rows' 5 % quantile.
        low_of_holdout: the held-out rows' 5 % quantile.
        share_nearer: of synthetic rows nearer than that: about .05 where they are distributed like
            the held-out ones, 1 where all are copied. Of distances equal to it that share counts
            which makes it .05 for the held-out rows themselves.
        exact_copies: share of synthetic rows that equal a training row in every column.
        exact_copies_of_holdout: the same of held-out rows: what happens without copying.
    """

    median: float
    median_of_holdout: float
    low: float
    low_of_holdout: float
    share_nearer: float
    exact_copies: float
    exact_copies_of_holdout: float


def closest_records(
    real_train: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame
) -> ClosestRecords:
    """Compare synthetic rows' distances to the training rows with those of held-out rows.

    A distance is Euclidean, over columns that each add 0 to 1: numbers by their rank among the
    training rows, and up to 1½ where they are beyond these. Rows equal where types do not matter
    and missing equals missing; round both tables beforehand, if one is written with more digits.
    Distances are computed in blocks, on the device: memory does not grow with n times m.

    Args:
        real_train: (n, columns), the rows that the generator was trained on.
        synthetic: (m, columns).
        holdout: real rows that it has not seen.

    Raises:
        InputError: the tables cannot be compared.

    Example:
        >>> x = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200)})
        >>> closest = closest_records(x[:100], x[:50], x[100:])
        >>> closest.median, closest.share_nearer, closest.exact_copies
        (0.0, 1.0, 1.0)

    References:
        Zhao, Kunar, Birke and Chen, "CTAB-GAN: effective table data synthesizing", ACML 2021.
        Platzer and Reutterer, "Holdout-based empirical assessment of mixed-type synthetic data",
        Frontiers in Big Data 2021.
    """
    tables = comparable(real_train, synthetic, holdout)
    train, fake, held_out = positions(*tables)
    distance, other = (nearest(rows, train).distance[:, 0] for rows in (fake, held_out))
    hashes = [pd.util.hash_pandas_object(table, index=False).to_numpy() for table in tables]
    copies, copies_of_holdout = (float(np.isin(x, hashes[0]).mean()) for x in hashes[1:])
    # Of distances that exist, so that some held-out ones equal the quantile.
    low, low_of_holdout = (
        float(np.quantile(x, _LOW, method="inverted_cdf")) for x in (distance, other)
    )
    below, equal = (other < low_of_holdout).mean(), (other == low_of_holdout).mean()
    nearer = (distance < low_of_holdout).mean()
    nearer += (distance == low_of_holdout).mean() * (_LOW - below) / equal
    return ClosestRecords(
        float(np.median(distance)),
        float(np.median(other)),
        low,
        low_of_holdout,
        float(nearer),
        copies,
        copies_of_holdout,
    )


def precision_recall_of_table(
    real: pd.DataFrame, synthetic: pd.DataFrame, *, k: int = 3, most: int = 5000, seed: int = 0
) -> PrecisionRecall:
    """Return `precision_recall` of rows: shares that lie on the other table's manifold.

    They depend on the number of rows, so that as many are drawn of both. Columns that are mostly
    one value put many rows on one point, and make both larger.

    Args:
        real: (n, columns), n above k.
        synthetic: (m, columns), m above k.
        k: neighbours.
        most: rows drawn of each table at most; time grows with their square.
        seed: of these.

    Raises:
        InputError: the tables cannot be compared, too few rows.

    Example:
        >>> x = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)))
        >>> precision_recall_of_table(x, x), precision_recall_of_table(x, x + 100)[0]
        (PrecisionRecall(precision=1.0, recall=1.0), 0.0)

    References:
        Sajjadi et al., "Assessing generative models via precision and recall", NeurIPS 2018.
        Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
        models", NeurIPS 2019.
    """
    return precision_recall(*_drawn(real, synthetic, most, seed), k=k)


def density_coverage_of_table(
    real: pd.DataFrame, synthetic: pd.DataFrame, *, k: int = 5, most: int = 5000, seed: int = 0
) -> DensityCoverage:
    """Return `density_coverage` of rows; arguments and errors of `precision_recall_of_table`.

    Example:
        >>> x = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)))
        >>> density_coverage_of_table(x, x + 100)
        DensityCoverage(density=0.0, coverage=0.0)

    References:
        Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML 2020.
    """
    return density_coverage(*_drawn(real, synthetic, most, seed), k=k)


def _drawn(
    real: pd.DataFrame, synthetic: pd.DataFrame, most: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return as many points of both tables, on the scale of all real rows."""
    x, y = positions(real, synthetic)
    count = min(len(x), len(y), most)
    generator = np.random.default_rng(seed)
    rows = [generator.choice(len(z), count, replace=False) for z in (x, y)]
    return x[rows[0]], y[rows[1]]
