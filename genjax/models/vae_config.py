"""The plain values that make a `VAE`."""

import math
from dataclasses import dataclass, field
from typing import Literal

import optax

from genjax.errors import InputError
from genjax.losses import Bernoulli, Gaussian
from genjax.models.labels import check_classes
from genjax.models.linear_start import LinearStart
from genjax.models.networks import AnyLikelihood, NetworkConfig
from genjax.models.vae import VAE
from genjax.nets.conditioned import Conditioned


@dataclass(frozen=True, kw_only=True)
class VAEConfig(NetworkConfig):
    """Plain values that make a `VAE`: the networks', and these.

    Attributes:
        likelihood: of the data.
        beta: weight of the KL once warmed up.
        beta_warmup_steps: β rises linearly from 0 over these steps.
        free_bits: nats of KL that each latent dimension has for nothing.
        capacity: nats of KL that the model is drawn to in the end; 0 is the usual penalty.
        capacity_steps: the capacity rises linearly from 0 over these steps.
        importance_samples: draws of the importance-weighted bound; 1 is the ELBO.
        classes: of labels; 0 without any. With them it is the conditional VAE.
        class_names: theirs, in order; none calls them by number.
        start: "random", or "linear": residual networks start at the best linear VAE of some
            thousand training examples, which is known in closed form.
    """

    likelihood: AnyLikelihood = field(default_factory=Bernoulli)
    beta: float = 1.0
    beta_warmup_steps: int = 0
    free_bits: float = 0.0
    capacity: float = 0.0
    capacity_steps: int = 0
    importance_samples: int = 1
    classes: int = 0
    class_names: tuple[str, ...] = ()
    start: Literal["random", "linear"] = "random"

    def build(self) -> VAE:
        """Return the model.

        Raises:
            InputError: settings of the networks that make none (`NetworkConfig.coder`), a
                negative one here, or an importance-weighted bound of what is no bound.
        """
        for name in ("beta", "beta_warmup_steps", "free_bits", "capacity", "capacity_steps"):
            value, limit = getattr(self, name), 2**31 if name.endswith("steps") else math.inf
            if not 0 <= value < limit:
                raise InputError(f"{name} must be finite and not negative, got {value}")
        if self.importance_samples < 1:
            raise InputError(f"importance_samples must be 1 or more: {self.importance_samples}")
        plain = (self.beta, self.beta_warmup_steps, self.free_bits, self.capacity) == (1, 0, 0, 0)
        if self.importance_samples > 1 and not (plain and self.likelihood.is_density):
            raise InputError(
                "importance_samples above 1 train a bound of log p(x): with a density, beta = 1 "
                "without warm-up, no free_bits and no capacity"
            )
        check_classes(self.classes, self.class_names)
        encoder, decoder = self.coder(2 * self.latent_size, self.likelihood)
        if self.classes:
            maps = self.network != "mlp"  # which see a label as constant channels
            encoder = Conditioned(encoder, self.classes, maps=maps)
            decoder = Conditioned(decoder, self.classes)
        return VAE(
            encoder=encoder,
            decoder=decoder,
            likelihood=self.likelihood,
            event_shape=self.event_shape,
            latent_size=self.latent_size,
            beta=_rising(self.beta, self.beta_warmup_steps),
            free_bits=self.free_bits,
            capacity=_rising(self.capacity, self.capacity_steps),
            importance_samples=self.importance_samples,
            classes=self.classes,
            start=self._linear_start() if self.start == "linear" else None,
        )

    def _linear_start(self) -> LinearStart:
        scale = self.likelihood.scale if isinstance(self.likelihood, Gaussian) else None
        plain = self.network == "residual" and not self.classes
        if not (plain and isinstance(scale, int | float) and self.beta):
            raise InputError(
                "a linear start is of residual networks without classes, a Gaussian of fixed scale "
                f"and a beta above 0: got {self.network}, {self.likelihood}, {self.beta}"
            )
        return LinearStart(variance=scale**2 * self.beta)


def _rising(value: float, steps: int) -> float | optax.Schedule:
    """Return the value, reached linearly from 0 over so many steps."""
    return optax.linear_schedule(0.0, value, steps) if steps else value
