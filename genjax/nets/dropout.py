"""Dropout whose mask is drawn in one pass, and once."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.nets.network import dropout_key
from genjax.threefry import draw


class Dropout(nn.Module):
    """`flax.linen.Dropout`: the same units dropped for the same key.

    Attributes:
        rate: share of units that are dropped, in [0, 1].

    Example:
        >>> import jax, jax.numpy as jnp
        >>> x, rngs = jnp.ones((1, 40)), {"dropout": jax.random.key(0)}
        >>> sorted(set(Dropout(0.5).apply({}, x, train=True, rngs=rngs).ravel().tolist()))
        [0.0, 2.0]
    """

    rate: float

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return x, or while training what is kept of it over the share that is kept."""
        if not train or self.rate == 0:
            return x
        if self.rate == 1:
            return jnp.zeros_like(x)
        share = 1.0 - self.rate
        kept = draw(jax.random.uniform, dropout_key(self), x.shape) < share
        return jnp.where(kept, x / share, jnp.zeros_like(x))
