"""A column's values as numbers, exactly and back; distinct values and dtypes as JSON has them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genjax.data.table_objects import infinite
from genjax.errors import InputError

_LARGEST = 1e100  # squares of it are finite, too
_SPANS: dict[str, Any] = {"timestamp": pd.Timestamp, "timedelta": pd.Timedelta}
_UNITS: tuple[Any, ...] = ("D", "h", "m", "s", "ms", "us", "ns")


def is_date(dtype: Any) -> bool:
    """Return whether values of a dtype are dates, or spans of time."""
    return pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)


def _numpy(dtype: Any) -> np.dtype:
    """Return NumPy's dtype of a nullable one."""
    return np.dtype(getattr(dtype, "numpy_dtype", dtype))


def _ticks(known: pd.Series, wall: bool) -> np.ndarray:
    """Return dates in their dtype's resolution, (n,) int64, by UTC or by the clock on the wall."""
    if isinstance(known.dtype, pd.DatetimeTZDtype):
        known = (known if wall else known.dt.tz_convert("UTC")).dt.tz_localize(None)
    return known.to_numpy().astype(np.int64)


def _dates(ticks: np.ndarray, dtype: Any, wall: bool) -> pd.Series:
    """Return the dates of `_ticks`."""
    if not isinstance(dtype, pd.DatetimeTZDtype):
        return pd.Series(ticks.view(dtype))
    dates = pd.Series(ticks.view(f"datetime64[{dtype.unit}]"))
    if not wall:
        return dates.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
    first = np.ones(len(dates), bool)  # of the two hours that a clock set back shows twice
    return dates.dt.tz_localize(dtype.tz, ambiguous=first, nonexistent="shift_forward")


