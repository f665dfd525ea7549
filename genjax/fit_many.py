"""Many trainings as one program: the same loop over states with an axis of members."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal

import jax
from jax import Array
from jax.sharding import Mesh

from genjax import sharding
from genjax.algorithm import Algorithm, Metrics, PyTree, TrainState
from genjax.chunk import Clock, initialise, rows_for_init, take_chunk
from genjax.errors import InputError
from genjax.fit import Hook, check_data, drive
from genjax.programs import options_of_what_runs_once


def fit_many(
    build: Callable[[Any], Algorithm],
    data: PyTree,
    *,
    steps: int,
    keys: Array,
    batch_size: int,
    settings: PyTree = None,
    states: TrainState | None = None,
    chunk: int = 100,
    by: Literal["vmap", "map"] = "vmap",
    mesh: Mesh | None = None,
    hooks: Iterable[Hook] = (),
) -> TrainState:
    """Train many members, by seed or by setting, as one program.

    Args:
        build: settings of one member -> algorithm; called inside the traced function, so that
            settings may be tracers: `optax.adam(s["rate"])`, `replace(model, beta=s["beta"])`.
        data: as for `fit`, shared by all members; each has its own order.
        steps: the step to reach, as for `fit`.
        keys: (members,) random keys; member i is trained as `fit` would with key i.
        batch_size: rows a minibatch.
        settings: a tree of arrays with leading axis `members`, or None for seeds alone.
        states: where to go on, with leading axis `members`.
        chunk: steps an executable.
        by: "vmap" trains all at once (equal to single runs up to rounding, which training then
            amplifies); "map" one after the other inside the program: seeds alone equal single runs
            to the bit. With settings it too equals them to rounding, because the compiler
            simplifies what multiplies a constant, and here a setting is an argument.
        mesh: devices to share the members out to (default: one device); their number must divide
            the members'. On a CPU, `jax.config.update("jax_num_cpu_devices", cores)`, before
            anything else of JAX, makes each core a device.
        hooks: called between chunks.

    Returns:
        The states, leading axis `members`. A member that met a non-finite value stays at its last
        good state, which its `step` shows, and its later metrics are NaN; the others go on. Each
        call compiles anew.

    Raises:
        InputError: as `fit`, or members and devices do not fit together.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from genjax import Aux, Phase, fit_many, from_phases
        >>> def build(settings):
        ...     def loss(params, batch, context):
        ...         return jnp.mean((batch["x"] - params["mean"]) ** 2), Aux({})
        ...     tx = optax.sgd(settings["rate"])
        ...     return from_phases(
        ...         lambda key, batch: ({"mean": jnp.zeros(())}, {}),
        ...         [Phase("mean", ("mean",), loss, tx)],
        ...     )
        >>> states = fit_many(
        ...     build, {"x": jnp.ones(8)}, steps=1, keys=jax.random.split(jax.random.key(0), 2),
        ...     batch_size=8, settings={"rate": jnp.array([0.0, 0.5])}, chunk=1,
        ... )
        >>> states.params["mean"].tolist()
        [0.0, 1.0]
    """
    over: Callable[..., Any] = {"vmap": jax.vmap, "map": lambda f: partial(jax.lax.map, f)}[by]
    one_device = sharding.data_mesh(jax.devices()[:1])
    mesh = one_device if mesh is None else mesh
    if len(keys) % mesh.size:
        raise InputError(
            f"{len(keys)} members do not share out to {mesh.size} devices; "
            f"take a multiple of {mesh.size}"
        )
    algorithm = build(jax.tree.map(lambda leaf: leaf[0], settings))
    n = check_data(algorithm, data, batch_size, chunk)
    data = sharding.replicate(data, mesh)

    @partial(jax.jit, compiler_options=options_of_what_runs_once())
    def init_members(settings: PyTree, keys: Array, first: PyTree) -> TrainState:
        return over(lambda one: initialise(build(one[0]), one[1], first))((settings, keys))

    def members(
        states: TrainState, settings: PyTree, keys: Array, data: PyTree, clock: Clock
    ) -> tuple[TrainState, Metrics, Metrics]:
        def one(member: tuple[TrainState, PyTree, Array]) -> tuple[TrainState, Metrics, Metrics]:
            state, setting, key = member
            return take_chunk(
                build(setting), batch_size, chunk, one_device, state, data, key, clock
            )

        return over(one)((states, settings, keys))

    step_members = jax.jit(sharding.over_members(members, mesh), donate_argnums=0)
    if states is None:
        states = init_members(settings, keys, rows_for_init(algorithm, data, batch_size))
    states, settings, keys = sharding.place_members((states, settings, keys), mesh)

    def run(states: TrainState, clock: Clock) -> tuple[TrainState, Metrics, Metrics]:
        return step_members(states, settings, keys, data, clock)

    start = int(states.step.max())  # a member that broke stays behind
    rows_a_step = batch_size * algorithm.minibatches
    return drive(run, lambda *_: None, states, start, steps, chunk, n, rows_a_step, hooks)
