"""Labels of a model that knows classes."""

from typing import Any

import numpy as np

from genjax.errors import InputError


def check_labels(y: Any, n: int, classes: int) -> np.ndarray:
    """Return the labels of n rows, (n,) int32.

    Args:
        y: (n,) int from 0, or one for all rows.
        n: rows.
        classes: that the model knows.

    Raises:
        InputError: labels are missing, not of this form, or of no class.

    Example:
        >>> check_labels(2, 3, classes=5).tolist()
        [2, 2, 2]
    """
    if y is None:
        raise InputError(f"the model is of {classes} classes: it needs labels, y")
    labels = np.asarray(y)
    if labels.ndim == 0:
        labels = np.full(n, labels)
    if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"labels are ({n},) int, these are {labels.shape} {labels.dtype}")
    if n and not 0 <= labels.min() <= labels.max() < classes:
        raise InputError(
            f"labels of {classes} classes are 0 to {classes - 1}, these are "
            f"{labels.min()} to {labels.max()}"
        )
    return labels.astype(np.int32)


def check_variety(labels: np.ndarray) -> None:
    """Raise InputError if all labels, (n,) with n 1 or more, are of one class."""
    if (labels == labels[0]).all():
        raise InputError(
            f"all labels are {labels[0]}: a conditional model needs rows of two classes or more; "
            "train one without classes"
        )


def check_given(y: Any, classes: int) -> None:
    """Raise InputError if labels are missing, or are given to a model that knows none."""
    if y is None and classes:
        raise InputError(f"this model is of {classes} classes: name them, y=...")
    if y is not None and not classes:
        raise InputError("this model was trained without labels: leave y out")
