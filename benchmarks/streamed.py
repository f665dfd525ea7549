"""Data that lies on the device, and data that is streamed to it: the same steps, in turn."""

from typing import Any

from rich.table import Table

from benchmarks.families import Family
from benchmarks.timing import Effort, Training, take_turns_of_two

FAMILIES = ("credit_vae_6", "credit_vae_64", "fraud_vae", "mnist_vae", "demo_faces", "better_faces")
"""Those that are timed unless others are named."""


def time_streamed(family: Family, effort: Effort) -> dict[str, Any]:
    """Time a family's steps on data on the device and on streamed data.

    Every turn of streamed data starts grain's threads and waits for the first chunk's rows.

    Args:
        family: which.
        effort: how long.

    Returns:
        `steps_per_second`: "device" and "streamed" -> median, least and most; `ratio`: streamed
        over device, of neighbouring turns.
    """
    algorithm, data, config = family.algorithm(), family.data(), family.config
    size, chunk = config.batch_size, family.chunk

    def training(name: str, stream: bool) -> tuple[str, Training]:
        return name, Training(algorithm, data, batch_size=size, chunk=chunk, stream=stream)

    return take_turns_of_two(training("device", False), training("streamed", True), effort)


def table_of_streamed(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    return table_of_pairs(results, "data on the device, and streamed", ("device", "streamed"))


def table_of_pairs(results: dict[str, dict[str, Any]], title: str, names: tuple[str, str]) -> Table:
    """Return a table of two ways: the medians of both, and the ratio of neighbouring turns.

    Args:
        results: family -> its result; those that hold a `note` instead show it.
        title: of the table.
        names: of the two ways, the second of which the ratio is of.
    """
    table = Table(title=title, caption="steps/s: medians; ratio: of neighbouring turns")
    columns = ("family", *names, f"{names[1]} / {names[0]}", "least", "most")
    for column in columns:
        table.add_column(column, justify="left" if column == "family" else "right")
    for name, found in results.items():
        if "note" in found:
            table.add_row(name, found["note"])
            continue
        medians = (f"{found['steps_per_second'][way]['median']:,.4g}" for way in names)
        table.add_row(name, *medians, *(f"{value:.2f}" for value in found["ratio"].values()))
    return table
