"""The peer's models: networks and the phases in which they are trained, as ours."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import given_noise
from benchmarks.torch_losses import PAIRS, penalty_at, reconstruction_loss, squared_slope
from benchmarks.torch_networks import Plain, coder
from benchmarks.torch_players import Discriminator, Generator

Loss = Callable[[Tensor, Tensor | None], Tensor]
_PENALTY_WEIGHT = 10.0  # where the configuration names none


def wide(x: Tensor) -> Tensor:
    """Return float32, whatever the networks compute in; in a check, float64."""
    return x.to(torch.get_default_dtype())


class Noise:
    """PyTorch's generator, on a device."""

    def __init__(self, device: str):
        self.device = device

    def normal(self, *shape: int) -> Tensor:
        """Return N(0, 1)."""
        return torch.randn(shape, device=self.device)

    def uniform(self, *shape: int) -> Tensor:
        """Return numbers of [0, 1)."""
        return torch.rand(shape, device=self.device)

    def integers(self, most: int, *shape: int) -> Tensor:
        """Return integers of [0, most)."""
        return torch.randint(most, shape, device=self.device)


class GivenNoise(Noise):
    """What the other side draws too; see `given_noise`."""

    def normal(self, *shape: int) -> Tensor:
        """Return N(0, 1)."""
        return wide(torch.from_numpy(given_noise.normal(shape))).to(self.device)

    def uniform(self, *shape: int) -> Tensor:
        """Return numbers of [0, 1)."""
        return wide(torch.from_numpy(given_noise.uniform(shape))).to(self.device)

    def integers(self, most: int, *shape: int) -> Tensor:
        """Return integers of [0, most)."""
        return torch.from_numpy(given_noise.integers(shape, 0, most)).to(self.device)


class Phase(NamedTuple):
    """One player's turn; see `genjax.Phase`.

    Attributes:
        name: of the phase.
        trains: names of networks.
        loss: (x, y) -> () loss.
        repeats: turns a step.
        time_scale: of its learning rate.
    """

    name: str
    trains: tuple[str, ...]
    loss: Loss
    repeats: int = 1
    time_scale: float = 1.0


class VAE(nn.Module):
    """An encoder and a decoder; minus the ELBO, or the importance-weighted bound."""

    def __init__(self, model: Plain, noise: Noise):
        super().__init__()
        self.encoder, self.decoder = coder(model)
        self.noise, self.likelihood = noise, model["likelihood"]
        self.draws, self.beta = model["importance_samples"], model["beta"]
        if any(model[name] for name in ("beta_warmup_steps", "free_bits", "capacity")):
            raise NotImplementedError("the peer's VAE has a constant beta and nothing else")

    def phases(self) -> Sequence[Phase]:
        """Return the one phase."""
        return [Phase("vae", ("encoder", "decoder"), self.loss)]

    def prepare(self, x: Tensor) -> None:
        """Learn nothing of the data's scale."""

    def observe(self, x: Tensor) -> Tensor:
        """Return raw rows as the networks see them."""
        return wide(x) / 255 if x.dtype == torch.uint8 else wide(x)

    def loss(self, x: Tensor, y: Tensor | None) -> Tensor:
        """Return the loss, () nats per example."""
        x = self.observe(x)
        n = len(x)
        mean, log_variance = wide(self.encoder(x)).chunk(2, dim=1)
        noise = self.noise.normal(self.draws * n, mean.shape[1]).view(self.draws, n, -1)
        z = mean + (log_variance / 2).exp() * noise
        outputs = wide(self.decoder(z.view(self.draws * n, -1)))
        losses = reconstruction_loss(
            self.likelihood, outputs.view(self.draws, n, *outputs.shape[1:]), x[None]
        )
        if self.draws == 1:
            kl = 0.5 * (mean.square() + log_variance.expm1() - log_variance).sum(1)
            return losses.mean() + self.beta * kl.mean()
        # (z - mean)² / σ² is the squared noise, but as the gradient sees it.
        deviation = (z - mean).square() * (-log_variance).exp()
        log_ratio = 0.5 * (z.square() - deviation - log_variance).sum(2)
        bound = torch.logsumexp(-losses - log_ratio, dim=0) - np.log(self.draws)
        return -bound.mean()


