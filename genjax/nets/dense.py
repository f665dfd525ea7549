"""Dense layers whose products are fast for few units and many rows, as tables have them.

Where there are more rows than units, rows go along the last axis: a vector register of a CPU then
holds eight rows of one unit instead of a few units and a rest. However its axes lie, a product is
one trilinear form in its inputs x, its kernel k and its output's cotangent y,

    Σ k[i, o] · x[n, i] · y[n, o],

and the three primitives of each layout are its three partial derivatives, each other's
derivatives, as in `conv.py`. Barriers keep the compiler from turning all that around again; only
CPUs get them.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

from genjax.apart import apart, not_inlined

# On a CPU the call of a product costs more than the arithmetic of a small one, which is written
# out instead: one of at most so many terms a sum, and of so many results. Batches of so few rows
# are not for splitting over devices: they are passed around.
_TERMS, _RESULTS = 12, 1 << 12


def _contract(left: Array, right: Array, axes: tuple[int, int]) -> Array:
    """The sum over an axis of each, of which what is left of `left` comes first."""

    def product(left: Array, right: Array) -> Array:
        return lax.dot_general(left, right, (((axes[0],), (axes[1],)), ((), ())))

    if not _is_small(left.shape, right.shape, axes) or left.dtype != jnp.float32:
        return product(left, right)
    result: Array = lax.platform_dependent(
        left, right, cpu=lambda left, right: _written_out(left, right, axes), default=product
    )
    return result


def _is_small(left: tuple[Any, ...], right: tuple[Any, ...], axes: tuple[int, int]) -> bool:
    if not all(isinstance(side, int) for side in (*left, *right)):  # an export's symbols
        return False
    terms, rows, columns = left[axes[0]], left[1 - axes[0]], right[1 - axes[1]]
    # Not of a single row: under a `vmap` over rows, as of a gradient penalty, the compiler makes
    # one product of all, which a call would hide from it.
    return 2 <= terms <= _TERMS and min(rows, columns) >= 2 and rows * columns <= _RESULTS


def _sum_of_outer_products(left: Array, right: Array, axes: tuple[int, int]) -> Array:
    left, right = jnp.moveaxis(left, axes[0], 0), jnp.moveaxis(right, axes[1], 0)
    total = left[0][:, None] * right[0][None]
    for term in range(1, len(left)):
        total = total + left[term][:, None] * right[term][None]
    return total


_written_out = not_inlined(_sum_of_outer_products, static_argnums=(2,))


@jax.custom_vjp
def _rows_last(k: Array, x: Array) -> Array:
    return apart(_contract(apart(k.T), x, (1, 0)))


@jax.custom_vjp
def _rows_last_by_input(k: Array, y: Array) -> Array:
    return apart(_contract(k, y, (1, 0)))


@jax.custom_vjp
def _rows_last_by_kernel(x: Array, y: Array) -> Array:
    if len(y) % 4 == 0 or len(x) % 4:  # the last axis is computed in registers of four
        return apart(_contract(x, y, (1, 1)))
    return apart(_contract(y, x, (1, 1))).T


@jax.custom_vjp
def _rows_first(x: Array, k: Array) -> Array:
    return _contract(x, k, (1, 0))


@jax.custom_vjp
def _rows_first_by_input(y: Array, k: Array) -> Array:
    return _contract(y, k, (1, 1))


@jax.custom_vjp
def _rows_first_by_kernel(x: Array, y: Array) -> Array:
    return _contract(x, y, (0, 0))


def _close(primitive: Any, by_left: Callable[..., Array], by_right: Callable[..., Array]) -> None:
    def backward(saved: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
        left, right = saved
        # Once for both; and else it may be laid out the other way, for products five times as slow.
        d = apart(d)
        return by_left(d, right), by_right(left, d)

    primitive.defvjp(lambda left, right: (primitive(left, right), (left, right)), backward)


_close(_rows_last, lambda d, x: _rows_last_by_kernel(x, d), _rows_last_by_input)
_close(_rows_last_by_input, lambda d, y: _rows_last_by_kernel(d, y), _rows_last)
_close(_rows_last_by_kernel, lambda d, y: _rows_last_by_input(d, y), lambda x, d: _rows_last(d, x))
_close(_rows_first, _rows_first_by_input, _rows_first_by_kernel)
_close(_rows_first_by_input, _rows_first, lambda y, d: _rows_first_by_kernel(d, y))
_close(_rows_first_by_kernel, lambda d, y: _rows_first_by_input(y, d), _rows_first)


def dense(x: Array, kernel: Array, bias: Array, *, rows_last: bool = False) -> Array:
    """Return x @ kernel + bias, (rows, units).

    Reverse-mode derivatives of every order are defined, forward mode (`jax.jvp`) is not.

    Args:
        x: (rows, inputs).
        kernel: (inputs, units).
        bias: (units,).
        rows_last: whether rows may go along the last axis. They should not between activations
            that are worth keeping for the backward pass (an exponential, say): the compiler keeps
            them with rows first, and transposes each.

    Example:
        >>> import jax.numpy as jnp
        >>> dense(jnp.ones((64, 3)), jnp.ones((3, 2)), jnp.ones(2))[0].tolist()
        [4.0, 4.0]
    """
    if min(kernel.shape) == 1:  # no product but a multiplication or a sum
        return apart(x) @ kernel + bias[None]
    if not rows_last or len(x) <= max(kernel.shape):
        return _rows_first(x, kernel) + bias[None]
    return apart(_rows_last(kernel, apart(x.T)) + bias[:, None]).T


class Dense(nn.Module):
    """`flax.linen.Dense` by `dense`: the same parameters, the same result up to rounding.

    Reverse-mode derivatives of every order; forward mode (`jax.jvp`) is not defined.

    Attributes:
        features: units.
        use_bias: whether one is added.
        dtype: of the computation; parameters are float32.
        kernel_init: of the kernel.
        rows_last: see `dense`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> layer = Dense(2)
        >>> layer.init_with_output(jax.random.key(0), jnp.ones((64, 3)))[0].shape
        (64, 2)
    """

    features: int
    use_bias: bool = True
    dtype: Any = None
    kernel_init: Callable[..., Array] = nn.initializers.lecun_normal()
    rows_last: bool = False

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Return (..., features) of x (..., inputs)."""
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features), jnp.float32)
        x, kernel = nn.dtypes.promote_dtype(x, kernel, dtype=self.dtype)
        bias = jnp.zeros(self.features)
        if self.use_bias:
            bias = self.param("bias", nn.initializers.zeros, (self.features,), jnp.float32)
        rows = x.reshape(-1, x.shape[-1])
        y = dense(rows, kernel, bias.astype(x.dtype), rows_last=self.rows_last)
        return y.reshape(*x.shape[:-1], self.features)
