"""Columns of numbers from a csv file, and drawn heights."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax.data.config import TableConfig
from genjax.errors import InputError

MEAN, DEVIATION = 69.0, 3.0  # of drawn heights, inches


class Rows(NamedTuple):
    """Rows of numbers.

    Attributes:
        x: (n, columns) float32.
        columns: their names.
        notes: what to tell the user, a line each.
    """

    x: np.ndarray
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def draw_heights(n: int, *, seed: int = 0) -> np.ndarray:
    """Return true heights in inches, (n, 1) float32: normal, mean 69, deviation 3.

    Args:
        n: heights, 1 or more.
        seed: the same one gives the same heights, and the first ones do not depend on n.

    Example:
        >>> draw_heights(3, seed=1).shape
        (3, 1)
    """
    if n < 1:
        raise InputError(f"draw 1 or more heights, not {n}")
    normal = np.random.default_rng(seed).standard_normal((n, 1))
    return (MEAN + DEVIATION * normal).astype(np.float32)


def load_table(config: TableConfig, *, seed: int = 0) -> Rows:
    """Load or draw what a configuration asks for; rows with a missing value are left out, and said.

    Args:
        config: where from, and which columns and rows.
        seed: of drawn heights.

    Raises:
        InputError: there is no such file, column, or row, or a column does not hold numbers.
    """
    if config.path is None:
        if config.where is not None or config.columns not in ((), ("height",)):
            raise InputError("drawn heights have one column, height: name a csv file for others")
        note = f"drew {config.drawn:,} heights, N({MEAN:g}, {DEVIATION:g}²) inches"
        return Rows(draw_heights(config.drawn, seed=seed), ("height",), (note,))
    frame = _choose(_read(Path(config.path)), config.where)
    numbers = [name for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
    for name in config.columns:
        if name not in numbers:
            what = "holds no numbers" if name in frame.columns else "is not there"
            raise InputError(
                f"{config.path}: column {name!r} {what}; columns of numbers: {', '.join(numbers)}"
            )
    columns = list(config.columns) or numbers
    if not columns:
        raise InputError(f"{config.path} has no column of numbers")
    chosen = frame[columns].astype(float).replace([np.inf, -np.inf], np.nan)
    complete = chosen.dropna()
    if complete.empty:
        raise InputError(f"{config.path} has no row that is complete in {', '.join(columns)}")
    notes = [f"{len(complete):,} rows of {', '.join(columns)} from {config.path}"]
    if missing := len(chosen) - len(complete):
        notes.append(f"left out {missing:,} rows with missing values")
    return Rows(complete.to_numpy(np.float32), tuple(map(str, columns)), tuple(notes))


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path)
    except (OSError, UnicodeError, ValueError) as error:  # pandas' own are ValueErrors
        raise InputError(f"{path} cannot be read as csv: {str(error).strip()}") from error
    # An index that was written with the rows: unnamed, or counting from 0 or 1.
    first = str(frame.columns[0])
    if first.startswith("Unnamed: 0") or first == "rownames":
        frame = frame.drop(columns=first)
    return frame


def _choose(frame: pd.DataFrame, where: str | None) -> pd.DataFrame:
    if where is None:
        return frame
    column, equals, value = where.partition("=")
    if not equals or column not in frame.columns:
        raise InputError(
            f"where is COLUMN=VALUE of {', '.join(map(str, frame.columns))}, not {where!r}"
        )
    chosen = frame[frame[column].astype(str) == value]
    if chosen.empty:
        found = ", ".join(map(str, frame[column].unique()[:9]))
        raise InputError(f"no row has {where}; {column} is {found}")
    return chosen
