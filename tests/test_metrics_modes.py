"""Mode coverage against closed forms, against NumPy, and of samples that are not finite."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genjax.data.drawn_points import Modes, gaussian_grid, gaussian_ring, swiss_roll
from genjax.errors import InputError
from genjax.metrics.modes import mode_coverage

N = 50_000


def near(share, expected):
    """Within four standard errors of a share of N."""
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / N)


@pytest.mark.parametrize("draw", [gaussian_ring, gaussian_grid])
def test_of_the_truth_a_share_of_one_minus_exp_minus_nine_halves(draw):
    points, _, truth = draw(N)
    found = mode_coverage(points, truth)
    assert found.covered == found.modes == len(truth.centers)
    assert near(found.high_quality, 1 - math.exp(-4.5))
    assert near(mode_coverage(points, truth, within=1).high_quality, 1 - math.exp(-0.5))


def test_in_any_number_of_dimensions_it_is_the_chi_squared_distribution_s():
    truth = Modes(np.eye(5) * 9, 0.5)
    samples = truth.centers[0] + 0.5 * np.random.default_rng(0).normal(size=(N, 5))
    found = mode_coverage(samples, truth, within=2.5)
    assert (found.covered, found.modes) == (1, 5)
    assert near(found.high_quality, stats.chi2(5).cdf(2.5**2))


def test_along_a_curve_it_is_the_normal_distribution_s():
    points, labels, truth = swiss_roll(N)
    whole = mode_coverage(points, truth)
    assert whole.covered == whole.modes > 390
    # Pieces are not points: what is lost between their middles is below .0002.
    assert near(whole.high_quality + 1e-4, stats.norm.cdf(3) - stats.norm.cdf(-3))
    half = mode_coverage(points[labels < 200], truth)
    assert 200 <= half.covered <= 205  # the last pieces' points spill over


def test_what_lies_beside_a_curve_is_not_on_it():
    truth = swiss_roll(1).truth
    outwards = truth.centers / np.linalg.norm(truth.centers, axis=1, keepdims=True)
    assert mode_coverage(truth.centers + 2.9 * 0.03 * outwards, truth).high_quality == 1
    assert mode_coverage(truth.centers + 3.4 * 0.03 * outwards, truth) == (0, 398, 0)


@given(seed=st.integers(0, 2**32 - 1), modes=st.integers(1, 6), within=st.floats(0.1, 5))
@settings(max_examples=50, deadline=None)
def test_counts_are_numpy_s(seed, modes, within):
    generator = np.random.default_rng(seed)
    truth = Modes(generator.normal(size=(modes, 2)), 0.3)  # some overlap
    samples = generator.normal(size=(20, 2)).astype(np.float32)
    distances = np.array([[np.linalg.norm(x - c) for c in truth.centers] for x in samples])
    on_a_mode = distances.min(1) <= within * 0.3
    covered = {int(mode) for mode in distances.argmin(1)[on_a_mode]}
    found = mode_coverage(samples, truth, within=within)
    assert found == (len(covered), modes, pytest.approx(on_a_mode.mean()))


def test_a_dropped_mode_and_one_that_is_grazed():
    points, labels, truth = gaussian_grid(5000)
    kept = (labels != 3) & (labels != 24)
    assert mode_coverage(points[kept], truth).covered == 23
    one = Modes(np.zeros((1, 2)), 1.0)
    assert mode_coverage(np.array([[3.0, 0.0]]), one) == (1, 1, 1)
    assert mode_coverage(np.array([[3.001, 0.0]]), one) == (0, 1, 0)


def test_what_is_not_finite_covers_nothing_and_counts():
    truth = gaussian_grid(1).truth
    bad = np.array([[math.nan, 0], [0, math.inf], [-math.inf, math.nan], [1e300, -1e300]])
    assert mode_coverage(bad[:3], truth) == mode_coverage(bad, truth) == (0, 25, 0)
    assert mode_coverage(np.concatenate([bad, np.zeros((4, 2))]), truth) == (1, 25, 0.5)


def test_other_shapes_and_ranges_are_refused():
    truth = gaussian_grid(1).truth
    for shape in ((0, 2), (5, 3), (2,), (1, 1, 2)):
        with pytest.raises(InputError, match=r"\(n, 2\)"):
            mode_coverage(np.zeros(shape), truth)
    for within in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="within"):
            mode_coverage(np.zeros((1, 2)), truth, within=within)
