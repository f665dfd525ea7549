"""Tables of card transactions: what a detector of anomalies learns from and scores.

All columns but the time and the label are features, and are to be numbers. The best known table is
of the Université libre de Bruxelles, Kaggle's creditcard.csv: Time, V1 to V28, Amount, Class.

References:
    Dal Pozzolo, Caelen, Johnson and Bontempi, "Calibrating probability with undersampling for
    unbalanced classification", IEEE Symposium Series on Computational Intelligence 2015 (its data).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.data.drawn_transactions import draw_transactions
from genjax.data.openml import TIMEOUT, no_long_waits
from genjax.data.source import DataError
from genjax.data.table_files import one_line
from genjax.data.transaction_columns import Columns, Layout, check_columns, read_pieces
from genjax.errors import InputError, needs_extra

with needs_extra("tables", "tables of transactions"):
    from sklearn.datasets import fetch_openml
    from sklearn.model_selection import train_test_split


class Transactions(NamedTuple):
    """Transactions, a row each.

    Attributes:
        x: (n, features) float64, by name; missing values, where allowed, are NaN.
        time: (n,) float64 seconds; None where the table has no such column.
        y: (n,) int64, 0 genuine and 1 fraud; None where the table has no labels.
        notes: what to tell the user, a line each.
    """

    x: pd.DataFrame
    time: np.ndarray | None
    y: np.ndarray | None
    notes: tuple[str, ...]


def load_transactions(
    path: Path | None,
    *,
    impute: bool = False,
    columns: Sequence[str] | None = None,
    label: str = "Class",
    time: str = "Time",
    labelled: bool = True,
) -> Transactions:
    """Load a table of transactions; what in it cannot be used is refused by row and column.

    Row 1 is the first below the header. A first column that counts the rows is left out.

    Args:
        path: a parquet file (.parquet or .pq), else csv. None loads OpenML's copy of the ULB's
            table, or, where that cannot be had, a drawn one, which a note then says.
        impute: allow missing features, which stay NaN; what fits a model fills them in.
        columns: the features that a model was trained with: the table must have just these, in
            any order, and x has them in this one. None: what the table has.
        label: column of 0 for genuine and 1 for fraud.
        time: column of seconds; a table need not have it if it is called Time.
        labelled: a table must have labels; otherwise they are read where it has them.

    Raises:
        InputError: a file that cannot be read, or has no rows, other columns, missing or infinite
            values, ones beyond float32's range or no numbers, or labels other than 0 and 1.
        ImportError: a parquet file, without pyarrow.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "cards.csv"
        ...     draw_transactions(300, fraud=0.01).to_csv(path, index=False)
        ...     rows = load_transactions(path)
        >>> rows.x.shape, rows.time.shape, int(rows.y.sum())
        ((300, 29), (300,), 3)
    """
    layout = Layout(impute, columns, label, time, labelled)
    if path is not None:
        (whole,) = read_pieces(Path(path), None, layout)
        return _noted(whole, str(path))
    frame, source, notes = _fetch_or_draw()
    return _noted(check_columns(frame, source, layout), source, *notes)


def read_in_chunks(path: Path, *, rows: int = 100_000, **layout: Any) -> Iterator[Transactions]:
    """Return the pieces, one after another, of a file that need not fit in memory.

    Together they are what `load_transactions` loads. A fault is found when its piece is reached;
    its row is counted from the beginning of the file, others like it within the piece.

    Args:
        path: a parquet file (.parquet or .pq), else csv.
        rows: of a piece at most, 1 or more.
        layout: the keywords of `load_transactions`.

    Raises:
        InputError: as `load_transactions`; all but the first are raised while reading.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "cards.csv"
        ...     draw_transactions(300).to_csv(path, index=False)
        ...     [len(piece.x) for piece in read_in_chunks(path, rows=200)]
        [200, 100]
    """
    if rows < 1:
        raise InputError(f"read 1 or more rows at a time, not {rows}")
    pieces = read_pieces(Path(path), rows, Layout(**layout))
    return (_noted(piece, str(path)) for piece in pieces)


def split_at_random(
    y: np.ndarray, *, test: float = 0.25, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to train with and rows to test with, ascending, with the same share of frauds.

    Args:
        y: (n,) labels.
        test: share of the rows to test with, above 0 and below 1.
        seed: the same one gives the same rows.

    Raises:
        InputError: too few rows, or frauds, to have some on either side.

    Example:
        >>> train, test = split_at_random(np.array([0] * 8 + [1] * 4), seed=0)
        >>> len(train), len(test)
        (9, 3)
    """
    try:
        train, rest = train_test_split(
            np.arange(len(y)), test_size=float(test), stratify=y, random_state=seed
        )
    except ValueError as error:
        raise InputError(
            f"{len(y):,} rows, {np.sum(y):,} of them frauds, cannot be split with test={test:g}: "
            + one_line(error)
        ) from error
    return np.sort(train), np.sort(rest)


