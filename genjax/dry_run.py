"""What a training would take: its networks, memory and work, and the time of real steps.

Nothing is trained: the state of the steps that are timed is thrown away.
"""

import time
from datetime import timedelta
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import linen as nn
from jax.stages import Traced

from genjax import sharding
from genjax.algorithm import Algorithm, PyTree
from genjax.chunk import clock_at
from genjax.config import TrainingConfig
from genjax.errors import needs_extra
from genjax.fit import check_data, init, jitted_chunk


class Layer(NamedTuple):
    """Parameters of one module.

    Attributes:
        name: its path within the network.
        kind: its class.
        output: the shape of one example's output; None where the module was not called.
        parameters: name -> shape.
    """

    name: str
    kind: str
    output: tuple[int, ...] | None
    parameters: dict[str, tuple[int, ...]]

    @property
    def size(self) -> int:
        """How many numbers the parameters are."""
        return sum(int(np.prod(shape)) for shape in self.parameters.values())


class Forecast(NamedTuple):
    """What a training would take.

    Attributes:
        networks: name -> its layers, in the order of their calls.
        rows: of the data.
        steps: to the end of the run; None where it ends by time or by hand.
        bytes: what for -> how much of each device's memory.
        flops: a step's floating-point operations; see `flops_of`.
        seconds: a step, measured on this machine.
    """

    networks: dict[str, list[Layer]]
    rows: int
    steps: int | None
    bytes: dict[str, int]
    flops: float | None
    seconds: float


def forecast(config: TrainingConfig, data: PyTree, rows: int) -> Forecast:
    """Compile a training and time a chunk of its steps.

    Args:
        config: what would be trained.
        data: batch size or more of its examples, as `fit` takes them.
        rows: of all of its data.

    Returns:
        The forecast.

    Raises:
        InputError: the data does not fit the model, or the settings one another.
    """
    mesh, algorithm, key = sharding.data_mesh(), config.algorithm(), jax.random.key(config.seed)
    size, chunk = config.batch_size, config.chunk
    n = check_data(algorithm, data, size, chunk)
    sharding.check_divides(size, mesh)
    batch = jax.tree.map(lambda rows: rows[:size], data)
    networks = layers(algorithm, batch)
    state = sharding.own_copy(init(algorithm, data, key=key, batch_size=size), mesh)
    taken = algorithm.minibatches * size
    flops = flops_of(algorithm, state, batch)
    held = rows if not config.data.stream else 2 * chunk * taken  # two chunks, when streamed
    memory = {
        "parameters": _bytes(state.params),
        "optimiser": _bytes(state.opt),
        "other state": _bytes(state.extra),
        "data": held * sum(rows[0].nbytes for rows in jax.tree.leaves(data)),
    }
    key, placed = sharding.replicate((key, data), mesh)
    clocks = [clock_at(chunk * i, chunk, rows_a_step=taken, n=n) for i in range(2)]
    program = jitted_chunk.lower(
        algorithm, size, chunk, mesh, state, placed, key, clocks[0]
    ).compile()
    if (analysis := program.memory_analysis()) is not None:
        memory["temporary"] = analysis.temp_size_in_bytes
    for clock in clocks:  # the first one warms up
        began = time.perf_counter()
        state, *_ = jax.block_until_ready(program(state, placed, key, clock))
        seconds = (time.perf_counter() - began) / chunk
    endless = config.steps is None and config.epochs is None
    steps = None if endless else config.steps_of(rows)
    return Forecast(networks, rows, steps, memory, flops, seconds)


