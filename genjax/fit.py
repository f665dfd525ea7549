"""The only training loop.

It dispatches chunks of steps (`chunk.py`) one after the other and reads each one's metrics while
the next is computed, so that logging never holds up the device. It knows no model by name.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh
from jax.stages import Wrapped

from genjax import sharding
from genjax.algorithm import Algorithm, Metrics, PyTree, TrainState
from genjax.chunk import (
    Clock,
    clock_at,
    initialise,
    rows_for_init,
    take_chunk,
    take_streamed_chunk,
)
from genjax.errors import InputError
from genjax.programs import FewPrograms, options_of_what_runs_once
from genjax.stream import Stream

jitted_chunk = jax.jit(take_chunk, static_argnums=(0, 1, 2, 3), donate_argnums=4)
jitted_streamed_chunk = jax.jit(take_streamed_chunk, static_argnums=(0, 1), donate_argnums=2)


@cache
def jitted_init() -> Wrapped:
    """Return the compiled `initialise`; not at import, which must not start the devices."""
    return jax.jit(initialise, static_argnums=0, compiler_options=options_of_what_runs_once())


@cache
def known_programs() -> FewPrograms:
    """Return what lets go of this loop's programs."""
    return FewPrograms(jitted_init(), jitted_chunk, jitted_streamed_chunk)


class Progress(NamedTuple):
    """What a hook sees between chunks.

    Attributes:
        step: steps whose metrics are known.
        metrics: name -> (count, ...) float32, those of the last `count` steps up to `step`; with
            `fit_many` (members, count, ...).
        state: the newest state, up to one chunk ahead of `step`, perhaps still being computed.
            Its buffers are given to the next chunk: copy what is to be kept.
    """

    step: int
    metrics: dict[str, np.ndarray]
    state: TrainState


Hook = Callable[[Progress], bool | None]
"""Called between chunks; returning True stops the run after the chunk in flight."""

RunChunk = Callable[[TrainState, Clock], tuple[TrainState, Metrics, Metrics]]
"""Takes the steps of a clock; returns the state, the metrics and what was not finite."""


class NonFiniteError(FloatingPointError):
    """A step gave a value that is not finite; `state` is the last good one.

    Attributes:
        step: the step (counted from 0) that failed.
        terms: the metrics and the networks that were not finite.
        state: the state before that step, all finite.
    """

    def __init__(self, step: int, terms: Sequence[str], state: TrainState):
        super().__init__(f"step {step}: not finite: {', '.join(terms)}")
        self.step, self.terms, self.state = step, tuple(terms), state


def fit(
    algorithm: Algorithm,
    data: PyTree,
    *,
    steps: int,
    key: Array,
    batch_size: int,
    state: TrainState | None = None,
    chunk: int = 100,
    mesh: Mesh | None = None,
    stream: bool = False,
    hooks: Iterable[Hook] = (),
) -> TrainState:
    """Train until `steps` steps have been taken in all.

    Args:
        algorithm: what learns.
        data: a tree of arrays with a common leading axis of n rows, for example
            `{"x": images}`; it is put on the devices whole, or streamed.
        steps: the step to reach, counted from the start of the run: a state that is already there
            is returned as it is.
        key: the run's random key; with it, `data` and `batch_size` a step's minibatches and noise
            are fixed, so a resumed run goes on as if it had never stopped.
        batch_size: rows a minibatch, 1 to n; every row is used once an epoch.
        state: where to go on (default: initialise). It is copied, never donated.
        chunk: steps an executable. Longer spares the host's part, which matters when a step takes
            microseconds; shorter makes hooks and interrupts prompt. Keep it over a run's
            life: resumption is bit for bit for the same chunk. A last one that is cut short
            costs as much as a whole one.
        mesh: devices to split batches over (default: one device).
        stream: leave the data where it is, in the host's memory or in a file that is mapped
            there, and send each chunk's minibatches: two chunks of them are on the devices at a
            time. The rows of each step are the same.
        hooks: called between chunks.

    Returns:
        The new state.

    Raises:
        InputError: rows, batch size, chunk and devices do not fit together.
        NonFiniteError: a metric, a parameter or a batch statistic became NaN or infinite.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from genjax import Aux, Phase, fit, from_phases
        >>> def loss(params, batch, context):
        ...     return jnp.mean((batch["x"] - params["mean"]) ** 2), Aux({})
        >>> algorithm = from_phases(
        ...     lambda key, batch: ({"mean": jnp.zeros(())}, {}),
        ...     [Phase("mean", ("mean",), loss, optax.sgd(0.1))],
        ... )
        >>> data = {"x": jnp.linspace(1.0, 3.0, 64)}
        >>> state = fit(algorithm, data, steps=200, key=jax.random.key(0), batch_size=64)
        >>> round(float(state.params["mean"]), 3)
        2.0
    """
    mesh = sharding.data_mesh(jax.devices()[:1]) if mesh is None else mesh
    n = check_data(algorithm, data, batch_size, chunk)
    sharding.check_divides(batch_size, mesh)
    known_programs().note(algorithm)
    state = init(algorithm, data, key=key, batch_size=batch_size) if state is None else state
    state = sharding.own_copy(state, mesh)
    start, host_key, key = int(state.step), key, sharding.replicate(key, mesh)

    def check(step: int, state: TrainState, broken: dict[str, np.ndarray]) -> None:
        if terms := [name for name, is_broken in broken.items() if is_broken]:
            raise NonFiniteError(step, terms, state)

    def proceed(run: RunChunk) -> TrainState:
        rows_a_step = batch_size * algorithm.minibatches
        return drive(run, check, state, start, steps, chunk, n, rows_a_step, hooks)

    if stream:
        shape = (algorithm.minibatches, batch_size)
        with Stream(data, host_key, shape, start=start, stop=steps, chunk=chunk) as batches:
            return proceed(
                lambda state, clock: jitted_streamed_chunk(
                    algorithm, mesh, state, sharding.place_batches(next(batches), mesh), key, clock
                )
            )
    data = sharding.replicate(data, mesh)
    return proceed(
        lambda state, clock: jitted_chunk(
            algorithm, batch_size, chunk, mesh, state, data, key, clock
        )
    )


