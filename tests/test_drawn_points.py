"""Drawn points: the same for ever, normal about their centres, which stand where they should."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from sklearn.datasets import make_swiss_roll

from genjax.data.drawn_points import gaussian_grid, gaussian_ring, swiss_roll
from genjax.errors import InputError

SETS = (gaussian_ring, gaussian_grid, swiss_roll)


@given(draw=st.sampled_from(SETS), n=st.integers(1, 60), seed=st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_a_point_depends_on_the_seed_and_its_place_alone(draw, n, seed):
    few, many = draw(n, seed=seed), draw(60, seed=seed)
    np.testing.assert_array_equal(few.points, many.points[:n])
    np.testing.assert_array_equal(few.labels, many.labels[:n])
    assert (draw(60, seed=seed + 1).points != many.points).all()


@pytest.mark.parametrize("draw", SETS)
def test_points_are_normal_about_their_modes_which_are_equally_frequent(draw):
    points, labels, truth = draw(20_000, seed=3)
    assert (points.dtype, points.shape) == (np.float32, (20_000, 2))
    assert (labels.dtype, labels.shape) == (np.int32, (20_000,))
    counts = np.bincount(labels, minlength=len(truth.centers))
    assert len(counts) == len(truth.centers)
    assert stats.chisquare(counts).pvalue > 1e-3
    noise = (points - truth.centers[labels]) / truth.deviation
    for values in (*noise.T, noise @ [math.sqrt(0.5), math.sqrt(0.5)]):
        assert stats.kstest(values, "norm").pvalue > 1e-3
    # Noise and mode come of streams of their own.
    assert abs(np.corrcoef(noise[:, 0], labels)[0, 1]) < 4 / math.sqrt(20_000)


def test_the_grid_stands_where_it_should():
    centers = gaussian_grid(1).truth.centers
    assert {tuple(center) for center in centers} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }
    assert centers[7].tolist() == [0, -2]  # row 1, column 2
    small = gaussian_grid(1, side=2, spacing=3.0).truth.centers
    assert small.tolist() == [[-1.5, -1.5], [1.5, -1.5], [-1.5, 1.5], [1.5, 1.5]]


def test_the_ring_is_a_regular_polygon():
    centers = gaussian_ring(1, modes=7, radius=3.0).truth.centers
    np.testing.assert_allclose(np.linalg.norm(centers, axis=1), 3)
    sides = np.linalg.norm(centers - np.roll(centers, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 6 * math.sin(math.pi / 7))


def test_the_roll_s_modes_are_middles_of_equal_pieces_of_its_curve():
    centers = swiss_roll(1, deviation=0.1).truth.centers
    t = 7.5 * np.linalg.norm(centers, axis=1)
    np.testing.assert_allclose(centers, np.stack([t * np.cos(t), t * np.sin(t)], 1) / 7.5)

    def length(start, end):
        return integrate.quad(lambda t: math.hypot(1, t) / 7.5, start, end)[0]

    pieces = [length(*pair) for pair in pairwise(t)]
    piece = length(1.5 * math.pi, 4.5 * math.pi) / len(t)
    assert 0.09 < piece <= 0.1
    np.testing.assert_allclose(pieces, piece, rtol=1e-5)
    np.testing.assert_allclose(length(1.5 * math.pi, t[0]), piece / 2, rtol=1e-5)


def test_the_roll_is_scikit_learn_s():
    curve = make_swiss_roll(2000, random_state=0)[0][:, [0, 2]] / 7.5
    centers = swiss_roll(1, deviation=0.02).truth.centers
    distances = np.linalg.norm(curve[:, None] - centers[None], axis=2)
    assert distances.min(1).max() <= 0.01 + 1e-6  # half a piece
    assert distances.min(0).max() <= 0.05  # and none of it is missing


@pytest.mark.parametrize(
    ("draw", "options", "match"),
    [
        (gaussian_ring, {"n": 0}, "1 or more points"),
        (gaussian_ring, {"n": 1, "modes": 0}, "modes must be above 0"),
        (gaussian_ring, {"n": 1, "radius": math.nan}, "radius"),
        (gaussian_grid, {"n": 1, "side": -1}, "side"),
        (gaussian_grid, {"n": 1, "spacing": math.inf}, "spacing"),
        (swiss_roll, {"n": 1, "deviation": 0.0}, "deviation"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, options, match):
    with pytest.raises(InputError, match=match):
        draw(**options)
