"""Likelihoods by name: each owns its data's range, its decoder's head, and its density.

All are frozen dataclasses with the same members. `outputs` are what a decoder returns, with
`width(size)` numbers along the last axis for data with `size` along theirs; densities are in nats
per example, summed over everything but the batch.

References:
    Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated decoders",
    ICML 2021 (one learned scale for all dimensions).
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError


class Likelihood(Protocol):
    """What every likelihood offers.

    Attributes:
        is_density: False for a reconstruction loss that is no density: `elbo` refuses it.
    """

    is_density: ClassVar[bool]

    def width(self, size: int) -> int:
        """Return the size of the outputs' last axis for data whose last axis is `size`."""

    def observe(self, x: Array) -> Array:
        """Return raw data as float32 in the likelihood's range: uint8 [0, 255] -> [0, 1]."""

    def check(self, x: np.ndarray | Array) -> None:
        """Raise InputError if data does not fit, naming both its range and the likelihood's."""

    def elementwise(self, outputs: Any, x: Array) -> Array:
        """Return each dimension's share of the loss, of the data's shape."""

    def loss(self, outputs: Any, x: Array) -> Array:
        """Return the reconstruction loss, (batch,): -log p(x | outputs) where it is a density."""

    def mean(self, outputs: Array) -> Array:
        """Return the expected data, of the data's shape."""

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw data, of the data's shape."""


def sum_events(x: Array) -> Array:
    """Sum over all axes but the first: (batch, ...) -> (batch,)."""
    return jnp.sum(x, axis=tuple(range(1, x.ndim)))


def to_unit(x: Array) -> Array:
    """Return uint8 as float32 in [0, 1], and floats as they are."""
    return x.astype(jnp.float32) / 255 if x.dtype == jnp.uint8 else x.astype(jnp.float32)


def check_range(x: np.ndarray | Array, low: float, high: float, name: str) -> None:
    """Raise InputError, naming both ranges, unless x lies in [low, high]; uint8 always does."""
    if x.dtype == np.uint8 or x.size == 0:  # `observe` brings uint8 into [0, 1]
        return
    least, most = float(x.min()), float(x.max())  # where x lies: numpy's or the device's
    if not (low <= least and most <= high):  # a NaN lands here too
        raise InputError(
            f"{name} is a likelihood of data in [{low:g}, {high:g}] (or uint8), but this data "
            f"lies in [{least:g}, {most:g}]"
        )


