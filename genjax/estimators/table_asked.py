"""What a caller asks of rows, of all or of each, as labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from genjax.data.table import TableTransform
from genjax.data.table_categories import levels
from genjax.errors import InputError
from genjax.estimators.conditions import Conditions


def labels_asked(
    conditions: Conditions, transform: TableTransform, n: int, asked: Any, *, seed: int
) -> np.ndarray | None:
    """Return labels (n,) that fit what is asked, None for a model without any.

    Args:
        conditions: what can be asked for.
        transform: of the table.
        n: rows.
        asked: column -> a value of all rows, or n values, one a row; None for nothing.
        seed: of what is not asked for.

    Raises:
        InputError: no mapping, not n values, or values that were not fitted.
    """
    if asked is not None and not isinstance(asked, Mapping):
        raise InputError(f"conditions map columns to values; this is a {type(asked).__name__}")
    wanted = dict(asked or {})
    lists = {name: list(wanted.pop(name)) for name in list(wanted) if is_list_like(wanted[name])}
    for name, values in lists.items():
        if len(values) != n:
            raise InputError(f"conditions {name!r}: {len(values)} values for {n} rows")
    if not lists:
        return conditions.draw(n, wanted, transform, seed=seed)
    found = [levels(pd.Series(values, dtype=object, name=name)) for name, values in lists.items()]
    codes = np.stack([places for places, _ in found], axis=1)
    labels = np.zeros(n, int)
    for group in np.unique(codes, axis=0):
        rows = np.flatnonzero((codes == group).all(axis=1))
        each = {
            name: values[place] if place >= 0 else None
            for name, (_, values), place in zip(lists, found, group, strict=True)
        }
        own = np.random.SeedSequence((seed, *(group + 1).tolist())).generate_state(1)[0]
        labels[rows] = conditions.draw(len(rows), wanted | each, transform, seed=int(own))
    return labels if conditions.labels else None
