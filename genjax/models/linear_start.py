"""Start a VAE of residual networks where a linear VAE ends: at probabilistic PCA, in closed form.

With decoder z -> Wz + m, noise variance σ² and data of covariance V diag(λ) Vᵀ, the ELBO is best at

    W = V √(λ - σ²)₊,    mean = √(λ - σ²)₊ / λ · Vᵀ(x - m),    variance = min(σ² / λ, 1),

so that directions of λ <= σ² are left to the prior. Gradient descent takes thousands of steps to
get there, because λ spans several decades; this takes a few matrix products.

References:
    Tipping and Bishop, "Probabilistic principal component analysis", JRSS B 61(3), 1999.
    Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO! A linear VAE perspective on posterior
    collapse", NeurIPS 2019, section 4.
    Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53(2), 2011,
    algorithm 4.4 (subspace iteration).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from genjax.algorithm import Params
from genjax.nets.patches import shrink
from genjax.nets.residual import LINEAR, TENTH

_EXTRA_DIRECTIONS = 16  # kept beyond those that are asked for, so that the last of these are right
_ITERATIONS = 6


@dataclass(frozen=True, kw_only=True)
class LinearStart:
    """Sets the linear paths of `ResidualEncoder` and `ResidualDecoder`; their trunks start at zero.

    Attributes:
        variance: σ² > 0 of a pixel's noise, times β: what the KL weighs a squared error against.
        rows: examples that the principal components are taken from.
    """

    variance: float
    rows: int = 2048

    def __call__(self, key: Array, params: Params, x: Array) -> Params:
        """Return the parameters with the linear paths set.

        Args:
            key: random key of the subspace iteration's start.
            params: of "encoder" and "decoder".
            x: (rows, height, width, channels), as the encoder sees them.
        """
        small = shrink(x).reshape(x.shape[0], -1)
        kernel = params["decoder"][LINEAR]["kernel"]
        # A squared error at half size stands for about four times as much at full size.
        variance = self.variance * small.shape[1] / x[0].size
        center, directions, spectrum = principal_components(key, small, kernel.shape[0])
        spread = jnp.sqrt(jnp.maximum(spectrum - variance, 0.0))
        used = jnp.maximum(spectrum, variance)
        encode = directions * (spread / used)[None]
        log_variance = jnp.log(variance / used)
        encoder = {
            "kernel": jnp.concatenate([encode, jnp.zeros_like(encode)], axis=1) / TENTH,
            "bias": jnp.concatenate([-center @ encode, log_variance]),
        }
        decoder = {"kernel": (directions * spread[None]).T / TENTH, "bias": center}
        return params | {
            "encoder": params["encoder"] | {LINEAR: encoder},
            "decoder": params["decoder"] | {LINEAR: decoder},
        }


def principal_components(key: Array, x: Array, n: int) -> tuple[Array, Array, Array]:
    """Return the mean, the first principal directions and their variances.

    Args:
        key: random key of the start.
        x: (rows, columns).
        n: directions, at most `columns`.

    Returns:
        (columns,), (columns, n) orthonormal, and (n,) falling; a variance beyond the rank is 0.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> x = jnp.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        >>> principal_components(jax.random.key(0), x, 1)[2].round(3).tolist()
        [4.5]
    """
    rows, columns = x.shape
    center = jnp.mean(x, axis=0)
    x = x - center[None]
    start = jax.random.normal(key, (columns, min(n + _EXTRA_DIRECTIONS, columns)))
    basis, _ = jnp.linalg.qr(start)

    def iterate(_: int, basis: Array) -> Array:
        return jnp.linalg.qr(x.T @ (x @ basis))[0]

    basis = jax.lax.fori_loop(0, _ITERATIONS, iterate, basis)
    projected = x @ basis
    variances, rotation = jnp.linalg.eigh(projected.T @ projected / rows)
    return center, (basis @ rotation)[:, ::-1][:, :n], jnp.maximum(variances[::-1][:n], 0.0)
