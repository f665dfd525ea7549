"""A column of numbers or dates as kinds and numbers, and back; `genjax.data.table` says how."""

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from genjax.data.table_between import Modes, Quantiles
from genjax.data.table_dtypes import Grid, dtype_from_json, dtype_to_json, is_date
from genjax.data.table_objects import boxed, null_of, unboxed
from genjax.errors import InputError
from genjax.losses.table_row import Column

_FEW, _MOST = 0.02, 0.98  # shares of whole numbers between which they are a kind of their own


def find_spikes(
    counts: np.ndarray,
    rows: int,
    *,
    spike_share: float = 0.005,
    common_share: float = 0.04,
    times: float = 4.0,
    least_rows: int = 10,
    most: int = 64,
) -> np.ndarray:
    """Return which of a column's distinct values stand out, (values,) bool.

    Args:
        counts: rows of each value, in the values' order, (values,) int.
        rows: of the table, those included where the value is missing.
        spike_share: least share of the rows, for a value that is also as many `times` as frequent
            as the ten values next to it are on average.
        common_share: share of the rows from which on any value stands out.
        times: see `spike_share`.
        least_rows: of a value that stands out.
        most: values; the most frequent ones do.

    Example:
        >>> find_spikes(np.array([5, 60, 6, 4, 5, 6]), 2000, common_share=1).tolist()
        [False, True, False, False, False, False]
    """
    padded = np.concatenate([[0], np.cumsum(counts)])
    places = np.arange(len(counts))
    first, last = np.maximum(places - 5, 0), np.minimum(places + 6, len(counts))
    neighbours = (padded[last] - padded[first] - counts) / np.maximum(last - first - 1, 1)
    stands_out = (counts >= spike_share * rows) & (counts >= times * neighbours)
    spikes = ((counts >= common_share * rows) | stands_out) & (counts >= least_rows)
    rank = np.empty(len(counts), int)
    rank[np.argsort(-(counts * spikes), kind="stable")] = places
    return spikes & (rank < most)


def _decimals(values: np.ndarray, dtype: Any) -> int | None:
    """Return to how many digits after the point all values are rounded: 0 to 4, or None."""
    exact = np.abs(values).max() < 1e11
    for decimals in range(5 if exact else 1):
        if (np.round(values, decimals).astype(dtype) == values.astype(dtype)).all():
            return decimals
    return None


