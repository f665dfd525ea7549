"""Are all modes there, and do samples lie in one? For points whose truth is known.

References:
    Srivastava, Valkov, Russell, Gutmann and Sutton, "VEEGAN", NeurIPS 2017, section 4.1.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from genjax.data.drawn_points import Truth
from genjax.errors import InputError


class ModeCoverage(NamedTuple):
    """What samples reach.

    Attributes:
        covered: modes with a sample within some deviations, or places along a curve.
        modes: how many there are.
        high_quality: share of samples within so many deviations of a mode.
    """

    covered: int
    modes: int
    high_quality: float


def mode_coverage(samples: np.ndarray, truth: Truth, *, within: float = 3.0) -> ModeCoverage:
    """Return which modes have samples, and the share of samples that have a mode.

    A sample is of its nearest mode, if that is near enough; in the plane the truth itself has a
    share of 1 - exp(-within² / 2), 98.9 % for 3. The places of a curve are dense, so that there
    the share is of samples near the curve, and only the coverage counts pieces.

    Args:
        samples: (n, 2); those that are not finite are of no mode.
        truth: the modes.
        within: deviations.

    Raises:
        InputError: samples are not of this form.

    Example:
        >>> truth = Truth(np.array([[0.0, 0.0], [9.0, 0.0]]), 1.0)
        >>> mode_coverage(np.array([[0.5, 0.0], [2.9, 0.0], [4.0, 0.0], [5.0, 0.0]]), truth)
        ModeCoverage(covered=1, modes=2, high_quality=0.5)
    """
    samples = np.asarray(samples, float)
    if samples.ndim != 2 or samples.shape[1] != truth.places.shape[1] or not len(samples):
        raise InputError(f"samples are (n, {truth.places.shape[1]}), these are {samples.shape}")
    finite = samples[np.isfinite(samples).all(axis=1)]
    distance, place = cKDTree(truth.places).query(finite)
    near = distance <= within * truth.deviation
    return ModeCoverage(
        covered=len(np.unique(place[near])),
        modes=len(truth.places),
        high_quality=float(near.sum() / len(samples)),
    )
