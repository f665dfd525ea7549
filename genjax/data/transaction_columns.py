"""Reads tables of transactions piece by piece, and checks their columns; see `transactions`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.near_names import near_names

_LARGEST = float(np.finfo(np.float32).max)
_LISTED, _SHOWN = 5, 40  # names, and characters of a value, in a message


class Layout(NamedTuple):
    """What a table is to have: the keywords of `load_transactions`, which says what they are."""

    impute: bool = False
    columns: Sequence[str] | None = None
    label: str = "Class"
    time: str = "Time"
    labelled: bool = True


class Columns(NamedTuple):
    """The checked columns of a table, or of a piece of one; see `Transactions`."""

    x: pd.DataFrame
    time: np.ndarray | None
    y: np.ndarray | None


class _Piece(NamedTuple):
    """Rows as they were read, from where, and how many came before."""

    frame: pd.DataFrame
    source: str
    before: int


def one_line(error: Exception) -> str:
    """Return an error's message without its line breaks, or its name where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def read_pieces(path: Path, rows: int | None, layout: Layout) -> Iterator[Columns]:
    """Yield a file's checked columns, at most some rows at a time; None for all at once."""
    before = 0
    for frame in _read(path, rows):
        if len(frame):
            yield check_columns(frame, str(path), layout, before=before)
        before += len(frame)
    if not before:
        raise InputError(f"{path} has no rows")


def check_columns(frame: pd.DataFrame, source: str, layout: Layout, *, before: int = 0) -> Columns:
    """Return the columns of a table as numbers, or say what is wrong with it.

    Args:
        frame: (n, columns), 1 row or more.
        source: of the table, for messages.
        layout: what it is to have.
        before: rows of the table that came before these.

    Raises:
        InputError: see `load_transactions`.
    """
    first = str(frame.columns[0])
    if first.startswith("Unnamed: 0") or first == "rownames":  # an index, written with the rows
        frame = frame.drop(columns=first)
    names = [str(name) for name in frame.columns]
    if layout.labelled and layout.label not in names:
        raise InputError(f"{source} has no label column {_instead(layout.label, names)}")
    # Where a model says which features there are, a time under another name is one too many.
    if layout.time not in names and layout.time != Layout().time and layout.columns is None:
        raise InputError(f"{source} has no time column {_instead(layout.time, names)}")
    features = [name for name in names if name not in (layout.time, layout.label)]
    if layout.columns is not None:
        _check_names(features, list(layout.columns), source)
        features = list(layout.columns)
    if not features:
        raise InputError(f"{source} has no column of features")
    hint = "; --impute allows missing ones"
    x = _numbers(_Piece(frame[features], source, before), impute=layout.impute, hint=hint)
    time = y = None
    if layout.time in names:
        time = _numbers(_Piece(frame[[layout.time]], source, before))[:, 0]
    if layout.label in names:
        y = _labels(_Piece(frame[[layout.label]], source, before))
    return Columns(pd.DataFrame(x, columns=features), time, y)


def _read(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    kind, read = "csv", _read_csv
    if path.suffix.lower() in (".parquet", ".pq"):
        kind, read = "parquet", _read_parquet
    try:
        yield from read(path, rows)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty") from error
    except (OSError, ValueError, NotImplementedError) as error:  # the readers' own are such, too
        raise InputError(f"{path} cannot be read as {kind}: {one_line(error)}") from error


def _read_csv(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    # Pandas numbers names that occur twice: only the line itself has them.
    header = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    _check_doubles(header.iloc[0].tolist(), path)
    # By default pandas guesses a column's type anew every so many rows, and warns if it differs.
    with pd.read_csv(path, chunksize=rows or sys.maxsize, low_memory=False) as reader:
        for frame in reader:
            if not isinstance(frame.index, pd.RangeIndex):
                raise InputError(f"{path}: its rows have more values than its header has names")
            yield frame


def _read_parquet(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    with needs_extra("parquet", "parquet files"):
        from pyarrow import parquet
    with parquet.ParquetFile(path) as file:
        names = file.schema_arrow.names
        _check_doubles(names, path)
        # An index of pandas' that has no name; one that has is a column like others.
        names = [name for name in names if not name.startswith("__index_level_")]
        if rows is None:
            yield file.read(names).to_pandas(ignore_metadata=True)
        else:
            for batch in file.iter_batches(rows, columns=names):
                yield batch.to_pandas(ignore_metadata=True)


def _check_doubles(names: list[str], path: Path) -> None:
    doubles = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if doubles:
        raise InputError(f"{path} has more than one column called {_some(doubles)}")


def _check_names(features: list[str], columns: list[str], source: str) -> None:
    missing = [name for name in columns if name not in features]
    extra = [name for name in features if name not in columns]
    faults = []
    if missing:
        faults.append(f"it lacks {_some(missing)}")
    if extra:
        faults.append(f"it has {_some(extra)}, which the model does not know")
    if missing and extra:
        faults.append(f"nearest to {missing[0]}: {near_names(missing[0], extra, most=1)}")
    if faults:
        raise InputError(f"{source} has not the model's columns: {'; '.join(faults)}")


def _numbers(piece: _Piece, *, impute: bool = False, hint: str = "") -> np.ndarray:
    """Return the piece's numbers, (n, columns) float64."""
    numbers = np.column_stack([_as_floats(column) for _, column in piece.frame.items()])
    present = piece.frame.notna().to_numpy()
    _refuse(present & np.isnan(numbers), piece, "holds {}, which is not a number")
    _refuse(np.isinf(numbers), piece, "is infinite")
    _refuse(np.abs(numbers) > _LARGEST, piece, "holds {}, which is beyond float32's range")
    if not impute:
        _refuse(~present, piece, "is missing", hint)
    return numbers


def _labels(piece: _Piece) -> np.ndarray:
    """Return the labels, (n,) int64."""
    _refuse(piece.frame.isna().to_numpy(), piece, "is missing")
    numbers = _as_floats(piece.frame.iloc[:, 0])
    neither = ~np.isin(numbers, (0, 1))
    _refuse(neither[:, None], piece, "holds {}", "; labels are 0 (genuine) and 1 (fraud)")
    return numbers.astype(np.int64)


def _as_floats(column: pd.Series) -> np.ndarray:
    """Return numbers, (n,) float64, and NaN for what is none."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        column = pd.to_numeric(column.astype("string"), errors="coerce")
    return column.to_numpy(np.float64, na_value=np.nan)


def _refuse(faulty: np.ndarray, piece: _Piece, what: str, hint: str = "") -> None:
    """Name the first of the faulty cells, (n, columns), and how many there are."""
    if not faulty.any():
        return
    row, column = np.argwhere(faulty)[0]
    held = piece.frame.iat[row, column]
    shown = " ".join((repr(held) if isinstance(held, str) else str(held)).split())
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
    name, first, last = piece.frame.columns[column], piece.before + 1, piece.before + len(faulty)
    raise InputError(
        f"{piece.source}: row {first + row:,}, column {name} {what.format(shown)}"
        f" ({faulty.sum():,} such in rows {first:,} to {last:,}){hint}"
    )


def _instead(name: str, names: list[str]) -> str:
    return f"{name!r}; among its columns: {near_names(name, names, most=_LISTED)}"


def _some(names: list[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
