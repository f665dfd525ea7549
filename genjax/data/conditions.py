"""The classes that a conditional model is told, out of whatever labels the pictures have."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

from genjax.data.source import few, shown
from genjax.errors import InputError
from genjax.near_names import near_names

MOST_CLASSES = 1_000


class Condition(NamedTuple):
    """A class for each picture.

    Attributes:
        y: (n,) int32, from 0.
        names: of the classes.
    """

    y: np.ndarray
    names: tuple[str, ...]


def condition_of(
    labels: pd.DataFrame | None, attribute: str | None = None, *, names: Sequence[str] = ()
) -> Condition:
    """Return the classes of pictures: those of one column of their labels.

    Whole numbers are in their order, strings too, those of digits by number. An attribute, which
    a picture has or has not, is class 1 where it has it.

    Args:
        labels: a row a picture, see `Examples`; None where nothing is known.
        attribute: the column; None where there is but one.
        names: of the classes that a model was trained on, for other pictures to be told the same;
            without any, the classes are those that occur.

    Returns:
        The `Condition`: of 2 to 1,000 classes that occur, or of `names`, which need not occur.

    Raises:
        InputError: there are no labels or no such column, it is not known which column is meant,
            it does not hold classes, or others than `names`.

    Example:
        >>> condition_of(pd.DataFrame({"class": ["dog", "cat", "dog"]}))
        Condition(y=array([1, 0, 1], dtype=int32), names=('cat', 'dog'))
        >>> condition_of(pd.DataFrame({"Hat": [True, False], "Tie": [True, True]}), "Hat")
        Condition(y=array([1, 0], dtype=int32), names=('no Hat', 'Hat'))
    """
    if labels is None or labels.empty:
        raise InputError(
            "these pictures have no labels, or lie all in one folder: CelebA's attribute list "
            "gives some, the labels of idx files, or a sub-folder for each class"
        )
    column = _column(labels, attribute)
    values = _values(labels, column)
    numbers = is_integer_dtype(values)
    had = (f"no {column}", column)
    binary = numbers and values.isin((0, 1)).all()
    if is_bool_dtype(values) or (binary and (tuple(names) == had if names else attribute)):
        found = Condition(values.to_numpy(np.int32), had)
    else:
        found = _sorted(values if numbers else values.astype(str))
    if names:
        return _among(found, tuple(names), column)
    if (found.y == found.y[0]).all():
        raise InputError(
            f"by {column!r} all {len(found.y):,} pictures are of one class, "
            f"{found.names[found.y[0]]!r}: a conditional model needs two or more (--data.limit "
            "takes the first pictures, and folders are read one after another)"
        )
    if len(found.names) > MOST_CLASSES:
        raise InputError(
            f"{column!r} has {len(found.names):,} classes, {MOST_CLASSES:,} at most can be told: "
            f"{few(found.names, 3)}"
        )
    return found


def _column(labels: pd.DataFrame, attribute: str | None) -> str:
    names = [str(name) for name in labels]
    if attribute is not None and attribute not in names:
        raise InputError(
            f"no attribute {attribute!r} (--data.attribute); near names: "
            f"{near_names(attribute, names)}"
        )
    if attribute is None and len(names) != 1:
        raise InputError(
            f"the pictures have {len(names):,} labels: name one with --data.attribute, such as "
            f"{few([name for name in names if _holds_classes(labels[name])]) or 'none'}"
        )
    return names[0] if attribute is None else attribute


def _holds_classes(column: pd.Series) -> bool:
    return not is_float_dtype(column)


def _others(labels: pd.DataFrame, name: str) -> str:
    others = [str(other) for other in labels if other != name and _holds_classes(labels[other])]
    return f"; others: {few(others)}" if others else ""


def _values(labels: pd.DataFrame, name: str) -> pd.Series:
    """Return a column that may hold classes, of whichever type pandas kept it as."""
    column = labels[name]
    if missing := int(column.isna().sum()):
        raise InputError(f"{name!r} is missing for {missing:,} of {len(column):,} pictures")
    values = pd.Series(column.tolist())
    if is_float_dtype(values):
        raise InputError(
            f"{name!r} holds fractions, such as {values.iloc[0]:.3g}: a conditional model is told "
            f"classes{_others(labels, name)}"
        )
    outside = np.flatnonzero(values == "")  # beside a folder's sub-folders
    if len(outside):
        what = "1 picture lies" if len(outside) == 1 else f"{len(outside):,} pictures lie"
        first = shown(str(labels.index[outside[0]]))
        raise InputError(
            f"{what} in no sub-folder (first: {first}): move each into its class's, or away"
        )
    return values


def _sorted(values: pd.Series) -> Condition:
    """Return a class for each value; digits, also as strings, by number and before words."""

    def rank(value: str | int) -> tuple[bool, int, str]:
        text = str(value)
        if isinstance(value, str) and not (text.isascii() and text.isdecimal()):
            return True, 0, text
        return False, int(text), text

    codes, kinds = pd.factorize(values)
    found = kinds.tolist()
    order = sorted(range(len(found)), key=lambda index: rank(found[index]))
    return Condition(
        np.argsort(order).astype(np.int32)[codes], tuple(str(found[index]) for index in order)
    )


def _among(found: Condition, names: tuple[str, ...], column: str) -> Condition:
    """Return the same classes by their places among `names`."""
    occurring = np.unique(found.y)
    if others := [found.names[one] for one in occurring if found.names[one] not in names]:
        raise InputError(
            f"by {column!r} pictures are of other classes than the model's, {few(names)}: "
            f"{few(others)}"
        )
    places = np.zeros(len(found.names), np.int32)
    places[occurring] = [names.index(found.names[one]) for one in occurring]
    return Condition(places[found.y], names)
