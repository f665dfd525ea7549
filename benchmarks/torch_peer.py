"""PyTorch's side of `benchmarks.compare`, run by an interpreter that has it: no JAX, no genjax.

What it leaves out favours it: metrics are not computed, learning rates are constant, rows of a
minibatch are drawn with replacement, and no step is guarded against values that are not finite.
"""

import time
from typing import Any

import numpy as np
import torch

from benchmarks.peer import serve
from benchmarks.torch_check import check
from benchmarks.torch_models import Noise
from benchmarks.torch_steps import Step


class Trainer:
    """What is trained."""

    step: Step
    device: str

    def build(
        self,
        *,
        config: dict[str, Any],
        rows: int,
        mode: str,
        threads: int | None,
        tf32: bool,
        autocast: bool,
    ) -> dict[str, Any]:
        """Make the model, and say what was built and where.

        Args:
            config: plain values of a TrainingConfig.
            rows: of the drawn data.
            mode: of `torch_steps.MODES`.
            threads: of the CPU; None takes PyTorch's own number.
            tf32: whether a GPU may round the inputs of float32 products to TF32.
            autocast: compute networks in bfloat16.
        """
        if threads:
            torch.set_num_threads(threads)
        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.step = Step(config, mode, Noise(self.device), autocast=autocast)
        rng, shape = np.random.default_rng(0), (rows, *config["model"]["event_shape"])
        pictures = len(shape) == 4
        x = rng.integers(0, 256, shape, np.uint8) if pictures else rng.random(shape, np.float32)
        classes = config["model"]["classes"]
        y = torch.arange(rows) % classes if classes else None
        self.step.use(torch.from_numpy(x), y)
        on_gpu = self.device == "cuda"
        return {
            "device": torch.cuda.get_device_name() if on_gpu else "cpu",
            "threads": torch.get_num_threads(),
            "versions": {"torch": torch.__version__},
            "parameters": self.step.parameters(),
        }

    def turn(self, *, steps: int) -> dict[str, Any]:
        """Take steps, and say how long they took, in seconds."""
        self._wait()
        began = time.perf_counter()
        for _ in range(steps):
            self.step.take()
        self._wait()
        return {"seconds": time.perf_counter() - began}

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


if __name__ == "__main__":
    trainer = Trainer()
    serve({"build": trainer.build, "turn": trainer.turn, "check": check})
