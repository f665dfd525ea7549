"""Arms of a study of imbalance: ways to show a classifier more of a rare class.

An arm makes training rows of a fold's training rows, and sees nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from genjax.errors import InputError, needs_extra
from genjax.estimators.networks import Rows
from genjax.estimators.oversample import CGANOverSampler, GANOverSampler, VAEOverSampler

with needs_extra("tables", "estimators"):
    from imblearn.over_sampling import SMOTE, RandomOverSampler
    from sklearn.base import clone

# The sampler that is compared with the others: half of Give Me Some Credit's rows chose it, by
# `python -m benchmarks.augmentation --study choice`.
DEFAULT = "conditional vae"


class Scale(Protocol):
    """What brings a frame's columns to what classifiers see, (n, columns) float32."""

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the scaled columns."""


# (frame, y, scale, seed) -> rows that a classifier is trained on, the given ones first
Arm = Callable[[pd.DataFrame, np.ndarray, Scale, int], Rows]


def unbalanced(frame: pd.DataFrame, y: np.ndarray, scale: Scale, seed: int) -> Rows:
    """Return the rows as they are."""
    return Rows(scale(frame), y)


def class_weights(frame: pd.DataFrame, y: np.ndarray, scale: Scale, seed: int) -> Rows:
    """Return the rows as they are, both classes of the same weight in sum, 1 in the mean."""
    share = y.mean()
    return Rows(scale(frame), y, np.where(y == 1, 0.5 / share, 0.5 / (1 - share)))


def noise(frame: pd.DataFrame, y: np.ndarray, scale: Scale, seed: int) -> Rows:
    """Return the rows and as many of pure noise, called the rare class: a sanity arm.

    What helps no more than this helps by its number alone.
    """
    x, rng = scale(frame), np.random.default_rng(seed)
    rare = int(y.mean() < 0.5)
    size = int((y != rare).sum() - (y == rare).sum())
    made = rng.standard_normal((size, x.shape[1])).astype(x.dtype)
    return Rows(np.concatenate([x, made]), np.concatenate([y, np.full(size, rare)]))


@dataclass(frozen=True)
class OfScaled:
    """A sampler of scaled rows, such as imbalanced-learn's, which need numbers without gaps.

    Attributes:
        sampler: not fitted.
    """

    sampler: Any

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, scale: Scale, seed: int) -> Rows:
        """Return the rows and the sampler's."""
        sampler = clone(self.sampler).set_params(random_state=seed)
        return Rows(*sampler.fit_resample(scale(frame), y))


@dataclass(frozen=True)
class OfTable:
    """A sampler of the table as it is, gaps and all; its rows are scaled as the given ones are.

    Attributes:
        sampler: not fitted.
    """

    sampler: Any

    def __call__(self, frame: pd.DataFrame, y: np.ndarray, scale: Scale, seed: int) -> Rows:
        """Return the rows and the sampler's."""
        sampler = clone(self.sampler).set_params(random_state=seed)
        more, labels = sampler.fit_resample(frame, y)
        return Rows(scale(more), np.asarray(labels))


ARMS: dict[str, Arm] = {
    "unbalanced": unbalanced,
    "class weights": class_weights,
    "random": OfScaled(RandomOverSampler()),
    "smote": OfScaled(SMOTE()),
    "vae": OfTable(VAEOverSampler()),
    "conditional vae": OfTable(VAEOverSampler(conditional=True)),
    "gan": OfTable(GANOverSampler()),
    "cgan": OfTable(CGANOverSampler()),
    "noise": noise,
}


def at_ratio(rows: Rows, given: int, ratio: float) -> Rows:
    """Return the given rows and only so many of the added ones that the rare class has this ratio.

    Args:
        rows: the given ones first.
        given: how many they are.
        ratio: of the rare class's rows to the other's, in (0, 1].

    Raises:
        InputError: the given rows have more than that, or with all added ones less.
    """
    y = rows.y[:given]
    rare = int(y.mean() < 0.5)
    wanted = round(ratio * (y != rare).sum()) - int((y == rare).sum())
    if wanted < 0:
        raise InputError(f"the rare class has a larger ratio than {ratio} as it is")
    if (added := len(rows.y) - given) < wanted:
        raise InputError(f"a ratio of {ratio} needs {wanted} added rows, the arm has {added}")
    keep = slice(given + wanted)
    weight = None if rows.weight is None else rows.weight[keep]
    return Rows(rows.x[keep], rows.y[keep], weight)
