"""Members trained as one program by `fit_many`, in three ways.

All at once (`vmap`), one by one (`map`), and all at once but shared out to the devices (`mesh`).
For models of rows on a CPU these are its cores, in a process of its own: some programs of one
device are twice as slow in a process that has several.

Each call of `fit_many` compiles anew. So one long call is timed from within: a hook notes when each
chunk's metrics come, and rates are of the differences (`timing.Pace`). Compilation is not counted.
"""

from typing import Any, Literal

import jax
import numpy as np
from rich.table import Table

from benchmarks.families import Family
from benchmarks.timing import ENDLESS, Effort, Pace, spread
from genjax import fit_many, sharding
from genjax.algorithm import Algorithm, PyTree

By = Literal["vmap", "map", "mesh"]
FAMILIES = ("credit_vae_6", "credit_gan", "fraud_vae", "heights_gan")
"""Those that are timed unless others are named."""


def time_members(family: Family, effort: Effort) -> dict[str, Any]:
    """Time steps of so many members at a time: by `mesh` on several devices, by the others on one.

    Args:
        family: which.
        effort: how long, and how many members.

    Returns:
        "vmap", "map", "mesh" -> members -> median, least and most seconds of a step of all
        members, where they share out.
    """
    algorithm, data = family.algorithm(), jax.device_put(family.data())
    size = family.config.batch_size
    devices = jax.device_count()
    shared_out = tuple(count for count in effort.members if count % devices == 0)
    counts: dict[By, tuple[int, ...]] = {"mesh": shared_out}
    if devices == 1:
        counts = {"vmap": effort.members, "map": effort.members}
    return {
        by: {
            str(count): spread(
                [
                    1 / rate
                    for rate in pace_of(algorithm, data, size, family.chunk, count, effort, by)
                ]
            )
            for count in of
        }
        for by, of in counts.items()
    }


def ratios(seconds: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return by -> members -> the median over that of the fewest members, in their fastest way."""
    fewest = min({count for of in seconds.values() for count in of}, key=int)
    one = min(of[fewest]["median"] for of in seconds.values() if fewest in of)
    return {
        by: {count: found["median"] / one for count, found in of.items()}
        for by, of in seconds.items()
    }


def pace_of(
    algorithm: Algorithm,
    data: PyTree,
    batch_size: int,
    chunk: int,
    members: int,
    effort: Effort,
    by: By = "vmap",
) -> list[float]:
    """Return the steps a second, of all members together, of some stretches of one `fit_many`.

    Args:
        algorithm: what each member trains.
        data: on the device.
        batch_size: rows a minibatch of each member.
        chunk: steps an executable.
        members: how many, with seeds 0, 1, ...
        effort: how long.
        by: at once, one by one, or at once and shared out to all devices.
    """
    pace = Pace(effort)
    keys = jax.vmap(jax.random.key)(np.arange(members))
    fit_many(
        lambda _: algorithm,
        data,
        steps=ENDLESS,
        keys=keys,
        batch_size=batch_size,
        chunk=chunk,
        by="map" if by == "map" else "vmap",
        mesh=sharding.data_mesh() if by == "mesh" else None,
        hooks=[pace],
    )
    return pace.rates()


def table_of_members(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    table = Table(
        title="members of fit_many",
        caption="a step of all members; ratio: over the fewest members' fastest",
    )
    for column in ("family", "by", "members", "us a step", "least", "most", "ratio"):
        table.add_column(column, justify="left" if column in ("family", "by") else "right")
    for name, found in results.items():
        over = ratios(found)
        for by, of in found.items():
            for count, seconds in of.items():
                first = count == next(iter(of))
                numbers = (f"{1e6 * value:,.4g}" for value in seconds.values())
                ratio = f"{over[by][count]:.2f}"
                table.add_row(name, by if first else "", count, *numbers, ratio)
                name = ""
    return table
