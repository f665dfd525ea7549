"""Labels of whatever kind as factors: what a picture has or has not, and what is measured."""

from collections.abc import Iterable, Sequence

import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype

from genjax.errors import InputError
from genjax.near_names import near_names

USUAL = ("Smiling", "Eyeglasses", "Male")
"""CelebA's names of what is looked at where nothing is asked for."""

_MOST_NAMES = 100  # a folder for each person is no factor


def factors_of(labels: pd.DataFrame) -> pd.DataFrame:
    """Return yes-or-no columns as bool, other whole numbers as a bool column for each value.

    Names of classes, such as those of sub-folders, are as whole numbers are, if they are few.

    Args:
        labels: a row a picture; fractions stay as they are, columns of more than 100 different
            names are left out.

    Example:
        >>> factors_of(pd.DataFrame({"Hat": [0, 1, 1], "label": [7, 3, 9], "yaw": [0.1, 0, 1]}))
             Hat  yaw  label=3  label=7  label=9
        0  False  0.1    False     True    False
        1   True  0.0     True    False    False
        2   True  1.0    False    False     True
    """
    named = labels.select_dtypes(exclude=["number", "bool"])
    labels = labels.drop(columns=[name for name in named if named[name].nunique() > _MOST_NAMES])
    whole = [name for name in labels if not is_float_dtype(labels[name])]
    classes = [name for name in whole if not labels[name].isin([0, 1]).all()]
    binary = [name for name in whole if name not in classes]
    plain = labels.astype(dict.fromkeys(binary, bool))
    if not classes:
        return plain
    return pd.get_dummies(plain, columns=classes, prefix_sep="=", dtype=bool)


def attributes_of(factors: pd.DataFrame) -> pd.DataFrame:
    """Return the bool columns of `factors_of`."""
    return factors[[name for name in factors if is_bool_dtype(factors[name])]]


def others_than(name: str, names: Iterable[str]) -> list[str]:
    """Return the names but for this one and, of a class, the other classes of its column.

    Example:
        >>> others_than("label=3", ["Hat", "label=3", "label=7"])
        ['Hat']
    """
    column = name.partition("=")[0]
    return [other for other in names if other.partition("=")[0] != column]


def choose_attributes(factors: pd.DataFrame, names: Sequence[str] = ()) -> list[str]:
    """Return the names, checked; without any, those of `USUAL` that are there, or the first three.

    Args:
        factors: of `factors_of`.
        names: bool columns that have both values.

    Raises:
        InputError: there is no such attribute (near names are listed), or it has a single value.

    Example:
        >>> choose_attributes(pd.DataFrame({"Smiling": [True, False]}), ["smiling"])
        Traceback (most recent call last):
        genjax.errors.InputError: no attribute 'smiling'; near names: Smiling
    """
    table = attributes_of(factors)
    varied = [str(name) for name in table if table[name].nunique() == 2]
    for name in names:
        if name not in table:
            raise InputError(
                f"no attribute {name!r}; near names: {near_names(name, map(str, table))}"
            )
        if name not in varied:
            which = "all" if table[name].all() else "none"
            raise InputError(f"attribute {name!r}: {which} of {len(table):,} pictures have it")
    return list(names) or [name for name in USUAL if name in varied] or varied[:3]
