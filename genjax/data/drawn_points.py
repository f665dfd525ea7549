"""Points in the plane whose truth is known: mixtures of Gaussians, and a spiral."""

from typing import NamedTuple

import numpy as np

from genjax.errors import InputError


class Truth(NamedTuple):
    """Where points lie: about places, normal in both directions.

    Attributes:
        places: (m, 2): the modes of a mixture, or places along a curve at equal distances.
        deviation: of points from the mode, or from the curve.
    """

    places: np.ndarray
    deviation: float


class DrawnPoints(NamedTuple):
    """Points and their truth.

    Attributes:
        points: (n, 2) float32.
        labels: (n,) int32, the place of each.
        truth: what they were drawn from.
    """

    points: np.ndarray
    labels: np.ndarray
    truth: Truth


def gaussian_ring(
    n: int, *, seed: int = 0, modes: int = 8, radius: float = 2.0, deviation: float = 0.02
) -> DrawnPoints:
    """Return points of equally likely Gaussians on a circle.

    Args:
        n: points.
        seed: the same one gives the same points.
        modes: Gaussians.
        radius: of the circle.
        deviation: of each, in both directions.

    References:
        Metz, Poole, Pfau and Sohl-Dickstein, "Unrolled generative adversarial networks", ICLR 2017,
        section 3.1.

    Example:
        >>> gaussian_ring(5).points.shape
        (5, 2)
    """
    angles = 2 * np.pi * np.arange(modes) / modes
    places = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return _draw(n, seed, Truth(places, deviation))


def gaussian_grid(
    n: int, *, seed: int = 0, side: int = 5, spacing: float = 2.0, deviation: float = 0.05
) -> DrawnPoints:
    """Return points of equally likely Gaussians on a square grid about 0: 25 of them by default.

    Args:
        n: points.
        seed: the same one gives the same points.
        side: Gaussians in a row.
        spacing: between neighbours.
        deviation: of each, in both directions.

    References:
        Srivastava, Valkov, Russell, Gutmann and Sutton, "VEEGAN", NeurIPS 2017, section 4.1.

    Example:
        >>> np.unique(gaussian_grid(5).truth.places).tolist()
        [-4.0, -2.0, 0.0, 2.0, 4.0]
    """
    line = spacing * (np.arange(side) - (side - 1) / 2)
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return _draw(n, seed, Truth(places, deviation))


def swiss_roll(n: int, *, seed: int = 0, pieces: int = 200, deviation: float = 0.1) -> DrawnPoints:
    """Return points beside a spiral of one and a half turns, all its length as likely.

        (t cos t, t sin t) / 4,    3π/2 <= t <= 9π/2

    Args:
        n: points.
        seed: the same one gives the same points.
        pieces: places along the curve that stand for it.
        deviation: from the curve, in both directions.

    Example:
        >>> bool(np.linalg.norm(swiss_roll(100).points, axis=1).max() < 4)
        True
    """
    t = np.linspace(1.5 * np.pi, 4.5 * np.pi, 20_001)
    curve = np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / 4
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    middles = (np.arange(pieces) + 0.5) / pieces * length[-1]
    places = np.stack([np.interp(middles, length, axis) for axis in curve.T], axis=1)
    return _draw(n, seed, Truth(places, deviation))


def _draw(n: int, seed: int, truth: Truth) -> DrawnPoints:
    if n < 1 or len(truth.places) < 1 or not truth.deviation > 0:
        raise InputError(
            f"draw 1 or more points, of 1 or more places and a positive deviation: got {n}, "
            f"{len(truth.places)}, {truth.deviation}"
        )
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(truth.places), n).astype(np.int32)
    points = truth.places[labels] + truth.deviation * rng.normal(size=(n, 2))
    return DrawnPoints(points.astype(np.float32), labels, truth)
