"""Precision, recall, density and coverage against NumPy without blocks, and at their edges."""

import numpy as np
import pytest

from genjax.errors import InputError
from genjax.metrics.coverage import density_coverage, precision_recall


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def naive(real, fake, k):
    def between(x, y):
        return np.array([[np.linalg.norm(a - b) for b in y] for a in x])

    def radii(x):
        return np.array([sorted(row)[k] for row in between(x, x)])  # the first is 0, its own

    across = between(real, fake)
    precision = (across <= radii(real)[:, None]).any(0).mean()
    recall = (across <= radii(fake)[None]).any(1).mean()
    density = (across <= radii(real)[:, None]).sum(0).mean() / k
    coverage = (across.min(1) <= radii(real)).mean()
    return precision, recall, density, coverage


def ours(real, fake, k):
    return (*precision_recall(real, fake, k=k), *density_coverage(real, fake, k=k))


@pytest.mark.parametrize(("n", "m", "d", "k"), [(70, 150, 3, 3), (65, 64, 8, 5)])
def test_the_four_are_numpy_s(n, m, d, k):
    real, fake = random(0, n, d), 1.3 * random(1, m, d) + 0.3
    expected = naive(real, fake, k)
    assert min(expected) > 0
    np.testing.assert_allclose(ours(real, fake, k), expected, rtol=1e-6)


def test_a_set_against_itself_in_any_order():
    x = random(0, 70, 3)
    precision, recall, density, coverage = ours(x, x[::-1], 3)
    assert (precision, recall, coverage) == (1, 1, 1)
    # A ball holds its centre, the nearer neighbours, and up to rounding the k-th, on its edge.
    assert 1 <= density <= 4 / 3


def test_sets_far_apart():
    assert ours(random(0, 70, 3), random(1, 150, 3) + 50, 3) == (0, 0, 0, 0)


def test_a_generator_that_drops_a_mode_is_precise_and_covers_half():
    modes = np.repeat(np.array([[0.0], [30.0]], np.float32), 35, axis=0)
    real = random(0, 70, 3) + modes
    precision, recall, density, coverage = ours(real, random(1, 150, 3), 3)
    assert precision > 0.7
    assert 0.3 < recall <= 0.5
    assert density > 0.6
    assert 0.3 < coverage <= 0.5


def test_a_generator_that_repeats_one_real_picture():
    real = random(0, 70, 3)
    fake = np.repeat(real[:1], 150, axis=0)
    precision, recall, _, coverage = ours(real, fake, 3)
    assert (precision, recall) == (1, 1 / 70)  # its balls are points
    assert coverage <= 0.2


def test_density_of_one_distribution_is_about_one():
    # Naeem et al., section 3.2: 1 in expectation; coverage 1 - 2^-k for as many of each, nearly.
    density, coverage = density_coverage(random(0, 2000, 3), random(1, 2000, 3), k=5)
    assert abs(density - 1) < 0.05
    assert abs(coverage - (1 - 2**-5)) < 0.015


@pytest.mark.parametrize("score", [precision_recall, density_coverage])
def test_what_has_too_few_neighbours_is_refused(score):
    with pytest.raises(InputError, match="at least 4"):
        score(random(0, 3, 2), random(0, 9, 2), k=3)
    with pytest.raises(InputError, match="1 neighbour"):
        score(random(0, 3, 2), random(0, 9, 2), k=0)
