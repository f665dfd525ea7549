"""How far apart are two sets of feature vectors, as distributions?

All three are computed in float64, and are 0 in expectation for two sets of one distribution: the
kernel distance exactly (it may fall below 0), the other two only as the sets grow, so compare
those between sets of the same sizes alone.
"""

from typing import NamedTuple

import numpy as np

from genjax.errors import InputError

_BLOCK = 1024  # rows of a kernel held at once


class KernelDistance(NamedTuple):
    """An estimate and its error.

    Attributes:
        value: the unbiased squared distance.
        standard_error: of `value`, from disjoint subsets (an upper estimate: `value` uses the
            pairs between subsets too).
    """

    value: float
    standard_error: float


def checked(real: np.ndarray, fake: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both sets as float64; InputError unless they are (n, d), finite, with n >= least."""
    pair = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    shapes = [x.shape for x in pair]
    if not (all(x.ndim == 2 and len(x) >= least for x in pair) and shapes[0][1] == shapes[1][1]):
        raise InputError(
            f"two sets of features, (n, d) with n at least {least}, are compared; these are "
            f"{shapes[0]} and {shapes[1]}"
        )
    if not all(np.isfinite(x).all() for x in pair):
        raise InputError("features must be finite")
    return pair


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the squared Fréchet distance of the Gaussians with the sets' means and covariances.

        |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½)

    With Inception's features this is the FID. It is biased upwards by about 1/n. With fewer
    vectors than dimensions the covariances are singular: that is well defined, but far above the
    value at larger n.

    Args:
        real: (n, d), n at least 2.
        fake: (m, d), m at least 2.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(500, 3))
        >>> round(frechet_distance(x, x + [3.0, 0.0, 4.0]), 9)
        25.0

    References:
        Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
        equilibrium", NeurIPS 2017.
    """
    real, fake = checked(real, fake, 2)
    means = [x.mean(0) for x in (real, fake)]
    # Σ = RᵀR without ever squaring: the triangular factor of the centred rows.
    roots = [
        np.asarray(np.linalg.qr((x - mean) / np.sqrt(len(x) - 1), mode="r"))
        for x, mean in zip((real, fake), means, strict=True)
    ]
    return _between(means[0], roots[0], means[1], roots[1])


def frechet_between_gaussians(
    mean: np.ndarray, covariance: np.ndarray, other_mean: np.ndarray, other_covariance: np.ndarray
) -> float:
    """Return the squared Fréchet distance of two Gaussians, from published statistics, say.

    Args:
        mean: (d,).
        covariance: (d, d), symmetric and positive semi-definite.
        other_mean: (d,).
        other_covariance: (d, d).

    Example:
        >>> one, four = np.eye(2), 4 * np.eye(2)
        >>> frechet_between_gaussians(np.zeros(2), one, np.ones(2), four)
        4.0
    """
    return _between(mean, _root(covariance), other_mean, _root(other_covariance))


def _root(covariance: np.ndarray) -> np.ndarray:
    """R with RᵀR = Σ."""
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def _between(mean: np.ndarray, root: np.ndarray, mean_2: np.ndarray, root_2: np.ndarray) -> float:
    """The trace of (Σ₁ Σ₂)^½ is the sum of the singular values of R₁ R₂ᵀ, where RᵀR = Σ.

    The eigenvalues of Σ₁ Σ₂ are those of (R₁ R₂ᵀ)(R₁ R₂ᵀ)ᵀ, which is symmetric: no complex square
    root, no loss of half the digits, and nothing singular to invert.
    """
    shared = np.linalg.svd(root @ root_2.T, compute_uv=False).sum()
    return float(np.sum((mean - mean_2) ** 2) + np.sum(root**2) + np.sum(root_2**2) - 2 * shared)


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, *, subsets: int = 10, seed: int = 0
) -> KernelDistance:
    """Return the unbiased squared MMD under the kernel (x·y / d + 1)³, with its standard error.

    With Inception's features this is the KID.

    Args:
        real: (n, d), n at least 2 * subsets.
        fake: (m, d), likewise.
        subsets: disjoint ones, drawn by `seed`, for the standard error; 2 or more.
        seed: of the subsets.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x, y = np.random.default_rng(0).normal(size=(2, 1000, 4))
        >>> distance = kernel_distance(x, y)
        >>> abs(distance.value) < 3 * distance.standard_error
        True

    References:
        Bińkowski et al., "Demystifying MMD GANs", ICLR 2018.
    """
    if subsets < 2:
        raise InputError(f"a standard error needs 2 subsets or more, not {subsets}")
    real, fake = checked(real, fake, 2 * subsets)
    generator = np.random.default_rng(seed)
    parts = [
        np.array_split(generator.permutation(x)[: len(x) // subsets * subsets], subsets)
        for x in (real, fake)
    ]
    values = [_mmd(x, y) for x, y in zip(*parts, strict=True)]
    error = np.std(values, ddof=1) / np.sqrt(subsets)
    return KernelDistance(_mmd(real, fake), float(error))


def _mmd(x: np.ndarray, y: np.ndarray) -> float:
    n, m = len(x), len(y)
    within_x, within_y = (
        _kernel_sum(z, z) - np.sum((np.sum(z**2, 1) / z.shape[1] + 1) ** 3) for z in (x, y)
    )
    between = _kernel_sum(x, y)
    return float(within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * between / (n * m))


def _kernel_sum(x: np.ndarray, y: np.ndarray) -> float:
    blocks = (x[start : start + _BLOCK] for start in range(0, len(x), _BLOCK))
    return sum(float(np.sum((block @ y.T / x.shape[1] + 1) ** 3)) for block in blocks)


def sliced_wasserstein(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    projections: int = 256,
    order: float = 2,
    seed: int = 0,
) -> float:
    """Return the sliced Wasserstein distance, (mean over directions of W_p^p)^(1/p).

    Along a direction W_p compares quantile functions, exactly, also of unequal numbers.
    Directions have unit length: a shift by v gives about |v| / √d.

    Args:
        real: (n, d).
        fake: (m, d).
        projections: random directions.
        order: p, 1 or more.
        seed: of the directions.

    Raises:
        InputError: the sets are not of this form, no direction, an order below 1.

    Example:
        >>> x = np.linspace(0.0, 1.0, 5)[:, None]
        >>> round(sliced_wasserstein(x, x + 2.0), 9)
        2.0

    References:
        Rabin et al., "Wasserstein barycenter and its application to texture mixing", SSVM 2011.
        Bonneel et al., "Sliced and Radon Wasserstein barycenters of measures", JMIV 2015.
        Karras et al., "Progressive growing of GANs", ICLR 2018 (of patches, order 1).
    """
    real, fake = checked(real, fake, 1)
    if projections < 1 or not order >= 1:
        raise InputError(f"1 direction and order 1 or more: got {projections}, {order}")
    directions = np.random.default_rng(seed).normal(size=(real.shape[1], projections))
    directions /= np.linalg.norm(directions, axis=0)
    x, y = (np.sort(z @ directions, axis=0) for z in (real, fake))
    # Where either quantile function steps, in units of 1 / (n m); between steps both are constant.
    n, m = len(x), len(y)
    steps = np.union1d(np.arange(n) * m, np.arange(m) * n)
    shares = np.diff(steps, append=n * m) / (n * m)
    costs = np.abs(x[steps // m] - y[steps // n]) ** order
    return float(np.mean(shares @ costs) ** (1 / order))
