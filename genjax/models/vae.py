"""The variational autoencoder: one player, who minimises -ELBO.

    loss = E_q(z|x)[-log p(x|z)] + β KL(q(z|x) || N(0, I)),    q(z|x) = N(mean, exp(log_variance))

in nats per example: summed over an example's dimensions, averaged over the batch. β = 1 is the
ELBO, a larger one the β-VAE.

References:
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014.
    Higgins et al., "beta-VAE", ICLR 2017.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax import Array

from genjax.algorithm import Algorithm, Aux, Context, Params, Phase, PyTree, TrainState, from_phases
from genjax.errors import InputError
from genjax.latent import reparameterize
from genjax.losses import (
    Bernoulli,
    Gaussian,
    Likelihood,
    WeightedSquaredError,
    kl_per_dimension,
    kl_standard_normal,
)
from genjax.nets.conv_networks import ConvDecoder, ConvEncoder
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network
from genjax.nets.norm import ActivationName, NormName

# A latent is in use where its mean varies by more than this, here over the batch (Burda, Grosse
# and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section 5.2: over the data).
_ACTIVE = 0.01


@dataclass(frozen=True, kw_only=True)
class VAE:
    """Networks, a likelihood, β; data is `{"x": (n, *event_shape)}`, floats or uint8.

    Attributes:
        encoder: x (batch, *event_shape) -> (batch, 2 * latent_size): mean, then log_variance.
        decoder: z (batch, latent_size) -> the likelihood's outputs.
        likelihood: of the data given the decoder's outputs.
        event_shape: of one example.
        latent_size: dimensions of z.
        beta: weight of the KL, a number or a schedule (step -> number).

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from genjax import fit
        >>> from genjax.models import VAEConfig
        >>> vae = VAEConfig(event_shape=(6,), network="mlp", hidden=(16,), latent_size=2).build()
        >>> data = {"x": jax.random.bernoulli(jax.random.key(0), 0.2, (64, 6)).astype(float)}
        >>> algorithm = vae.algorithm(optax.adam(1e-2))
        >>> state = fit(algorithm, data, steps=50, key=jax.random.key(1), batch_size=32, chunk=50)
        >>> vae.sample(state, jax.random.key(2), 3).shape
        (3, 6)
    """

    encoder: nn.Module
    decoder: nn.Module
    likelihood: Likelihood
    event_shape: tuple[int, ...]
    latent_size: int
    beta: float | Array | optax.Schedule = 1.0

    def init(self, key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        """Return (params, extra) of both networks."""
        keys = jax.random.split(key)
        x = self.likelihood.observe(batch["x"])
        z = jnp.zeros((x.shape[0], self.latent_size))
        encoder, encoder_statistics = init_network(self.encoder, keys[0], x)
        decoder, decoder_statistics = init_network(self.decoder, keys[1], z)
        extra = {"encoder": encoder_statistics, "decoder": decoder_statistics}
        return {"encoder": encoder, "decoder": decoder}, extra

    def phases(self, tx: optax.GradientTransformation) -> Sequence[Phase]:
        """Return the one phase, "vae"."""
        return (Phase("vae", ("encoder", "decoder"), self.loss, tx),)

    def algorithm(self, tx: optax.GradientTransformation) -> Algorithm:
        """Return what `fit` trains, with this optimiser."""
        return from_phases(self.init, self.phases(tx), check=self.check)

    def check(self, data: PyTree) -> None:
        """Raise InputError if the data's shape or range is not this model's."""
        shape, expected = np.shape(data["x"])[1:], tuple(self.event_shape)
        if shape != expected:
            raise InputError(
                f"the model is of examples of shape {expected}, the data's are {shape}"
            )
        self.likelihood.check(data["x"])

    def loss(self, params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        """Return the loss, () nats per example, and its parts."""
        keys = jax.random.split(context.key, 3)
        x = self.likelihood.observe(batch["x"])
        encoded, encoder = apply_network(
            self.encoder, params["encoder"], context.extra["encoder"], x, train=True, key=keys[0]
        )
        mean, log_variance = jnp.split(encoded, 2, axis=-1)
        z = reparameterize(keys[1], mean, log_variance)
        outputs, decoder = apply_network(
            self.decoder, params["decoder"], context.extra["decoder"], z, train=True, key=keys[2]
        )
        reconstruction = jnp.mean(self.likelihood.loss(outputs, x))
        kl = jnp.mean(kl_standard_normal(mean, log_variance))
        beta = self.beta(context.step) if callable(self.beta) else self.beta
        metrics = {
            "reconstruction": reconstruction,
            "kl": kl,
            "active_units": jnp.sum(jnp.var(mean, axis=0) > _ACTIVE).astype(jnp.float32),
        }
        return reconstruction + beta * kl, Aux(metrics, {"encoder": encoder, "decoder": decoder})

    def encode(self, state: TrainState, x: Array) -> tuple[Array, Array]:
        """Return (mean, log_variance) of q(z|x), each (batch, latent_size).

        Args:
            state: a trained state; running batch statistics are used and kept.
            x: (batch, *event_shape), raw: uint8 or floats in the likelihood's range.
        """
        chex.assert_shape(x, (None, *self.event_shape))
        encoded, _ = apply_network(
            self.encoder,
            state.params["encoder"],
            state.extra["encoder"],
            self.likelihood.observe(x),
        )
        mean, log_variance = jnp.split(encoded, 2, axis=-1)
        return mean, log_variance

    def _outputs(self, state: TrainState, z: Array) -> Array:
        chex.assert_shape(z, (None, self.latent_size))
        return apply_network(self.decoder, state.params["decoder"], state.extra["decoder"], z)[0]

    def decode(self, state: TrainState, z: Array) -> Array:
        """Return the expected data, (batch, *event_shape), of latents (batch, latent_size)."""
        return self.likelihood.mean(self._outputs(state, z))

    def reconstruct(self, state: TrainState, x: Array) -> Array:
        """Return the expected data, (batch, *event_shape), at the mean of q(z|x)."""
        return self.decode(state, self.encode(state, x)[0])

    def sample(self, state: TrainState, key: Array, n: int, *, y: Array | None = None) -> Array:
        """Return the expected data, (n, *event_shape), at n latents drawn from the prior.

        Args:
            state: a trained state.
            key: random key.
            n: examples.
            y: labels; this model has none.
        """
        if y is not None:
            raise InputError("this VAE was trained without labels: sample(y=None)")
        return self.decode(state, jax.random.normal(key, (n, self.latent_size)))

    def elbo(self, state: TrainState, x: Array, key: Array) -> Array:
        """Return the evidence lower bound of each example (β = 1), (batch,) nats, from one draw.

        With `Bernoulli` on grey pixels this is the usual cross-entropy bound, of no density.

        Args:
            state: a trained state.
            x: (batch, *event_shape), raw.
            key: random key of the draw from q(z|x).

        Raises:
            InputError: the likelihood is no density.
        """
        if not self.likelihood.is_density:
            raise InputError(
                f"{type(self.likelihood).__name__} is a reconstruction loss and no density: "
                "there is no ELBO; use Bernoulli or Gaussian"
            )
        mean, log_variance = self.encode(state, x)
        outputs = self._outputs(state, reparameterize(key, mean, log_variance))
        reconstruction = self.likelihood.loss(outputs, self.likelihood.observe(x))
        return -reconstruction - jnp.sum(kl_per_dimension(mean, log_variance), axis=-1)


AnyLikelihood = Bernoulli | Gaussian | WeightedSquaredError


@dataclass(frozen=True, kw_only=True)
class VAEConfig:
    """Plain values that make a `VAE`.

    Attributes:
        event_shape: of one example: (height, width, channels), or (columns,).
        network: "conv" (pictures alone) or "mlp".
        channels: of the encoder's convolutions; the decoder has them backwards.
        hidden: units of the MLP encoder's layers; the decoder has them backwards.
        latent_size: dimensions of z.
        likelihood: of the data.
        beta: weight of the KL once warmed up.
        beta_warmup_steps: β rises linearly from 0 over these steps.
        activation: of the hidden layers.
        norm: of the hidden layers.
        dtype: of the networks' computations; parameters, losses and the KL stay float32.
    """

    event_shape: tuple[int, ...] = (128, 128, 3)
    network: Literal["conv", "mlp"] = "conv"
    channels: tuple[int, ...] = (32, 64, 64, 64)
    hidden: tuple[int, ...] = (256,)
    latent_size: int = 200
    likelihood: AnyLikelihood = field(default_factory=Bernoulli)
    beta: float = 1.0
    beta_warmup_steps: int = 0
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dtype: Literal["float32", "bfloat16"] = "float32"

    def build(self) -> VAE:
        """Return the model.

        Raises:
            InputError: convolutions over what is no picture, an empty width, a negative β.
        """
        if self.network == "conv":
            _ = self.picture_shape
        sizes = (*self.event_shape, self.latent_size, *self.channels, *self.hidden)
        if min(sizes) < 1 or not self.event_shape or not self.channels:
            raise InputError(f"sizes must be 1 or more: {self}")
        if not 0 <= self.beta < math.inf or not 0 <= self.beta_warmup_steps < 2**31:
            raise InputError(
                f"beta must be finite and, like its warm-up, not negative: got {self.beta}, "
                f"{self.beta_warmup_steps}"
            )
        for name in ("weight", "scale"):
            value = getattr(self.likelihood, name, None)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"the likelihood's {name} must be positive, got {value}")
        outputs_shape = (*self.event_shape[:-1], self.likelihood.width(self.event_shape[-1]))
        shared: dict[str, Any] = {
            "activation": self.activation,
            "norm": self.norm,
            "dtype": jnp.dtype(self.dtype),
        }
        encoder: nn.Module
        decoder: nn.Module
        if self.network == "conv":
            encoder = ConvEncoder(self.channels, 2 * self.latent_size, **shared)
            height, width, channels = outputs_shape
            decoder = ConvDecoder(self.channels, (height, width, channels), **shared)
        else:
            encoder = MLP(self.hidden, (2 * self.latent_size,), **shared)
            decoder = MLP(self.hidden[::-1], outputs_shape, **shared)
        warm_up = optax.linear_schedule(0.0, self.beta, max(self.beta_warmup_steps, 1))
        return VAE(
            encoder=encoder,
            decoder=decoder,
            likelihood=self.likelihood,
            event_shape=self.event_shape,
            latent_size=self.latent_size,
            beta=warm_up if self.beta_warmup_steps else self.beta,
        )

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(height, width, channels); InputError if the examples are no pictures."""
        if len(self.event_shape) != 3:
            raise InputError(f"pictures have (height, width, channels), not {self.event_shape}")
        height, width, channels = self.event_shape
        return height, width, channels
