"""Student's t, a Gaussian with heavy tails: what lies far out costs log of the distance.

References:
    Takahashi, Iwata, Yamanaka, Yamada and Yagi, "Student-t variational autoencoder for robust
    density estimation", IJCAI 2018.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.losses.likelihood import check_range, sum_events, to_unit


@dataclass(frozen=True)
class StudentT:
    """log p = c(ν) - log σ - (ν + 1)/2 log(1 + (x - μ)²/(ν σ²)), any finite data.

    Outputs are (μ, log σ²) along the last axis, learned for each dimension of each example. The
    variance is σ² ν/(ν - 2), not σ².

    Attributes:
        degrees_of_freedom: ν > 2, so that there is a variance; the larger, the lighter the tails.
        least_log_variance: log σ² stays above it, softly, so that a column of few values, which
            has no density, cannot win the whole loss.
        greatest_log_variance: log σ² stays below it, softly: exactly, below log(e^least +
            e^greatest). Where no data was, a network goes on as it likes: without a bound it finds
            the strangest rows likely, at a huge scale.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = StudentT(3.0).loss(jnp.zeros((1, 2)), jnp.zeros((1, 1)))
        >>> round(float(loss[0]), 3)  # -log p(0) = -log(2 / (pi sqrt(3)))
        1.001
    """

    degrees_of_freedom: float = 8.0
    least_log_variance: float = -8.0
    greatest_log_variance: float = math.inf

    is_density: ClassVar[bool] = True

    def width(self, size: int) -> int:
        """One mean and one log-variance each."""
        return 2 * size

    def observe(self, x: Array) -> Array:
        """uint8 to [0, 1]."""
        return to_unit(x)

    def check(self, x: np.ndarray | Array) -> None:
        """Any finite data."""
        largest = float(np.finfo(np.float32).max)
        check_range(x, -largest, largest, "StudentT")

    def _split(self, outputs: Array) -> tuple[Array, Array]:
        mean, log_variance = jnp.split(outputs, 2, axis=-1)
        least, greatest = self.least_log_variance, self.greatest_log_variance
        if greatest < math.inf:
            log_variance = greatest - jax.nn.softplus(greatest - log_variance)
        return mean, least + jax.nn.softplus(log_variance - least)

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return -log p of each dimension."""
        mean, log_variance = self._split(outputs)
        chex.assert_equal_shape([mean, x])
        nu = self.degrees_of_freedom
        constant = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - math.log(nu * math.pi) / 2
        square = jnp.square(x - mean) * jnp.exp(-log_variance)
        return (nu + 1) / 2 * jnp.log1p(square / nu) + log_variance / 2 - constant

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return -log p."""
        return sum_events(self.elementwise(outputs, x))

    def mean(self, outputs: Array) -> Array:
        """Return μ."""
        return self._split(outputs)[0]

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw μ + σ t."""
        mean, log_variance = self._split(outputs)
        drawn = jax.random.t(key, self.degrees_of_freedom, mean.shape)
        return mean + jnp.exp(log_variance / 2) * drawn
