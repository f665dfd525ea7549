"""Columns of two or more tables in one form, so that they differ by values and never by types."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from genjax.errors import InputError

_DATES = {"date", "datetime", "datetime64"}
_NUMBERS = {"boolean", "decimal", "floating", "integer", "mixed-integer-float"}
_LEVELS = 50  # categories that have an indicator of their own
_FARTHEST = 0.5  # that a number lies outside the first table's ranks
# A missing number lies at the middle rank: with this it is at distance 1 from either end.
_MISSING = math.sqrt(0.75)


def comparable(*tables: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Return the tables with their columns in one order, each of one type in all of them.

    Numbers become float64, rounded to float32 in all tables if one of them holds float32; so do
    booleans where another table has numbers. Dates become float64 seconds since 1970, in UTC. All
    else, booleans too, becomes categorical: one list of categories for all tables, the most
    frequent of them together first. Whole numbers among categories are one category whether
    written 1, 1.0 or "1". Missing values stay missing.

    Args:
        tables: 2 or more, of the same columns in any order and of 1 row or more.

    Raises:
        InputError: there are other columns, no rows, infinite numbers, or dates in one table only.

    Example:
        >>> a, b = pd.DataFrame({"n": [1, 2]}), pd.DataFrame({"n": [2.0, None]})
        >>> [table["n"].tolist() for table in comparable(a, b)]
        [[1.0, 2.0], [2.0, nan]]
    """
    first = tables[0].columns
    for table in tables:
        if not (len(table) and len(table.columns)):
            raise InputError(f"a table needs 1 row and 1 column or more, not {table.shape}")
        if not table.columns.is_unique:
            raise InputError(
                f"columns share a name: {_names(table.columns[table.columns.duplicated()])}"
            )
        if wrong := set(first) ^ set(table.columns):
            raise InputError(f"tables have the same columns; only in one of them: {_names(wrong)}")
    columns = {name: _alike(name, [table[name] for table in tables]) for name in first}
    return tuple(
        pd.DataFrame({name: values[i] for name, values in columns.items()})
        for i in range(len(tables))
    )


def ranked(*columns: pd.Series) -> list[np.ndarray]:
    """Return each value's rank among the distinct values of all columns, from 0; -1 if missing.

    Args:
        columns: of `comparable`; a category's rank is its place in the list.

    Example:
        >>> [ranks.tolist() for ranks in ranked(pd.Series([7.0, np.nan]), pd.Series([9.0]))]
        [[0, -1], [1]]
    """
    if categorical(columns[0]):
        return [column.cat.codes.to_numpy(int) for column in columns]
    codes, _ = pd.factorize(np.concatenate([column.to_numpy() for column in columns]), sort=True)
    return np.split(codes, np.cumsum([len(column) for column in columns])[:-1])


def categorical(column: pd.Series) -> bool:
    """Whether a column of `comparable` holds categories, not numbers."""
    return isinstance(column.dtype, pd.CategoricalDtype)


