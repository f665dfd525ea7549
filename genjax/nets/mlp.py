"""A multilayer perceptron between arrays of any shape."""

import math
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.norm import ACTIVATIONS, ActivationName, Norm, NormName, has_bias


class MLP(nn.Module):
    """Flatten, hidden layers (dense, normalisation, activation), dense, reshape.

    Attributes:
        hidden: units of each hidden layer.
        output_shape: of one example's output.
        activation: of the hidden layers; the output is linear.
        norm: of the hidden layers.
        dtype: of the computation (bfloat16 for speed on accelerators); parameters and the result
            are float32.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> net = MLP(hidden=(8,), output_shape=(4, 4, 1))
        >>> net.init_with_output(jax.random.key(0), jnp.ones((2, 3)))[0].shape
        (2, 4, 4, 1)
    """

    hidden: tuple[int, ...]
    output_shape: tuple[int, ...]
    activation: ActivationName = "relu"
    norm: NormName = "none"
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of x (batch, ...)."""
        x = x.reshape(x.shape[0], -1)
        for units in self.hidden:
            x = nn.Dense(units, use_bias=has_bias(self.norm), dtype=self.dtype)(x)
            x = Norm(self.norm, self.dtype)(x, train=train)
            x = ACTIVATIONS[self.activation](x)
        x = nn.Dense(math.prod(self.output_shape), dtype=self.dtype)(x)
        return x.reshape(x.shape[0], *self.output_shape).astype("float32")
