"""Has a generator found every mode of a known mixture, and do its samples lie on them?"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import KDTree

from genjax.data.drawn_points import Modes
from genjax.errors import InputError


class ModeCoverage(NamedTuple):
    """What was found.

    Attributes:
        covered: modes that a sample lies on.
        modes: how many there are.
        high_quality: share of all samples that lie on a mode, 0 to 1.
    """

    covered: int
    modes: int
    high_quality: float


def mode_coverage(samples: np.ndarray, truth: Modes, *, within: float = 3.0) -> ModeCoverage:
    """Count the modes that are covered and the samples that lie on them.

    A sample lies on the mode that is nearest to it, if it is that close. Of the truth itself a
    share lies on modes that is the χ² distribution's with d degrees of freedom, at within²: in the
    plane 1 - exp(-within² / 2), 98.9 % at 3. Along a curve, whose modes are its pieces, it is the
    normal distribution's, 99.7 %.

    Args:
        samples: (n, d), 1 or more; what is not finite lies on no mode.
        truth: its modes.
        within: deviations from a mode's centre that are still on it, above 0 and finite.

    Raises:
        InputError: the samples are not of this form, `within` is out of range.

    Example:
        >>> from genjax.data.drawn_points import gaussian_grid
        >>> points, labels, truth = gaussian_grid(5000)
        >>> mode_coverage(points[labels < 10], truth).covered
        10
        >>> mode_coverage(np.zeros((4, 2)), truth)
        ModeCoverage(covered=1, modes=25, high_quality=1.0)

    References:
        Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational
        learning", NeurIPS 2017.
        Lin et al., "PacGAN: the power of two samples in generative adversarial networks",
        NeurIPS 2018.
    """
    modes, d = truth.centers.shape
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 2 or samples.shape[1] != d or not len(samples):
        raise InputError(f"samples of these modes are (n, {d}), 1 or more, not {samples.shape}")
    if not 0 < within < np.inf:
        raise InputError(f"within must be above 0 deviations and finite, not {within}")
    finite = samples[np.isfinite(samples).all(axis=1)]
    distance, nearest = KDTree(truth.centers).query(finite)
    on_a_mode = distance <= within * truth.deviation
    covered = len(np.unique(nearest[on_a_mode]))
    return ModeCoverage(covered, modes, float(on_a_mode.sum() / len(samples)))
