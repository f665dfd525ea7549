"""How unlikely is a row? What a variational autoencoder that learnt usual rows says of others.

With z_l = mean(x) + σ(x) noise_l, l = 1 .. L, and noises that are the same for every row:

    reconstruction probability    log 1/L Σ_l p(x|z_l)             (a mean of probabilities)
    mean log-likelihood           1/L Σ_l log p(x|z_l)             (a mean of their logarithms)
    ELBO                          mean log-likelihood - KL(q(z|x) || p(z))
    log-likelihood                log 1/L Σ_l p(x|z_l) p(z_l) / q(z_l|x)

An and Cho's algorithm averages probabilities; their text, and many programs, the logarithms. Of
these four the second is never above the first, nor (in expectation) the third above the fourth.

References:
    An and Cho, "Variational autoencoder based anomaly detection using reconstruction probability",
    SNU Data Mining Center, 2015, algorithm 4.
    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, eq. 8.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import logsumexp

from genjax.algorithm import TrainState
from genjax.errors import InputError
from genjax.losses import kl_standard_normal
from genjax.models.vae import VAE


class AnomalyScores(NamedTuple):
    """Scores of rows, (batch,) each; nats, but for the error. All but the last two: high is usual.

    Attributes:
        reconstruction_probability: log of the mean of p(x|z).
        mean_log_likelihood: mean of log p(x|z).
        elbo: evidence lower bound.
        log_likelihood: importance-weighted estimate of log p(x), from below.
        kl: of q(z|x) from the prior: high is unusual.
        reconstruction_error: squared, summed over the row, at the mean code: high is unusual.
    """

    reconstruction_probability: Array
    mean_log_likelihood: Array
    elbo: Array
    log_likelihood: Array
    kl: Array
    reconstruction_error: Array


def fixed_noise(draws: int, latent_size: int, *, seed: int = 0) -> Array:
    """Return the noises that every row is scored with, (draws, latent_size).

    Args:
        draws: L, 1 or more.
        latent_size: of the model.
        seed: the same one gives the same noises.

    Raises:
        InputError: no draws.

    Example:
        >>> fixed_noise(100, 4).shape
        (100, 4)
    """
    if draws < 1:
        raise InputError(f"take 1 or more draws, not {draws}")
    return jax.random.normal(jax.random.key(seed), (draws, latent_size))


def anomaly_scores(vae: VAE, state: TrainState, x: Array, noise: Array) -> AnomalyScores:
    """Return a batch's scores; a row's depend on that row and the noise alone.

    Args:
        vae: whose likelihood is a density.
        state: trained on usual rows.
        x: (batch, *event_shape), raw.
        noise: (draws, latent_size), see `fixed_noise`.

    Raises:
        InputError: the likelihood is no density.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from genjax.losses import Gaussian
        >>> from genjax.models import VAEConfig
        >>> vae = VAEConfig(
        ...     event_shape=(3,), network="mlp", hidden=(4,), latent_size=2,
        ...     likelihood=Gaussian(None),
        ... ).build()
        >>> x = jnp.ones((5, 3))
        >>> state = vae.algorithm(optax.sgd(0.1)).init(jax.random.key(0), {"x": x})
        >>> scores = anomaly_scores(vae, state, x, fixed_noise(10, 2))
        >>> bool((scores.mean_log_likelihood <= scores.reconstruction_probability).all())
        True
    """
    vae.needs_density("reconstruction probability")
    code = vae.encode(state, x)
    draws = vae.draws(state, x, code, noise)
    log_likelihood = draws.log_likelihood
    kl = kl_standard_normal(*code)
    error = jnp.square(vae.likelihood.observe(x) - vae.decode(state, code[0]))
    return AnomalyScores(
        reconstruction_probability=_log_mean_exp(log_likelihood),
        mean_log_likelihood=jnp.mean(log_likelihood, axis=0),
        elbo=jnp.mean(log_likelihood, axis=0) - kl,
        log_likelihood=_log_mean_exp(draws.log_weight),
        kl=kl,
        reconstruction_error=jnp.sum(error, axis=tuple(range(1, error.ndim))),
    )


def attribution(vae: VAE, state: TrainState, x: Array, noise: Array) -> Array:
    """Return each dimension's part of the mean log-likelihood, (batch, *event_shape) nats.

    The parts of a row add up to its mean log-likelihood: the lowest are the most to blame.

    Args:
        vae: whose likelihood is a density.
        state: trained on usual rows.
        x: (batch, *event_shape), raw.
        noise: (draws, latent_size), see `fixed_noise`.

    Raises:
        InputError: the likelihood is no density.
    """
    vae.needs_density("attribution of a score")
    return jnp.mean(vae.draws(state, x, vae.encode(state, x), noise).per_dimension, axis=0)


def _log_mean_exp(x: Array) -> Array:
    return logsumexp(x, axis=0) - jnp.log(len(x))
