"""Distances of single numbers against their definitions, closed forms and SciPy's exact tests."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from genjax.errors import InputError
from genjax.metrics.univariate import kolmogorov_smirnov, wasserstein_1

# Halves, so that there are ties.
NUMBERS = st.lists(st.integers(-8, 8).map(lambda i: i / 2), min_size=1, max_size=12)


def midranks(n):
    return (np.arange(n) + 0.5) / n


@given(x=NUMBERS, y=NUMBERS)
@settings(max_examples=100, deadline=None)
def test_both_are_their_definitions(x, y):
    places = np.array(sorted({*x, *y}))
    f, g = (np.array([np.mean(np.array(z) <= place) for place in places]) for z in (x, y))
    assert kolmogorov_smirnov(x, y) == pytest.approx(np.abs(f - g).max())
    # The area between the two distribution functions, which are steps.
    area = np.sum(np.abs(f - g)[:-1] * np.diff(places))
    assert wasserstein_1(x, y) == pytest.approx(area)


def test_numbers_may_stand_in_a_column_and_are_left_as_they_are():
    x, y = np.random.default_rng(0).normal(size=(2, 30))
    before = x.copy()
    for distance in (kolmogorov_smirnov, wasserstein_1):
        one = distance(x, y)
        assert type(one) is float
        assert distance(x[:, None], y[:, None].tolist()) == one
        assert distance(jnp.asarray(x), y) == pytest.approx(one, rel=1e-5)
        distance(x, stats.norm())
    np.testing.assert_array_equal(x, before)


def test_the_statistic_is_that_of_the_exact_tests():
    x, y = np.random.default_rng(1).normal(size=(2, 40)) * [[1.0], [1.3]]
    exact = stats.kstest(x, y[:30], method="exact").statistic
    assert kolmogorov_smirnov(x, y[:30]) == pytest.approx(exact)
    law = stats.t(4, loc=0.3)
    exact = stats.kstest(y, law.cdf, method="exact").statistic
    assert kolmogorov_smirnov(y, law) == pytest.approx(exact)
    assert kolmogorov_smirnov(y, law.cdf) == pytest.approx(exact)


@pytest.mark.parametrize("shift", [0.1, 1.0])
def test_two_normals_and_their_shift(shift):
    x = stats.norm.ppf(midranks(10_001))
    apart = 2 * stats.norm.cdf(shift / 2) - 1
    normal = jax.scipy.stats.norm.cdf
    assert kolmogorov_smirnov(x + shift, x) == pytest.approx(apart, abs=1e-3)
    assert kolmogorov_smirnov(x + shift, stats.norm()) == pytest.approx(apart, abs=1e-3)
    assert kolmogorov_smirnov(x + shift, normal) == pytest.approx(apart, abs=1e-3)
    assert wasserstein_1(x + shift, x) == pytest.approx(shift)
    assert wasserstein_1(x, stats.norm(shift)) == pytest.approx(shift)
    wider = np.sqrt(2 / np.pi) * shift  # the mean size of a normal number, times the factor
    assert wasserstein_1((1 + shift) * x, stats.norm()) == pytest.approx(wider, rel=1e-3)


def test_quantiles_at_mid_ranks_are_as_near_as_numbers_can_be():
    for n in (1, 2, 7, 50):
        x = midranks(n)[::-1]
        assert kolmogorov_smirnov(x, stats.uniform()) == pytest.approx(1 / (2 * n))
        assert wasserstein_1(x, stats.uniform()) == 0


def area(x, law, low, high):
    """The area between two distribution functions, by quadrature."""

    def gap(place):
        return abs(np.mean(x <= place) - law.cdf(place))

    return integrate.quad(gap, low, high, points=np.sort(x), limit=2000)[0]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 25))
@settings(max_examples=15, deadline=None)
def test_quantiles_stand_for_a_distribution_within_the_documented_error(seed, n):
    law = stats.uniform()
    x = np.random.default_rng(seed).random(n) ** 2
    assert area(midranks(n), law, 0, 1) == pytest.approx(1 / (4 * n), rel=1e-6)
    assert abs(wasserstein_1(x, law) - area(x, law, 0, 1)) <= 1 / (4 * n) + 1e-6


def test_the_documented_errors_of_a_normal_distribution():
    few, many = (stats.norm.ppf(midranks(n)) for n in (10_000, 1_000_000))
    error = wasserstein_1(few, many)
    assert 1e-4 < error < 2.5e-4
    assert error == pytest.approx(np.ptp(few) / 40_000, rel=0.2)
    generator = np.random.default_rng(0)
    chance = [wasserstein_1(generator.normal(size=10_000), stats.norm()) for _ in range(20)]
    assert 0.004 < np.mean(chance) < 0.02


def test_of_one_distribution_95_of_100_statistics_are_below_the_documented_bound():
    generator, n, m = np.random.default_rng(0), 300, 600
    x, y = generator.random((400, n)), generator.random((400, m))
    one = [math.sqrt(n) * kolmogorov_smirnov(row, stats.uniform()) for row in x]
    two = [
        math.sqrt(n * m / (n + m)) * kolmogorov_smirnov(*pair) for pair in zip(x, y, strict=True)
    ]
    for scaled in (one, two):
        assert abs(np.mean(np.array(scaled) < 1.36) - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 400)


def test_a_million_draws():
    x = np.random.default_rng(0).normal(69, 3, size=1_000_000)
    law = stats.norm(69, 3)
    assert kolmogorov_smirnov(x, law) < 0.00195  # one in a thousand is above
    assert kolmogorov_smirnov(x, x[::-1]) == 0
    assert 0 < wasserstein_1(x, law) < 0.02


@pytest.mark.parametrize("distance", [kolmogorov_smirnov, wasserstein_1])
def test_what_is_no_sample_is_refused(distance):
    good = [1.0, 2.0]
    for bad in ([], np.zeros((3, 2)), np.zeros((0, 1)), np.zeros((2, 1, 1)), 1.0):
        for pair in ((bad, good), (good, bad), (bad, stats.norm())):
            with pytest.raises(InputError, match=r"\(n,\) or \(n, 1\)"):
                distance(*pair)
    for bad in ([1.0, math.nan], [math.inf]):
        for pair in ((bad, good), (good, bad)):
            with pytest.raises(InputError, match="finite"):
                distance(*pair)
    with pytest.raises(InputError, match="an array of numbers, not str"):
        distance(good, "normal")


def test_what_is_no_cdf_is_refused():
    for cdf in (np.exp, lambda x: 0.5, stats.norm.logcdf, lambda x: x * math.nan):
        with pytest.raises(InputError, match="a cdf must return a probability"):
            kolmogorov_smirnov([1.0, 2.0], cdf)
    with pytest.raises(InputError, match="not function"):
        wasserstein_1([1.0, 2.0], lambda x: x)