def layers(algorithm: Algorithm, batch: PyTree) -> dict[str, list[Layer]]:
    """Return each network's modules that have parameters, without computing anything.

    Args:
        algorithm: what would be trained.
        batch: of its data.

    Example:
        >>> import optax
        >>> from genjax.models import VAEConfig
        >>> vae = VAEConfig(event_shape=(6,), network="mlp", hidden=(8,), latent_size=2).build()
        >>> networks = layers(vae.algorithm(optax.sgd(1.0)), {"x": np.zeros((4, 6))})
        >>> [(layer.name, layer.output, layer.size) for layer in networks["encoder"]]
        [('Dense_0', (8,), 56), ('Dense_1', (4,), 36)]
    """
    calls: list[dict[str, tuple[str, Any]]] = []  # a network's calls, by path, in order
    forms: list[PyTree] = []  # its parameters' shapes
    calling: dict[str, tuple[str, Any]] = {}

    def note(call: Any, args: Any, options: Any, context: Any) -> Any:
        output, module = call(*args, **options), context.module
        if context.method_name == "__call__":
            shape = getattr(output, "shape", None)
            calling["/".join(module.path)] = type(module).__name__, shape and shape[1:]
            if not module.path:
                calls.append(calling.copy())
                forms.append(_shapes(module.variables.get("params", {})))
                calling.clear()
        return output

    with nn.intercept_methods(note):
        # A function of its own: what was traced before would not be called again.
        state = jax.eval_shape(
            lambda key, batch: algorithm.init(key, batch), jax.random.key(0), batch
        )
    networks = {}
    shapes = {name: _shapes(params) for name, params in state.params.items()}
    for name, params in state.params.items():
        called = calls[forms.index(shapes[name])] if shapes[name] in forms else {}
        found: dict[str, dict[str, tuple[int, ...]]] = {}
        for path, leaf in jax.tree_util.tree_leaves_with_path(params):
            *module, parameter = [str(getattr(part, "key", part)) for part in path] or ["value"]
            found.setdefault("/".join(module), {})[parameter] = leaf.shape
        order = [path for path in called if path in found]
        order += [path for path in found if path not in called]
        networks[name] = [Layer(path, *called.get(path, ("", None)), found[path]) for path in order]
    called_first = {name: forms.index(form) for name, form in shapes.items() if form in forms}
    return dict(sorted(networks.items(), key=lambda item: called_first.get(item[0], len(forms))))


def trace_step(algorithm: Algorithm, state: PyTree, batch: PyTree) -> Traced:
    """Return a step's program before it is lowered for any device.

    Args:
        algorithm: what would be trained.
        state: its state.
        batch: one plain minibatch.
    """
    batches = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((algorithm.minibatches, *leaf.shape), leaf.dtype), batch
    )
    return jax.jit(algorithm.step).trace(state, batches, jax.random.key(0))


def flops_of(algorithm: Algorithm, state: PyTree, batch: PyTree) -> float | None:
    """Return the floating-point operations of a step, None where XLA does not count them.

    Counted is the program for accelerators: in the CPU's, convolutions are loops, whose bodies XLA
    counts once (so it does here with a phase's repeats).

    Args:
        algorithm: what would be trained.
        state: its state.
        batch: one plain minibatch.
    """
    traced = trace_step(algorithm, state, batch)
    return (traced.lower(lowering_platforms=("tpu",)).cost_analysis() or {}).get("flops")


def show(forecast: Forecast, config: TrainingConfig) -> None:
    """Print a forecast as tables."""
    with needs_extra("scripts", "tables"):
        from rich import box
        from rich.console import Console
        from rich.table import Table

    console = Console(width=100)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("network", "layer", "kind", "output"):
        table.add_column(column)
    table.add_column("parameters", justify="right")
    for name, found in forecast.networks.items():
        for layer in found:
            output = "" if layer.output is None else " x ".join(map(str, layer.output))
            table.add_row(name, layer.name, layer.kind, output, f"{layer.size:,}")
            name = ""
    total = sum(layer.size for found in forecast.networks.values() for layer in found)
    table.add_section()
    table.add_row("all", "", "", "", f"{total:,}")
    console.print(table)
    memory = Table(box=box.SIMPLE_HEAD)
    memory.add_column("memory a device")
    memory.add_column("MB", justify="right")
    for name, size in forecast.bytes.items():
        memory.add_row(name, f"{size / 1e6:,.1f}")
    memory.add_section()
    memory.add_row("all", f"{sum(forecast.bytes.values()) / 1e6:,.1f}")
    console.print(memory)
    work = "" if forecast.flops is None else f", {forecast.flops / 1e9:,.4g} GFLOP"
    console.print(
        f"{forecast.rows:,} examples, {config.batch_size} a minibatch; "
        f"{forecast.seconds:.3g} s a step on this machine{work}"
    )
    if forecast.steps is not None:
        time_needed = timedelta(seconds=round(forecast.steps * forecast.seconds))
        console.print(f"{forecast.steps:,} steps: about {time_needed} (h:mm:ss)")
    elif config.minutes is not None:
        steps = 60 * config.minutes / forecast.seconds
        epochs = steps * config.batch_size / forecast.rows
        console.print(f"{config.minutes:g} minutes: about {steps:,.0f} steps, {epochs:,.1f} epochs")


def _bytes(tree: PyTree) -> int:
    return sum(leaf.nbytes for leaf in jax.tree.leaves(tree))


def _shapes(tree: PyTree) -> PyTree:
    return jax.tree.map(lambda leaf: leaf.shape, tree)
