"""A column of categories as kinds, and back."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genjax.data.table_dtypes import (
    dtype_from_json,
    dtype_to_json,
    value_from_json,
    value_to_json,
)
from genjax.data.table_objects import null, null_of
from genjax.errors import InputError
from genjax.losses.table_row import Column

_MOST = 1000


def levels(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Return each row's place among the distinct values, -1 where missing, and these values.

    Args:
        column: (n,).

    Raises:
        InputError: values that are not text, numbers, booleans, dates or intervals.

    Example:
        >>> places, values = levels(pd.Series(["b", None, 1, True, "b"], dtype=object))
        >>> places.tolist(), values
        ([0, -1, 1, 2, 0], ['b', 1, True])
    """
    if column.dtype != object:
        places, distinct = pd.factorize(column)
        return places, [_plain(value, column.name) for value in distinct]
    known = column.notna().to_numpy()
    places = np.full(len(column), -1)
    found: dict[tuple[bool, Any], int] = {}
    try:
        places[known] = [found.setdefault(key(value), len(found)) for value in column[known]]
    except TypeError as error:
        raise InputError(f"column {column.name!r} holds nested values, not single ones") from error
    return places, [_plain(value, column.name) for _, value in found]


def key(value: Any) -> tuple[bool, Any]:
    """Return what tells a value from others: True is not 1, but 1 is 1.0."""
    return isinstance(value, bool | np.bool_), value


def _plain(value: Any, name: Hashable) -> Any:
    """Return a value without NumPy's clothes."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and np.isinf(value):
        raise InputError(f"column {name!r} holds infinite values")
    if isinstance(value, str | bool | int | float | pd.Timestamp | pd.Timedelta | pd.Interval):
        return value
    raise InputError(
        f"column {name!r} holds a {type(value).__name__}, {str(value)[:40]}: what can be learnt is"
        " numbers, text, booleans, dates (of pd.to_datetime) and categories"
    )


@dataclass(frozen=True)
class CategoricalColumn:
    """Categories: [missing] + categories in order + [the rare ones], none with a number.

    Attributes:
        name: of the column.
        dtype: pandas' own.
        missing: some were.
        null: what stands for missing values, as it is shown.
        values: those with a kind of their own.
        rare: those that share one.
        shares: of the rare ones, among them.
    """

    name: Hashable
    dtype: Any
    missing: bool
    null: str
    values: tuple[Any, ...]
    rare: tuple[Any, ...]
    shares: tuple[float, ...]

    @classmethod
    def fit(cls, column: pd.Series, *, rare: int) -> "CategoricalColumn":
        """Return a column's summary; categories of fewer rows than `rare` share a kind."""
        places, values = levels(column)
        if len(values) > _MOST:
            raise InputError(
                f"column {column.name!r} has {len(values):,} categories, more than {_MOST:,}:"
                " drop it if it identifies rows, or pool its categories"
            )
        missing = places < 0
        counts = np.bincount(places[~missing], minlength=len(values))
        if isinstance(column.dtype, pd.CategoricalDtype):
            order = np.argsort(
                column.dtype.categories.get_indexer_for(
                    pd.Index(values, dtype=column.dtype.categories.dtype)
                )
            )
        else:
            order = np.array(sorted(range(len(values)), key=lambda i: _sorting(values[i])), int)
        few = counts[order] < rare
        if few.sum() < 2 or len(values) <= 2:
            few[:] = False
        shares = counts[order[few]] / max(counts[order[few]].sum(), 1)
        return cls(
            column.name,
            column.dtype,
            bool(missing.any()),
            null_of(column),
            tuple(values[place] for place in order[~few]),
            tuple(values[place] for place in order[few]),
            tuple(shares.tolist()),
        )

    @property
    def column(self) -> Column:
        """The column's form."""
        return Column(self.missing + len(self.values) + bool(self.rare))

    @property
    def constant(self) -> bool:
        """No value differs from another."""
        return len(self.values) + len(self.rare) == 1 and not self.missing

    @property
    def _kinds(self) -> dict[tuple[bool, Any], int]:
        own = {key(value): self.missing + place for place, value in enumerate(self.values)}
        return own | {key(value): self.missing + len(self.values) for value in self.rare}

    def encode(self, column: pd.Series, rng: np.random.Generator) -> tuple[np.ndarray, None]:
        """Return a column's kinds, (n,) int."""
        places, values = levels(column)
        if (places < 0).any() and not self.missing:
            raise InputError(f"column {self.name!r} has missing values; it had none in fitting")
        kinds = self._kinds
        for value in values:
            if key(value) not in kinds:
                raise InputError(f"column {self.name!r}: {value!r} was not seen in fitting")
        # The last one is what is missing, of place -1.
        return np.array([kinds[key(value)] for value in values] + [0])[places], None

    def decode(
        self, kinds: np.ndarray, numbers: np.ndarray | None, rng: np.random.Generator
    ) -> pd.Series:
        """Return the values of kinds (n,); of rare ones in proportion to their shares."""
        places = kinds - self.missing
        pooled = places == len(self.values)
        if self.rare:
            drawn = rng.choice(len(self.rare), size=int(pooled.sum()), p=self.shares)
            places[pooled] += drawn
        values = [*self.values, *self.rare, null(self.null)]
        if isinstance(self.dtype, pd.CategoricalDtype):
            categories = self.dtype.categories
            own = pd.Index(values[:-1], dtype=categories.dtype)
            codes = np.append(categories.get_indexer_for(own), -1)
            return pd.Series(
                pd.Categorical.from_codes(codes[places], dtype=self.dtype), name=self.name
            )
        table = np.empty(len(values), object)
        table[:] = values
        return pd.Series(table[places], dtype=self.dtype, name=self.name)

    def kind(self, value: Any) -> int:
        """Return the place of a value's kind."""
        if pd.isna(value):
            if self.missing:
                return 0
            raise InputError(f"column {self.name!r} had no missing values in fitting")
        if key(value) in map(key, self.rare):
            raise InputError(
                f"column {self.name!r}: {value!r} is rare and has no kind of its own;"
                f" it shares one with {len(self.rare) - 1} others"
            )
        kind = self._kinds.get(key(value))
        if kind is None:
            raise InputError(f"column {self.name!r}: {value!r} was not seen in fitting")
        return kind

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        values, rare = ([value_to_json(v) for v in part] for part in (self.values, self.rare))
        dtype = dtype_to_json(self.dtype)
        return {**vars(self), "dtype": dtype, "values": values, "rare": rare}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "CategoricalColumn":
        """Return the column of `to_json`."""
        values, rare = (
            tuple(value_from_json(value) for value in plain[part]) for part in ("values", "rare")
        )
        dtype, shares = dtype_from_json(plain["dtype"]), tuple(plain["shares"])
        return cls(**{**plain, "dtype": dtype, "values": values, "rare": rare, "shares": shares})


def _sorting(value: Any) -> tuple[str, Any]:
    """Return by what values of different types can be sorted."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__, value
