"""Every family's jitted step: its rate, its compilation, its memory, its work and shares.

The work of a step is counted by XLA, twice:

- `accelerator`: of the step as lowered for accelerators, before XLA has merged operations. Its
  floating-point operations are those of the mathematics, except that a loop's body is counted
  once: a critic of five turns a step counts as one. Its bytes are every operation's inputs and
  outputs as if none were merged, so that they are far above what memory sees.
- `device`: of the step as compiled for this device. Its bytes are what the merged operations read
  and write, in whatever cache it lies. On a CPU some convolutions are loops, whose bodies are
  counted once.

The share of the matrix-product rate is of `accelerator`'s operations, that of the bandwidth of
`device`'s bytes; it may exceed 1 where a step's numbers stay in a cache.
"""

import time
from typing import Any

import jax
from jax.stages import Compiled, Wrapped
from rich.table import Table

from benchmarks.families import Family
from benchmarks.machine import copy_bandwidth, matrix_rate, peak_memory
from benchmarks.timing import Effort, Training, spread, take_turns
from genjax import sharding
from genjax.algorithm import Algorithm, PyTree, TrainState
from genjax.chunk import clock_at, rows_for_init
from genjax.dry_run import trace_step
from genjax.fit import init, jitted_chunk, jitted_init


def time_steps(family: Family, effort: Effort) -> dict[str, Any]:
    """Time a family's steps.

    Args:
        family: which.
        effort: how long.

    Returns:
        - `steps_per_second`, `examples_per_second`: median, least and most of the turns.
        - `call_seconds`: of a call of `fit` without a step.
        - `compile_seconds`: of tracing and lowering, and of compiling, the initialisation and the
          chunk.
        - `program_bytes`: what the compiled chunk holds, by use; the state is its input and its
          output in one place (`aliased`).
        - `peak_bytes`: of this process, before anything of the family was made and after all, and
          of its device (None on a CPU): of compilation too, and only of this family if the
          process does nothing else before.
        - `flops`, `bytes`: a step's, by what is counted (see above).
        - `matrix_rate`, `bandwidth`: of this machine, measured after the turns.
        - `share_of_matrix_rate`, `share_of_bandwidth`: of the median turn.
    """
    before = peak_memory()["process"]
    config, algorithm = family.config, family.algorithm()
    size, examples = config.batch_size, config.batch_size * algorithm.minibatches
    data = jax.device_put(family.data())
    program, compile_seconds = _compile(algorithm, data, size, family.chunk)
    training = Training(algorithm, data, batch_size=size, chunk=family.chunk)
    rates = take_turns({"": training}, effort)[""]
    call_seconds = min(training.call() for _ in range(3))
    peak = {"process_before": before, **peak_memory()}
    state = init(algorithm, data, key=jax.random.key(0), batch_size=size)
    work = count_work(algorithm, state, jax.tree.map(lambda rows: rows[:size], data))
    steps_per_second = spread(rates)
    result: dict[str, Any] = {
        "batch_size": size,
        "minibatches": algorithm.minibatches,
        "chunk": family.chunk,
        "rows": family.rows,
        "steps_per_second": steps_per_second,
        "examples_per_second": spread([examples * rate for rate in rates]),
        "call_seconds": call_seconds,
        "compile_seconds": compile_seconds,
        "program_bytes": _program_bytes(program),
        "peak_bytes": peak,
        "flops": {what: costs.get("flops") for what, costs in work.items()},
        "bytes": {what: costs.get("bytes accessed") for what, costs in work.items()},
        "matrix_rate": matrix_rate(),
        "bandwidth": copy_bandwidth(),
    }
    rate = steps_per_second["median"]
    flops, moved = result["flops"]["accelerator"], result["bytes"]["device"]
    return result | {
        "share_of_matrix_rate": flops and flops * rate / result["matrix_rate"],
        "share_of_bandwidth": moved and moved * rate / result["bandwidth"],
    }


def count_work(
    algorithm: Algorithm, state: TrainState, batch: PyTree
) -> dict[str, dict[str, float]]:
    """Return XLA's costs of a step, by what is counted; empty where it does not count.

    Args:
        algorithm: what is trained.
        state: its state.
        batch: one plain minibatch.
    """
    traced = trace_step(algorithm, state, batch)
    accelerator = traced.lower(lowering_platforms=("tpu",)).cost_analysis()
    device = traced.lower().compile().cost_analysis()
    return {"accelerator": dict(accelerator or {}), "device": dict(device or {})}


def _compile(
    algorithm: Algorithm, data: PyTree, batch_size: int, chunk: int
) -> tuple[Compiled, dict[str, float]]:
    """Compile what `fit` compiles; return the chunk's program, and the seconds by part."""
    key, mesh = jax.random.key(0), sharding.data_mesh(jax.devices()[:1])
    seconds: dict[str, float] = {}

    def compiled(name: str, function: Wrapped, *arguments: Any) -> Compiled:
        began = time.perf_counter()
        lowered = function.lower(*arguments)
        lowered_at = time.perf_counter()
        program = lowered.compile()
        seconds[f"{name}_lower"] = lowered_at - began
        seconds[f"{name}_compile"] = time.perf_counter() - lowered_at
        return program

    first = rows_for_init(algorithm, data, batch_size)
    begin = compiled("init", jitted_init(), algorithm, key, first)
    state = sharding.own_copy(begin(key, first), mesh)
    n = len(jax.tree.leaves(data)[0])
    clock = clock_at(0, chunk, rows_a_step=batch_size * algorithm.minibatches, n=n)
    arguments = (algorithm, batch_size, chunk, mesh, state, data, key, clock)
    return compiled("chunk", jitted_chunk, *arguments), seconds


def _program_bytes(program: Compiled) -> dict[str, int] | None:
    if (analysis := program.memory_analysis()) is None:
        return None
    parts = {
        "arguments": analysis.argument_size_in_bytes,
        "outputs": analysis.output_size_in_bytes,
        "temporary": analysis.temp_size_in_bytes,
        "aliased": analysis.alias_size_in_bytes,
    }
    return parts | {"in all": sum(parts.values()) - 2 * parts["aliased"]}


def table_of_steps(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    table = Table(title="steps", caption="steps/s and examples/s: median (least to most)")
    for column in (
        *("family", "batch", "steps/s", "examples/s", "compile, s", "program, MB"),
        *("peak, MB", "MFLOP a step", "of matrix rate", "of bandwidth"),
    ):
        table.add_column(column, justify="left" if column == "family" else "right")
    for name, found in results.items():
        rate, examples = found["steps_per_second"], found["examples_per_second"]
        program = found["program_bytes"]
        peak = found["peak_bytes"]["device"] or found["peak_bytes"]["process"]
        flops = found["flops"]["accelerator"]
        table.add_row(
            name,
            f"{found['batch_size']:,}",
            f"{rate['median']:,.4g} ({rate['least']:,.4g} to {rate['most']:,.4g})",
            f"{examples['median']:,.4g}",
            f"{sum(found['compile_seconds'].values()):.1f}",
            f"{program['in all'] / 1e6:,.1f}" if program else "",
            f"{peak / 1e6:,.0f}",
            f"{flops / 1e6:,.4g}" if flops else "",
            _percent(found["share_of_matrix_rate"]),
            _percent(found["share_of_bandwidth"]),
        )
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
