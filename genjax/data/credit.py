"""The credit table "Give Me Some Credit": borrowers, and who of them paid 90 or more days late.

References:
    Credit Fusion and Cukierski, "Give Me Some Credit", Kaggle 2011 (its data).
"""

import warnings
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from genjax.data.drawn_credit import COLUMNS, LATE, TARGET, draw_credit
from genjax.data.openml import no_long_waits
from genjax.data.source import DataError
from genjax.data.table_cells import Piece, check_names, labels, numbers
from genjax.data.table_files import line_of, read_frames, without_index
from genjax.data.table_memory import check_memory
from genjax.errors import InputError, needs_extra

with needs_extra("tables", "tables of borrowers"):
    from sklearn.datasets import fetch_openml

CODES = (96, 98)  # in the counts of late payments, of which there are no so many
_NAME = "GiveMeSomeCredit"  # OpenML's, number 46929, which calls the target and its values:
_RENAMED, _VALUES = "FinancialDistressNextTwoYears", {"No": "0", "Yes": "1"}


class Credit(NamedTuple):
    """Borrowers, a row each.

    Attributes:
        x: (n, 10) `COLUMNS`, in this order: int64 where the table has integers and none is
            missing, else float64; missing values are NaN.
        y: (n,) int64, 1 for a borrower who was 90 or more days late within two years, else 0.
        notes: what to tell the user, a line each.
    """

    x: pd.DataFrame
    y: np.ndarray
    notes: tuple[str, ...]


class _Table(NamedTuple):
    """A table as it was found, from where, and what else is to be told of it."""

    frame: pd.DataFrame
    source: str
    notes: tuple[str, ...] = ()
    path: Path | None = None


def load_credit(
    path: str | Path | None,
    *,
    codes: Literal["missing", "keep"] = "missing",
    limit: int | None = None,
    seed: int = 0,
) -> Credit:
    """Load the credit table; what in it cannot be used is refused by line and column.

    A first column that counts the rows is left out. Of a csv file larger than 500 MB a warning
    says, before it is read, how much memory that takes; so does a note.

    Args:
        path: a parquet file (.parquet or .pq), else csv, such as the competition's
            cs-training.csv. None loads OpenML's copy, or, where that cannot be had, a drawn table,
            which a note then says.
        codes: "missing" sets what is no count or age to missing, NaN: 96 and 98 among the counts of
            late payments, and an age of 0. "keep" leaves them. A note says how many there are.
        limit: rows to draw, 2 or more, of both classes by their shares. None, or more than there
            are: all rows.
        seed: of the rows that are drawn.

    Raises:
        InputError: a file that cannot be read, needs more memory than is available, or has no
            rows, other columns, text, infinite values, labels that are missing or neither 0 nor
            1, or one class only; or settings out of their range.
        ImportError: a parquet file, without pyarrow.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "borrowers.csv"
        ...     draw_credit(500).to_csv(path)
        ...     credit = load_credit(path, limit=100)
        >>> credit.x.shape, credit.y.shape, credit.notes[0].endswith("drawn of 500")
        ((100, 10), (100,), True)
    """
    if codes not in ("missing", "keep"):
        raise InputError(f"codes is 'missing' or 'keep', not {codes!r}")
    if limit is not None and limit < 2:
        raise InputError(f"limit is a number of rows, 2 or more, not {limit}")
    if path is None:
        table, x, y = _fetch_or_draw()
    else:
        table = _read(Path(path))
        x, y = _check(table)
    found = len(y)
    if limit is not None and limit < found:
        rows = _draw_rows(y, limit, np.random.default_rng(seed))
        x, y = x.iloc[rows].reset_index(drop=True), y[rows]
    of = "" if len(y) == found else f", drawn of {found:,}"
    said = [
        f"{len(y):,} borrowers from {table.source}{of}",
        f"{y.sum():,} of them ({y.mean():.1%}) are delinquent",
        "missing values: " + _counts(x.isna()),
    ]
    odd = _odd(x)
    if codes == "missing":
        x = x.assign(**{name: x[name].mask(odd[name]) for name in COLUMNS if odd[name].any()})
    done = "set to missing" if codes == "missing" else "kept as numbers"
    said.append(f"codes 96 and 98 {done}: {_counts(odd[list(LATE)])}")
    said.append(f"ages of 0 {done}: {_counts(odd[['age']])}")
    return Credit(x, y, (*said, *table.notes))


