"""The credit blog's GAN: 25,000 steps of 64 rows, timed; compilation and training apart.

    python -m benchmarks.credit_gan [--rounds 3]

The rows are drawn: time does not depend on what they say.
"""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import numpy as np
import tyro

from benchmarks.members import read_config
from genjax import fit

_CONFIG = Path("configs/credit_gan.py")


@dataclass(frozen=True)
class Arguments:
    """How often."""

    rounds: int = 3
    """Trainings; the first one's compilation is told apart."""


def main() -> None:
    """Time and print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    config = read_config(_CONFIG)
    assert config.steps is not None
    rows = np.random.default_rng(0).uniform(size=(100_000, 10)).astype(np.float32)
    algorithm, key = config.algorithm(), jax.random.key(0)
    train = partial(
        fit, algorithm, {"x": rows}, key=key, batch_size=config.batch_size, chunk=config.chunk
    )
    began = time.perf_counter()
    jax.block_until_ready(train(steps=1))
    print(f"first step, with compilation: {time.perf_counter() - began:.2f} s")
    for _ in range(arguments.rounds):
        began = time.perf_counter()
        jax.block_until_ready(train(steps=config.steps))
        seconds = time.perf_counter() - began
        print(
            f"{config.steps:,} steps: {seconds:.2f} s, {seconds / config.steps * 1e6:.0f} us each"
        )


if __name__ == "__main__":
    main()
