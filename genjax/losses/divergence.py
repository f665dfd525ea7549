"""Divergences between distributions, in nats, per example.

References:
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, eq. 7.
"""

import chex
import jax.numpy as jnp
from jax import Array


def kl_per_dimension(mean: Array, log_variance: Array) -> Array:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each latent dimension.

    (mean² + σ² - 1 - log σ²) / 2, with σ² = exp(log_variance).

    Args:
        mean: (batch, latent).
        log_variance: (batch, latent), log σ² (not log σ, and not σ).

    Returns:
        (batch, latent), nats, never negative.
    """
    chex.assert_equal_shape([mean, log_variance])
    # exp(l) - 1 - l cancels badly near l = 0, where a collapsed latent sits: expm1 keeps it.
    return 0.5 * (jnp.square(mean) + jnp.expm1(log_variance) - log_variance)


def kl_standard_normal(mean: Array, log_variance: Array) -> Array:
    """KL(N(mean, diag exp(log_variance)) || N(0, I)): the sum of `kl_per_dimension`.

    Args:
        mean: (batch, latent).
        log_variance: (batch, latent), log σ².

    Returns:
        (batch,), nats.

    Example:
        >>> import jax.numpy as jnp
        >>> kl_standard_normal(jnp.ones((1, 4)), jnp.zeros((1, 4))).tolist()
        [2.0]
    """
    return jnp.sum(kl_per_dimension(mean, log_variance), axis=-1)


def log_ratio_to_standard_normal(z: Array, mean: Array, log_variance: Array) -> Array:
    """Return log q(z) - log N(z; 0, I) with q = N(mean, diag exp(log_variance)).

    Over draws of z from q its mean is `kl_standard_normal`.

    Args:
        z: (batch, latent).
        mean: (batch, latent).
        log_variance: (batch, latent), log σ².

    Returns:
        (batch,), nats.

    Example:
        >>> import jax.numpy as jnp
        >>> one = jnp.ones((1, 4))
        >>> log_ratio_to_standard_normal(one, one, 0 * one).tolist()
        [2.0]
    """
    chex.assert_equal_shape([z, mean, log_variance])
    deviation = jnp.square(z - mean) * jnp.exp(-log_variance)
    return 0.5 * jnp.sum(jnp.square(z) - deviation - log_variance, axis=-1)
