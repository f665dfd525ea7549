"""Every family's training step beside the same step in PyTorch, the two in turns.

    python -m benchmarks.compare --peer-python PYTHON [--families report_faces credit_gan]
        [--modes eager compile] [--rounds 7] [--seconds 0.5] [--json FILE]
    python -m benchmarks.compare --peer-python PYTHON --check

The peer is another interpreter, which has torch and no JAX (`make torch-peer`). It is told the
configuration, and has the same networks, losses, optimisers and batches; `--check` shows it: from
the same parameters, batch and noise both compute losses and gradients, and take some steps.

Each family is timed in processes of its own: a turn of ours, then one of each mode, and again, so
that a machine whose speed drifts is fair to all. Ratios are of neighbouring turns. Of multilayer
perceptrons PyTorch takes the better of one thread and all. What it need not do favours it:
`torch_peer` lists it.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.compare_table import differences, is_same, ratios, steps_a_turn, table_of
from benchmarks.families import FAMILIES, Family, say_unknown
from benchmarks.genjax_check import comparable
from benchmarks.peer import Peer, PeerError
from genjax.config import to_plain

Mode = Literal["eager", "fused", "compile", "reduce-overhead", "max-autotune"]
_PAUSE = 0.05  # seconds between turns, in which the last one's threads stop spinning
_CHECKED_BATCH, _CHECKED_STEPS = 8, 3


@dataclass(frozen=True)
class Arguments:
    """What to time, or to check."""

    peer_python: Path
    """An interpreter that has torch."""
    families: tuple[str, ...] = ()
    """Names of benchmarks/families.py; all by default."""
    modes: tuple[Mode, ...] = ("eager", "compile")
    """Of PyTorch: "fused" is eager with fused optimisers, the others are `torch.compile`'s."""
    rounds: int = 7
    """Turns of each side that are counted; those before compile, and set the turns' length."""
    seconds: float = 0.5
    """A turn's length, about; no turn is shorter than one chunk of ours."""
    threads: int | None = None
    """Of ours: by default one for rows, all there are for pictures."""
    peer_threads: int | None = None
    """Of PyTorch's: by default the better of one and all for rows, all for pictures."""
    tf32: bool = True
    """PyTorch may round float32 products' inputs to TF32 on GPUs, as JAX does."""
    autocast: bool = False
    """PyTorch computes in bfloat16 where it finds it safe; ours stays as configured."""
    check: bool = False
    """Show that both sides compute the same, and time nothing."""
    json: Path | None = None
    """Where to write all turns, versions and devices."""


def main() -> None:
    """Time or check, and print a table."""
    arguments = tyro.cli(Arguments, description=__doc__)
    if unknown := say_unknown(arguments.families):
        sys.exit(unknown)
    chosen = {name: FAMILIES[name] for name in arguments.families or FAMILIES}
    if not os.access(arguments.peer_python, os.X_OK):
        sys.exit(f"no interpreter {arguments.peer_python}: `make torch-peer` makes one")
    if arguments.check:
        sys.exit(not check_all(chosen, arguments))
    results: dict[str, Any] = {"settings": to_settings(arguments), "families": {}}
    for name, family in chosen.items():
        results["families"][name] = time_family(family, arguments)
        if arguments.json:  # after each, so that what is cut short is not lost
            arguments.json.write_text(json.dumps(results, indent=1))
        Console(stderr=True).print(f"{name}: {_summary(results['families'][name])}")
    Console(width=118).print(table_of(results["families"], _title(results["families"])))
    modes = [mode for found in results["families"].values() for mode in found["modes"].values()]
    sys.exit(any("error" in mode for mode in modes))


def to_settings(arguments: Arguments) -> dict[str, Any]:
    """Return what was asked for, as JSON's types, without places of files."""
    names = ("rounds", "seconds", "threads", "peer_threads", "tf32", "autocast")
    return {name: getattr(arguments, name) for name in names}


def time_family(family: Family, arguments: Arguments) -> dict[str, Any]:
    """Return the turns of both sides, and what is made of them."""
    with ExitStack() as stack:
        ours = stack.enter_context(start_ours(_threads(family, arguments.threads)))
        config = {"config": to_plain(family.config), "rows": family.rows}
        side = Side(ours, ours.ask("build", **config, chunk=family.chunk), {})
        side.calibrate(arguments.seconds, family.chunk)
        seconds = max(arguments.seconds, side.turn())
        modes: dict[str, Any] = {}
        theirs: dict[str, Side] = {}
        for mode in arguments.modes:
            try:
                theirs[mode] = stack.enter_context(
                    fastest(family, mode, config, seconds, arguments)
                )
            except PeerError as error:
                modes[mode] = {"error": str(error)}
        for _ in range(arguments.rounds):
            for each in (side, *theirs.values()):
                time.sleep(_PAUSE)
                each.rates.append(each.steps / each.turn())
    for name, each in theirs.items():
        modes[name] = each.result() | {"ratio": ratios(side.rates, each.rates)}
    return {"ours": side.result(), "modes": {mode: modes[mode] for mode in arguments.modes}}


