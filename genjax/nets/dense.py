"""Dense layers whose products are fast for few units and many rows, as tables have them.

Where there are more rows than units, rows go along the last axis: a vector register of a CPU then
holds eight rows of one unit instead of a few units and a rest. So computed, a product is one
trilinear form in its inputs x, its kernel k and its output's cotangent y,

    Σ k[i, o] · x[i, n] · y[o, n],

and the three primitives below are its three partial derivatives, each other's derivatives, as in
`conv.py`. Barriers keep the compiler from turning all that around again; only CPUs get them.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array, lax

from genjax.apart import apart

_FEW = 8  # rows


def _contract(left: Array, right: Array, axes: tuple[int, int]) -> Array:
    return lax.dot_general(left, right, (((axes[0],), (axes[1],)), ((), ())))


@jax.custom_vjp
def _forward(k: Array, x: Array) -> Array:
    return apart(_contract(apart(k.T), x, (1, 0)))


@jax.custom_vjp
def _by_input(k: Array, y: Array) -> Array:
    return apart(_contract(k, y, (1, 0)))


@jax.custom_vjp
def _by_kernel(x: Array, y: Array) -> Array:
    if len(y) % 4 == 0 or len(x) % 4:  # the last axis is computed in registers of four
        return apart(_contract(x, y, (1, 1)))
    return apart(_contract(y, x, (1, 1))).T


def _close(primitive: Any, by_left: Callable[..., Array], by_right: Callable[..., Array]) -> None:
    def backward(saved: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
        left, right = saved
        d = apart(d)  # once for both
        return by_left(d, right), by_right(left, d)

    primitive.defvjp(lambda left, right: (primitive(left, right), (left, right)), backward)


_close(_forward, lambda d, x: _by_kernel(x, d), _by_input)
_close(_by_input, lambda d, y: _by_kernel(d, y), _forward)
_close(_by_kernel, lambda d, y: _by_input(d, y), lambda x, d: _forward(d, x))


@jax.custom_vjp
def _rows_first(x: Array, k: Array) -> Array:
    return x @ k


def _rows_first_backward(saved: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
    x, k = saved
    d = apart(d)  # or the compiler may lay it out the other way, for a product five times as slow
    if len(x) > _FEW:
        return _contract(d, k, (1, 1)), _contract(x, d, (0, 0))
    # The sum of a few outer products is faster as a sum, most of all for many members.
    by_kernel = lax.platform_dependent(
        x,
        d,
        cpu=lambda x, d: jnp.sum(x[:, :, None] * d[:, None, :], axis=0),
        default=lambda x, d: _contract(x, d, (0, 0)),
    )
    return _contract(d, k, (1, 1)), by_kernel


_rows_first.defvjp(lambda x, k: (_rows_first(x, k), (x, k)), _rows_first_backward)


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
    return apart(_forward(kernel, apart(x.T)) + bias[:, None]).T


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
