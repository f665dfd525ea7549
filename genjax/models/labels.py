"""Labels of a model that knows classes."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from genjax.errors import InputError
from genjax.near_names import near_names


def check_labels(y: Any, n: int, classes: int, names: Sequence[str] = ()) -> np.ndarray:
    """Return the labels of n rows, (n,) int32.

    Args:
        y: (n,) int from 0, the places of the names in their order, or one for all rows; or names
            of classes, where they have names.
        n: rows.
        classes: that the model knows.
        names: of the classes, in their order; none where they have none.

    Raises:
        InputError: labels are missing, not of this form, or of no class (near names are listed).

    Example:
        >>> check_labels(2, 3, classes=5).tolist()
        [2, 2, 2]
        >>> check_labels(["dog", "cat"], 2, classes=2, names=("cat", "dog")).tolist()
        [1, 0]
    """
    if y is None:
        raise InputError(f"the model is of {classes} classes: it needs labels, y")
    labels = np.asarray(y)
    if labels.size and all(isinstance(one, str) for one in labels.flat):
        labels = _numbers(labels, classes, names)
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


def _numbers(called: np.ndarray, classes: int, names: Sequence[str]) -> np.ndarray:
    """Return the places of names among those of the classes, of the shape that they have."""
    if not names:
        raise InputError(
            f"the model's {classes} classes have no names: labels are numbers from 0, not "
            f"{str(called.flat[0])!r}"
        )
    place = {name: index for index, name in enumerate(names)}
    for name in map(str, called.flat):
        if name not in place:
            raise InputError(f"no class {name!r}; near names: {near_names(name, names)}")
    return np.array([place[name] for name in map(str, called.flat)]).reshape(called.shape)


def shares_of(y: Any, n: int, classes: int, names: Sequence[str] = ()) -> np.ndarray:
    """Return how much n rows have of each class, (n, classes) float32: mixtures are between them.

    Args:
        y: labels, see `check_labels`, of which each row has all of one class; or shares, float,
            0 or more and 1 in sum, (n, classes) or (classes,) for all rows.
        n: rows.
        classes: that the model knows.
        names: of the classes; see `check_labels`.

    Raises:
        InputError: as `check_labels`; or shares are of another shape, not finite, negative, or
            not 1 in sum, within 1e-3.

    Example:
        >>> shares_of(1, 1, classes=3).tolist()
        [[0.0, 1.0, 0.0]]
        >>> shares_of([0.5, 0.5, 0.0], 2, classes=3).tolist()
        [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]]
    """
    shares = np.asarray(y)
    if not np.issubdtype(shares.dtype, np.floating):
        return np.eye(classes, dtype=np.float32)[check_labels(y, n, classes, names)]
    if shares.shape not in ((classes,), (n, classes)):
        raise InputError(
            f"shares of {classes} classes are ({n}, {classes}) or ({classes},), these are "
            f"{shares.shape}"
        )
    if not np.isfinite(shares).all() or shares.min(initial=0) < 0:
        raise InputError("shares of classes are finite and 0 or more, not all of these are")
    sums = np.atleast_1d(shares.sum(-1))
    if wrong := sums[np.abs(sums - 1) > 1e-3].tolist():
        raise InputError(f"a row's shares of classes sum to 1, not to {wrong[0]:g}")
    return np.broadcast_to(shares, (n, classes)).astype(np.float32)


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


def given_labels(y: ArrayLike | None, classes: int) -> list[Array]:
    """Return the labels that a caller gave to a verb, none or one array; see `check_given`."""
    check_given(y, classes)
    return [] if y is None else [jnp.asarray(y)]


def labels_of(batch: Any, classes: int) -> list[Array]:
    """Return a batch's labels, none or one array."""
    return [batch["y"]] if classes else []


def check_classes(classes: int, names: Sequence[str]) -> None:
    """Raise InputError unless there are 0 or 2 or more classes, and as many names, or none."""
    if classes < 0 or classes == 1:
        raise InputError(f"classes must be 0, or 2 or more, got {classes}")
    if names and len(names) != classes:
        raise InputError(f"{classes} classes have as many names, or none, not {tuple(names)}")
    if len(set(names)) != len(names):
        raise InputError(f"two classes of one name: {tuple(names)}")
