"""Reads tables from csv and parquet files, whole or in pieces, and says what cannot be read."""

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from genjax.data.source import few
from genjax.errors import InputError, needs_extra

COMPRESSED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")  # csv files that pandas unpacks
_HEAD = 4096  # bytes that show whether a file is of text


def one_line(error: Exception) -> str:
    """Return an error's message without its line breaks, or its name where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def is_parquet(path: Path) -> bool:
    """Return whether a file is read as parquet, by its name; all others are csv."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_frames(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield a file's rows as they are read, at most some at a time; None for all at once.

    Args:
        path: a parquet file (.parquet or .pq), else csv.
        rows: of a frame at most, 1 or more.

    Raises:
        InputError: a file that cannot be read, with columns of one name or rows of more values.
        ImportError: a parquet file, without pyarrow.
    """
    with readable(path):
        yield from (_read_parquet if is_parquet(path) else _read_csv)(path, rows)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Around whatever reads a file: raise InputError, of one line, where that fails."""
    failed = f"{path} cannot be read as {'parquet' if is_parquet(path) else 'csv'}"
    try:
        if path.exists() and not path.is_file():  # a pipe could be read but once
            raise InputError(f"{failed}: it is a folder, or no regular file")
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty") from error
    except (OSError, ValueError, NotImplementedError) as error:  # the readers' own are such, too
        longer = _longer_line(error)
        why = f"Error tokenizing data: {longer}" if longer else one_line(error)
        raise InputError(f"{failed}: {why}") from error


def check_text(path: Path) -> None:
    """Raise ValueError if there are zero bytes, which pandas passes over, among a file's first."""
    if path.suffix.lower() not in COMPRESSED:
        with path.open("rb") as raw:
            if b"\0" in raw.read(_HEAD):
                raise ValueError("it is no text in UTF-8")


def without_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without a first column that was an index, written with the rows."""
    first = str(frame.columns[0])
    is_index = first.startswith("Unnamed: 0") or first == "rownames"
    return frame.drop(columns=frame.columns[0]) if is_index else frame


def line_of(path: Path, row: int) -> int | None:
    """Return the line of a csv file, from 1, that a row is on; None where it cannot be counted.

    Args:
        path: of a file that was read.
        row: from 0, the first below the header.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            filled = (line for line in reader if len(line) > 1 or "".join(line).strip())
            for place, _ in enumerate(filled, start=-1):  # the header
                if place == row:
                    return reader.line_num
    except (OSError, ValueError, csv.Error):  # a compressed file
        pass
    return None


def _read_csv(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    check_text(path)
    # Pandas numbers names that occur twice: only the line itself has them.
    try:
        head = pd.read_csv(path, header=None, nrows=2, dtype=str, keep_default_na=False)
    except pd.errors.ParserError as error:
        if longer := _longer_line(error):  # pandas would take values without a name for an index
            why = f"its rows have more values than its header has names: {longer}"
            raise InputError(f"{path}: {why}") from error
        raise
    names = head.iloc[0].tolist()
    _check_doubles(names, path)
    if len(names) == 1 and (other := next((sep for sep in ";\t|" if sep in names[0]), None)):
        raise InputError(f"{path}: its values are separated by {other!r}, not by commas")
    # By default pandas guesses a column's type anew every so many rows, and warns if it differs.
    with pd.read_csv(path, chunksize=rows or sys.maxsize, low_memory=False) as reader:
        yield from reader


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


def _longer_line(error: Exception) -> str | None:
    """Return what pandas says of a line of too many values, if the error is of one."""
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if not found:
        return None
    before, line, values = (f"{int(number):,}" for number in found.groups())
    return f"line {line} has {values} values, those before it at most {before}"


def _check_doubles(names: list[str], path: Path) -> None:
    doubles = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if doubles:
        raise InputError(f"{path} has more than one column called {few(doubles)}")
