"""A multilayer perceptron between arrays of any shape."""

import math
from typing import Any

from flax import linen as nn
from jax import Array

from genjax.nets.dropout import Dropout
from genjax.nets.norm import ACTIVATIONS, PIECEWISE_LINEAR, ActivationName, Norm, NormName, has_bias
from genjax.nets.spectral import dense


class MLP(nn.Module):
    """Flatten, hidden layers (dense, normalisation, activation, dropout), dense, reshape.

    Reverse-mode derivatives of every order; forward mode (`jax.jvp`) is not defined, see `Dense`.

    Attributes:
        hidden: units of each hidden layer.
        output_shape: of one example's output.
        activation: of the hidden layers; the output is linear.
        norm: of the hidden layers.
        norm_from: the first of them that is normalised, counted from 0.
        dropout: share of a hidden layer's units that are dropped while training, in [0, 1).
        spectral: divide each layer's kernel by its spectral norm.
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
    norm_from: int = 0
    dropout: float = 0.0
    spectral: bool = False
    dtype: Any = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return (batch, *output_shape) of x (batch, ...)."""
        x = x.reshape(x.shape[0], -1)
        how: dict[str, Any] = {
            "spectral": self.spectral,
            "dtype": self.dtype,
            "rows_last": self.norm == "none" and self.activation in PIECEWISE_LINEAR,
        }
        for index, units in enumerate(self.hidden):
            norm: NormName = self.norm if index >= self.norm_from else "none"
            x = dense(x, units, use_bias=has_bias(norm), train=train, **how)
            x = Norm(norm, self.dtype)(x, train=train)
            x = ACTIVATIONS[self.activation](x)
            if self.dropout:
                x = Dropout(self.dropout)(x, train=train)
        x = dense(x, math.prod(self.output_shape), train=train, **how)
        return x.reshape(x.shape[0], *self.output_shape).astype("float32")
