"""The variational autoencoder: one player, who minimises -ELBO.

    loss = E_q(z|x)[-log p(x|z)] + β |Σ_d max(λ, KL_d) - C|,    q(z|x) = N(mean, exp(log_variance))

in nats per example: summed over an example's dimensions, averaged over the batch. KL_d is that of
latent dimension d from N(0, 1), averaged over the batch. With β = 1, no free bits λ and no capacity
C, as by default, this is the ELBO; a larger β is the β-VAE. K > 1 draws train the tighter bound

    loss = E_{z_k ~ q}[-log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x)].

References:
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014.
    Higgins et al., "beta-VAE", ICLR 2017.
    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016.
    Kingma et al., "Improved variational inference with inverse autoregressive flow", NeurIPS 2016,
    eq. 15 (free bits).
    Burgess et al., "Understanding disentangling in β-VAE", 2018 (capacity).
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.scipy.special import logsumexp
from jax.typing import ArrayLike

from genjax.algorithm import Aux, Context, Params, PyTree, TrainState
from genjax.errors import InputError
from genjax.latent import reparameterize
from genjax.losses import (
    bits_per_dimension,
    kl_per_dimension,
    kl_standard_normal,
    log_ratio_to_standard_normal,
)
from genjax.models.coder import Coder
from genjax.threefry import split

# A latent is in use where its mean varies by more than this, over the batch or over the data
# (Burda, Grosse and Salakhutdinov, section 5.2).
ACTIVE = 0.01


class Draws(NamedTuple):
    """What draws of z from q(z|x) say of a batch.

    Attributes:
        per_dimension: (draws, batch, *event_shape), log p(x_d|z) of each dimension, nats.
        log_prior_ratio: (draws, batch), log p(z) - log q(z|x), nats.
    """

    per_dimension: Array
    log_prior_ratio: Array

    @property
    def log_likelihood(self) -> Array:
        """Log p(x|z), (draws, batch)."""
        return jnp.sum(self.per_dimension, axis=tuple(range(2, self.per_dimension.ndim)))

    @property
    def log_weight(self) -> Array:
        """Log p(x, z) - log q(z|x), (draws, batch): the mean of its exponential is p(x)."""
        return self.log_likelihood + self.log_prior_ratio


@dataclass(frozen=True, kw_only=True)
class VAE(Coder):
    """Networks, a likelihood, and what is minimised; see `Coder`.

    The encoder gives (batch, 2 * latent_size): mean, then log_variance.

    Attributes:
        beta: weight β of the KL, a number or a schedule (step -> number).
        free_bits: λ nats, below which a latent dimension's KL costs the same as at it.
        capacity: C nats, a number or a schedule, which the KL is drawn to.
        importance_samples: K; above 1 the other three settings have no effect.

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

    beta: float | Array | optax.Schedule = 1.0
    free_bits: float | Array = 0.0
    capacity: float | Array | optax.Schedule = 0.0
    importance_samples: int = 1

    name: ClassVar[str] = "vae"
    has_prior: ClassVar[bool] = True

    def loss(self, params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        """Return the loss, () nats per example, and its parts."""
        keys = split(context.key, 3)
        x, labels, extra = self.likelihood.observe(batch["x"]), self._labels(batch), context.extra
        first, second = ({"train": True, "key": key} for key in (keys[0], keys[2]))
        encoded, encoder = self._apply("encoder", params, extra, x, *labels, **first)
        mean, log_variance = jnp.split(encoded, 2, axis=-1)
        x_k, mean_k, log_variance_k = self._repeat(self.importance_samples, x, mean, log_variance)
        z = reparameterize(keys[1], mean_k, log_variance_k)
        labels = self._repeat(self.importance_samples, *labels)
        outputs, decoder = self._apply("decoder", params, extra, z, *labels, **second)
        losses = self.likelihood.loss(outputs, x_k)
        reconstruction = jnp.mean(losses)
        kl = jnp.mean(kl_per_dimension(mean, log_variance), axis=0)
        if self.importance_samples > 1:
            log_weight = -losses - log_ratio_to_standard_normal(z, mean_k, log_variance_k)
            bound = jnp.mean(_log_mean_exp(log_weight.reshape(self.importance_samples, -1)))
            loss = -bound
        else:
            bound = -reconstruction - jnp.sum(kl)
            loss = reconstruction + self.penalty(kl, context.step)
        metrics = {
            "reconstruction": reconstruction,
            "kl": jnp.sum(kl),
            "kl_per_dimension": kl,
            "active_units": jnp.sum(jnp.var(mean, axis=0) > ACTIVE).astype(jnp.float32),
            **self._scale(outputs),
        }
        if self.likelihood.is_density:
            bits = bits_per_dimension(self.likelihood, bound, batch["x"])
            metrics["bits_per_dimension"] = bits
        return loss, Aux(metrics, {"encoder": encoder, "decoder": decoder})

    def penalty(self, kl: Array, step: Array) -> Array:
        """Return what the KL costs, () nats: β |Σ_d max(λ, KL_d) - C|.

        Args:
            kl: (latent_size,) nats, averaged over the batch.
            step: () int32.
        """
        beta, capacity = (
            value(step) if callable(value) else value for value in (self.beta, self.capacity)
        )
        return beta * jnp.abs(jnp.sum(jnp.maximum(kl, self.free_bits)) - capacity)

    def encode(
        self, state: TrainState, x: Array, *, y: ArrayLike | None = None
    ) -> tuple[Array, Array]:
        """Return (mean, log_variance) of q(z|x), each (batch, latent_size).

        Args:
            state: a trained state; running batch statistics are used and kept.
            x: (batch, *event_shape), raw: uint8 or floats in the likelihood's range.
            y: as `decode`.
        """
        mean, log_variance = jnp.split(self._encoded(state, x, self._given(y)), 2, axis=-1)
        return mean, log_variance

    def code(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the mean of q(z|x), (batch, latent_size)."""
        return self.encode(state, x, y=y)[0]

    def kl_per_dimension(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the KL of each example's q(z|x) from the prior, (batch, latent_size) nats."""
        return kl_per_dimension(*self.encode(state, x, y=y))

    def sample(self, state: TrainState, key: Array, n: int, *, y: ArrayLike | None = None) -> Array:
        """Return the expected data, (n, *event_shape), at n latents drawn from the prior.

        Args:
            state: a trained state.
            key: random key.
            n: examples.
            y: as `decode`.
        """
        return self.decode(state, self.latents(state, key, n), y=y)

    def draw(self, state: TrainState, key: Array, n: int, *, y: ArrayLike | None = None) -> Array:
        """Return n draws from p(x), (n, *event_shape): `sample` with the likelihood's noise."""
        keys = jax.random.split(key)
        outputs = self._outputs(state, self.latents(state, keys[0], n), self._given(y))
        return self.likelihood.sample(keys[1], outputs)

    def latents(self, state: TrainState, key: Array, n: int) -> Array:
        """Return n draws from the prior, (n, latent_size)."""
        return jax.random.normal(key, (n, self.latent_size))

    def elbo(self, state: TrainState, x: Array, key: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the evidence lower bound of each example (β = 1), (batch,) nats, from one draw.

        With `Bernoulli` on grey pixels this is the usual cross-entropy bound, of no density.

        Args:
            state: a trained state.
            x: (batch, *event_shape), raw.
            key: random key of the draw from q(z|x).
            y: as `decode`.

        Raises:
            InputError: the likelihood is no density.
        """
        self.needs_density("ELBO")
        mean, log_variance = self.encode(state, x, y=y)
        outputs = self._outputs(state, reparameterize(key, mean, log_variance), self._given(y))
        reconstruction = self.likelihood.loss(outputs, self.likelihood.observe(x))
        return -reconstruction - kl_standard_normal(mean, log_variance)

    def draws(
        self,
        state: TrainState,
        x: Array,
        code: tuple[Array, Array],
        noise: Array,
        *,
        y: ArrayLike | None = None,
    ) -> Draws:
        """Return what the latents z_l = mean + σ noise_l say of each example.

        Args:
            state: a trained state.
            x: (batch, *event_shape), raw.
            code: (mean, log_variance) of q(z|x), as `encode` returns them.
            noise: (draws, latent_size), the same for all examples, so that what is said of one
                does not depend on the others.
            y: as `decode`.
        """
        x_l, mean, log_variance = self._repeat(len(noise), self.likelihood.observe(x), *code)
        z = mean + jnp.exp(log_variance / 2) * jnp.repeat(noise, len(x), axis=0)
        labels = self._repeat(len(noise), *self._given(y))
        losses = self.likelihood.elementwise(self._outputs(state, z, labels), x_l)
        log_ratio = log_ratio_to_standard_normal(z, mean, log_variance)
        return Draws(-losses.reshape(len(noise), *x.shape), -log_ratio.reshape(len(noise), len(x)))

    def log_prob(
        self,
        state: TrainState,
        x: Array,
        key: Array,
        *,
        y: ArrayLike | None = None,
        samples: int = 5000,
        chunk: int = 50,
    ) -> Array:
        """Return a lower bound of log p(x), (batch,) nats, by importance sampling.

            log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x),    z_k = mean + σ noise_k

        In expectation it grows with K, to log p(x). The K noises depend on the key alone, so that a
        row's value does not depend on the rows beside it.

        Args:
            state: a trained state.
            x: (batch, *event_shape), raw.
            key: random key of the noises.
            y: as `decode`; the density is then that of x given y.
            samples: K, 1 or more.
            chunk: draws of each example at a time: a matter of memory and speed alone.

        Raises:
            InputError: the likelihood is no density, or K or the chunk is not positive.

        References:
            Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, eq. 8.
        """
        self.needs_density("log p(x)")
        if min(samples, chunk) < 1:
            raise InputError(f"take 1 or more samples and a chunk of 1 or more: {samples}, {chunk}")
        chunk = min(chunk, samples)
        code = self.encode(state, x, y=y)

        def add(total: Array, part: tuple[Array, Array]) -> tuple[Array, None]:
            noise, counts = part
            draws = self.draws(state, x, code, noise, y=y)
            log_weight = jnp.where(counts[:, None], draws.log_weight, -jnp.inf)
            return jnp.logaddexp(total, logsumexp(log_weight, axis=0)), None

        noise = jax.random.normal(key, (samples, self.latent_size))
        noise = jnp.pad(noise, ((0, -samples % chunk), (0, 0)))
        counts = jnp.arange(len(noise)) < samples
        parts = noise.reshape(-1, chunk, self.latent_size), counts.reshape(-1, chunk)
        total, _ = jax.lax.scan(add, jnp.full(len(x), -jnp.inf), parts)
        return total - jnp.log(samples)

    def _repeat(self, times: int, *arrays: Array) -> list[Array]:
        """Return the batches one after another, (times * batch, ...)."""
        return [jnp.tile(array, (times, *[1] * (array.ndim - 1))) for array in arrays]

    def needs_density(self, what: str) -> None:
        """Raise InputError, naming what is asked for, if the likelihood is no density."""
        if not self.likelihood.is_density:
            raise InputError(
                f"{type(self.likelihood).__name__} is a reconstruction loss and no density: "
                f"there is no {what}; use Bernoulli or Gaussian"
            )


def _log_mean_exp(x: Array) -> Array:
    """Return log of the mean of exp(x) over axis 0."""
    return logsumexp(x, axis=0) - jnp.log(x.shape[0])