@dataclass(frozen=True)
class NumericColumn:
    """Numbers or dates: [missing] + atoms + what lies between, which comes with a number.

    Attributes:
        name: of the column.
        grid: its values as numbers.
        null: what stands for missing values among objects; None if the column is of no objects.
        missing: some values were.
        atoms: values that stand out, ascending.
        between: of the whole numbers, and of others; or one for all; or none.
    """

    name: Hashable
    grid: Grid
    null: str | None
    missing: bool
    atoms: tuple[float, ...]
    between: tuple[Quantiles | Modes, ...]

    @classmethod
    def fit(
        cls,
        column: pd.Series,
        *,
        strategy: type[Quantiles] | type[Modes],
        rng: np.random.Generator,
        **spikes: Any,
    ) -> "NumericColumn":
        """Return a column's summary; `spikes` are `find_spikes`' settings."""
        null = null_of(column) if column.dtype == object else None
        column = unboxed(column)
        grid = Grid.of(column)
        numbers = grid.numbers(column)
        missing = np.isnan(numbers)
        values, counts = np.unique(numbers[~missing], return_counts=True)
        atom = find_spikes(counts, len(column), **spikes)
        whole = values == np.rint(values)
        share = counts[whole & ~atom].sum() / max(counts[~atom].sum(), 1)
        parts = [whole, ~whole] if _FEW < share < _MOST else [np.ones(len(values), bool)]
        for part in parts:
            if (part & ~atom).sum() <= 2:
                atom |= part
        dtype = grid.dtype if pd.api.types.is_float_dtype(grid.dtype) else np.float64
        dtype = getattr(dtype, "numpy_dtype", dtype)
        between = [
            strategy.fit(
                np.repeat(values[part], counts[part]),
                decimals=_decimals(values[part], dtype),
                fractional=len(parts) == 2 and not whole[part].any(),
                rng=rng,
            )
            for part in (part & ~atom for part in parts)
            if part.any()
        ]
        atoms = tuple(values[atom].tolist())
        return cls(column.name, grid, null, bool(missing.any()), atoms, tuple(between))

    @property
    def column(self) -> Column:
        """The column's form."""
        valued = sum(part.kinds for part in self.between)
        return Column(self.missing + len(self.atoms) + valued, valued)

    @property
    def constant(self) -> bool:
        """No value differs from another."""
        return self.grid.low == self.grid.high and not self.missing

    def encode(
        self, column: pd.Series, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return a column's kinds (n,) int, and its numbers (n,), if it has any."""
        values = self.grid.numbers(unboxed(column))
        missing = np.isnan(values)
        if missing.any() and not self.missing:
            raise InputError(f"column {self.name!r} has missing values; it had none in fitting")
        kinds = np.zeros(len(values), int)
        atoms, start = np.array(self.atoms), int(self.missing)
        is_atom = np.zeros(len(values), bool)
        if self.atoms:
            # The nearest one: values in none of the other kinds have no better place.
            nearest = np.searchsorted((atoms[1:] + atoms[:-1]) / 2, values)
            is_atom = atoms[nearest] == values if self.between else ~missing
            kinds[is_atom] = start + nearest[is_atom]
        start += len(self.atoms)
        numbers = np.zeros(len(values))
        parts = self._parts(values, ~missing & ~is_atom)
        for part, of_part in zip(self.between, parts, strict=True):
            places, numbers[of_part] = part.encode(values[of_part], rng)
            kinds[of_part] = start + places
            start += part.kinds
        return kinds, numbers if self.between else None

    def _parts(self, values: np.ndarray, rest: np.ndarray) -> list[np.ndarray]:
        """Return which of the values are of each part that lies between."""
        if len(self.between) < 2:
            return [rest] * len(self.between)
        whole = values == np.rint(values)
        return [rest & whole, rest & ~whole]

    def decode(
        self, kinds: np.ndarray, numbers: np.ndarray | None, rng: np.random.Generator
    ) -> pd.Series:
        """Return the values of kinds (n,) and numbers (n,)."""
        values = np.full(len(kinds), np.nan)
        atoms = np.array([np.nan] * self.missing + list(self.atoms))
        known = kinds < len(atoms)
        values[known] = atoms[kinds[known]]
        start, drawn = len(atoms), np.zeros(len(kinds)) if numbers is None else numbers
        for part in self.between:
            of_part = (kinds >= start) & (kinds < start + part.kinds)
            values[of_part] = part.decode(kinds[of_part] - start, drawn[of_part])
            start += part.kinds
        column = self.grid.column(values)
        return column if self.null is None else boxed(column, self.null)

    def kind(self, value: Any) -> int:
        """Return the place of a value's kind."""
        column = pd.Series([value], name=self.name)
        if column.isna().all():
            if self.missing:
                return 0
            raise InputError(f"column {self.name!r} had no missing values in fitting")
        number = self.grid.numbers(column, clip=False)[0]
        values = self.grid.column(np.array(self.atoms)).tolist()
        if number not in self.atoms or not (
            is_date(self.grid.dtype) or values[self.atoms.index(number)] == value
        ):
            own = ", ".join(map(str, values[:9])) + (", ..." if len(values) > 9 else "")
            raise InputError(
                f"column {self.name!r}: {value} has no kind of its own;"
                f" {'those that have: ' + own if own else 'no number has'}"
            )
        return int(self.missing) + self.atoms.index(number)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        plain = asdict(self)
        plain["grid"]["dtype"] = dtype_to_json(self.grid.dtype)
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "NumericColumn":
        """Return the column of `to_json`."""
        grid = Grid(**{**plain["grid"], "dtype": dtype_from_json(plain["grid"]["dtype"])})
        parts = []
        for part in plain["between"]:
            fields: dict[str, Any] = {
                name: tuple(x) if isinstance(x, list) else x for name, x in part.items()
            }
            parts.append(Quantiles(**fields) if "quantiles" in fields else Modes(**fields))
        atoms, between = tuple(plain["atoms"]), tuple(parts)
        return cls(plain["name"], grid, plain["null"], plain["missing"], atoms, between)
