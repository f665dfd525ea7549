"""Which rows a model of a table is trained on: how often each, and told what."""

from collections.abc import Sequence

import numpy as np


def size_for(rows: int, batch_size: int) -> int:
    """Return the rows of a training table: a power of two, at least those there are.

    Programs are compiled for a number of rows; so the folds of a cross-validation share theirs.

    Example:
        >>> size_for(8021, 256), size_for(10, 256)
        (8192, 256)
    """
    return 2 ** int(np.ceil(np.log2(max(rows, batch_size))))


def allot(
    groups: Sequence[np.ndarray], weights: np.ndarray, size: int, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of groups, each group by its weight, each row of a group as often but for one.

    Args:
        groups: of each the places of its rows, one or more; a row may be in several.
        weights: one a group, 0 or more.
        size: rows to return, as many as there are groups or more.
        seed: of the order.

    Returns:
        (size,) int, places of rows; (size,) int, their groups.

    Example:
        >>> groups = [np.array([0, 1, 2, 3]), np.array([4])]
        >>> rows, which = allot(groups, np.ones(2), 8, seed=0)
        >>> np.bincount(rows).tolist(), np.bincount(which).tolist()
        ([1, 1, 1, 1, 4], [4, 4])
    """
    rng = np.random.default_rng(seed)
    ends = np.round(np.cumsum(weights) / np.sum(weights) * size).astype(int)
    counts = np.diff(ends, prepend=0)
    chosen = []
    for rows, count in zip(groups, counts, strict=True):
        copies = [rng.permutation(rows) for _ in range(-(-count // len(rows)))]
        chosen.append(np.concatenate([np.zeros(0, int), *copies])[:count])
    order = rng.permutation(size)
    return np.concatenate(chosen)[order], np.repeat(np.arange(len(groups)), counts)[order]