def split_by_time(time: np.ndarray | None, *, test: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Return the earlier rows, to train with, and the latest, to test with, in order of time.

    Args:
        time: (n,) seconds; rows of the same second keep their order.
        test: share of the rows to test with, above 0 and below 1.

    Raises:
        InputError: no times, or too few rows to have some on either side.

    Example:
        >>> split_by_time(np.array([30.0, 10.0, 20.0, 40.0]), test=0.25)
        (array([1, 2, 0]), array([3]))
    """
    if time is None:
        raise InputError("there is no Time column to split by: split at random")
    if not 0 < test < 1:
        raise InputError(f"the share to test with is above 0 and below 1, not {test:g}")
    cut = len(time) - round(len(time) * test)
    if not 0 < cut < len(time):
        raise InputError(f"{len(time):,} rows are too few to split with test={test:g}")
    order = np.argsort(time, kind="stable")
    return order[:cut], order[cut:]


def genuine(y: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """Return those of the rows that are genuine: what a detector learns from.

    Args:
        y: (n,) labels.
        rows: among which; None for all n.

    Raises:
        InputError: there are none.

    Example:
        >>> genuine(np.array([0, 1, 0, 1]), np.array([3, 2, 1]))
        array([2])
    """
    rows = np.arange(len(y)) if rows is None else rows
    found = rows[y[rows] == 0]
    if not len(found):
        raise InputError(f"none of {len(rows):,} rows is genuine (label 0): there must be some")
    return found


def _noted(columns: Columns, source: str, *notes: str) -> Transactions:
    frauds = "" if columns.y is None else f", {columns.y.sum():,} of them frauds"
    said = [f"{len(columns.x):,} transactions from {source}{frauds}", *notes]
    if missing := int(columns.x.isna().to_numpy().sum()):
        said.append(f"{missing:,} missing values stay, to be filled in")
    return Transactions(*columns, tuple(said))


def _fetch_or_draw() -> tuple[pd.DataFrame, str, list[str]]:
    """Return a table, where it is from, and notes: OpenML's, or else a drawn one."""
    try:
        with no_long_waits(TIMEOUT):
            # One retry, at once, is the least that it can be told.
            bunch = fetch_openml("creditcard", version=1, as_frame=True, n_retries=1, delay=0.1)
    except DataError as error:
        note = (
            "these transactions are simulated, not real: no file was named, and OpenML's copy of "
            f"the real ones cannot be had ({error})"
        )
        return draw_transactions(), "a simulation", [note]
    frame = bunch.frame
    # A category's names may come with the quotes of the file.
    label = frame["Class"].astype(str).str.strip("'")
    notes = [] if "Time" in frame else ["OpenML's copy has no Time; its rows are in order of time"]
    return frame.assign(Class=label), "OpenML's creditcard", notes