def init(algorithm: Algorithm, data: PyTree, *, key: Array, batch_size: int) -> TrainState:
    """Return the state that `fit` starts from, with these arguments, when it is given none.

    It may be traced, for its form: `jax.eval_shape(lambda key: init(..., key=key, ...), key)`.
    """
    first = rows_for_init(algorithm, data, batch_size)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((key, first))):
        return initialise(algorithm, key, first)
    known_programs().note(algorithm)
    return jitted_init()(algorithm, key, first)


def check_data(algorithm: Algorithm, data: PyTree, batch_size: int, chunk: int) -> int:
    """Return the number of rows; raise InputError if `fit` could not train on this data."""
    rows = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(data)}
    if len(rows) != 1 or rows == {()}:
        raise InputError(f"data needs arrays with one common number of rows, got {sorted(rows)}")
    ((n,),) = rows
    if not 1 <= batch_size <= n:
        raise InputError(
            f"a batch of {batch_size} cannot be drawn from {n} rows: "
            "take a smaller batch, of 1 or more, or more data"
        )
    if chunk < 1:
        raise InputError(f"a chunk has 1 step or more, not {chunk}")
    if n + chunk * batch_size * algorithm.minibatches >= 2**31:
        raise InputError(f"{n} rows and a chunk of {chunk} steps are more than 2^31 positions")
    algorithm.check(data)
    return n


def drive(
    run: RunChunk,
    check: Callable[[int, TrainState, dict[str, np.ndarray]], None],
    state: TrainState,
    step: int,
    steps: int,
    chunk: int,
    n: int,
    rows_a_step: int,
    hooks: Iterable[Hook],
) -> TrainState:
    """Dispatch chunks; read each one's metrics while the next is computed.

    Args:
        run: takes a chunk: (state, clock) -> (state, metrics, what was not finite).
        check: (step, state, what was not finite) -> None, or raises.
        state: where to go on.
        step: the state's.
        steps: to reach.
        chunk: steps a call of `run`, at most.
        n: rows of the data.
        rows_a_step: that a step consumes.
        hooks: called between chunks.
    """
    hooks = tuple(hooks)

    def report(start: int, count: int, metrics: Metrics, broken: Metrics) -> bool:
        """Call the hooks with the metrics of a chunk that has been dispatched; stop?"""
        flags = jax.tree.map(np.asarray, broken)
        if any(flag.any() for flag in flags.values()) and np.ndim(state.step) == 0:
            count = int(state.step) - start
        taken = (slice(None),) * np.ndim(state.step) + (slice(count),)  # after the members' axis
        known = {name: np.asarray(values)[taken] for name, values in metrics.items()}
        progress = Progress(start + count, known, state)
        stops = [hook(progress) for hook in hooks] if count else []
        check(start + count, state, flags)
        return any(stops)

    pending, stop = None, False
    while step < steps and not stop:
        count = min(chunk, steps - step)
        clock = clock_at(step, count, rows_a_step=rows_a_step, n=n)
        state, metrics, broken = run(state, clock)
        stop = report(*pending) if pending else False
        pending = (step, count, metrics, broken)
        step += count
    if pending:
        report(*pending)
    return state
