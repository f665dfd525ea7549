"""Which real vectors is each generated one nearest to, and is any of them copied?"""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError

_QUERIES, _REFERENCES = 512, 1024  # a block of distances that is held at once


class Neighbours(NamedTuple):
    """The nearest references of each query, the nearest one first.

    Attributes:
        rows: (n, k) int, of the references.
        distance: (n, k) float64, Euclidean, in the vectors' units.
    """

    rows: np.ndarray
    distance: np.ndarray


class Nearness(NamedTuple):
    """How near generated vectors lie to the training set, against held-out ones.

    Attributes:
        median: distance to the nearest training vector.
        ratio: of the median to that of the held-out vectors, NaN where that is 0. Blurred
            pictures are nearer to all others than sharp ones are, copied or not.
        share_below: of distances below the held-out ones' 1 % quantile: about .01 where these are
            distributed alike, 1 where all is copied.
    """

    median: float
    ratio: float
    share_below: float


def nearest(queries: np.ndarray, references: np.ndarray, *, k: int = 1) -> Neighbours:
    """Find the k nearest references of each query, in blocks: memory does not grow with n times m.

    The candidates come from one matrix product a block, in float32; the distances are then computed
    from differences, so that a copy is at distance 0.

    Args:
        queries: (n, ...), of any numbers.
        references: (m, ...), m at least k.
        k: how many, 1 or more.

    Raises:
        InputError: fewer references than k, or other shapes.

    Example:
        >>> nearest(np.array([[0.9, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]]), k=2).rows.tolist()
        [[1, 0]]
    """
    if queries.shape[1:] != references.shape[1:] or not 1 <= k <= len(references):
        raise InputError(
            f"{k} nearest of {references.shape} to {queries.shape}: vectors of one shape, and "
            "as many references as neighbours"
        )
    queries, references = (x.reshape(len(x), -1) for x in (queries, references))
    # Near zero the product's rounding is least: |q - r|² = |q|² - 2 q·r + |r|² cancels.
    centre = jnp.asarray(references[:_REFERENCES].mean(axis=0), jnp.float32)
    index = np.zeros((len(queries), k), int)
    for first in range(0, len(queries), _QUERIES):
        block = jnp.asarray(queries[first : first + _QUERIES], jnp.float32) - centre[None]
        best = (jnp.full((len(block), k), jnp.inf), jnp.zeros((len(block), k), int))
        for start in range(0, len(references), _REFERENCES):
            others = jnp.asarray(references[start : start + _REFERENCES])
            best = _nearer(best, block, others, centre, start)
        index[first : first + _QUERIES] = best[1]
    distance = np.array(
        [
            np.linalg.norm(references[rows].astype(np.float64) - query.astype(np.float64), axis=1)
            for rows, query in zip(index, queries, strict=True)
        ]
    ).reshape(index.shape)
    order = np.argsort(distance, axis=1, kind="stable")
    return Neighbours(*(np.take_along_axis(x, order, 1) for x in (index, distance)))


@partial(jax.jit, donate_argnums=0)
def _nearer(
    best: tuple[Array, Array], queries: Array, references: Array, centre: Array, start: int
) -> tuple[Array, Array]:
    """Merge the k best so far, squared distances and rows, with a block of references."""
    references = references.astype(jnp.float32) - centre[None]
    product = jnp.matmul(queries, references.T, precision="highest")
    squared = jnp.sum(queries**2, axis=1)[:, None] - 2 * product
    squared += jnp.sum(references**2, axis=1)[None]
    rows = jnp.broadcast_to(start + jnp.arange(len(references))[None], squared.shape)
    distances = jnp.concatenate([best[0], squared], axis=1)
    least, places = jax.lax.top_k(-distances, best[0].shape[1])
    rows = jnp.concatenate([best[1], rows], axis=1)
    return -least, jnp.take_along_axis(rows, places, axis=1)


def nearness(distances: np.ndarray, held_out: np.ndarray) -> Nearness:
    """Compare nearest-training distances with those of pictures that were not trained on.

    Args:
        distances: (n,) of generated vectors.
        held_out: (m,).

    Example:
        >>> nearness(np.array([0.0, 1.0, 3.0]), np.array([2.0, 2.0, 2.0]))
        Nearness(median=1.0, ratio=0.5, share_below=0.6666666666666666)

    References:
        Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect data-copying in generative
        models", AISTATS 2020 (compares these distances too).
    """
    median, other = float(np.median(distances)), float(np.median(held_out))
    below = distances < np.quantile(held_out, 0.01)
    return Nearness(median, median / other if other else math.nan, float(below.mean()))
