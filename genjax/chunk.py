"""A chunk of steps as one executable, of one length for every count.

A `lax.scan` of static length in which the steps past `count`, or after a value that is not finite,
keep the old state. So a run stops, saves and resumes at any step, bit for bit, with one
compilation, and the device never asks the host. Position p of a run is row `permute(p mod n)` of
epoch `p div n`: the minibatch of a step is a pure function of key and step.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh

from genjax import sharding
from genjax.algorithm import Algorithm, Metrics, PyTree, TrainState
from genjax.permutation import permute

_ROWS, _STEPS, _INIT = range(3)  # what a run's key is folded with, for its three uses


class Clock(NamedTuple):
    """Where a chunk begins and how far it goes; int32, computed by the host.

    Attributes:
        step: the first step.
        epoch: of the first step's first row, modulo 2^31.
        offset: of the first step's first row in its epoch, in [0, n).
        steps: to take, at most the chunk's length.
    """

    step: np.int32
    epoch: np.int32
    offset: np.int32
    steps: np.int32


def clock_at(step: int, count: int, *, rows_a_step: int, n: int) -> Clock:
    """Return the clock of `count` steps from `step`, in Python's integers.

    On the device step x batch would overflow int32.
    """
    epoch, offset = divmod(step * rows_a_step, n)
    return Clock(np.int32(step), np.int32(epoch % 2**31), np.int32(offset), np.int32(count))


def initialise(algorithm: Algorithm, key: Array, batch: PyTree) -> TrainState:
    """Return the state before the first step of a run with this key."""
    return algorithm.init(jax.random.fold_in(key, _INIT), batch)


def take_chunk(
    algorithm: Algorithm,
    batch_size: int,
    length: int,
    mesh: Mesh,
    state: TrainState,
    data: PyTree,
    key: Array,
    clock: Clock,
) -> tuple[TrainState, Metrics, Metrics]:
    """Take `clock.steps` of `length` steps.

    Returns:
        The state; name -> (length,) metrics, NaN for the steps that were not tried;
        name -> () bool, what was not finite at the step that was refused.
    """
    n = jax.tree.leaves(data)[0].shape[0]
    shape = (length, algorithm.minibatches, batch_size)
    position = clock.offset + jnp.arange(np.prod(shape), dtype=jnp.int32)
    epoch = clock.epoch + position // n
    rows = permute(position % n, n, jax.random.fold_in(key, _ROWS), epoch).reshape(shape)
    steps_key = jax.random.fold_in(key, _STEPS)

    def gather(row: Array) -> PyTree:
        batch = jax.tree.map(lambda leaf: leaf.at[row].get(mode="promise_in_bounds"), data)
        return sharding.split_batch(batch, mesh)

    def body(
        carry: tuple[TrainState, Metrics], inputs: tuple[Array, Array]
    ) -> tuple[tuple[TrainState, Metrics], Metrics]:
        state, broken = carry
        index, row = inputs
        step_key = jax.random.fold_in(steps_key, state.step)
        proposed, metrics = algorithm.step(state, gather(row), step_key)
        not_finite = _not_finite(state, proposed, metrics)
        # A refused step leaves state.step behind, so that no later one is taken either.
        active = (index < clock.steps) & (state.step == clock.step + index)
        keep = active & ~_any(not_finite)
        state = jax.tree.map(lambda new, old: jnp.where(keep, new, old), proposed, state)
        broken = {name: broken[name] | (active & not_finite[name]) for name in broken}
        metrics = {name: jnp.where(active, value, jnp.nan) for name, value in metrics.items()}
        return (state, broken), metrics

    proposed, metrics = jax.eval_shape(
        lambda: algorithm.step(state, gather(rows[0]), jax.random.fold_in(steps_key, 0))
    )
    terms = jax.eval_shape(_not_finite, state, proposed, metrics)
    sound = {name: jnp.zeros((), bool) for name in terms}
    (state, broken), metrics = jax.lax.scan(body, (state, sound), (jnp.arange(length), rows))
    # What came from a batch (a replay pool) would else stay split over the devices.
    return sharding.join((state, metrics, broken), mesh)


def _not_finite(old: TrainState, new: TrainState, metrics: Metrics) -> Metrics:
    """Name -> () bool: what a step made NaN or infinite, by metric, network, extra and phase."""
    found = {name: ~jnp.isfinite(value) for name, value in metrics.items()}
    for part, what in (("params", "parameters"), ("extra", "state"), ("opt", "optimiser state")):
        before, after = getattr(old, part), getattr(new, part)
        # An extra that a step adds would change the state's form, which the scan refuses.
        found |= {
            f"{what} of {name}": _any(jax.tree.map(_spoilt, before[name], tree))
            for name, tree in after.items()
        }
    return found


def _spoilt(old: Array, new: Array) -> Array:
    """Whether a finite number is no longer one; what an optimiser starts at infinity may stay."""
    if not jnp.issubdtype(new.dtype, jnp.inexact):
        return jnp.zeros((), bool)
    return jnp.any(~jnp.isfinite(new) & jnp.isfinite(old))


def _any(tree: PyTree) -> Array:
    leaves = jax.tree.leaves(tree)
    return jnp.any(jnp.stack(leaves)) if leaves else jnp.zeros((), bool)
