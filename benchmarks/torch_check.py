"""What the peer computes from the parameters, batch and noise that our side was given too."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.torch_layers import load
from benchmarks.torch_models import GAN, GivenNoise, Phase, wide
from benchmarks.torch_steps import Step, channels_first


def check(*, config: dict[str, Any], folder: str, steps: int) -> dict[str, Any]:
    """Return what follows from `given.npz`; arguments and result as `genjax_check.check`.

    In float64, so that the rounding of one side alone is left: where a leaky ReLU's input is almost
    0, two roundings have two slopes.
    """
    narrow = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return _follow(config, folder, steps)
    finally:
        torch.set_default_dtype(narrow)


def _follow(config: dict[str, Any], folder: str, steps: int) -> dict[str, Any]:
    step = Step(config, "eager", GivenNoise("cpu"))
    with np.load(Path(folder) / "given.npz") as given:
        arrays = dict(given)
    for name, network in step.model.named_children():
        prefix = f"params/{name}/"
        load(network, {k.removeprefix(prefix): v for k, v in arrays.items() if prefix in k})
    step.restart_average()
    x, y = torch.from_numpy(arrays["batch/x"]), None
    if "batch/y" in arrays:
        y = torch.from_numpy(arrays["batch/y"])
    turned = x.ndim == 4 and not step.flat  # see `torch_layers`
    step.use(x.flip(1, 2) if turned else x, y)
    x, y = step.x, step.y
    if isinstance(step.model, GAN):
        if x.dtype != torch.uint8:
            scale = (torch.from_numpy(arrays[f"extra/scale/{name}"]) for name in ("shift", "scale"))
            step.model.set_scale(*scale)
        if "extra/prior/rows" in arrays:
            step.model.rows = wide(torch.from_numpy(arrays["extra/prior/rows"]))
    x = channels_first(x)
    found = {phase.name: _evaluate(step, phase, x, y) for phase in step.phases}
    losses: dict[str, list[float]] = {phase.name: [] for phase in step.phases}
    for _ in range(steps):
        for phase in step.phases:
            turns = [float(step.play(phase, x, y)) for _ in range(phase.repeats)]
            losses[phase.name].append(float(np.mean(turns)))
        step.finish()
    parameters = len(list(step.model.generator.parameters())) if step.average else 0
    return {
        "parameters": step.parameters(),
        "loss": {name: loss for name, (loss, _) in found.items()},
        "slope": {name: slopes for name, (_, slopes) in found.items()},
        "losses": losses,
        "average": _norm(step.average[:parameters]) if step.average else None,
    }


def _evaluate(
    step: Step, phase: Phase, x: Tensor, y: Tensor | None
) -> tuple[float, dict[str, float]]:
    loss = step.differentiate(phase, x, y)
    slopes = {
        name: _norm([p.grad for p in step.model.get_submodule(name).parameters()])
        for name in phase.trains
    }
    return float(loss.detach()), slopes


def _norm(tensors: list[Any]) -> float:
    return float(sum(tensor.double().square().sum() for tensor in tensors) ** 0.5)
