"""GANs of pictures over several seeds, trained, resumed and scored as a user does it.

    python -m benchmarks.picture_gan --config configs/cgan_mnist.py --data PATH
        [--features FILE.npz] [--seeds 3] [--steps N] [--parts 2] [--n 10000] [--out DIR]

Each seed is trained by scripts/train_gan.py, in as many parts as asked for (each but the first
resumes), then scored on the test split by scripts/evaluate.py. Printed are the median, least and
most of each score over the seeds, beside that of real pictures, and the best and the last Fréchet
distance that the training logged. Runs that have ended are scored anew, not trained again.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.members import read_config, report

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Arguments:
    """What to train, and what to score it in."""

    config: Path
    """Of a GAN of pictures."""
    data: Path
    """The pictures."""
    features: tuple[str, ...] = ("pca",)
    """What scripts/evaluate.py compares pictures in; the first is also the training's if a file."""
    attribute: str | None = None
    """What the model is told."""
    seeds: int = 3
    """Runs."""
    steps: int | None = None
    """To train to; by default the configuration's."""
    parts: int = 2
    """Calls of the script for each run."""
    n: int = 10_000
    """Samples, and at most so many real pictures."""
    out: Path = Path("runs/picture_gan")
    """The runs' folder."""


def main() -> None:
    """Train, score, print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    steps = arguments.steps or read_config(arguments.config).steps
    if steps is None:
        sys.exit("name --steps: the configuration has none")
    figures: dict[str, list[float]] = defaultdict(list)
    verdicts = []
    for seed in range(arguments.seeds):
        run = arguments.out / f"{arguments.config.stem}_{arguments.attribute or 'all'}_{seed}"
        if not (run / "figures" / f"samples_{steps:07}.png").exists():
            figures["seconds"].append(_train(arguments, run, seed, steps))
        signals = _records(run / "signals.jsonl")
        distances = {record["step"]: record["frechet_distance"] for record in signals}
        figures["Fréchet while training: best"].append(min(distances.values()))
        figures["Fréchet while training: last"].append(distances[steps])
        figures["step of the best"].append(min(distances, key=lambda step: distances[step]))
        verdicts.append(signals[-1]["verdict"])
        before = len(_records(run / "scores.jsonl"))
        how = ["--features", *arguments.features, "--n", str(arguments.n)]
        _script("evaluate.py", str(run), *how)
        for score in _records(run / "scores.jsonl")[before:]:
            if not isinstance(score["value"], list):
                name = f"{score['name']} in {score['features']}, {score['subject']}"
                figures[name].append(score["value"])
    report(f"{arguments.config.stem}, {arguments.seeds} seeds of {steps:,} steps", figures)
    print("verdicts:", ", ".join(verdicts))


def _train(arguments: Arguments, run: Path, seed: int, steps: int) -> float:
    """Train a run that is not there yet in parts; return the seconds that all of them took."""
    began = time.perf_counter()
    for part in range(arguments.parts):
        where = ["--run", str(run), "--steps", str(steps * (part + 1) // arguments.parts)]
        new = ["--config", str(arguments.config), "--seed", str(seed)]
        if arguments.attribute:
            new += ["--data.attribute", arguments.attribute]
        source = ["--data", str(arguments.data)]
        if Path(arguments.features[0]).is_file():
            source += ["--features", arguments.features[0]]
        _script("train_gan.py", *where, *source, *([] if (run / "config.json").exists() else new))
    return time.perf_counter() - began


def _script(name: str, *arguments: str) -> None:
    command = [sys.executable, str(_ROOT / "scripts" / name), *arguments]
    print(" ".join(command), file=sys.stderr)
    subprocess.run(command, check=True)


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