class Side:
    """One process, what it built, and its turns."""

    def __init__(self, peer: Peer, built: dict[str, Any], tried: dict[str, float]):
        self.peer, self.built, self.tried = peer, built, tried
        self.steps, self.rates = 1, list[float]()

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        self.peer.close()

    def turn(self, steps: int | None = None) -> float:
        """Take a turn, of its own length or another; return its seconds."""
        return self.peer.ask("turn", steps=steps or self.steps)["seconds"]

    def calibrate(self, seconds: float, unit: int = 1) -> float:
        """Set the turn's length; return the rate of a turn, steps a second."""
        self.steps = steps_a_turn(self.turn, seconds, unit)
        return self.steps / self.turn()

    def result(self) -> dict[str, Any]:
        """Return JSON's types."""
        tried = {"tried": self.tried} if self.tried else {}
        return {**self.built, "steps": self.steps, "rates": self.rates, **tried}


def fastest(
    family: Family, mode: Mode, config: dict[str, Any], seconds: float, arguments: Arguments
) -> Side:
    """Return PyTorch's side on the number of threads that serves it best."""
    given = arguments.peer_threads
    options = (given,) if given or family.kind == "pictures" else (1, None)
    how = {"mode": mode, "tf32": arguments.tf32, "autocast": arguments.autocast}
    sides: list[tuple[float, Side]] = []
    failed: list[PeerError] = []
    with ExitStack() as stack:
        for threads in options:
            peer = stack.enter_context(start_theirs(arguments.peer_python))
            try:
                side = Side(peer, peer.ask("build", **config, **how, threads=threads), {})
                sides.append((side.calibrate(seconds), side))
            except PeerError as error:
                peer.close()
                failed.append(error)
        if not sides:
            raise failed[0]
        tried = {str(side.built["threads"]): speed for speed, side in sides}
        best = max(sides, key=lambda each: each[0])[1]
        stack.pop_all()  # all but the best end here
    for _, side in sides:
        if side is not best:
            side.peer.close()
    best.tried = tried
    return best


def check_all(families: Mapping[str, Family], arguments: Arguments) -> bool:
    """Print how far the two sides differ in what they compute; return whether by rounding alone."""
    table = Table("family", "numbers", "largest", "where", "parameters", title="differences")
    same = True
    for name, family in families.items():
        try:
            found, parameters = check_family(family, arguments.peer_python)
        except PeerError as error:
            table.add_row(name, "", "", str(error), "")
            same = False
            continue
        wrong = [key for key, value in found.items() if not is_same(key, value)]
        worst = max(wrong or found, key=lambda key: found[key])
        said = "equal" if parameters else "not equal"
        table.add_row(name, str(len(found)), f"{found[worst]:.1e}", worst, said)
        Console(stderr=True).print(f"{name}: {found[worst]:.1e} at most, {worst}")
        same = same and parameters and not wrong
    Console(width=118).print(table)
    print("both sides compute the same" if same else "the two sides differ", flush=True)
    return same


def check_family(family: Family, peer_python: Path) -> tuple[dict[str, float], bool]:
    """Return the differences (see `compare_table`), and whether parameters are as many."""
    config = to_plain(comparable(family.config, _CHECKED_BATCH))
    quick = {"XLA_FLAGS": "--xla_llvm_disable_expensive_passes=true"}
    with (
        start_ours(None, quick) as ours,
        start_theirs(peer_python) as theirs,
        tempfile.TemporaryDirectory() as folder,
    ):
        how = {"config": config, "folder": folder, "steps": _CHECKED_STEPS}
        left, right = ours.ask("check", **how), theirs.ask("check", **how)
    parameters = left.pop("parameters") == right.pop("parameters")
    return differences(left, right), parameters


def start_ours(threads: int | None, environment: Mapping[str, str] | None = None) -> Peer:
    """Start our side on so many threads; None takes as many as there are."""
    number = {"NPROC": str(threads)} if threads else {}
    command = [sys.executable, "-m", "benchmarks.genjax_peer"]
    return Peer(command, {**number, **(environment or {})})


def start_theirs(python: Path) -> Peer:
    """Start PyTorch's side."""
    return Peer([str(python.absolute()), "-m", "benchmarks.torch_peer"])


def _title(families: Mapping[str, Any]) -> str:
    """Return the versions and the devices."""
    sides = [side for each in families.values() for side in (each["ours"], *each["modes"].values())]
    sides = [side for side in sides if "error" not in side]
    versions = {name: version for side in sides for name, version in side["versions"].items()}
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{said}; {', '.join(sorted({side['device'] for side in sides}))}"


def _threads(family: Family, given: int | None) -> int | None:
    """Return how many threads ours has; None is all."""
    return given or (1 if family.kind == "rows" else None)


def _summary(result: dict[str, Any]) -> str:
    """Return the ratio of each mode."""
    modes = result["modes"].items()
    return ", ".join(
        f"{mode} {theirs['error'] if 'error' in theirs else format(theirs['ratio'][0], '.2f')}"
        for mode, theirs in modes
    )


if __name__ == "__main__":
    main()
