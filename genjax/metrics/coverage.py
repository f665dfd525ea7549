"""Do generated vectors lie among the real ones, and are the real ones all covered?

A set's manifold is the union of closed balls about its vectors, each as large as the distance to
the vector's k-th nearest neighbour in the set. Distances are computed on the device in float32,
some rows at a time, as sums of squared differences: slower than by one matrix product, but equal
vectors, of which collapsed generators give many, are at distance 0.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError
from genjax.metrics.distance import checked

_ROWS = 64  # of distances held at once


class PrecisionRecall(NamedTuple):
    """Shares, 0 to 1.

    Attributes:
        precision: of fake vectors that lie on the real manifold.
        recall: of real vectors that lie on the fake manifold.
    """

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """What outliers disturb less: only the real manifold is used.

    Attributes:
        density: real balls that hold a fake vector, on average, in units of k: about 1 for sets of
            one distribution, not bounded by it.
        coverage: share of real balls that hold a fake vector, 0 to 1.
    """

    density: float
    coverage: float


def precision_recall(real: np.ndarray, fake: np.ndarray, *, k: int = 3) -> PrecisionRecall:
    """Return improved precision and recall; their values depend on the sets' sizes and on k.

    Args:
        real: (n, d), n above k.
        fake: (m, d), m above k.
        k: neighbours.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> precision_recall(x, x), precision_recall(x, x + 100)[0]
        (PrecisionRecall(precision=1.0, recall=1.0), 0.0)

    References:
        Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
        models", NeurIPS 2019.
    """
    x, y = _prepared(real, fake, k)
    precision = _balls_around(y, x, _nearest(x, x, k + 1)) > 0
    recall = _balls_around(x, y, _nearest(y, y, k + 1)) > 0
    return PrecisionRecall(_share(precision), _share(recall))


def density_coverage(real: np.ndarray, fake: np.ndarray, *, k: int = 5) -> DensityCoverage:
    """Return density and coverage; arguments and errors as of `precision_recall`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> density_coverage(x, x + 100)
        DensityCoverage(density=0.0, coverage=0.0)

    References:
        Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML 2020.
    """
    x, y = _prepared(real, fake, k)
    radii = _nearest(x, x, k + 1)
    density = _share(_balls_around(y, x, radii)) / k
    return DensityCoverage(density, _share(_nearest(x, y, 1) <= radii))


def _prepared(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[Array, Array]:
    if k < 1:
        raise InputError(f"1 neighbour or more, not {k}")
    real, fake = checked(real, fake, k + 1)
    return jnp.asarray(real, jnp.float32), jnp.asarray(fake, jnp.float32)


def _share(values: Array) -> float:
    return float(np.asarray(values).mean())


def _squared_distances(point: Array, y: Array) -> Array:
    return jnp.sum((y - point[None]) ** 2, axis=1)


@partial(jax.jit, static_argnums=2)
def _nearest(x: Array, y: Array, k: int) -> Array:
    """Return each x's squared distance to its k-th nearest y; in its own set it is the first."""

    def row(point: Array) -> Array:
        return jnp.partition(_squared_distances(point, y), k - 1)[k - 1]

    return jax.lax.map(row, x, batch_size=_ROWS)


@jax.jit
def _balls_around(x: Array, centres: Array, radii: Array) -> Array:
    """Return how many balls, by centres and squared radii, each x lies in."""

    def row(point: Array) -> Array:
        return jnp.sum(_squared_distances(point, centres) <= radii)

    return jax.lax.map(row, x, batch_size=_ROWS)
