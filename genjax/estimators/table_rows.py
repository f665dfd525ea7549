"""Which rows a model of a table is trained on: how often each, and told what."""

from collections.abc import Sequence

import numpy as np

_ALLOT = 102  # which of a seed's streams orders rows
_MOST = 4  # times the rows there are, and a little: so large a training table may become


def size_for(rows: int, counts: Sequence[int], weights: np.ndarray, batch_size: int) -> int:
    """Return the rows of a training table: a power of two in which all rows have a place.

    Programs are compiled for a number of rows; so the folds of a cross-validation share theirs.

    Args:
        rows: of the table.
        counts: rows of each group.
        weights: of each group, more than 0.
        batch_size: the least.

    Returns:
        A size in which each group's share has room for its rows, but not above four times the
        power of two that has room for all: a group of little weight and many rows is then cut.

    Example:
        >>> size_for(8021, [8021], np.ones(1), 256), size_for(10, [10], np.ones(1), 256)
        (8192, 256)
        >>> size_for(1000, [930, 70], np.ones(2), 256)
        2048
    """
    needed = np.max(np.asarray(counts) / (weights / np.sum(weights)))
    least, wanted = (int(np.ceil(np.log2(max(n, batch_size)))) for n in (rows, needed))
    return 2 ** min(wanted, least + int(np.log2(_MOST)))


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
    rng = np.random.default_rng((seed, _ALLOT))
    ends = np.round(np.cumsum(weights) / np.sum(weights) * size).astype(int)
    counts = np.diff(ends, prepend=0)
    chosen = []
    for rows, count in zip(groups, counts, strict=True):
        copies = [rng.permutation(rows) for _ in range(-(-count // len(rows)))]
        chosen.append(np.concatenate([np.zeros(0, int), *copies])[:count])
    order = rng.permutation(size)
    return np.concatenate(chosen)[order], np.repeat(np.arange(len(groups)), counts)[order]


def training_rows(
    encoded: np.ndarray,
    groups: Sequence[np.ndarray],
    weights: np.ndarray,
    batch_size: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Return what a model is trained on: {"x"}, and of several groups {"y"}, which it is.

    Args:
        encoded: (n, width).
        groups: of each the places of its rows, one or more.
        weights: one a group, more than 0.
        batch_size: the least number of rows.
        seed: of the order.
    """
    size = size_for(len(encoded), [len(rows) for rows in groups], weights, batch_size)
    rows, which = allot(groups, weights, size, seed=seed)
    labels = {"y": which.astype(np.int32)} if len(groups) > 1 else {}
    return {"x": encoded[rows]} | labels
