"""Columns of Python's objects: numbers among them, and what stands for missing values."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from genjax.errors import InputError

_NUMBERS = ("integer", "floating", "mixed-integer-float")
_NULLS: dict[str, Any] = {"nan": np.nan, "None": None, "<NA>": pd.NA, "NaT": pd.NaT}


def null_of(column: pd.Series) -> str:
    """Return what stands for missing values in a column, as it is shown; "nan" if none is."""
    missing = column[column.isna()]
    return str(missing.iloc[0]) if len(missing) else "nan"


def null(shown: str) -> Any:
    """Return the missing value of `null_of`."""
    return _NULLS.get(shown)


def unboxed(column: pd.Series) -> pd.Series:
    """Return a column of objects as numbers, if all of them are: integers, where all are."""
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    for dtype in ("Int64", "UInt64") if kind == "integer" else ():
        try:
            return column.astype(dtype)
        except OverflowError:
            continue
    if kind not in _NUMBERS:
        return column
    try:
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan), name=column.name)
    except OverflowError as error:
        raise infinite(column.name) from error


def boxed(column: pd.Series, shown: str) -> pd.Series:
    """Return numbers as a column of objects, Python's, with the missing values of `null_of`."""
    objects = column.astype(object).to_numpy(copy=True)
    objects[column.isna().to_numpy()] = null(shown)
    return pd.Series(objects, dtype=object)


def infinite(name: Hashable) -> InputError:
    """Return the error of a column that holds numbers too large."""
    return InputError(f"column {name!r} holds infinite values, or some beyond 1e100")
