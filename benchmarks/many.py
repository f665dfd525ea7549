"""Members trained as one program by `fit_many`, all at once (`vmap`) or one by one (`map`).

Each call of `fit_many` compiles anew. So one long call is timed from within: a hook notes when each
chunk's metrics come, and rates are of the differences (`timing.Pace`). Compilation is not counted.
"""

from typing import Any, Literal

import jax
import numpy as np
from rich.table import Table

from benchmarks.families import Family
from benchmarks.timing import ENDLESS, Effort, Pace, spread
from genjax import fit_many
from genjax.algorithm import Algorithm, PyTree

FAMILIES = ("credit_vae_6", "credit_gan", "fraud_vae", "heights_gan")
"""Those that are timed unless others are named."""


def time_members(family: Family, effort: Effort) -> dict[str, Any]:
    """Time steps of so many members at a time.

    Args:
        family: which.
        effort: how long, and how many members.

    Returns:
        `seconds_a_step`: "vmap" and "map" -> members -> median, least and most of a step of all
        members; `ratio`: the medians over that of the fewest members.
    """
    algorithm, data = family.algorithm(), jax.device_put(family.data())
    size = family.config.batch_size
    seconds: dict[str, dict[str, dict[str, float]]] = {}
    for by in ("vmap", "map"):
        seconds[by] = {
            str(count): spread(
                [
                    1 / rate
                    for rate in pace_of(algorithm, data, size, family.chunk, count, effort, by)
                ]
            )
            for count in effort.members
        }
    least = str(min(effort.members))
    ratio = {
        by: {count: found["median"] / of[least]["median"] for count, found in of.items()}
        for by, of in seconds.items()
    }
    return {"seconds_a_step": seconds, "ratio": ratio}


def pace_of(
    algorithm: Algorithm,
    data: PyTree,
    batch_size: int,
    chunk: int,
    members: int,
    effort: Effort,
    by: Literal["vmap", "map"] = "vmap",
) -> list[float]:
    """Return the steps a second, of all members together, of some stretches of one `fit_many`.

    Args:
        algorithm: what each member trains.
        data: on the device.
        batch_size: rows a minibatch of each member.
        chunk: steps an executable.
        members: how many, with seeds 0, 1, ...
        effort: how long.
        by: at once or one by one.
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
        by=by,
        hooks=[pace],
    )
    return pace.rates()


def table_of_members(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    table = Table(
        title="members of fit_many",
        caption="a step of all members; ratio: over the fewest members'",
    )
    for column in ("family", "by", "members", "us a step", "least", "most", "ratio"):
        table.add_column(column, justify="left" if column in ("family", "by") else "right")
    for name, found in results.items():
        for by, of in found["seconds_a_step"].items():
            for count, seconds in of.items():
                first = count == next(iter(of))
                numbers = (f"{1e6 * value:,.4g}" for value in seconds.values())
                ratio = f"{found['ratio'][by][count]:.2f}"
                table.add_row(name, by if first else "", count, *numbers, ratio)
                name = ""
    return table
