"""Time the jitted steps of every model family, each in a process of its own.

    python -m benchmarks [--families credit_vae_6 demo_faces]
        [--sections steps chunks members streamed precisions]
        [--rounds 5] [--seconds 0.5] [--members 1 8 32 128] [--json FILE]
    python -m benchmarks --peer torch --peer-python PYTHON    # the same steps in PyTorch, in turn

Without `--families`, `steps` and `precisions` are of all families, the others of some. What is
timed and how is told in `families.py`, `timing.py` and `steps.py`. The other benchmarks, each a
module:

- growth: steps a second against rows, columns, width, size, batch and members, with pictures.
- compare: our steps and PyTorch's, alternating.
- start: how long it takes until the first step.
- pieces: the parts of a step.
- celeba_step: the report's step on faces, beside PyTorch's; celeba_step_torch is that peer.
- fraud_vae: the report's fraud model, its whole training and the scoring of its whole table.
- credit_gan: the credit blog's GAN, its whole training.
- height_gan: heights, ten seeds as one program, and how far each is from the truth.
- gaussian_gan: 25 Gaussians on a grid, modes covered and share of good samples.
- picture_gan: GANs of pictures over several seeds, trained, resumed and scored.
- oversamplers: over-samplers on Give Me Some Credit; time, fidelity, privacy and use.
- augmentation: where generative over-sampling helps.
"""

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from benchmarks.families import FAMILIES, say_unknown
from benchmarks.sections import SECTIONS, Results, SectionName, time_family
from benchmarks.timing import Effort


@dataclass(frozen=True)
class Arguments:
    """What to time."""

    sections: tuple[SectionName, ...] = ("steps", "chunks", "members", "streamed", "precisions")
    """Which questions."""
    families: tuple[str, ...] = ()
    """Of which families; none takes each section's own."""
    effort: tyro.conf.OmitArgPrefixes[Effort] = field(default_factory=Effort)
    """How long."""
    json: Path | None = None
    """A file for all results, written after each family."""
    peer: Literal["torch"] | None = None
    """Time this library's steps beside ours instead."""
    peer_python: Path | None = None
    """An interpreter that has it."""


def main() -> int:
    """Time, and print tables; return 1 if a family failed."""
    arguments = tyro.cli(Arguments, description=__doc__)
    if unknown := say_unknown(arguments.families):
        print(unknown, file=sys.stderr)
        return 2
    if arguments.peer:
        return _compare(arguments)
    results: dict[str, Any] = {"command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])}
    results |= {"machines": {}, "sections": {name: {} for name in arguments.sections}, "failed": {}}
    for name in arguments.families or FAMILIES:
        sections = tuple(
            section
            for section in arguments.sections
            if arguments.families or name in SECTIONS[section].families
        )
        if sections:
            _add(results, name, time_family(name, sections, arguments.effort))
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    _show(results)
    return 1 if results["failed"] else 0


def _add(results: dict[str, Any], name: str, found: dict[str, Any]) -> None:
    """Put a family's results in their places: by section, then by family."""
    if "error" in found:
        results["failed"][name] = found["error"]
    if "machine" in found:
        results["machines"][FAMILIES[name].kind] = found["machine"]
    for section, result in found["sections"].items():
        results["sections"][section][name] = result


def _show(results: dict[str, Any]) -> None:
    console = Console(width=150)
    for kind, machine in results["machines"].items():
        about = ", ".join(f"{name} {value}" for name, value in machine.items())
        console.print(f"{kind}: {about}", highlight=False)
    for section, found in results["sections"].items():
        of: Results = found
        if of:
            console.print(SECTIONS[section].table(of))
    for name, error in results["failed"].items():
        console.print(f"{name} failed: {error}")


def _compare(arguments: Arguments) -> int:
    """Hand over to the comparison, which alone knows of the peer."""
    command = [sys.executable, "-m", "benchmarks.compare"]
    command += ["--rounds", str(arguments.effort.rounds)]
    command += ["--seconds", str(arguments.effort.seconds)]
    for name in ("families", "peer_python", "json"):
        if value := getattr(arguments, name):
            values = value if isinstance(value, tuple) else (value,)
            command += [f"--{name.replace('_', '-')}", *map(str, values)]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
