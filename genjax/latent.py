"""The one reparameterisation, and walks through latent space.

References:
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, section 2.4.
    White, "Sampling generative networks", 2016 (spherical interpolation, attribute vectors).
"""

import chex
import jax
import jax.numpy as jnp
from jax import Array

from genjax.threefry import draw

_SINGULAR = 1e-4  # of the largest singular value: below, columns are sums of each other


def reparameterize(key: Array, mean: Array, log_variance: Array) -> Array:
    """Draw z = mean + exp(log_variance / 2) * noise, differentiable in mean and log_variance.

    Args:
        key: random key.
        mean: (..., latent).
        log_variance: (..., latent), log σ²; the noise is multiplied by σ, the deviation.

    Returns:
        A sample, of the shape and dtype of `mean`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> z = reparameterize(jax.random.key(0), 5 * jnp.ones(3), -jnp.inf * jnp.ones(3))
        >>> z.tolist()
        [5.0, 5.0, 5.0]
    """
    chex.assert_equal_shape([mean, log_variance])
    noise = draw(jax.random.normal, key, mean.shape, mean.dtype)
    return mean + jnp.exp(log_variance / 2) * noise


def interpolate(start: Array, stop: Array, n: int, *, spherical: bool = False) -> Array:
    """Walk from one latent to another in n steps, both ends included.

    Args:
        start: (latent,).
        stop: (latent,).
        n: points, 2 or more.
        spherical: along the great arc, with the norm interpolated too: samples of a
            high-dimensional normal lie near a sphere, whose inside a straight line crosses.
            Parallel vectors, and the origin with any, are joined by a straight line.

    Returns:
        (n, latent).
    """
    chex.assert_equal_shape([start, stop])
    chex.assert_rank(start, 1)
    weight = jnp.linspace(0.0, 1.0, n)[:, None]
    straight = (1 - weight) * start[None] + weight * stop[None]
    if not spherical:
        return straight
    norms = jnp.linalg.norm(start), jnp.linalg.norm(stop)
    units = start / jnp.maximum(norms[0], 1e-12), stop / jnp.maximum(norms[1], 1e-12)
    angle = jnp.arccos(jnp.clip(units[0] @ units[1], -1.0, 1.0))
    sine = jnp.sin(angle)
    direction = (
        jnp.sin((1 - weight) * angle) * units[0][None] + jnp.sin(weight * angle) * units[1][None]
    ) / jnp.where(sine < 1e-6, 1.0, sine)
    norm = (1 - weight) * norms[0] + weight * norms[1]
    no_arc = (sine < 1e-6) | (jnp.minimum(*norms) < 1e-6)
    return jnp.where(no_arc, straight, norm * direction)


def traverse(latent: Array, dimension: int, values: Array) -> Array:
    """Set one dimension of a latent to each value in turn.

    Args:
        latent: (latent,).
        dimension: in [0, latent).
        values: (n,).

    Returns:
        (n, latent).
    """
    chex.assert_rank([latent, values], 1)
    return jnp.tile(latent, (values.shape[0], 1)).at[:, dimension].set(values)


def attribute_vector(latents: Array, has_attribute: Array) -> Array:
    """Return the mean latent with an attribute less the mean latent without.

    Args:
        latents: (n, latent).
        has_attribute: (n,) bool.

    Returns:
        (latent,): add it to a latent to give it the attribute; NaN unless both values occur.
    """
    chex.assert_rank(has_attribute, 1)
    return attribute_vectors(latents, has_attribute[:, None])[0]


def attribute_vectors(latents: Array, attributes: Array, *, regressed: bool = False) -> Array:
    """Return the vectors of many attributes: mean differences, or regression coefficients.

    A mean difference carries with it whatever comes with the attribute (beards with ties, say).
    Least squares, latents ≈ offset + attributes · vectors, leaves to each attribute what the
    others do not explain; where some are sums of others (one attribute a class) it takes the
    shortest of the solutions, in which the vectors of the classes add up to zero.

    Args:
        latents: (n, latent).
        attributes: (n, k) bool; where regressed also numbers, of about unit deviation.
        regressed: least squares over all attributes at once, not k mean differences.

    Returns:
        (k, latent). Of an attribute with a single value the mean difference is NaN, the
        coefficients are 0.

    Example:
        >>> beard = jnp.array([True, True, False, False, False, False])
        >>> tie = jnp.array([True, True, True, False, False, False])
        >>> latents = jnp.stack([beard, tie], axis=1) * 1.0  # a latent each
        >>> attribute_vectors(latents, latents > 0)[0].round(2).tolist()
        [1.0, 0.75]
        >>> abs(attribute_vectors(latents, latents > 0, regressed=True)[0]).round(2).tolist()
        [1.0, 0.0]
    """
    chex.assert_rank([latents, attributes], 2)
    chex.assert_equal_shape_prefix([latents, attributes], 1)
    present = attributes.astype(latents.dtype)
    if regressed:
        centred = [x - x.mean(axis=0, keepdims=True) for x in (present, latents)]
        return jnp.linalg.lstsq(centred[0], centred[1], rcond=_SINGULAR)[0]
    absent = 1 - present
    means = ((x.T @ latents) / x.sum(axis=0)[:, None] for x in (present, absent))
    return jnp.subtract(*means)
