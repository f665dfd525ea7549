"""Drawn card transactions: a table with the columns of the real one, for where that is not at hand.

Nothing in it comes from real transactions. It has what makes those hard: columns that depend on
each other through a few factors, tails heavier than a normal's, kinds of transactions that lie
apart, and frauds most of which, but not all, break the dependence between the columns.
"""

import math

import numpy as np
import pandas as pd

from genjax.errors import InputError

SECONDS = 2 * 24 * 3600  # two days
FEATURES = 28
_FACTORS, _DIRECTIONS = 6, 3
_SHARES = np.array([0.45, 0.3, 0.2, 0.05])  # of the kinds of transactions
_NOISE = 0.5
_TAIL = 6.0  # degrees of freedom of a row's scale
_LENGTH, _SPREAD = 6.5, 0.8  # of a fraud's move: the median, and the deviation of the logarithm


def draw_transactions(n: int = 20_000, *, fraud: float = 0.005, seed: int = 0) -> pd.DataFrame:
    """Return drawn transactions in order of time: Time, V1 to V28, Amount and Class.

    A genuine row is  V = d ⊙ s (A f + m_k + e) / c:  the factors f and the noise e are normal, k
    is the kind of transaction, s gives the row the tails of Student's t, and c makes the columns'
    deviations d, which fall from 2 to .3 as those of principal components do. A fraud is such a
    row moved along one of three directions by a log-normal length, so that the weakest lie among
    the genuine rows: the Mahalanobis distance from these finds frauds with an AUROC of about .95.
    The amounts are log-normal about the first factor. The matrices are the same for every seed, so
    that two seeds are two samples of one distribution.

    Args:
        n: rows, 1 or more.
        fraud: share of frauds, 0 to 1; their number is rounded.
        seed: the same one gives the same table; its rows depend on n and fraud too.

    Raises:
        InputError: a number out of its range.

    Example:
        >>> table = draw_transactions(1000)
        >>> table.shape, int(table["Class"].sum()), bool(table["Time"].is_monotonic_increasing)
        ((1000, 31), 5, True)
    """
    if n < 1:
        raise InputError(f"draw 1 or more transactions, not {n}")
    if not 0 <= fraud <= 1:
        raise InputError(f"the share of frauds is 0 to 1, not {fraud}")
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(n) < round(n * fraud))
    factors = rng.standard_normal((n, _FACTORS))
    v = _draw_columns(rng, factors, label)
    # Frauds try a card with a little or take a lot: about the same middle, but wider apart.
    deviation = np.where(label, 1.8, 1.2)
    log_amount = 3.1 + 0.5 * factors[:, 0] + deviation * rng.standard_normal(n)
    columns = {
        "Time": np.sort(_draw_times(rng, n)),
        **{f"V{i + 1}": v[:, i] for i in range(FEATURES)},
        "Amount": np.round(np.exp(log_amount), 2),
        "Class": label.astype(np.int64),
    }
    return pd.DataFrame(columns)


def _draw_columns(rng: np.random.Generator, factors: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return V1 to V28, (n, 28)."""
    n = len(label)
    world = np.random.default_rng(28)
    loadings = world.standard_normal((FEATURES, _FACTORS)) / math.sqrt(_FACTORS)
    means = 0.8 * world.standard_normal((len(_SHARES), FEATURES))
    means -= _SHARES @ means
    # A fraud shows in some columns: cubes of normal numbers are mostly near 0.
    directions = world.standard_normal((_DIRECTIONS, FEATURES)) ** 3
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    deviations = np.geomspace(2, 0.3, FEATURES)

    kind = rng.choice(len(_SHARES), size=n, p=_SHARES)
    genuine = factors @ loadings.T + means[kind] + _NOISE * rng.standard_normal((n, FEATURES))
    genuine /= np.sqrt((loadings**2).sum(1) + _SHARES @ means**2 + _NOISE**2)
    genuine *= np.sqrt((_TAIL - 2) / rng.chisquare(_TAIL, (n, 1)))
    length = label * _LENGTH * np.exp(_SPREAD * rng.standard_normal(n))
    return deviations * (genuine + length[:, None] * directions[rng.integers(_DIRECTIONS, size=n)])


def _draw_times(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return whole seconds over the two days, (n,): fewest at 4 in the morning."""
    seconds = np.arange(SECONDS)
    weight = 1 - 0.85 * np.cos(2 * np.pi * (seconds / 3600 - 4) / 24)
    return rng.choice(seconds, size=n, p=weight / weight.sum()).astype(np.float64)
