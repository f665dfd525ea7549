"""Points in the plane whose distribution is known: where a generator's modes can be counted.

Every set is a mixture, with equal shares, of Gaussians of one deviation. The Swiss roll is one too:
along its curve they stand at most a deviation apart, and so add up to a ridge that is flat to 1e-8.

References:
    Metz et al., "Unrolled generative adversarial networks", ICLR 2017 (the ring).
    Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational
    learning", NeurIPS 2017 (the grid).
    Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017 (all three).
"""

import math
from typing import NamedTuple

import numpy as np

from genjax.errors import InputError

_START, _END, _SCALE = 1.5 * math.pi, 4.5 * math.pi, 7.5  # the roll's angles, and its divisor


class Modes(NamedTuple):
    """A mixture of Gaussians with equal shares; what `genjax.metrics.modes` measures against.

    Attributes:
        centers: (m, d) float64, the modes' means; along a curve, at equal arc length.
        deviation: of every coordinate about its mode, above 0.
    """

    centers: np.ndarray
    deviation: float


class DrawnPoints(NamedTuple):
    """Points and where they come from.

    Attributes:
        points: (n, 2) float32.
        labels: (n,) int32, each point's mode; of a roll the piece of it, counted from the inside.
        truth: what they were drawn from.
    """

    points: np.ndarray
    labels: np.ndarray
    truth: Modes


def gaussian_ring(
    n: int, *, seed: int = 0, modes: int = 8, radius: float = 2.0, deviation: float = 0.02
) -> DrawnPoints:
    """Draw points about centres that stand evenly on a circle, the first one at (radius, 0).

    Args:
        n: points, 1 or more.
        seed: the same one gives the same points, and the first ones do not depend on n.
        modes: centres, 1 or more.
        radius: of the circle, above 0.
        deviation: of each coordinate about its centre, above 0.

    Raises:
        InputError: a number out of its range.

    Example:
        >>> ring = gaussian_ring(1000)
        >>> ring.points.shape, ring.truth.centers.shape, ring.truth.centers[0].tolist()
        ((1000, 2), (8, 2), [2.0, 0.0])
    """
    _check(n, deviation, modes=modes, radius=radius)
    angles = np.arange(modes) * (2 * math.pi / modes)
    centers = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return _draw(n, seed, Modes(centers, deviation))


def gaussian_grid(
    n: int, *, seed: int = 0, side: int = 5, spacing: float = 2.0, deviation: float = 0.05
) -> DrawnPoints:
    """Draw points about the centres of a square grid, side by side, about the origin.

    Args:
        n: points, 1 or more.
        seed: the same one gives the same points, and the first ones do not depend on n.
        side: centres along a side, 1 or more; mode i stands in row i // side, upwards.
        spacing: between neighbours, above 0.
        deviation: of each coordinate about its centre, above 0.

    Raises:
        InputError: a number out of its range.

    Example:
        >>> grid = gaussian_grid(1000)
        >>> grid.truth.centers[:5, 0].tolist(), len(grid.truth.centers)
        ([-4.0, -2.0, 0.0, 2.0, 4.0], 25)
    """
    _check(n, deviation, side=side, spacing=spacing)
    along = (np.arange(side) - (side - 1) / 2) * spacing
    x, y = np.meshgrid(along, along)
    return _draw(n, seed, Modes(np.stack([x.ravel(), y.ravel()], 1), deviation))


def swiss_roll(n: int, *, seed: int = 0, deviation: float = 0.03) -> DrawnPoints:
    """Draw points about a spiral of one and a half turns, evenly along its length.

        (t cos t, t sin t) / 7.5,  1.5π ≤ t ≤ 4.5π

    It is 11.9 long, its turns .84 apart. Scikit-learn's `make_swiss_roll`, which papers use, has
    the same curve, but draws t evenly: its points lie closer together inside. The truth's modes
    are the middles of equal pieces, at most a deviation long, so that what lies 3 deviations from
    the curve is 3.04 from the nearest mode at most.

    Args:
        n: points, 1 or more.
        seed: the same one gives the same points, and the first ones do not depend on n.
        deviation: of each coordinate about the curve, above 0; up to .1, turns stay apart.

    Raises:
        InputError: a number out of its range.

    Example:
        >>> roll = swiss_roll(1000)
        >>> roll.points.shape, len(roll.truth.centers)
        ((1000, 2), 398)
    """
    _check(n, deviation)
    pieces = math.ceil(float(_length(np.array(_END)) - _length(np.array(_START))) / deviation)
    centers = _spiral((np.arange(pieces) + 0.5) / pieces)
    return _draw(n, seed, Modes(centers, deviation))


def _length(t: np.ndarray) -> np.ndarray:
    """Return the spiral's arc length from its origin: the integral of √(1 + t²), over the scale."""
    return (t * np.sqrt(1 + t**2) + np.arcsinh(t)) / (2 * _SCALE)


def _spiral(share: np.ndarray) -> np.ndarray:
    """Return the spiral's points, (k, 2), at shares of its length."""
    t = np.linspace(_START, _END, 10_001)
    length = _length(t)
    # Between neighbours the angle is as good as linear in the length: within 1e-8.
    t = np.interp(length[0] + share * (length[-1] - length[0]), length, t)
    return t[:, None] / _SCALE * np.stack([np.cos(t), np.sin(t)], 1)


def _draw(n: int, seed: int, truth: Modes) -> DrawnPoints:
    # A stream each for modes and noise: a longer draw does not shift either.
    choice, noise = np.random.default_rng(seed).spawn(2)
    labels = choice.integers(len(truth.centers), size=n)
    points = truth.centers[labels] + truth.deviation * noise.normal(size=(n, 2))
    return DrawnPoints(points.astype(np.float32), labels.astype(np.int32), truth)


def _check(n: int, deviation: float, **sizes: float) -> None:
    if n < 1:
        raise InputError(f"draw 1 or more points, not {n}")
    for name, value in {"deviation": deviation, **sizes}.items():
        if not 0 < value < math.inf:
            raise InputError(f"{name} must be above 0 and finite, not {value}")
