"""The rows of a minibatch, of a table that no cache holds."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from genjax.algorithm import PyTree
from genjax.apart import not_inlined

_LINE = 64  # bytes that memory hands over at once
_LARGE = 1 << 23  # bytes of a table, of which caches near a core hold little
_WIDE = 1 << 10  # bytes of a row: of a longer one the processor sees itself what comes next


def gather(data: PyTree, rows: Array) -> PyTree:
    """Return rows of each leaf.

    A CPU copies rows one after the other and waits for each: there, of a large table, one number of
    each line of memory is read first, all of them beside one another.

    Args:
        data: a tree of arrays (n, ...).
        rows: (...) int32, 0 to n - 1; which is not checked.

    Example:
        >>> import jax.numpy as jnp
        >>> gather({"x": jnp.arange(6.0).reshape(3, 2)}, jnp.array([2, 0]))["x"].tolist()
        [[4.0, 5.0], [0.0, 1.0]]
    """
    return jax.tree.map(lambda leaf: _rows_of(leaf, rows), data)


def _rows_of(leaf: Array, rows: Array) -> Array:
    is_table = leaf.ndim == 2 and jnp.issubdtype(leaf.dtype, jnp.floating)
    if not is_table or leaf.nbytes < _LARGE or leaf.nbytes // len(leaf) > _WIDE:
        return _read(leaf, rows)
    return lax.platform_dependent(leaf, rows, cpu=_read_twice, default=_read)


def _read(leaf: Array, rows: Array) -> Array:
    return leaf.at[rows].get(mode="promise_in_bounds")


@not_inlined
def _touch(leaf: Array, rows: Array) -> Array:
    # The last one as well, since rows do not begin where lines do.
    last = leaf.shape[1] - 1
    columns = np.array([*range(0, last, _LINE // leaf.dtype.itemsize), last])
    return leaf.at[rows[..., None], columns].get(mode="promise_in_bounds")


def _read_twice(leaf: Array, rows: Array) -> Array:
    touched = _touch(leaf, rows)
    # Never, but that is more than the compiler knows, which else would drop the first reading.
    is_both = jnp.any(jnp.isnan(touched) & jnp.isinf(touched), axis=-1)
    return _read(leaf, rows + is_both.astype(rows.dtype))
