"""Lines that a CPU's compiler does not cross: of layout and algebra, and of fusion."""

from collections.abc import Callable
from typing import Any

import jax
from jax import Array, lax
from jax.experimental.xla_metadata import set_xla_metadata


@jax.custom_vjp
def apart(x: Array) -> Array:
    """Return x, which no simplification and no choice of layouts looks through on a CPU.

    Elsewhere it is just x. XLA takes the barrier away before it fuses: x may still be computed in
    each of its uses. `not_inlined` is what keeps it from that.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> jax.grad(lambda x: jnp.sum(apart(x) ** 2))(jnp.ones(2)).tolist()
        [2.0, 2.0]
    """
    return lax.platform_dependent(x, cpu=lax.optimization_barrier, default=lambda x: x)


apart.defvjp(lambda x: (apart(x), None), lambda _, d: (apart(d),))


def not_inlined(
    function: Callable[..., Any], static_argnums: tuple[int, ...] = ()
) -> Callable[..., Any]:
    """Return the function as a call that XLA does not inline, and so cannot fuse with anything.

    XLA fuses what it takes for cheap into each of its uses: a hundred operations for each normal
    number, in the forward pass, in the backward pass, and sixteen times where it meets a layer of
    sixteen units; a norm and an activation, into the windows of the convolution that follows.
    Across a call it does not: what goes in and what comes out is written to memory, in the plain
    layout. Meant for CPUs, on which that may well pay.
    Derivatives are inlined: give it a `custom_vjp` outside, as `conv.py` does, or take none.

    Args:
        function: of arrays.
        static_argnums: as for `jax.jit`; what is made of one function is compiled once.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> jax.jit(not_inlined(jnp.sin))(jnp.zeros(2)).tolist()
        [0.0, 0.0]
    """
    jitted = jax.jit(function, static_argnums=static_argnums)

    def call(*operands: Any) -> Any:
        return set_xla_metadata(jitted(*operands), inlineable="false")

    return call
