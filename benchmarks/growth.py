"""How cost grows: steps a second against rows, columns, width, picture size, batch and members.

    python -m benchmarks.growth [--axes rows columns width size batch members] [--out runs/growth]

A small model of each axis's form is trained at some sizes, all else equal; a picture and a line of
JSON an axis (`OUT/AXIS.png`, `OUT/growth.json`), and a table. The slope is of log steps/s against
log size, by least squares over the upper half of the sizes: 0 is free, -1 twice the time for twice
the size. The knee is the size at which the slope changes most. One thread, because what a second
one gains depends on the size too (`NPROC` in the environment overrides it). What is timed is one
call of `fit` or `fit_many` for each size, from within (`timing.Pace`): without its compilation, and
without its check of the data, which is once a call and grows with the rows. Some minutes.
"""

import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("NPROC", "1")  # before JAX starts

import jax
import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.families import draw_data
from benchmarks.growth_axes import AXES, Axis, AxisName
from benchmarks.growth_curves import knee_of, slope_of
from benchmarks.growth_plots import save_growth
from benchmarks.machine import describe
from benchmarks.many import pace_of
from benchmarks.timing import ENDLESS, Effort, Pace, spread
from genjax import fit
from genjax.chunk import initialise, rows_for_init
from genjax.dry_run import flops_of

_CHUNK_FLOPS = 1e9  # of one executable: a tenth of a second at 10 GFLOP/s


@dataclass(frozen=True)
class Arguments:
    """What to time."""

    axes: tuple[AxisName, ...] = ("rows", "columns", "width", "size", "batch", "members")
    """What grows."""
    rounds: int = 3
    """Stretches of each size that are counted."""
    seconds: float = 0.4
    """A stretch's length, about."""
    out: Path = Path("runs/growth")
    """A folder for pictures and JSON."""


def main() -> None:
    """Time, draw, and print a table."""
    arguments = tyro.cli(Arguments, description=__doc__)
    arguments.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"machine": describe(), "axes": {}}
    for name in arguments.axes:
        found = time_axis(AXES[name], Effort(arguments.rounds, arguments.seconds))
        results["axes"][name] = found
        (arguments.out / "growth.json").write_text(json.dumps(results, indent=1) + "\n")
        axis, title = AXES[name], f"slope {found['slope']:+.2f} over the upper half"
        save_growth(
            arguments.out / f"{name}.png",
            found["sizes"],
            found["steps_per_second"],
            label=axis.label,
            title=f"{title}\n{axis.held}",
        )
    Console(width=120).print(table_of_growth(results["axes"]))


def time_axis(axis: Axis, effort: Effort) -> dict[str, Any]:
    """Time the steps at each size.

    Args:
        axis: what grows.
        effort: how long each is timed.

    Returns:
        `sizes`; `steps_per_second`: a median, least and most for each; `flops`: of a step of all
        members, or None; `slope`; `knee`: its size and the slopes beside it, or None.
    """
    rates, flops = [], []
    for size in axis.sizes:
        print(f"{axis.label}: {size:,}", file=sys.stderr, flush=True)
        point = axis.point(size)
        config, algorithm = point.config, point.config.algorithm()
        data = jax.device_put(draw_data(config, point.rows))
        key, batch = jax.random.key(0), rows_for_init(algorithm, data, config.batch_size)
        state = jax.eval_shape(partial(initialise, algorithm), key, batch)  # its form is enough
        one = flops_of(algorithm, state, batch)
        work = one and one * (point.members or 1)
        chunk = int(np.clip(_CHUNK_FLOPS / (work or _CHUNK_FLOPS), 2, 1_000))
        how: dict[str, Any] = {"batch_size": config.batch_size, "chunk": chunk}
        if point.members:
            found = pace_of(algorithm, data, members=point.members, effort=effort, **how)
        else:
            pace = Pace(effort)
            fit(algorithm, data, steps=ENDLESS, key=key, hooks=[pace], **how)
            found = pace.rates()
        rates.append(spread(found))
        flops.append(work)
    medians = [rate["median"] for rate in rates]
    knee = knee_of(axis.sizes, medians)
    return {
        "sizes": list(axis.sizes),
        "held": axis.held,
        "steps_per_second": rates,
        "flops": flops,
        "slope": slope_of(axis.sizes, medians),
        "knee": knee and knee._asdict(),
    }


def table_of_growth(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of the axes' results."""
    table = Table(title="growth", caption="knee: where the slope changes most, from what to what")
    for column in ("axis", "size", "steps/s", "least", "most", "MFLOP", "slope", "knee"):
        table.add_column(column, justify="left" if column in ("axis", "knee") else "right")
    for name, found in results.items():
        knee, slope, flops = found["knee"], f"{found['slope']:+.2f}", found["flops"]
        bends = f"{knee['before']:+.2f} to {knee['after']:+.2f}" if knee else ""
        for size, rate, work in zip(found["sizes"], found["steps_per_second"], flops, strict=True):
            here = bends if knee and knee["size"] == size else ""
            numbers = (f"{value:,.4g}" for value in rate.values())
            table.add_row(
                name, f"{size:,}", *numbers, f"{work / 1e6:,.4g}" if work else "", slope, here
            )
            name = slope = ""
        table.add_section()
    return table


if __name__ == "__main__":
    main()
