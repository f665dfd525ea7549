"""Checks the columns that a table was read with: their names, numbers and labels."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax.data.source import few
from genjax.errors import InputError
from genjax.near_names import near_names

_LARGEST = float(np.finfo(np.float32).max)
_SHOWN = 40  # characters of a value, in a message


class Piece(NamedTuple):
    """Rows of a table as they were read.

    Attributes:
        frame: (n, columns).
        source: of the table, for messages.
        before: rows of the table that came before these.
        line: of a row of the table, counted from 0, in its file; None, or of None, to say the row.
    """

    frame: pd.DataFrame
    source: str
    before: int = 0
    line: Callable[[int], int | None] | None = None


def check_names(
    names: Sequence[str],
    columns: Sequence[str],
    source: str,
    *,
    whose: str = "the model's columns",
    stranger: str = "which the model does not know",
) -> None:
    """Raise InputError if a table has not just these columns, in any order.

    Args:
        names: that it has.
        columns: that it is to have.
        source: of the table, for the message.
        whose: what the columns are called, for the message.
        stranger: what it says of others.
    """
    missing = [name for name in columns if name not in names]
    extra = [name for name in names if name not in columns]
    faults = []
    if missing:
        faults.append(f"it lacks {few(missing)}")
    if extra:
        faults.append(f"it has {few(extra)}, {stranger}")
    if missing and extra:
        faults.append(f"nearest to {missing[0]}: {near_names(missing[0], extra, most=1)}")
    if faults:
        raise InputError(f"{source} has not {whose}: {'; '.join(faults)}")


def numbers(piece: Piece, *, impute: bool = False, hint: str = "") -> np.ndarray:
    """Return a piece's numbers, (n, columns) float64.

    Args:
        piece: see `Piece`.
        impute: allow missing values, which are NaN.
        hint: what the message says of missing ones.

    Raises:
        InputError: a value that is no number, infinite, beyond float32's range, or missing.
    """
    values = np.column_stack([_as_floats(column) for _, column in piece.frame.items()])
    present = piece.frame.notna().to_numpy()
    _refuse(present & np.isnan(values), piece, "holds {}, which is not a number")
    _refuse(np.isinf(values), piece, "is infinite")
    _refuse(np.abs(values) > _LARGEST, piece, "holds {}, which is beyond float32's range")
    if not impute:
        _refuse(~present, piece, "is missing", hint)
    return values


def labels(piece: Piece, meaning: str, *, hint: str = "") -> np.ndarray:
    """Return the labels of a piece of one column, (n,) int64.

    Args:
        piece: see `Piece`.
        meaning: of the labels, for the message.
        hint: what the message says of missing ones.

    Raises:
        InputError: a label that is missing, or neither 0 nor 1.
    """
    _refuse(piece.frame.isna().to_numpy(), piece, "is missing", hint)
    values = _as_floats(piece.frame.iloc[:, 0])
    neither = ~np.isin(values, (0, 1))
    _refuse(neither[:, None], piece, "holds {}", f"; labels are {meaning}")
    return values.astype(np.int64)


def _as_floats(column: pd.Series) -> np.ndarray:
    """Return numbers, (n,) float64, and NaN for what is none."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        column = pd.to_numeric(column.astype("string"), errors="coerce")
    return column.to_numpy(np.float64, na_value=np.nan)


def _refuse(faulty: np.ndarray, piece: Piece, what: str, hint: str = "") -> None:
    """Name the first of the faulty cells, (n, columns), and how many there are."""
    if not faulty.any():
        return
    row, column = np.argwhere(faulty)[0]
    held = piece.frame.iat[row, column]
    shown = " ".join((repr(held) if isinstance(held, str) else str(held)).split())
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
    name, first, last = piece.frame.columns[column], piece.before + 1, piece.before + len(faulty)
    line = piece.line(piece.before + int(row)) if piece.line else None
    where = f"row {first + row:,}" if line is None else f"line {line:,}"
    raise InputError(
        f"{piece.source}: {where}, column {name} {what.format(shown)}"
        f" ({faulty.sum():,} such in rows {first:,} to {last:,}){hint}"
    )
