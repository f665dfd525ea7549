"""Gradient transformations by name, and the two that optax does not have."""

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from genjax.algorithm import Elementwise, PyTree

OptimizerName = Literal["adam", "adamw", "nadam", "sgd"]


def learning_rate(
    peak: float,
    *,
    warmup_steps: int = 0,
    decay_steps: int | None = None,
    stair_steps: int | None = None,
    stair_factor: float = 0.95,
) -> float | optax.Schedule:
    """Return a rate: linearly up, then constant, down as a cosine, or down a stair.

    Args:
        peak: after the warm-up.
        warmup_steps: of the rise from 0.
        decay_steps: the step at which a cosine reaches 0.
        stair_steps: after each of so many steps the rate is multiplied by `stair_factor`.
        stair_factor: of a stair.

    Example:
        >>> rate = learning_rate(1.0, stair_steps=100, stair_factor=0.5)
        >>> float(rate(99)), float(rate(100)), float(rate(250))
        (1.0, 0.5, 0.25)
    """
    if decay_steps is not None:
        start = 0.0 if warmup_steps else peak
        return optax.warmup_cosine_decay_schedule(start, peak, warmup_steps, decay_steps)
    after: float | optax.Schedule = peak
    if stair_steps is not None:
        after = optax.exponential_decay(peak, stair_steps, stair_factor, staircase=True)
    if not warmup_steps:
        return after
    rise = optax.linear_schedule(0.0, peak, warmup_steps)
    return optax.join_schedules([rise, after], [warmup_steps]) if callable(after) else rise


def build_optimizer(
    name: OptimizerName,
    rate: float | optax.Schedule,
    *,
    b1: float = 0.9,
    b2: float = 0.999,
    momentum: float = 0.0,
    history: float = 0.0,
) -> optax.GradientTransformation:
    """Return an optimiser by its name.

    Args:
        name: optax's.
        rate: the learning rate.
        b1: decay of the first moment, of Adam and its kin.
        b2: decay of the second moment, likewise.
        momentum: of sgd; its steps add up to rate / (1 - momentum) along a constant gradient.
        history: weight of historical averaging.
    """
    how = {"momentum": momentum or None} if name == "sgd" else {"b1": b1, "b2": b2}
    tx = getattr(optax, name)(rate, **how)
    return Elementwise(*(optax.chain(historical_averaging(history), tx) if history else tx))


class HistoryState(NamedTuple):
    """What `historical_averaging` remembers.

    Attributes:
        seen: () int32, parameters.
        mean: theirs.
    """

    seen: Array
    mean: PyTree


def historical_averaging(weight: float | Array) -> optax.GradientTransformation:
    """Draw parameters to the mean of all that they have been: for players that circle each other.

    Adds the gradient of weight |θ - 1/t Σ_i θ_i|², the mean taken as a constant, to that of any
    loss; put it before the optimiser, `optax.chain(historical_averaging(w), tx)`.

    Args:
        weight: of the squared distance, 0 or more.

    References:
        Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 3.3.

    Example:
        >>> import jax.numpy as jnp
        >>> tx = historical_averaging(0.5)
        >>> state = tx.init(jnp.zeros(()))
        >>> _, state = tx.update(jnp.zeros(()), state, jnp.zeros(()))
        >>> updates, state = tx.update(jnp.zeros(()), state, jnp.ones(()))
        >>> float(updates), float(state.mean)  # the mean of 0 and 1 is half
        (0.5, 0.5)
    """

    def init(params: PyTree) -> HistoryState:
        return HistoryState(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(
        updates: PyTree, state: HistoryState, params: PyTree | None = None
    ) -> tuple[PyTree, HistoryState]:
        count = optax.safe_increment(state.seen)
        mean = jax.tree.map(lambda mean, p: mean + (p - mean) / count, state.mean, params)
        updates = jax.tree.map(
            lambda u, p, mean: u + 2 * weight * (p - mean), updates, params, mean
        )
        return updates, HistoryState(count, mean)

    return optax.GradientTransformation(init, update)


def clip_weights(limit: float | Array) -> optax.GradientTransformation:
    """Keep every parameter in [-limit, limit], up to rounding; put it after the optimiser.

    References:
        Arjovsky, Chintala and Bottou, "Wasserstein GAN", ICML 2017, algorithm 1.

    Example:
        >>> import jax.numpy as jnp
        >>> tx = clip_weights(1.0)
        >>> updates, _ = tx.update(jnp.array([0.25, 3.0]), tx.init(None), jnp.array([0.5, 0.5]))
        >>> updates.tolist()
        [0.25, 0.5]
    """

    def update(updates: PyTree, params: PyTree | None) -> PyTree:
        return jax.tree.map(lambda u, p: jnp.clip(p + u, -limit, limit) - p, updates, params)

    return optax.stateless(update)
