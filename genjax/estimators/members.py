"""What a `VAEDetector`'s members are, and the programs that score rows with all of them.

A member sees scaled rows through its view, an invertible matrix: the columns as they are, or
whitened (as close to them as uncorrelated ones can be, so that each still belongs to a column).

References:
    Kessy, Lewin and Strimmer, "Optimal whitening and decorrelation", The American Statistician,
    2018 (ZCA whitening).
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.algorithm import Algorithm, PyTree, TrainState
from genjax.errors import needs_extra
from genjax.fit import NonFiniteError, fit
from genjax.fit_many import fit_many
from genjax.metrics.anomaly import anomaly_scores, attribution
from genjax.models import VAEConfig

with needs_extra("tables", "estimators"):
    from sklearn.covariance import LedoitWolf

_ROWS_AT_ONCE = 128  # of which the draws of all are in a core's cache
_HIGH_IS_UNUSUAL = ("kl", "reconstruction_error")


class Members(NamedTuple):
    """What was learnt; arrays with a leading axis of members.

    Attributes:
        states: the trained states.
        views: (members, columns, columns), through which each sees scaled rows.
        log_volume: (members,), log |det view|: a density of seen rows times it is one of scaled.
    """

    states: PyTree
    views: np.ndarray
    log_volume: np.ndarray


def train(
    algorithm: Algorithm,
    rows: np.ndarray,
    views: np.ndarray,
    *,
    steps: int,
    batch_size: int,
    seed: int,
) -> TrainState:
    """Return the states, leading axis of members; one that broke stays at its last good step.

    Args:
        algorithm: of a member.
        rows: (n, columns) float32, scaled.
        views: (members, columns, columns) float32.
        steps: of each.
        batch_size: rows a minibatch, at most; all there are if they are fewer.
        seed: of all that is random.
    """
    keys = jax.random.split(jax.random.key(seed), len(views))
    how: dict[str, Any] = {
        "steps": steps,
        "batch_size": min(batch_size, len(rows)),
        "chunk": min(steps, 1000),
    }
    if len(views) > 1:
        see = partial(_seen_through, algorithm)
        return fit_many(see, {"x": rows}, keys=keys, settings=jnp.asarray(views), **how)
    # One member needs no axis of its own, and its rows are seen once for all.
    try:
        state = fit(algorithm, {"x": rows @ views[0]}, key=keys[0], **how)
    except NonFiniteError as error:
        state = error.state
    return jax.tree.map(lambda leaf: leaf[None], state)


def _seen_through(algorithm: Algorithm, view: Array) -> Algorithm:
    """Return the algorithm, of rows that are multiplied by a matrix first."""
    return algorithm._replace(
        init=lambda key, batch: algorithm.init(key, {"x": batch["x"] @ view}),
        step=lambda state, batch, key: algorithm.step(state, {"x": batch["x"] @ view}, key),
    )


def _whitening(rows: np.ndarray) -> np.ndarray:
    """Return the symmetric inverse root of the rows' covariance, shrunk so that there is one."""
    values, vectors = np.linalg.eigh(LedoitWolf().fit(rows).covariance_)
    values = np.maximum(values, max(1e-3 * values[-1], 1e-12))
    return (vectors / np.sqrt(values) @ vectors.T).astype(np.float32)


VIEWS = {
    "columns": lambda rows: np.eye(rows.shape[1], dtype=np.float32),
    "whitened": _whitening,
}


def _of_members(function: Any, members: Members, rows: Array) -> Array:
    """Return the members' mean of function(state, seen rows, log_volume), few rows at a time."""
    groups = jnp.asarray(rows).reshape(-1, _ROWS_AT_ONCE, rows.shape[-1])

    def one(member: Members) -> Array:
        return jax.lax.map(
            lambda some: function(member.states, some @ member.views, member.log_volume), groups
        )

    values = jnp.mean(jax.lax.map(one, members), axis=0)
    return values.reshape(len(rows), *values.shape[2:])


# A configuration is what equal detectors share, and so their programs; models made of it are not.
@partial(jax.jit, static_argnums=(0, 1))
def score(config: VAEConfig, name: str, members: Members, noise: Array, rows: Array) -> Array:
    """Return the members' mean of the named score, high for usual rows, (rows,)."""
    vae = config.build()

    def of_member(state: PyTree, x: Array, log_volume: Array) -> Array:
        value = getattr(anomaly_scores(vae, state, x, noise), name)
        return -value if name in _HIGH_IS_UNUSUAL else value + log_volume

    return _of_members(of_member, members, rows)


@partial(jax.jit, static_argnums=0)
def explain(config: VAEConfig, members: Members, noise: Array, rows: Array) -> Array:
    """Return the members' mean of each column's log-likelihood, (rows, columns)."""
    vae = config.build()
    return _of_members(lambda state, x, _: attribution(vae, state, x, noise), members, rows)


@partial(jax.jit, static_argnums=0)
def codes(config: VAEConfig, member: Members, rows: Array) -> Array:
    """Return one member's mean codes, (rows, latent_size)."""
    return config.build().encode(member.states, rows @ member.views)[0]
