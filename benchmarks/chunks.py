"""How long a chunk should be: steps a second against the steps of one executable."""

from typing import Any

import jax
from rich.table import Table

from benchmarks.families import Family
from benchmarks.timing import Effort, Training, spread, take_turns

FAMILIES = ("credit_vae_6", "credit_gan", "fraud_vae", "heights_gan", "mnist_vae", "demo_faces")
"""Those that are timed unless others are named."""
_LENGTHS = {"rows": (1, 10, 100, 1000), "pictures": (1, 5, 20)}


def lengths(family: Family) -> tuple[int, ...]:
    """Return the chunk lengths to time: none of many times the family's own, which would last."""
    return tuple(length for length in _LENGTHS[family.kind] if length <= 4 * family.chunk)


def time_chunks(family: Family, effort: Effort) -> dict[str, Any]:
    """Time a family's steps in chunks of several lengths, in turn.

    Args:
        family: which.
        effort: how long.

    Returns:
        `steps_per_second`: length -> median, least and most. Each length is another program.
    """
    algorithm, data = family.algorithm(), jax.device_put(family.data())
    trainings = {
        str(length): Training(algorithm, data, batch_size=family.config.batch_size, chunk=length)
        for length in lengths(family)
    }
    rates = take_turns(trainings, effort)
    return {"steps_per_second": {length: spread(values) for length, values in rates.items()}}


def table_of_chunks(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    table = Table(title="chunk lengths")
    for column in ("family", "steps a chunk", "steps/s", "least", "most", "of the longest's"):
        table.add_column(column, justify="left" if column == "family" else "right")
    for name, found in results.items():
        by_length = found["steps_per_second"]
        longest = by_length[max(by_length, key=int)]["median"]
        for length, rate in by_length.items():
            share = rate["median"] / longest
            numbers = (f"{value:,.4g}" for value in rate.values())
            table.add_row(name, f"{int(length):,}", *numbers, f"{share:.2f}")
            name = ""
    return table
