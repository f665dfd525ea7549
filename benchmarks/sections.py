"""The sections of `python -m benchmarks`, and the process that times one family.

    python -m benchmarks.sections --family NAME --sections steps chunks

prints a line of JSON: the machine, and section -> result. A process of its own makes its peak of
memory that family's, and sets the threads before JAX starts: one for rows, whose small programs are
slower on more, all cores for pictures. `NPROC` in the environment overrides the first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import tyro
from rich.table import Table

from benchmarks import chunks, many, precisions, steps, streamed
from benchmarks.families import FAMILIES, Family
from benchmarks.machine import cores, describe
from benchmarks.timing import Effort

SectionName = Literal["steps", "chunks", "members", "streamed", "precisions"]
Results = dict[str, dict[str, Any]]


class Section(NamedTuple):
    """One question.

    Attributes:
        measure: answers it for a family, in JSON's types.
        table: shows the answers.
        families: those that are timed unless others are named.
    """

    measure: Callable[[Family, Effort], dict[str, Any]]
    table: Callable[[Results], Table]
    families: tuple[str, ...] = tuple(FAMILIES)


SECTIONS: dict[str, Section] = {
    "steps": Section(steps.time_steps, steps.table_of_steps),
    "chunks": Section(chunks.time_chunks, chunks.table_of_chunks, chunks.FAMILIES),
    "members": Section(many.time_members, many.table_of_members, many.FAMILIES),
    "streamed": Section(streamed.time_streamed, streamed.table_of_streamed, streamed.FAMILIES),
    "precisions": Section(precisions.time_precisions, precisions.table_of_precisions),
}
"""By name, in the order in which they are timed: `steps` first, whose memory is of the process."""


@dataclass(frozen=True)
class Arguments:
    """What one process times."""

    family: str
    """Its name."""
    sections: tuple[SectionName, ...] = ("steps",)
    """Which questions."""
    effort: tyro.conf.OmitArgPrefixes[Effort] = field(default_factory=Effort)
    """How long."""


def main() -> None:
    """Time one family; print a line of JSON."""
    arguments = tyro.cli(Arguments, description=__doc__)
    family, found = FAMILIES[arguments.family], {}
    for name, section in SECTIONS.items():
        if name in arguments.sections:
            print(f"{family.name}: {name}", file=sys.stderr, flush=True)
            found[name] = section.measure(family, arguments.effort)
    print(json.dumps({"machine": describe(), "sections": found}))


def time_family(name: str, sections: tuple[str, ...], effort: Effort) -> dict[str, Any]:
    """Time a family in a process of its own, and members on all cores in another.

    Args:
        name: of the family.
        sections: which questions.
        effort: how long.

    Returns:
        {"machine": its description, "sections": section -> result}; with {"error": ...} too if a
        process failed, whose own words are on standard error.

    Raises:
        KeyError: there is no such family.
    """
    found = _in_a_process(name, sections, effort, devices=1)
    if "members" in found["sections"] and FAMILIES[name].kind == "rows" and cores() > 1:
        shared = _in_a_process(name, ("members",), effort, devices=cores())
        found["sections"]["members"] |= shared["sections"].get("members", {})
        found |= {key: value for key, value in shared.items() if key == "error"}
    return found


def _in_a_process(
    name: str, sections: tuple[str, ...], effort: Effort, *, devices: int
) -> dict[str, Any]:
    environment = dict(os.environ)
    if FAMILIES[name].kind == "rows":
        environment.setdefault("NPROC", "1")
    if devices > 1:
        flags = environment.get("XLA_FLAGS", "")
        environment["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={devices}"
    # A program that is read from a cache would not tell how long it takes to compile.
    environment["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    command = [sys.executable, "-m", "benchmarks.sections", "--family", name]
    command += ["--sections", *sections, "--rounds", str(effort.rounds)]
    command += ["--seconds", str(effort.seconds), "--members", *map(str, effort.members)]
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        return {"sections": {}, "error": f"exit status {ended.returncode}"}
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