@dataclass(frozen=True)
class Bernoulli:
    """log p = x log μ + (1 - x) log(1 - μ), outputs = logits of μ, data in [0, 1].

    Between 0 and 1 (grey pixels) this is the usual cross-entropy, which is not normalised there.

    Example:
        >>> import jax.numpy as jnp
        >>> bool(Bernoulli().loss(jnp.zeros((1, 3)), jnp.ones((1, 3)))[0] == 3 * jnp.log(2.0))
        True
    """

    is_density: ClassVar[bool] = True

    def width(self, size: int) -> int:
        """One logit each."""
        return size

    def observe(self, x: Array) -> Array:
        """uint8 to [0, 1]."""
        return to_unit(x)

    def check(self, x: np.ndarray | Array) -> None:
        """Data in [0, 1]."""
        check_range(x, 0, 1, "Bernoulli")

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return -log p = softplus(logit) - x * logit, which cannot overflow."""
        chex.assert_equal_shape([outputs, x])
        return jax.nn.softplus(outputs) - x * outputs

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return -log p."""
        return sum_events(self.elementwise(outputs, x))

    def mean(self, outputs: Array) -> Array:
        """Return the probability of a one."""
        return jax.nn.sigmoid(outputs)

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw zeros and ones."""
        return jax.random.bernoulli(key, jax.nn.sigmoid(outputs)).astype(jnp.float32)


@dataclass(frozen=True)
class Gaussian:
    """log p = -((x - μ)² / σ² + log σ² + log 2π) / 2, any finite data.

    Attributes:
        scale: σ. A number > 0 is fixed, with outputs = μ. "shared" is learned, one for all
            dimensions and examples: outputs are the pair of μ and a () log σ². None is learned
            for each dimension of each example: outputs = (μ, log σ²) along the last axis.
    """

    scale: float | Literal["shared"] | None = 1.0

    is_density: ClassVar[bool] = True

    def width(self, size: int) -> int:
        """One mean each, and one log-variance where that is learned."""
        return 2 * size if self.scale is None else size

    def observe(self, x: Array) -> Array:
        """uint8 to [0, 1]."""
        return to_unit(x)

    def check(self, x: np.ndarray | Array) -> None:
        """Any finite data."""
        largest = float(np.finfo(np.float32).max)
        check_range(x, -largest, largest, "Gaussian")

    def _split(self, outputs: Any) -> tuple[Array, Array]:
        """Return μ, and log σ² of its shape or ()."""
        if self.scale is None:
            outputs = jnp.split(outputs, 2, axis=-1)
        elif not isinstance(self.scale, str):
            outputs = outputs, 2 * jnp.log(self.scale)
        mean, log_variance = outputs
        return mean, log_variance

    def elementwise(self, outputs: Any, x: Array) -> Array:
        """Return -log p of each dimension."""
        mean, log_variance = self._split(outputs)
        chex.assert_equal_shape([mean, x])
        square = jnp.square(x - mean) * jnp.exp(-log_variance)
        return 0.5 * (square + log_variance + math.log(2 * math.pi))

    def loss(self, outputs: Any, x: Array) -> Array:
        """Return -log p."""
        return sum_events(self.elementwise(outputs, x))

    def mean(self, outputs: Any) -> Array:
        """Return μ."""
        return self._split(outputs)[0]

    def sample(self, key: Array, outputs: Any) -> Array:
        """Draw μ + σ noise."""
        mean, log_variance = self._split(outputs)
        return mean + jnp.exp(log_variance / 2) * jax.random.normal(key, mean.shape)


def shares_scale(likelihood: Likelihood) -> bool:
    """Whether one learned scale is shared: its outputs are a pair, whose second is () log σ²."""
    return isinstance(likelihood, Gaussian) and isinstance(likelihood.scale, str)


def bits_per_dimension(likelihood: Likelihood, log_density: Array, x: Array) -> Array:
    """Return -log2 p(x) for each dimension of an example.

    uint8 under a continuous density counts as a density of the values 0 to 255: since `observe`
    divides by 255, log2 255 bits are added. (Others divide by 256, or add uniform noise first,
    which makes the density a bound on a probability of the 256 values.)

    Args:
        likelihood: that the density is of.
        log_density: (batch,) or (), nats per example, or a bound.
        x: raw data, (batch, ...).

    Example:
        >>> import jax.numpy as jnp
        >>> float(bits_per_dimension(Bernoulli(), -8 * jnp.log(2.0), jnp.zeros((5, 4))))
        2.0
    """
    continuous = not isinstance(likelihood, Bernoulli | Categorical) and x.dtype == jnp.uint8
    dimensions = math.prod(x.shape[1:])
    return -log_density / (dimensions * math.log(2)) + (math.log2(255) if continuous else 0.0)


@dataclass(frozen=True)
class Categorical:
    """log p = log softmax(outputs)[class], data one-hot along the last axis.

    Attributes:
        classes: the size of one group; the last axis may hold several groups side by side.
    """

    classes: int

    is_density: ClassVar[bool] = True

    def _groups(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-1], -1, self.classes)

    def width(self, size: int) -> int:
        """One logit a class."""
        if size % self.classes:
            raise InputError(f"{size} columns are no whole number of {self.classes} classes")
        return size

    def observe(self, x: Array) -> Array:
        """Zeros and ones as they are."""
        return x.astype(jnp.float32)

    def check(self, x: np.ndarray | Array) -> None:
        """One-hot groups."""
        one_hot = x.reshape(*x.shape[:-1], -1, self.classes)
        if not (((one_hot == 0) | (one_hot == 1)).all() and (one_hot.sum(-1) == 1).all()):
            raise InputError(
                f"Categorical is a likelihood of one-hot data of {self.classes} classes, but this "
                f"data, in [{float(x.min()):g}, {float(x.max()):g}], is not"
            )

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return the cross-entropy of each class: of a group, all but the observed one's are 0."""
        chex.assert_equal_shape([outputs, x])
        losses = -jax.nn.log_softmax(self._groups(outputs)) * self._groups(x)
        return losses.reshape(x.shape)

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return the cross-entropy."""
        return sum_events(self.elementwise(outputs, x))

    def mean(self, outputs: Array) -> Array:
        """Return the probabilities."""
        return jax.nn.softmax(self._groups(outputs)).reshape(outputs.shape)

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw one-hot classes."""
        drawn = jax.random.categorical(key, self._groups(outputs))
        return jax.nn.one_hot(drawn, self.classes).reshape(outputs.shape)