class GAN(nn.Module):
    """A generator and a discriminator."""

    rows: Tensor
    shift: Tensor
    scale: Tensor

    def __init__(self, model: Plain, noise: Noise, *, compiled: bool):
        super().__init__()
        self.generator, self.discriminator = Generator(model), Discriminator(model)
        self.noise, self.model, self.compiled = noise, model, compiled
        self.pair, self.label = PAIRS[model["loss"]], model["label"]
        weights = model["penalty_weights"] or [_PENALTY_WEIGHT] * len(model["penalties"])
        self.penalties = list(zip(model["penalties"], weights, strict=True))
        if model["augmentation"] or model["packing"] > 1 or model["columns"]:
            raise NotImplementedError("the peer's GAN has no augmentation, packing or columns")
        if model["feature_matching"]:
            raise NotImplementedError("the peer's GAN matches no features")

    def phases(self) -> Sequence[Phase]:
        """Return the two turns, the discriminator's first."""
        critic = self.discriminator_loss, self.model["n_critic"], self.model["time_scale"]
        return [
            Phase("discriminator", ("discriminator",), *critic),
            Phase("generator", ("generator",), self.generator_loss),
        ]

    def prepare(self, x: Tensor) -> None:
        """Take the data's scale, and the rows of a prior of rows, from raw rows x."""
        low, high = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}.get(
            self.model["head"], (-1.0, 1.0)
        )
        scaling = self.model["scaling"]
        if x.dtype == torch.uint8:
            scale = torch.tensor(1 / (high - low))
            shift = -low * scale
        elif scaling == "standard":
            shift, scale = x.mean(0), x.std(0, correction=0)
        elif scaling == "range":
            scale = (x.amax(0) - x.amin(0)) / (high - low)
            shift = x.amin(0) - low * scale
        else:
            shift, scale = torch.tensor(0.0), torch.tensor(1.0)
        self.set_scale(shift.to(x.device), scale.to(x.device))
        if self.model["prior"] == "rows":
            self.rows = self.observe(x[torch.arange(1024, device=x.device) * len(x) // 1024])

    def set_scale(self, shift: Tensor, scale: Tensor) -> None:
        """Use this map: raw = networks' * scale + shift."""
        self.shift, self.scale = wide(shift), wide(scale)

    def observe(self, x: Tensor) -> Tensor:
        """Return raw rows as the networks see them."""
        x = wide(x) / 255 if x.dtype == torch.uint8 else wide(x)
        return (x - self.shift) / self.scale

    def make(self, n: int, y: Tensor | None) -> Tensor:
        """Return n generated rows, as the discriminator sees them."""
        size, prior = self.model["latent_size"], self.model["prior"]
        if prior == "normal":
            z = self.noise.normal(n, size)
        elif prior == "uniform":
            z = 2 * self.noise.uniform(n, size) - 1
        elif prior == "rows":
            z = self.rows[self.noise.integers(len(self.rows), n)]
        else:
            raise NotImplementedError(f"the peer knows no prior {prior}")
        raw = wide(self.generator(z, y))
        return {"tanh": torch.tanh, "sigmoid": torch.sigmoid}.get(self.model["head"], lambda x: x)(
            raw
        )

    def discriminator_loss(self, x: Tensor, y: Tensor | None) -> Tensor:
        """Return the discriminator's loss, () per row."""
        x = self.observe(x)
        with torch.no_grad():
            made = self.make(len(x), y)
        real, fake = wide(self.discriminator(x, y)), wide(self.discriminator(made, y))
        loss = self.pair.discriminator(real, fake, self.label).mean()
        for name, weight in self.penalties:
            places = {"r1": x, "r2": made}.get(name)
            if places is None:
                share = self.noise.uniform(len(x), *[1] * (x.ndim - 1))
                places = share * x + (1 - share) * made
            squares = squared_slope(
                lambda x: self.discriminator(x, y), places, traced=self.compiled
            )
            loss = loss + penalty_at(name, weight, squares).mean()
        return loss

    def generator_loss(self, x: Tensor, y: Tensor | None) -> Tensor:
        """Return the generator's loss, () per row."""
        fake = wide(self.discriminator(self.make(len(x), y), y))
        real = None
        if self.pair.compares:
            real = wide(self.discriminator(self.observe(x), y))
        return self.pair.generator(real, fake).mean()


def build(model: Plain, noise: Noise, *, compiled: bool) -> Any:
    """Return a model of its plain values."""
    if model["kind"] == "VAEConfig":
        return VAE(model, noise)
    if model["kind"] == "GANConfig":
        return GAN(model, noise, compiled=compiled)
    raise NotImplementedError(f"the peer knows no {model['kind']}")
