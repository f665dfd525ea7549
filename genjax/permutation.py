"""A shuffle that is a formula: position -> row, without a sort and without memory.

Position i of epoch e is row `permute(i, n, key, e)`. A mixed-radix Feistel network permutes a grid
of a x b >= n cells; what falls outside of [0, n) walks on along its cycle until it falls inside,
which keeps the map a permutation of exactly n rows.

References:
    Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (methods 2 and 3).
    Mixing: Appleby's MurmurHash3 finaliser.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

ROUNDS = 8  # two fail visibly in tests of uniformity; eight cannot be told from a true shuffle
Words = Any  # uint32 arrays, numpy's or JAX's


def permute(position: Array, n: int, key: Array, epoch: Array) -> Array:
    """Return the row at each position of a shuffled epoch.

    Args:
        position: integers in [0, n), any shape.
        n: number of rows, 1 to 2^31 - 1; a Python integer.
        key: a random key; each gives another family of shuffles.
        epoch: integers, of the shape of `position`: which shuffle.

    Returns:
        Rows, int32 of the shape of `position`: for one key and epoch a permutation of range(n).

    Example:
        >>> import jax, jax.numpy as jnp
        >>> rows = permute(jnp.arange(10), 10, jax.random.key(0), jnp.zeros(10, int))
        >>> sorted(rows.tolist()) == list(range(10))
        True
    """
    shuffle = _shuffle(n, shuffle_seeds(key), jnp.asarray(epoch).astype(jnp.uint32))
    cell = shuffle(jnp.asarray(position).astype(jnp.uint32))
    cell = jax.lax.while_loop(
        lambda cell: jnp.any(cell >= n), lambda cell: jnp.where(cell < n, cell, shuffle(cell)), cell
    )
    return cell.astype(jnp.int32)


def permute_on_host(
    position: np.ndarray, n: int, seeds: np.ndarray, epoch: np.ndarray
) -> np.ndarray:
    """Return what `permute` returns, without a device.

    Args:
        position: integers in [0, n), one axis or more.
        n: number of rows.
        seeds: of the key, from `shuffle_seeds`.
        epoch: integers, of the shape of `position`.

    Returns:
        Rows, int32 of the shape of `position`.

    Example:
        >>> import jax, numpy as np
        >>> key, position, epoch = jax.random.key(0), np.arange(10), np.zeros(10, int)
        >>> rows = permute_on_host(position, 10, np.asarray(shuffle_seeds(key)), epoch)
        >>> bool((rows == permute(position, 10, key, epoch)).all())
        True
    """
    shuffle = _shuffle(n, seeds, epoch.astype(np.uint32))
    cell = shuffle(position.astype(np.uint32))
    while (cell >= n).any():
        cell = np.where(cell < n, cell, shuffle(cell))
    return cell.astype(np.int32)


def shuffle_seeds(key: Array) -> Array:
    """Return what the shuffles need of a key: (rounds,) uint32."""
    return jax.random.bits(key, (ROUNDS,), jnp.uint32)


def _shuffle(n: int, seeds: Words, epoch: Words) -> Callable[[Any], Any]:
    """The network over a grid of at least n cells, on numpy's arrays or JAX's."""
    if not 1 <= n < 2**31:
        raise ValueError(f"a shuffle needs 1 to 2^31 - 1 rows, got {n}")
    width = math.isqrt(n - 1) + 1
    height = -(-n // width)
    epoch = _mix(epoch)

    def shuffle(cell: Any) -> Any:
        left, right = cell // height, cell % height
        for round_index in range(ROUNDS):
            salt = epoch ^ seeds[round_index]
            if round_index % 2 == 0:
                left = (left + _mix(right ^ salt) % width) % width
            else:
                right = (right + _mix(left ^ salt) % height) % height
        return left * height + right

    return shuffle


def _mix(x: Any) -> Any:
    """MurmurHash3's finaliser: a bijection of 32-bit words in which every bit moves every bit."""
    x = (x ^ (x >> 16)) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * np.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def spread(n: int, most: int) -> np.ndarray:
    """Return at most so many indices of n rows, evenly spread over them."""
    count = min(n, most)
    return np.arange(count) * n // count
