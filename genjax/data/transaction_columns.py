"""Reads tables of transactions piece by piece, and checks their columns; see `transactions`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax.data.table_cells import Piece, check_names, labels, numbers
from genjax.data.table_files import one_line as one_line
from genjax.data.table_files import read_frames, without_index
from genjax.errors import InputError
from genjax.near_names import near_names


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


def read_pieces(path: Path, rows: int | None, layout: Layout) -> Iterator[Columns]:
    """Yield a file's checked columns, at most some rows at a time; None for all at once."""
    before = 0
    for frame in read_frames(path, rows):
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
    frame = without_index(frame)
    names = [str(name) for name in frame.columns]
    if layout.labelled and layout.label not in names:
        raise InputError(f"{source} has no label column {_instead(layout.label, names)}")
    # Where a model says which features there are, a time under another name is one too many.
    if layout.time not in names and layout.time != Layout().time and layout.columns is None:
        raise InputError(f"{source} has no time column {_instead(layout.time, names)}")
    features = [name for name in names if name not in (layout.time, layout.label)]
    if layout.columns is not None:
        check_names(features, list(layout.columns), source)
        features = list(layout.columns)
    if not features:
        raise InputError(f"{source} has no column of features")
    hint = "; --impute allows missing ones"
    x = numbers(Piece(frame[features], source, before), impute=layout.impute, hint=hint)
    time = y = None
    if layout.time in names:
        time = numbers(Piece(frame[[layout.time]], source, before))[:, 0]
    if layout.label in names:
        y = labels(Piece(frame[[layout.label]], source, before), "0 (genuine) and 1 (fraud)")
    return Columns(pd.DataFrame(x, columns=features), time, y)


def _instead(name: str, names: list[str]) -> str:
    return f"{name!r}; among its columns: {near_names(name, names)}"
