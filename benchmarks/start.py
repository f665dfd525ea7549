"""How long a start takes: imports, and the demo from its first instruction to its first step.

    python -m benchmarks.start [--rounds 5] [--cold-rounds 1] [--config configs/faces_demo.py]

Every figure is of a process of its own. Imports take turns, so that a machine whose speed drifts
is fair to all of them, and "beyond jax" is of neighbouring turns. A cold start finds an empty
folder of what scripts keep (compiled programs, drawn faces), a warm one what the cold one left. A
start ends when its first step is done, as the script says on standard error; beside it stands the
time by this process's clock until that line is there, a whole chunk of steps later.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table

MODULES = ("jax", "genjax", "genjax.models", "genjax.estimators")
_TIMED = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"
_LINE = re.compile(r"first step after ([\d.]+) s")


@dataclass(frozen=True)
class Arguments:
    """What to time."""

    config: Path = Path("configs/faces_demo.py")
    """What the script trains."""
    rounds: int = 5
    """Processes of each import, and warm starts."""
    cold_rounds: int = 1
    """Cold starts; each compiles and draws everything, which takes a minute."""


def main() -> None:
    """Time, and print a table and a line of JSON."""
    arguments = tyro.cli(Arguments, description=__doc__)
    seconds = _imports(arguments.rounds) | _starts(arguments)
    table = Table("seconds", "median", "least", "most", title="A start")
    for name, values in seconds.items():
        figures = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    Console(width=110).print(table)
    print(json.dumps({name: [round(v, 3) for v in values] for name, values in seconds.items()}))


def _imports(rounds: int) -> dict[str, list[float]]:
    """Name -> seconds of each import; the first turn, which reads the disk, is not counted."""
    seconds = defaultdict(list)
    for turn in range(rounds + 1):
        for module in MODULES:
            command = [sys.executable, "-c", _TIMED.format(module)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            if turn:
                seconds[f"import {module}"].append(float(done.stdout))
    for module in MODULES[1:]:
        pairs = zip(seconds[f"import {module}"], seconds["import jax"], strict=True)
        seconds[f"{module} beyond jax"] = [ours - jax for ours, jax in pairs]
    return dict(seconds)


def _starts(arguments: Arguments) -> dict[str, list[float]]:
    """Name -> seconds to the first step, by the script's own clock, and until it says so."""
    seconds = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.cold_rounds + arguments.rounds):
            is_cold = number < arguments.cold_rounds
            cache = Path(folder, f"cache_{min(number, arguments.cold_rounds - 1)}")
            told, seen = _start(arguments.config, Path(folder, f"run_{number}"), cache)
            name = "cold" if is_cold else "warm"
            seconds[f"{name} start to the first step"].append(told)
            seconds[f"{name} start to the line that says so"].append(seen)
    return dict(seconds)


def _start(config: Path, run: Path, cache: Path) -> tuple[float, float]:
    """Start the script, wait for its line, and end it."""
    script = "scripts/train_celeba_vae.py"
    command = [sys.executable, script, "--config", str(config), "--run", str(run)]
    environment = os.environ | {"GENJAX_CACHE": str(cache)}
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := _LINE.search(line):
                seen = time.perf_counter() - began
                process.kill()
                print(line, end="", file=sys.stderr)
                return float(found[1]), seen
    raise RuntimeError("".join(lines))


if __name__ == "__main__":
    main()