def _coarsest(ticks: np.ndarray, unit: Any) -> int:
    """Return how many ticks the coarsest unit has that all dates share."""
    steps = [np.timedelta64(1, name) // np.timedelta64(1, unit) for name in _UNITS]
    return next(int(step) for step in steps if step and not (ticks % step).any())


@dataclass(frozen=True)
class Grid:
    """How a column's values are numbers: floats as they are, integers and dates as steps.

    Steps are counted from the least one, so that large integers and dates are exact.

    Attributes:
        dtype: pandas' own.
        low: the least number; steps are integers.
        high: the greatest.
        step: of dates, in their resolution.
        wall: dates are of whole units in local time, not in UTC.
    """

    dtype: Any
    low: float
    high: float
    step: int = 1
    wall: bool = False

    @classmethod
    def of(cls, column: pd.Series) -> "Grid":
        """Return the grid of a column that has values."""
        known, dtype = column.dropna(), column.dtype
        if pd.api.types.is_float_dtype(dtype):
            numbers = _floats(column)
            return cls(dtype, float(np.nanmin(numbers)), float(np.nanmax(numbers)))
        if not is_date(dtype):
            return cls(dtype, int(known.min()), int(known.max()))
        unit = getattr(dtype, "unit", None) or np.datetime_data(_numpy(dtype))[0]
        ticks, wall = _ticks(known, False), False
        step = _coarsest(ticks, unit)
        if isinstance(dtype, pd.DatetimeTZDtype):
            local = _ticks(known, True)
            longer = _coarsest(local, unit)
            if longer > step and (_dates(local, dtype, True).to_numpy() == known.to_numpy()).all():
                ticks, step, wall = local, longer, True
        return cls(dtype, int(ticks.min() // step), int(ticks.max() // step), step, wall)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest number, as `numbers` gives them."""
        if pd.api.types.is_float_dtype(self.dtype):
            return self.low, self.high
        return 0.0, float(self.high - self.low)

    def numbers(self, column: pd.Series, *, clip: bool = True) -> np.ndarray:
        """Return float64 numbers, NaN where missing; those out of range are set to its ends.

        Args:
            column: (n,).
            clip: or NaN for those out of range.

        Raises:
            InputError: infinite values, or ones of another kind than those fitted.
        """
        missing = column.isna().to_numpy()
        if pd.api.types.is_float_dtype(self.dtype):
            numbers = _floats(column)
            known, low, high = numbers[~missing], self.low, self.high
        else:
            known, low, high = self._integers(column[~missing]), int(self.low), int(self.high)
        clipped = np.clip(known, low, high)
        if pd.api.types.is_float_dtype(self.dtype):
            steps = clipped
        else:
            clipped = clipped.astype(np.int64 if is_date(self.dtype) else _numpy(self.dtype))
            # Differences wrap round as they should, also where a range is more than an int64 holds.
            steps = (clipped.astype(np.uint64) - np.uint64(low % 2**64)).astype(np.float64)
        numbers = np.full(len(column), np.nan)
        numbers[~missing] = steps if clip else np.where(clipped == known, steps, np.nan)
        return numbers

    def _integers(self, known: pd.Series) -> np.ndarray:
        """Return integers, of any size where the dtype is not the fitted one, or units of dates."""
        if is_date(self.dtype):
            try:
                ticks = _ticks(known.astype(self.dtype), self.wall)
            except (TypeError, ValueError) as error:
                raise InputError(
                    f"column {known.name!r} is of {known.dtype}, not of {self.dtype} as fitted"
                ) from error
            return ticks // self.step + (ticks % self.step * 2 >= self.step)
        if known.dtype == self.dtype:
            return known.to_numpy(_numpy(self.dtype))
        if pd.api.types.is_integer_dtype(known.dtype):
            return known.to_numpy(object)
        return np.array([int(number) for number in np.rint(_floats(known))], object)

    def column(self, numbers: np.ndarray) -> pd.Series:
        """Return the values of numbers, (n,) float64, NaN where missing."""
        missing = np.isnan(numbers)
        low, high = self.bounds
        numbers = np.clip(np.where(missing, low, numbers), low, high)
        if pd.api.types.is_float_dtype(self.dtype):
            column = pd.Series(numbers).astype(self.dtype)
        else:
            most = int(self.high - self.low)
            largest = high if int(high) <= most else float(np.nextafter(high, 0))
            steps = np.minimum(np.rint(numbers), largest).astype(np.uint64)
            whole = (steps + np.uint64(int(self.low) % 2**64)).astype(np.int64)
            if is_date(self.dtype):
                column = _dates(whole * self.step, self.dtype, self.wall)
            else:
                column = pd.Series(whole.astype(_numpy(self.dtype))).astype(self.dtype)
        return column.mask(missing) if missing.any() else column


def _floats(column: pd.Series) -> np.ndarray:
    """Return float64 numbers, NaN where missing."""
    dtype = column.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        numbers = column.to_numpy(np.float64, na_value=np.nan)
    else:
        series = pd.to_numeric(column.astype(object), errors="coerce")
        numbers = series.to_numpy(np.float64, na_value=np.nan)
        text = column[np.isnan(numbers) & column.notna().to_numpy()]
        if len(text):
            raise InputError(f"column {column.name!r} holds {text.iloc[0]!r}, which is no number")
    if (np.abs(numbers) > _LARGEST).any():
        raise infinite(column.name)
    return numbers


def value_to_json(value: Any) -> Any:
    """Return a distinct value as JSON has it."""
    if isinstance(value, pd.Interval):
        return {"interval": [value_to_json(v) for v in (value.left, value.right)] + [value.closed]}
    for tag, span in _SPANS.items():
        if isinstance(value, span):
            zone = str(value.tz) if getattr(value, "tz", None) is not None else None
            return {tag: [int(value.asm8.astype(np.int64)), value.unit, zone]}
    return value.item() if isinstance(value, np.generic) else value


def value_from_json(value: Any) -> Any:
    """Return the value of `value_to_json`."""
    if not isinstance(value, dict):
        return value
    ((tag, parts),) = value.items()
    if tag == "interval":
        return pd.Interval(value_from_json(parts[0]), value_from_json(parts[1]), parts[2])
    ticks, unit, zone = parts
    if tag == "timedelta":
        return pd.Timedelta(np.timedelta64(ticks, unit)).as_unit(unit)
    stamp = pd.Timestamp(np.datetime64(ticks, unit)).as_unit(unit)
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


def dtype_to_json(dtype: Any) -> Any:
    """Return a dtype as JSON has it: its name, or what its categories are."""
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [value_to_json(value) for value in dtype.categories]
        inner = dtype_to_json(dtype.categories.dtype)
        return {"categories": categories, "dtype": inner, "ordered": bool(dtype.ordered)}
    if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
        return f"string[{dtype.storage}]"
    return str(dtype)


def dtype_from_json(dtype: Any) -> Any:
    """Return the dtype of `dtype_to_json`."""
    if isinstance(dtype, dict):
        values = [value_from_json(value) for value in dtype["categories"]]
        categories = pd.Index(values, dtype=dtype_from_json(dtype["dtype"]))
        return pd.CategoricalDtype(categories, ordered=dtype["ordered"])
    return pd.api.types.pandas_dtype(dtype)
