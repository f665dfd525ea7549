"""Reconstruction losses that are no densities.

With them `elbo` and `log_prob` raise: there is no number of nats to report.
"""

from dataclasses import dataclass
from typing import ClassVar

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.losses.likelihood import check_range, to_unit


@dataclass(frozen=True)
class WeightedSquaredError:
    """weight * mean((x - sigmoid(outputs))²) of an example, data in [0, 1] if `bounded`.

    The CelebA report writes RMSE (`root=True`); the code that it links computes 10,000 x the mean
    squared error. With weight w it differs from a Gaussian of fixed scale only by a constant:
    w = dimensions / (2 σ²), so 10,000 on 128x128x3 pixels is σ = 1.57, far wider than [0, 1]. The
    root weighs the good reconstructions more: its gradient does not fade as the error does.

    Attributes:
        weight: positive.
        root: take the square root of an example's mean squared error.
        bounded: reconstructions are sigmoid(outputs); without it the outputs, for any finite data.
    """

    weight: float = 10_000.0
    root: bool = False
    bounded: bool = True

    is_density: ClassVar[bool] = False

    def width(self, size: int) -> int:
        """One logit or mean each."""
        return size

    def observe(self, x: Array) -> Array:
        """uint8 to [0, 1]."""
        return to_unit(x)

    def check(self, x: np.ndarray | Array) -> None:
        """Data in [0, 1], where a sigmoid can reach it, or any finite data."""
        largest = float(np.finfo(np.float32).max)
        low, high = (0.0, 1.0) if self.bounded else (-largest, largest)
        check_range(x, low, high, "WeightedSquaredError")

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return each dimension's share, in proportion to its squared error."""
        square = jnp.square(x - self.mean(outputs))
        total = jnp.maximum(square.sum(axis=tuple(range(1, x.ndim)), keepdims=True), 1e-12)
        return square / total * self.loss(outputs, x).reshape(total.shape)

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return the weighted error, (batch,)."""
        chex.assert_equal_shape([outputs, x])
        error = jnp.square(x - self.mean(outputs))
        error = jnp.mean(error, axis=tuple(range(1, error.ndim)))
        # The root's slope is infinite at zero: a perfect reconstruction would give NaN gradients.
        return self.weight * (jnp.sqrt(error + 1e-12) if self.root else error)

    def mean(self, outputs: Array) -> Array:
        """Return the reconstruction."""
        return jax.nn.sigmoid(outputs) if self.bounded else outputs

    def sample(self, key: Array, outputs: Array) -> Array:
        """Return the reconstruction: without a density there is no noise to draw."""
        return self.mean(outputs)
