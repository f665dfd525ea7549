"""Moving averages of parameters."""

import jax
import jax.numpy as jnp
from jax import Array

from genjax.algorithm import PyTree


def moving_average(old: PyTree, new: PyTree, decay: float | Array, step: Array) -> PyTree:
    """Return decay * old + (1 - decay) * new, the decay at most (1 + step) / (10 + step).

    So bounded, the average forgets where training started.

    Args:
        old: the average so far.
        new: of the same form.
        decay: a step, in [0, 1).
        step: () int32, averages taken before this one.

    Example:
        >>> import jax.numpy as jnp
        >>> float(moving_average(jnp.zeros(()), jnp.ones(()), 0.5, jnp.zeros((), int)))
        0.8999999761581421
    """
    bounded = jnp.minimum(decay, (1 + step) / (10 + step))

    def mix(old: Array, new: Array) -> Array:
        if not jnp.issubdtype(new.dtype, jnp.inexact):
            return new  # a counter
        return (bounded * old + (1 - bounded) * new).astype(new.dtype)

    return jax.tree.map(mix, old, new)
