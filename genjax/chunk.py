"""A chunk of steps as one executable, of one length for every count.

A `lax.scan` of static length in which the steps past `count`, or after a value that is not finite,
keep the old state. So a run stops, saves and resumes at any step, bit for bit, with one
compilation, and the device never asks the host. Position p of a run is row `permute(p mod n)` of
epoch `p div n`: the minibatch of a step is a pure function of key and step.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh

from genjax import sharding
from genjax.algorithm import Algorithm, Metrics, PyTree, TrainState
from genjax.gather import gather
from genjax.guard import Guard, not_finite
from genjax.packing import Packed, Packing
from genjax.permutation import permute, spread
from genjax.threefry import fold_in

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


def rows_for_init(algorithm: Algorithm, data: PyTree, batch_size: int) -> PyTree:
    """Return the rows that `initialise` gets: a batch or `init_rows`, spread over the data."""
    n = len(jax.tree.leaves(data)[0])
    count = min(n, max(batch_size, algorithm.init_rows))
    return jax.tree.map(lambda leaf: leaf[spread(n, count)], data)


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
    """Take `clock.steps` of `length` steps, on rows of data that is on the device.

    Returns:
        As `take_streamed_chunk`.
    """
    n = jax.tree.leaves(data)[0].shape[0]
    shape = (length, algorithm.minibatches, batch_size)
    position = clock.offset + jnp.arange(np.prod(shape), dtype=jnp.int32)
    epoch = clock.epoch + position // n
    rows = permute(position % n, n, rows_key(key), epoch).reshape(shape)

    return _take_steps(algorithm, mesh, state, rows, partial(gather, data), key, clock)


def take_streamed_chunk(
    algorithm: Algorithm, mesh: Mesh, state: TrainState, batches: PyTree, key: Array, clock: Clock
) -> tuple[TrainState, Metrics, Metrics]:
    """Take `clock.steps` steps, on minibatches (length, minibatches, batch, ...) that are given.

    Returns:
        The state; name -> (length, ...) metrics, NaN for the steps that were not tried;
        name -> () bool, what was not finite at the step that was refused.
    """
    return _take_steps(algorithm, mesh, state, batches, lambda batch: batch, key, clock)


def rows_key(key: Array) -> Array:
    """Return the key of a run's order of rows."""
    return jax.random.fold_in(key, _ROWS)


def _take_steps(
    algorithm: Algorithm,
    mesh: Mesh,
    state: TrainState,
    inputs: PyTree,
    batch_of: Callable[[PyTree], PyTree],
    key: Array,
    clock: Clock,
) -> tuple[TrainState, Metrics, Metrics]:
    """Take steps along the leading axis of `inputs`, each on `batch_of(input)`."""
    length = jax.tree.leaves(inputs)[0].shape[0]
    steps_key = jax.random.fold_in(key, _STEPS)
    names = frozenset(state.params)
    packing = Packing(state, lambda path: _group_of(path, names))
    first = packing.pack(state)
    guard = Guard(packing, first, mesh)

    def body(old: Packed, indexed: tuple[Array, PyTree]) -> tuple[Packed, tuple[Metrics, Array]]:
        index, given = indexed
        state = packing.unpack(old)
        batch = sharding.split_batch(batch_of(given), mesh)
        proposed, metrics = algorithm.step(state, batch, fold_in(steps_key, state.step))
        new = packing.pack(proposed)
        spoilt = guard.look(old, new)
        broken = jnp.any(jnp.stack([jnp.any(spoilt != 0), *not_finite(metrics).values()]))
        # A refused step leaves state.step behind, so that no later one is taken either.
        active = (index < clock.steps) & (state.step == clock.step + index)
        kept = jax.tree.map(partial(jnp.where, active & ~broken), new, old)
        metrics = {name: jnp.where(active, value, jnp.nan) for name, value in metrics.items()}
        return kept, (metrics, spoilt)

    packed, (metrics, spoilt) = jax.lax.scan(body, first, (jnp.arange(length), inputs))
    state = packing.unpack(packed)
    refused = state.step - clock.step  # the place of the step that was not taken, if there is one
    is_here = (refused >= 0) & (refused < clock.steps)
    last, spoilt = jax.tree.map(lambda of_steps: of_steps[refused], (metrics, spoilt))
    broken = {name: is_here & found for name, found in guard.named(spoilt, last).items()}
    # What came from a batch (a replay pool) would else stay split over the devices.
    return sharding.join((state, metrics, broken), mesh)


def _group_of(path: tuple[Any, ...], networks: frozenset[str]) -> tuple[str, ...]:
    """Return what a leaf of the state is packed by: part, name, and the way to its network."""
    keys = [str(getattr(part, "name", getattr(part, "key", part))) for part in path]
    later = range(2, len(keys))
    network = next((place for place in later if keys[0] == "opt" and keys[place] in networks), 1)
    return tuple(keys[: network + 1])
