"""Minibatch discrimination: each row sees how near the rest of its batch is.

With M_i = T f_i, a (kernels, dimensions) matrix of row i's features, the layer puts

    o_b(i) = Σ_{j ≠ i} exp(-|M_ib - M_jb|₁)

of each kernel b beside the features: rows of a generator that makes one thing are all near.

References:
    Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 3.2. (There the
    sum takes in j = i, which adds 1 to every o.)
"""

from typing import ClassVar

import jax.numpy as jnp
from flax import linen as nn
from jax import Array


class MinibatchDiscrimination(nn.Module):
    """The layer.

    Attributes:
        kernels: numbers that it adds to the features.
        dimensions: of each kernel's space.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> layer = MinibatchDiscrimination(kernels=2, dimensions=3)
        >>> layer.init_with_output(jax.random.key(0), jnp.ones((4, 5)))[0][0, 5:].tolist()
        [3.0, 3.0]
    """

    kernels: int = 8
    dimensions: int = 4

    couples_batch: ClassVar[bool] = True

    @nn.compact
    def __call__(self, features: Array, *, train: bool = False) -> Array:
        """Return (batch, features + kernels) of features (batch, features)."""
        m = nn.Dense(self.kernels * self.dimensions, use_bias=False)(features)
        m = m.reshape(-1, self.kernels, self.dimensions)
        distance = jnp.sum(jnp.abs(m[:, None] - m[None]), axis=-1)
        return jnp.concatenate([features, jnp.sum(jnp.exp(-distance), axis=1) - 1], axis=-1)
