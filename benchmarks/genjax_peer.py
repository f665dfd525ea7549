"""Our side of `benchmarks.compare`: a process of its own, whose threads `NPROC` sets.

It trains by `fit`, in the chunks of the family, so that what is timed is what users run.
"""

import os
import time
from typing import Any

import jax
import jaxlib

from benchmarks.families import draw_data
from benchmarks.genjax_check import check, count
from benchmarks.peer import serve
from genjax import TrainState, fit
from genjax.algorithm import Algorithm
from genjax.config import TrainingConfig, from_plain


class Trainer:
    """What is trained, and how far it has come."""

    config: TrainingConfig
    algorithm: Algorithm
    data: dict[str, jax.Array]
    state: TrainState | None = None
    steps: int = 0
    chunk: int

    def build(self, *, config: dict[str, Any], rows: int, chunk: int) -> dict[str, Any]:
        """Initialise, and say what was built and where.

        Args:
            config: `to_plain` of a TrainingConfig.
            rows: of the drawn data.
            chunk: steps an executable.
        """
        self.config, self.chunk = from_plain(config), chunk
        # `fit` checks the data at each call, of which a run has one and a benchmark many.
        self.algorithm = self.config.algorithm()._replace(check=lambda data: None)
        self.data = jax.device_put(draw_data(self.config, rows))
        self._train(0)
        assert self.state is not None
        return {
            "device": jax.devices()[0].device_kind,
            "threads": int(os.environ.get("NPROC") or os.cpu_count() or 1),
            "versions": {"jax": jax.__version__, "jaxlib": jaxlib.__version__},
            "parameters": {name: count(network) for name, network in self.state.params.items()},
        }

    def turn(self, *, steps: int) -> dict[str, Any]:
        """Take steps, best a multiple of the chunk's, and say how long they took, in seconds."""
        began = time.perf_counter()
        self._train(steps)
        return {"seconds": time.perf_counter() - began}

    def _train(self, steps: int) -> None:
        self.steps += steps
        self.state = fit(
            self.algorithm,
            self.data,
            steps=self.steps,
            key=jax.random.key(0),
            batch_size=self.config.batch_size,
            state=self.state,
            chunk=self.chunk,
        )
        jax.block_until_ready(self.state)


if __name__ == "__main__":
    trainer = Trainer()
    serve({"build": trainer.build, "turn": trainer.turn, "check": check})
