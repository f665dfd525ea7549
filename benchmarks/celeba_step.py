"""Images a second of a training step on faces, inside the chunk that `fit` runs.

    python -m benchmarks.celeba_step [--rounds 6] [--peer-python PYTHON]
        [--config configs/celeba_vae_better.py] [--batch-size 128]

The peer is the report's network, loss and batch (128) in eager PyTorch, channels last, in another
interpreter (`python -m venv peer && peer/bin/pip install torch==2.13.0 numpy`). The two take
turns, a chunk each, so that a machine whose speed drifts is fair to both; the ratio is of
neighbouring turns. `--native` swaps in XLA's own convolutions and gradients for comparison.
"""

import json
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import tyro

from benchmarks.members import read_config
from genjax import fit


@dataclass(frozen=True)
class Arguments:
    """What to time."""

    config: Path = Path("configs/celeba_vae.py")
    """What is timed; the peer's network is always the report's."""
    batch_size: int | None = None
    """Pictures a step of ours, by default the configuration's."""
    peer_batch_size: int = 128
    """Pictures a step of the peer's."""
    chunk: int = 5
    """Steps a turn of both."""
    rounds: int = 6
    """Turns of each side; the first one, which compiles, is not counted."""
    native: bool = False
    """XLA's own gradients instead of ours (slow inside a loop on a CPU)."""
    peer_python: Path | None = None
    """An interpreter that has torch."""


def main() -> None:
    """Time, and print a table and a line of JSON."""
    arguments = tyro.cli(Arguments, description=__doc__)
    if arguments.native:
        _use_xla()
    config = read_config(arguments.config)
    batch, chunk = arguments.batch_size or config.batch_size, arguments.chunk
    rows = (max(512, batch), *config.model.event_shape)
    pixels = np.random.default_rng(0).integers(0, 256, rows, np.uint8)
    data = {"x": jax.device_put(pixels)}
    algorithm = config.algorithm()
    peer = _Peer(arguments) if arguments.peer_python else None
    key, state = jax.random.key(0), None
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(1, arguments.rounds + 2):
        began = time.perf_counter()
        state = fit(
            algorithm, data, steps=turn * chunk, key=key, batch_size=batch, state=state, chunk=chunk
        )
        jax.block_until_ready(state)
        ours.append(batch * chunk / (time.perf_counter() - began))
        if peer:
            theirs.append(arguments.peer_batch_size * chunk / peer.turn())
    rates = {"genjax": ours[1:], **({"torch": theirs[1:]} if peer else {})}
    if peer:
        rates["ratio"] = [a / b for a, b in zip(ours[1:], theirs[1:], strict=True)]
    print(f"{arguments.config}, batches of {batch}")
    print(f"{jax.devices()[0].device_kind}, {jax.device_count()} device(s), jax {jax.__version__}")
    print(f"{'':8}{'median':>10}{'min':>10}{'max':>10}   images/s (ratio: ours over the peer's)")
    for name, values in rates.items():
        median = statistics.median(values)
        print(f"{name:8}{median:10.2f}{min(values):10.2f}{max(values):10.2f}")
    print(
        json.dumps({name: [round(value, 2) for value in values] for name, values in rates.items()})
    )


class _Peer:
    """The other interpreter: a line in, the seconds of a turn out."""

    def __init__(self, arguments: Arguments):
        script = Path(__file__).with_name("celeba_step_torch.py")
        numbers = (arguments.peer_batch_size, arguments.chunk, 128)
        command = [str(arguments.peer_python), str(script), *map(str, numbers)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def turn(self) -> float:
        """Let it take its steps."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print("go", file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


def _use_xla() -> None:
    from genjax.nets import conv

    for name in ("_forward", "_by_input", "_by_kernel"):
        setattr(conv, name, getattr(conv, f"_xla{name}"))


if __name__ == "__main__":
    main()