def _read(path: Path) -> _Table:
    large = check_memory(path)
    if large:
        warnings.warn(large, stacklevel=3)
    frames = [frame for frame in read_frames(path, None) if len(frame)]
    if not frames:
        raise DataError(f"{path} has no rows")
    return _Table(frames[0], str(path), (large,) if large else (), path)


def _fetch_or_draw() -> tuple[_Table, pd.DataFrame, np.ndarray]:
    """Return OpenML's table, or else a drawn one, and what `_check` returns of it."""
    try:
        with no_long_waits():
            bunch = fetch_openml(_NAME, version=1, as_frame=True, n_retries=1, delay=0.1)
        frame = bunch.frame.rename(columns={_RENAMED: TARGET})
        if TARGET in frame:
            # A category's names may come with the quotes of the file.
            frame[TARGET] = frame[TARGET].astype("string").str.strip("'").replace(_VALUES)
        table = _Table(frame, f"OpenML's {_NAME}")
        return table, *_check(table)
    except InputError as error:
        note = (
            "these borrowers are simulated, not real: no file was named, and OpenML's copy of the "
            f"real table cannot be had ({error})"
        )
        table = _Table(draw_credit(), "a simulation", (note,))
        return table, *_check(table)


def _check(table: _Table) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table's features and labels, or say what is wrong with it."""
    frame, source = without_index(table.frame), table.source
    check_names(
        [str(name) for name in frame.columns],
        (TARGET, *COLUMNS),
        source,
        whose="the columns of Give Me Some Credit",
        stranger="not of that table",
    )
    line = None if table.path is None else partial(line_of, table.path)
    x = frame[list(COLUMNS)]
    values = numbers(Piece(x, source, line=line), impute=True)
    hint = "; the competition's test table has no labels" if frame[TARGET].isna().all() else ""
    y = labels(Piece(frame[[TARGET]], source, line=line), "0 (paid) and 1 (delinquent)", hint=hint)
    if len(classes := np.unique(y)) < 2:
        raise DataError(f"{source} has one class only: {TARGET} is {classes[0]} in all rows")
    whole = [
        name
        for name, column in x.items()
        if pd.api.types.is_integer_dtype(column) and not column.isna().any()
    ]
    return pd.DataFrame(values, columns=x.columns).astype(dict.fromkeys(whole, np.int64)), y


def _draw_rows(y: np.ndarray, limit: int, rng: np.random.Generator) -> np.ndarray:
    """Return some of the rows, ascending, 1 or more of each class."""
    ones = min(max(round(limit * y.mean()), 1), limit - 1)
    drawn = [
        rng.choice(np.flatnonzero(y == label), size=count, replace=False)
        for label, count in ((0, limit - ones), (1, ones))
    ]
    return np.sort(np.concatenate(drawn))


def _odd(x: pd.DataFrame) -> pd.DataFrame:
    """Return which values, (n, 10), are codes or ages of 0."""
    odd = pd.DataFrame(False, index=x.index, columns=x.columns)
    odd[list(LATE)] = x[list(LATE)].isin(CODES)
    odd["age"] = x["age"] == 0
    return odd


def _counts(there: pd.DataFrame) -> str:
    counts = {name: count for name, count in there.sum().items() if count}
    return ", ".join(f"{count:,} in {name}" for name, count in counts.items()) or "none"
