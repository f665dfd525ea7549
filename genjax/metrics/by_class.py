"""Does a model draw what was asked for, and in each class all that there is of it?

A classifier is the judge: its logits say which class a picture is of, and its features are what
the pictures of one class are compared in. It errs, so hold the scores of samples against those of
real pictures.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from genjax.errors import InputError
from genjax.metrics.coverage import density_coverage
from genjax.metrics.distance import frechet_distance


class Accuracy(NamedTuple):
    """A share of pictures.

    Attributes:
        value: 0 to 1.
        standard_error: of it, binomial.
    """

    value: float
    standard_error: float


def conditional_accuracy(logits: np.ndarray, labels: np.ndarray) -> Accuracy:
    """Return the share of pictures that are read as their class: the largest logit is its own.

    Args:
        logits: (n, classes), n at least 1.
        labels: (n,) int.

    Raises:
        InputError: there are no pictures, or labels of other classes.

    Example:
        >>> logits = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
        >>> conditional_accuracy(logits, np.array([0, 1, 1, 1]))[0]
        0.75

    References:
        Ravuri and Vinyals, "Classification accuracy score for conditional generative models",
        NeurIPS 2019 (which trains the classifier on samples instead).
        Shmelkov et al., "How good is my GAN?", ECCV 2018 (GAN-test).
    """
    right = _is_right(logits, labels)
    return Accuracy(float(right.mean()), float(right.std() / np.sqrt(len(right))))


def accuracy_by_class(logits: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return `conditional_accuracy` within each class; NaN where there is no picture of it.

    Example:
        >>> logits = np.array([[2.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> accuracy_by_class(logits, np.array([0, 1, 1]))
        [1.0, 0.5, nan]
    """
    right = _is_right(logits, labels)
    return _in_each(logits.shape[1], 1, lambda rows: float(right[rows[0]].mean()), labels)


def balanced_accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of `accuracy_by_class` over the classes that there are.

    A classifier that always says the most frequent of c classes reaches 1 / c.

    Example:
        >>> balanced_accuracy(np.array([[1.0, 0.0]] * 10), np.array([0] * 9 + [1]))
        0.5
    """
    return float(np.nanmean(accuracy_by_class(logits, labels)))


def coverage_by_class(
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
    *,
    classes: int,
    k: int = 5,
) -> list[float]:
    """Return the coverage of each class's real vectors by the fake ones of the same class.

    A generator that draws one style of a digit covers little of this digit, however good the
    whole. About 1 - 2^-k is what as many vectors of the same distribution reach.

    Args:
        real: (n, d).
        real_labels: (n,) int.
        fake: (m, d).
        fake_labels: (m,) int.
        classes: how many there are.
        k: neighbours, see `density_coverage`.

    Returns:
        One share a class, 0 to 1; NaN where real or fake vectors are not more than k.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(40, 2))
        >>> labels = np.arange(40) % 2
        >>> coverage_by_class(x, labels, x + 100 * labels[:, None], labels, classes=2)
        [1.0, 0.0]

    References:
        Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML 2020.
    """
    return _in_each(
        classes, k + 1, lambda rows: density_coverage(real[rows[0]], fake[rows[1]], k=k).coverage,
        _checked(real, real_labels, classes), _checked(fake, fake_labels, classes),
    )  # fmt: skip


def frechet_by_class(
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
    *,
    classes: int,
) -> list[float]:
    """Return the Fréchet distance between the real and the fake vectors of each class.

    It sees what the distance of the whole does not: two classes that were drawn in each other's
    place. Arguments and errors are those of `coverage_by_class`; NaN where vectors are fewer than
    two.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(400, 3))
        >>> labels = np.arange(400) % 2
        >>> moved = x + 3.0 * labels[:, None] * np.eye(3)[0]
        >>> [round(value, 9) + 0.0 for value in frechet_by_class(
        ...     x, labels, moved, labels, classes=2)]
        [0.0, 9.0]

    References:
        Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
        equilibrium", NeurIPS 2017.
    """
    return _in_each(
        classes, 2, lambda rows: frechet_distance(real[rows[0]], fake[rows[1]]),
        _checked(real, real_labels, classes), _checked(fake, fake_labels, classes),
    )  # fmt: skip


def _is_right(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if logits.ndim != 2:
        raise InputError(f"logits are (n, classes), not {logits.shape}")
    return logits.argmax(1) == _checked(logits, labels, logits.shape[1])


def _checked(rows: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the labels; InputError unless they are one for each row, of these classes."""
    labels = np.asarray(labels)
    if labels.shape != (len(rows),) or not len(rows) or labels.dtype.kind not in "iu":
        raise InputError(
            f"labels are (n,) int, one for each of 1 row or more, not {labels.dtype} "
            f"{labels.shape} for {len(rows)}"
        )
    if not 0 <= labels.min() <= labels.max() < classes:
        raise InputError(
            f"labels of {classes} classes lie in [0, {classes}), these in "
            f"[{labels.min()}, {labels.max()}]"
        )
    return labels


def _in_each(
    classes: int,
    least: int,
    score: Callable[[Sequence[np.ndarray]], float],
    *labels: np.ndarray,
) -> list[float]:
    """Return the score of each class's rows in all sets; NaN where one has fewer than `least`."""
    rows = [[np.flatnonzero(of == label) for of in labels] for label in range(classes)]
    return [score(each) if min(map(len, each)) >= least else float("nan") for each in rows]