def positions(*tables: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Return rows as points, to which no column adds much more than another.

    A number lies at its mid-rank among the first table's numbers, 0 to 1, between two of them in
    proportion; outside them it goes on in units of their range, by ½ at most. So heavy tails do not
    outweigh the rest: in each column two values of the first table are at most 1 apart, any other
    is at most 1½ from these, and two others at most 2, on both sides of all. Two categories are 1
    apart; those after the 50 most frequent are one. A missing number is 1 from rank 0 and from
    rank 1, and √¾ from the median; a missing category is a category.

    Args:
        tables: what `comparable` takes; the first one sets the scale of numbers.

    Returns:
        For each table (rows, d) float32.

    Example:
        >>> a, b = pd.DataFrame({"n": [1, 2, 2, 5]}), pd.DataFrame({"n": [2, 3.5, 7]})
        >>> positions(a, b)[1].tolist()
        [[0.5], [0.6875], [1.375]]

    References:
        Gower, "A general coefficient of similarity and some of its properties", Biometrics 1971
        (a distance of mixed columns, each of which counts the same).
    """
    tables = comparable(*tables)
    blocks = []
    for name in tables[0].columns:
        columns = [table[name] for table in tables]
        blocks.append(_indicators(columns) if categorical(columns[0]) else _mid_ranks(columns))
    rows = np.concatenate(blocks, axis=1, dtype=np.float32)
    return tuple(np.split(rows, np.cumsum([len(table) for table in tables])[:-1]))


def _mid_ranks(columns: Sequence[pd.Series]) -> np.ndarray:
    """Return (rows of all columns, 1 or, where a value is missing, 2)."""
    x = np.concatenate([column.to_numpy() for column in columns])
    known = columns[0].dropna().to_numpy()
    values, counts = np.unique(known if len(known) else [0.0], return_counts=True)
    ranks = np.interp(x, values, (np.cumsum(counts) - counts / 2) / counts.sum())
    lowest, highest = values[0], values[-1]
    unit = highest - lowest or 1.0
    ranks += np.clip((x - lowest) / unit, -_FARTHEST, 0)
    ranks += np.clip((x - highest) / unit, 0, _FARTHEST)
    missing = np.isnan(x)
    if not missing.any():
        return ranks[:, None]
    return np.stack([np.where(missing, 0.5, ranks), _MISSING * missing], axis=1)


def _indicators(columns: Sequence[pd.Series]) -> np.ndarray:
    """Return (rows of all columns, categories found), √½ for the category that it is."""
    codes = np.minimum(np.concatenate(ranked(*columns)), _LEVELS)
    return (codes[:, None] == np.unique(codes)[None]) * math.sqrt(0.5)


def _alike(name: object, columns: list[pd.Series]) -> list[pd.Series]:
    kinds = {_kind(column) for column in columns} - {"missing"}
    if kinds == {"date"}:
        values = [_seconds(column) for column in columns]
    elif "date" in kinds:
        raise InputError(f"column {name!r} holds dates in one table and other values in another")
    elif kinds <= {"number", "boolean"} and kinds != {"boolean"}:
        values = _floats(name, columns)
    else:
        return _categories(columns)
    # Rows are hashed by their bits, and there are two zeros and many NaNs.
    return [pd.Series(np.where(np.isnan(x), np.nan, x + 0.0)) for x in values]


def _kind(column: pd.Series) -> str:
    if column.isna().all():
        return "missing"
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "category"
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found in _DATES:
        return "date"
    if found == "boolean":
        return "boolean"
    return "number" if found in _NUMBERS else "category"


def _seconds(column: pd.Series) -> np.ndarray:
    since = pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")
    return (since / pd.Timedelta(seconds=1)).to_numpy(np.float64)


def _floats(name: object, columns: list[pd.Series]) -> list[np.ndarray]:
    types = [getattr(column.dtype, "numpy_dtype", column.dtype) for column in columns]
    single = any(kind in (np.float16, np.float32) for kind in types)
    values = [column.to_numpy(np.float64, na_value=np.nan) for column in columns]
    if single:
        values = [x.astype(np.float32).astype(np.float64) for x in values]
    if any(np.isinf(x).any() for x in values):
        raise InputError(f"column {name!r} holds infinite numbers: make them finite, or missing")
    return values


def _categories(columns: list[pd.Series]) -> list[pd.Series]:
    labels = [column.astype(object).map(label, na_action="ignore") for column in columns]
    # Of all tables alike: an order that knew the first one's would give away whose a rare one is.
    counts = pd.concat(labels).value_counts(sort=False).sort_index()
    order = pd.CategoricalDtype(counts.sort_values(ascending=False, kind="stable").index)
    return [pd.Series(pd.Categorical(label, dtype=order)) for label in labels]


def label(value: object) -> str:
    """Return a category's name: a whole number's has no decimals."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _names(columns: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, columns)))
