"""JAX's threefry generator, the same bits, as one pass over an array.

On a CPU JAX goes over the words five times, four rounds at a time, so that programs compile fast; a
step of a small network then waits for its noise more than for its matrix products. Here the twenty
rounds are one loop over the words, which stays in registers. GPUs and TPUs keep JAX's own rounds.

A key is turned where numbers are drawn (`draw`), and a copy of it where a network is given one
(`nets/network.py`), not before: JAX refuses to mix kinds of keys. `fold_in` and `split` return keys
of JAX's own kind: a step derives several, each a loop in JAX's CPU program.

References:
    Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.extend.random import define_prng_impl, threefry2x32_p, threefry_prng_impl

from genjax.apart import apart, not_inlined

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)
# Fewer words are seldom drawn, and JAX's own program of them compiles faster.
_LEAST = 16
# Of JAX's own keys: a user's generator may bear the same name.
_KIND = jax.eval_shape(lambda: jax.random.key(0, impl="threefry2x32")).dtype


def one_pass(key: Array) -> Array:
    """Return the key, whose bits are drawn in one pass from now on; they are the same bits.

    So are those of the keys that are derived from it, without a loop on a CPU.

    Args:
        key: () typed key; one of another generator than threefry is returned as it is.

    Example:
        >>> import jax
        >>> key = jax.random.key(0)
        >>> ours, theirs = (jax.random.normal(k, (64, 8)) for k in (one_pass(key), key))
        >>> bool((ours == theirs).all())
        True
    """
    if not _is_ours(key):
        return key
    return jax.random.wrap_key_data(jax.random.key_data(key), impl=_IMPLEMENTATION)


Sampler = Callable[[Array, tuple[int, ...], Any], Array]


def draw(sampler: Sampler, key: Array, shape: tuple[int, ...], dtype: Any = None) -> Array:
    """Return `sampler(key, shape, dtype)`, the same numbers; on a CPU in one pass, and only once.

    Args:
        sampler: of independent numbers: `jax.random.normal`, say. A function of a module: one that
            is made anew for each call is compiled anew where it is called outside programs.
        key: () key; with one that is untyped or of another generator the sampler is just called.
        shape: of the result.
        dtype: of the result; JAX's own for a float by default.

    Example:
        >>> import jax
        >>> key = jax.random.key(0)
        >>> ours = draw(jax.random.normal, key, (64, 8))
        >>> bool((ours == jax.random.normal(key, (64, 8))).all())
        True
    """
    shape, dtype = tuple(shape), jnp.result_type(float) if dtype is None else jnp.dtype(dtype)
    known = all(isinstance(side, int) for side in shape)  # not an export's symbols
    if not known or math.prod(shape) < _LEAST or not (_is_ours(key) or key.dtype == _TURNED):
        return sampler(key, shape, dtype)
    return _drawn(sampler, key, shape, dtype)


@partial(jax.jit, static_argnums=(0, 2, 3), inline=True)  # traced once outside programs
def _drawn(sampler: Sampler, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    def here(key: Array) -> Array:
        # As one row: a loop over rows of six numbers would fill registers of eight badly.
        size = (math.prod(shape),)
        row: Array = not_inlined(lambda key: sampler(one_pass(key), size, dtype))(key)
        return row.reshape(shape)

    def elsewhere(key: Array) -> Array:
        return sampler(one_pass(key), shape, dtype)

    drawn: Array = lax.platform_dependent(key, cpu=here, default=elsewhere)
    return drawn


def fold_in(key: Array, data: int | Array) -> Array:
    """Return `jax.random.fold_in(key, data)`, without a loop on a CPU.

    `jax_debug_key_reuse` does not see that a key was used here.

    Args:
        key: () key; one that is untyped or of another generator goes to JAX's own.
        data: () integer; of an array, modulo 2^32.

    Example:
        >>> import jax
        >>> key = jax.random.key(0)
        >>> bool(fold_in(key, 3) == jax.random.fold_in(key, 3))
        True
    """
    if key.shape or jnp.ndim(data) or not _is_ours(key):
        return jax.random.fold_in(key, data)
    return _as_key(_derived(jax.random.key_data(key), jnp.uint32(data)))


def split(key: Array, num: int | tuple[int, ...] = 2) -> Array:
    """Return `jax.random.split(key, num)`, (num,) or (*num,) keys, without a loop on a CPU.

    `jax_debug_key_reuse` does not see that a key was used here.

    Args:
        key: () key; one that is untyped or of another generator goes to JAX's own.
        num: how many keys, or their shape.

    Example:
        >>> import jax
        >>> key = jax.random.key(0)
        >>> bool((split(key, 3) == jax.random.split(key, 3)).all())
        True
    """
    if key.shape or not _is_ours(key):
        return jax.random.split(key, num)
    shape = num if isinstance(num, tuple) else (operator.index(num),)
    return _as_key(_split(jax.random.key_data(key), shape))


def _is_ours(key: Array) -> bool:
    return key.dtype == _KIND and bool(jax.config.jax_threefry_partitionable)  # type: ignore[attr-defined]


def _as_key(data: Array) -> Array:
    return jax.random.wrap_key_data(data, impl="threefry2x32")


@partial(jax.jit, inline=True)  # traced once, where a loss is called outside a program
def _derived(key: Array, numbers: Any) -> Array:
    """The data of the keys that a key's data give for these numbers.

    They are kept apart: else the program doubles with each key that is made of a key.
    """
    return apart(jnp.stack(_words(key[0], key[1], numbers), axis=-1))


@partial(jax.jit, static_argnums=1, inline=True)
def _split(key: Array, shape: tuple[int, ...]) -> Array:
    return _derived(key, lax.iota(jnp.uint32, math.prod(shape)).reshape(shape))


def _random_bits(key: Array, bit_width: int, shape: tuple[int, ...]) -> Array:
    size = math.prod(shape)
    if bit_width != 32 or not _LEAST <= size < 2**32:
        return threefry_prng_impl.random_bits(key, bit_width, shape)
    words = _words(key[0], key[1], lax.iota(jnp.uint32, size).reshape(shape))
    return words[0] ^ words[1]


def _words(k0: Array, k1: Array, numbers: Array) -> tuple[Array, Array]:
    """The two words that a key makes of each number below 2^32."""
    zero = (k0 ^ k0) | (numbers ^ numbers)  # so that all vary over the same axes of a `shard_map`
    operands = [jnp.broadcast_to(word, numbers.shape) for word in (k0, k1, zero)]
    operands.append(numbers | zero)
    words: tuple[Array, Array] = lax.platform_dependent(*operands, cpu=_rounds, default=_bound)
    return words


def _bound(k0: Array, k1: Array, zero: Array, numbers: Array) -> tuple[Array, Array]:
    """JAX's own rounds, whose words forget that the key varies over axes of a `shard_map`."""
    x0, x1 = threefry2x32_p.bind(k0, k1, zero, numbers)
    return x0 | zero, x1 | zero


def _rounds(k0: Array, k1: Array, x0: Array, x1: Array) -> tuple[Array, Array]:
    """Threefry-2x32 with 20 rounds."""
    keys = (k0, k1, k0 ^ k1 ^ _PARITY)
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for group in range(5):
        for distance in _ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = x0 ^ ((x1 << np.uint32(distance)) | (x1 >> np.uint32(32 - distance)))
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


_IMPLEMENTATION = define_prng_impl(
    key_shape=threefry_prng_impl.key_shape,
    seed=threefry_prng_impl.seed,
    split=_split,
    random_bits=_random_bits,
    fold_in=_derived,
    name="threefry2x32_one_pass",
    tag="one",
)
_TURNED = jax.eval_shape(
    lambda: jax.random.wrap_key_data(jnp.zeros(2, jnp.uint32), impl=_IMPLEMENTATION)
).dtype
