"""A line that a CPU's compiler does not fuse across."""

import jax
from jax import Array, lax


@jax.custom_vjp
def apart(x: Array) -> Array:
    """Return x, computed once and kept, on a CPU; elsewhere just x.

    XLA fuses what it takes for cheap into each of its uses, noise too: a thousand operations for
    each normal number, computed once in the forward pass, once more in the backward pass, and
    sixteen times where it meets a layer of sixteen units.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> jax.grad(lambda x: jnp.sum(apart(x) ** 2))(jnp.ones(2)).tolist()
        [2.0, 2.0]
    """
    return lax.platform_dependent(x, cpu=lax.optimization_barrier, default=lambda x: x)


apart.defvjp(lambda x: (apart(x), None), lambda _, d: (apart(d),))
