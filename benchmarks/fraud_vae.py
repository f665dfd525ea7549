"""The report's fraud model: its whole training, and the scoring of its whole table, timed.

    python -m benchmarks.fraud_vae [--steps 2221000] [--rows 284807] [--config FILE]

The report: 1,000 epochs of 284,315 rows in batches of 128, 7.5 hours on a GPU. The rows are drawn:
time does not depend on what they say. Compilation is counted; it is seconds. Everything is done as
a user does it, by `VAEDetector.fit` and `score_samples`, of which the fitting of quantiles or
standard scores and the scoring of the training rows are a part.
"""

import os
import runpy
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("NPROC", "1")  # such small models train faster on one core; before JAX starts

import tyro

from genjax.data.drawn_transactions import draw_transactions


@dataclass(frozen=True)
class Arguments:
    """How much."""

    config: Path = Path("configs/fraud_vae_published.py")
    """Whose CONFIG is the detector."""
    steps: int | None = 2_221_000
    """Of training: 1,000 epochs are 2,221,000. None leaves the configuration's."""
    rows: int = 284_807
    """Of the table."""
    rounds: int = 3
    """Scorings."""


def main() -> None:
    """Time and print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    rows = draw_transactions(arguments.rows).drop(columns=["Time", "Class"])
    detector = runpy.run_path(str(arguments.config))["CONFIG"].set_params(random_state=0)
    if arguments.steps is not None:
        detector.set_params(steps=arguments.steps)
    began = time.perf_counter()
    detector.fit(rows)
    seconds = time.perf_counter() - began
    each = seconds / detector.steps * 1e6
    print(f"fit: {detector.steps:,} steps in {seconds:.1f} s, {each:.0f} us each", flush=True)
    for _ in range(arguments.rounds):
        began = time.perf_counter()
        detector.score_samples(rows)
        seconds = time.perf_counter() - began
        print(f"scored: {len(rows):,} rows, {detector.draws} draws each, in {seconds:.1f} s")


if __name__ == "__main__":
    main()
