"""What learns is an `Algorithm`: two pure functions, `init` and `step`.

An algorithm that follows gradients is written as phases, one for each player's turn, and
`from_phases` composes them. An algorithm without gradients writes `init` and `step` by hand.

References:
    The form is optax's `GradientTransformation` (a NamedTuple of pure functions), one level up.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from genjax.packing import Packed, Packing
from genjax.threefry import fold_in

PyTree = Any
Params = dict[str, PyTree]
Metrics = dict[str, Array]


class TrainState(NamedTuple):
    """All that a checkpoint holds; every leaf is an array.

    Attributes:
        step: () int32, the number of steps taken.
        params: network name -> parameters.
        extra: what no optimiser touches: batch statistics, moving averages, replay pools.
        opt: phase name -> optimiser state.
    """

    step: Array
    params: Params
    extra: dict[str, PyTree]
    opt: dict[str, optax.OptState]


class Context(NamedTuple):
    """What a loss may look at besides the parameters and the batch.

    Attributes:
        key: a random key, different for each step, phase and repeat.
        step: () int32, the number of whole steps taken before this one.
        extra: the state's `extra`, as the phases before this one left it.
    """

    key: Array
    step: Array
    extra: dict[str, PyTree]


class Aux(NamedTuple):
    """What a loss returns beside its value.

    Attributes:
        metrics: name -> float array, () or of another small shape, to be logged.
        extra: a partial update, merged into the state's `extra`.
    """

    metrics: Metrics
    extra: Mapping[str, PyTree] = {}


LossFn = Callable[[Params, PyTree, Context], tuple[Array, Aux]]


class Elementwise(optax.GradientTransformation):
    """A transformation that treats every number of every array alike, and each by itself.

    Adam is one; what looks at a whole array (LAMB's trust ratio), at several (a norm by which
    gradients are clipped) or at their names (a mask) is none. Such a one may be given the numbers
    of many small arrays as one: the same updates, from far fewer kernels.

    All of `build_optimizer`'s are. To say so of one's own, wrap the whole of it: a chain of
    elementwise parts is for `optax.chain` one like any other. It is not checked.

    Example:
        >>> import optax
        >>> tx = Elementwise(*optax.chain(optax.scale_by_lion(), optax.scale(-1e-4)))
    """


class Phase(NamedTuple):
    """One player's turn: minimise `loss` over the networks that it `trains`.

    Attributes:
        name: names the phase's optimiser state and prefixes its metrics.
        trains: the networks that the gradient is taken with respect to, and no others.
        loss: (params, batch, Context) -> (() loss, Aux).
        tx: the optimiser.
        repeats: turns a step, each on a minibatch of its own (the critic's five of WGAN).
    """

    name: str
    trains: tuple[str, ...]
    loss: LossFn
    tx: optax.GradientTransformation
    repeats: int = 1


class Algorithm(NamedTuple):
    """Two pure functions; the only thing that `fit` knows.

    Attributes:
        init: (key, batch) -> TrainState, from one plain batch.
        step: (state, batch, key) -> (TrainState, metrics); the batch's leaves have a leading
            axis of length `minibatches`, also when that is 1, and a metric is a small array,
            mostly ().
        minibatches: fresh minibatches that one step consumes.
        check: data -> None, or an error that says why this data cannot be learnt from; `fit`
            calls it once, with all of the data, before it compiles anything.
        init_rows: rows that `init` wants to see, where there are so many; one batch by default.
    """

    init: Callable[[Array, PyTree], TrainState]
    step: Callable[[TrainState, PyTree, Array], tuple[TrainState, Metrics]]
    minibatches: int = 1
    check: Callable[[PyTree], None] = lambda data: None
    init_rows: int = 0


def from_phases(
    init_nets: Callable[[Array, PyTree], tuple[Params, dict[str, PyTree]]],
    phases: Sequence[Phase],
    *,
    after: Callable[[TrainState], Mapping[str, PyTree]] | None = None,
    check: Callable[[PyTree], None] = lambda data: None,
    init_rows: int = 0,
) -> Algorithm:
    """Compose players' turns into one algorithm.

    A step plays the phases in order. Repeat r of any phase sees minibatch r, so a step consumes as
    many minibatches as the largest `repeats`. Metrics are named `<phase>/<metric>`, the phase's
    loss `<phase>/loss`; those of repeated turns are averaged over the turns.

    Args:
        init_nets: (key, batch) -> (params, extra), both by network name.
        phases: the turns, in order, with distinct names.
        after: state -> partial update of `extra`, run once at the end of a step: for what must
            see the updated parameters, such as a moving average.
        check: the algorithm's `check`.
        init_rows: the algorithm's `init_rows`.

    Returns:
        The algorithm. Its `step` adds one to `state.step`.

    Raises:
        ValueError: no phase, two phases of one name, a phase that trains nothing, trains a
            network that does not exist (from `init`), or repeats less than once.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> def init_nets(key, batch):
        ...     return {"line": jnp.zeros(())}, {}
        >>> def loss(params, batch, context):
        ...     return jnp.mean((batch["y"] - params["line"] * batch["x"]) ** 2), Aux({})
        >>> phase = Phase("regression", ("line",), loss, optax.sgd(0.5))
        >>> algorithm = from_phases(init_nets, [phase])
        >>> batch = {"x": jnp.ones((1, 4)), "y": 3 * jnp.ones((1, 4))}
        >>> state = algorithm.init(jax.random.key(0), batch)
        >>> state, metrics = algorithm.step(state, batch, jax.random.key(1))
        >>> float(state.params["line"]), float(metrics["regression/loss"])
        (3.0, 9.0)
    """
    phases = tuple(phases)
    names = [phase.name for phase in phases]
    if not phases or len(set(names)) < len(names):
        raise ValueError(f"phases need distinct names, at least one; got {names}")
    for phase in phases:
        if not phase.trains or phase.repeats < 1:
            raise ValueError(
                f"phase {phase.name!r} must train a network, once or more a step; it trains "
                f"{phase.trains} and repeats {phase.repeats} times"
            )
    minibatches = max(phase.repeats for phase in phases)

    def init(key: Array, batch: PyTree) -> TrainState:
        params, extra = init_nets(key, batch)
        for phase in phases:
            if missing := set(phase.trains) - set(params):
                raise ValueError(
                    f"phase {phase.name!r} trains {sorted(missing)}, but the networks are "
                    f"{sorted(params)}"
                )
        opt = {phase.name: phase.tx.init(_pick(params, phase.trains)) for phase in phases}
        return TrainState(jnp.zeros((), jnp.int32), params, extra, opt)

    def step(state: TrainState, batch: PyTree, key: Array) -> tuple[TrainState, Metrics]:
        metrics: Metrics = {}
        for index, phase in enumerate(phases):
            state, played = _play(phase, state, batch, fold_in(key, index))
            metrics |= {f"{phase.name}/{name}": value for name, value in played.items()}
        if after is not None:
            state = state._replace(extra={**state.extra, **after(state)})
        return state._replace(step=state.step + 1), metrics

    return Algorithm(init, step, minibatches, check, init_rows)


def _pick(params: Params, names: tuple[str, ...]) -> Params:
    return {name: params[name] for name in names}


def _play(phase: Phase, state: TrainState, batch: PyTree, key: Array) -> tuple[TrainState, Metrics]:
    """Play all turns of one phase."""

    def turn(state: TrainState, repeat: Array | int) -> tuple[TrainState, Metrics]:
        minibatch = jax.tree.map(lambda leaf: leaf[repeat], batch)
        context = Context(fold_in(key, repeat), state.step, state.extra)

        def loss(trained: Params) -> tuple[Array, Aux]:
            return phase.loss({**state.params, **trained}, minibatch, context)

        trained = _pick(state.params, phase.trains)
        (value, aux), gradient = jax.value_and_grad(loss, has_aux=True)(trained)
        trained, opt = _follow(phase.tx, gradient, state.opt[phase.name], trained)
        return (
            state._replace(
                params={**state.params, **trained},
                extra={**state.extra, **aux.extra},
                opt={**state.opt, phase.name: opt},
            ),
            {"loss": value, **aux.metrics},
        )

    if phase.repeats == 1:  # the same arithmetic without a loop's cost
        return turn(state, 0)
    state, metrics = jax.lax.scan(turn, state, jnp.arange(phase.repeats))
    return state, jax.tree.map(lambda values: jnp.mean(values, axis=0), metrics)


def _follow(
    tx: optax.GradientTransformation, gradient: Params, opt: optax.OptState, params: Params
) -> tuple[Params, optax.OptState]:
    """Return the parameters after an optimiser's step, and its state."""
    packing = Packing(params, lambda path: (path[0].key,))
    # What is kept for each parameter has the parameters' form: moments, velocities.
    kept = [part for part in jax.tree.leaves(opt, packing.is_like) if packing.is_like(part)]
    if not (isinstance(tx, Elementwise) and all(map(packing.fits, kept))):
        updates, opt = tx.update(gradient, opt, params)
        return optax.apply_updates(params, updates), opt
    packed = jax.tree.map(
        lambda part: packing.pack(part) if packing.is_like(part) else part,
        opt,
        is_leaf=packing.is_like,
    )
    parameters = packing.pack(params)
    updates, packed = tx.update(packing.pack(gradient), packed, parameters)
    opt = jax.tree.map(
        lambda part: packing.unpack(part) if isinstance(part, Packed) else part,
        packed,
        is_leaf=lambda part: isinstance(part, Packed),
    )
    return packing.unpack(optax.apply_updates(parameters, updates)), opt
