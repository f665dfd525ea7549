"""Whether a table can be learnt, and which of its columns are of categories."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from genjax.data.table_categories import levels
from genjax.data.table_dtypes import is_date
from genjax.data.table_objects import unboxed
from genjax.errors import InputError

_LISTED = 5  # names in a message
_FEW_ROWS = 20  # in which categories may well occur once each


def check_frame(frame: pd.DataFrame) -> None:
    """Raise InputError if nothing can be learnt of a frame, whatever its columns hold."""
    check_names(frame, None)
    if len(frame) < 2:
        raise InputError(f"a table to be learnt has two rows or more, not {len(frame)}")
    for name, column in frame.items():
        if column.isna().all():
            raise InputError(f"column {name!r} is missing in all rows: drop it")


def check_names(frame: pd.DataFrame, names: list[Hashable] | None) -> None:
    """Raise InputError if a frame's columns are not of these names, or not of any that can be."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"a table is a pandas DataFrame, not a {type(frame).__name__}")
    found = list(frame.columns)
    if doubles := frame.columns[frame.columns.duplicated()].unique().tolist():
        raise InputError(f"more than one column is called {some(doubles)}")
    if names is None:
        odd = [name for name in found if not isinstance(name, str | int)]
        if odd or not found:
            raise InputError(f"columns are named by text or integers, not {some(odd) or 'none'}")
        return
    lacking = [name for name in names if name not in found]
    new = [name for name in found if name not in names]
    if lacking or new:
        faults = [f"it lacks {some(lacking)}"] * bool(lacking)
        faults += [f"it has {some(new)} besides"] * bool(new)
        raise InputError(f"the table has other columns than the fitted one: {'; '.join(faults)}")


def is_categorical(column: pd.Series, named: bool) -> bool:
    """Return whether a column is of categories, or raise InputError if it is of nothing known."""
    name, dtype = column.name, column.dtype
    if named or isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return True
    dtype = unboxed(column).dtype
    number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if number or is_date(dtype):
        return False
    if not (pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype)):
        raise InputError(f"column {name!r} is of {dtype}: that is no number, date or category")
    places, values = levels(column)
    is_number = np.array([_is_number(value) for value in values])
    known = places[places >= 0]
    if is_number[known].mean() < 0.5:
        _check_no_identifier(name, np.bincount(known))
        return True
    words = [value for value, number in zip(values, is_number, strict=True) if not number]
    text = [value for value in values if isinstance(value, str)]
    what = f"holds {words[0]!r} among numbers" if words else f"holds {text[0]!r}, a number, as text"
    raise InputError(f"column {name!r} {what}: make it numbers, or name it as categorical")


def _check_no_identifier(name: Hashable, counts: np.ndarray) -> None:
    """Raise InputError if most rows have a value of their own: names, which would be given away."""
    rows, once = counts.sum(), (counts == 1).sum()
    if rows > _FEW_ROWS and once > rows / 2:
        raise InputError(
            f"column {name!r} looks like an identifier: {once:,} of {rows:,} values occur once;"
            " drop it, or name it as categorical"
        )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | pd.Timestamp | pd.Timedelta | pd.Interval):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def some(names: Sequence[Hashable]) -> str:
    """Return the first names, as a message shows them."""
    shown = ", ".join(map(repr, names[:_LISTED]))
    return shown + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
