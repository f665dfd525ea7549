"""The peer's training step: minibatch by random rows, gradients, optimisers, moving average."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.torch_models import Noise, Phase, build

MODES = {
    "eager": None,
    "fused": None,
    "compile": "default",
    "reduce-overhead": "reduce-overhead",
    "max-autotune": "max-autotune",
}
"""How a step is run -> `torch.compile`'s mode. "fused" is eager with fused optimisers."""


class Step:
    """Takes training steps of one configuration.

    Args:
        config: plain values of a TrainingConfig; its rates are taken as constant.
        mode: of `MODES`.
        noise: where the model's noise comes from, and its device.
        autocast: compute networks in bfloat16 where PyTorch finds it safe.
    """

    def __init__(self, config: dict[str, Any], mode: str, noise: Noise, *, autocast: bool = False):
        self.config, self.noise, self.device = config, noise, noise.device
        self.mode = mode
        compiled = MODES[mode]
        self.flat = config["model"].get("network") == "mlp"
        self.marks = self.device == "cuda" and compiled in ("reduce-overhead", "max-autotune")
        self.model = build(config["model"], noise, compiled=compiled is not None)
        self.model.to(self.device, memory_format=torch.channels_last).train()
        self.phases: list[Phase] = list(self.model.phases())
        self.minibatches = max(phase.repeats for phase in self.phases)
        self.losses: dict[str, Any] = {}
        self.updates: dict[str, Any] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for phase in self.phases:
            optimizer = self._optimizer(phase, fused=mode != "eager")
            self.optimizers[phase.name] = optimizer
            loss = _cast(phase.loss, self.device) if autocast else phase.loss
            update = optimizer.step
            if compiled is not None:
                loss = torch.compile(loss, mode=compiled, dynamic=False)
                if not optimizer.defaults.get("fused"):
                    update = torch.compile(update)
            self.losses[phase.name], self.updates[phase.name] = loss, update
        self.steps, self.decay = 0, config["model"].get("ema")
        self.newest: list[Tensor] = []
        if self.decay is not None:
            generator = self.model.generator
            statistics = (b for b in generator.buffers() if b.is_floating_point())
            self.newest = [*generator.parameters(), *statistics]
        self.restart_average()
        self.x: Tensor
        self.y: Tensor | None = None

    def parameters(self) -> dict[str, int]:
        """Return how many numbers each network's parameters are."""
        networks = self.model.named_children()
        return {name: sum(p.numel() for p in network.parameters()) for name, network in networks}

    def restart_average(self) -> None:
        """Let the moving average be what the generator is now."""
        self.average = [value.detach().clone() for value in self.newest]

    def use(self, x: Tensor, y: Tensor | None) -> None:
        """Train on these raw rows: pictures (n, height, width, channels), or (n, columns)."""
        self.x = (x.flatten(1) if self.flat else x).to(self.device)
        self.y = None if y is None else y.long().to(self.device)
        self.model.prepare(self.x)

    def draw(self) -> tuple[Tensor, Tensor | None]:
        """Return a random minibatch; pictures are seen channels first, and stored as they were."""
        rows = torch.randint(len(self.x), (self.config["batch_size"],), device=self.device)
        y = None if self.y is None else self.y.index_select(0, rows)
        return channels_first(self.x.index_select(0, rows)), y

    def take(self) -> None:
        """Take a step."""
        batches = [self.draw() for _ in range(self.minibatches)]
        for phase in self.phases:
            for batch in batches[: phase.repeats]:
                self.play(phase, *batch)
        self.finish()

    def play(self, phase: Phase, x: Tensor, y: Tensor | None) -> Tensor:
        """Take one player's turn on a minibatch; return its loss."""
        if self.marks:
            torch.compiler.cudagraph_mark_step_begin()
        loss = self.differentiate(phase, x, y)
        self.updates[phase.name]()
        return loss.detach()

    def differentiate(self, phase: Phase, x: Tensor, y: Tensor | None) -> Tensor:
        """Leave the gradient with the networks that the phase trains; return its loss."""
        for name, network in self.model.named_children():
            if len(self.phases) > 1:  # no gradients of the other player's kernels
                network.requires_grad_(name in phase.trains)
        self.optimizers[phase.name].zero_grad(set_to_none=True)
        loss = self.losses[phase.name](x, y)
        loss.backward()
        return loss

    def finish(self) -> None:
        """Count the step, and move the average."""
        if self.decay is not None:
            decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.newest, 1 - decay)
        self.steps += 1

    def _optimizer(self, phase: Phase, *, fused: bool) -> torch.optim.Optimizer:
        config = self.config
        parameters = _parameters(self.model.get_submodule(name) for name in phase.trains)
        rate = config["learning_rate"] * phase.time_scale
        betas = (config["b1"], config["b2"])
        if config["historical_averaging"]:
            raise NotImplementedError("the peer's optimisers have no historical averaging")
        if config["optimizer"] == "adam":
            return torch.optim.Adam(parameters, rate, betas, fused=fused or None)
        if config["optimizer"] == "nadam":
            # Without a schedule of the momentum, as ours: it is b1 from the first step.
            # One kernel for all parameters is quick to compile; without a compiler it is no faster.
            foreach = MODES[self.mode] is not None or None
            return torch.optim.NAdam(parameters, rate, betas, momentum_decay=1e6, foreach=foreach)
        if config["optimizer"] == "sgd":
            momentum = config["momentum"]
            return torch.optim.SGD(parameters, rate, momentum, fused=fused or None)
        raise NotImplementedError(f"the peer knows no optimiser {config['optimizer']}")


def channels_first(x: Tensor) -> Tensor:
    """Return pictures (n, height, width, channels) as PyTorch sees them, without a copy."""
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def _parameters(networks: Iterable[nn.Module]) -> list[nn.Parameter]:
    return [parameter for network in networks for parameter in network.parameters()]


def _cast(loss: Any, device: str) -> Any:
    def in_bfloat16(x: Tensor, y: Tensor | None) -> Tensor:
        with torch.autocast(device, torch.bfloat16):
            return loss(x, y)

    return in_bfloat16
