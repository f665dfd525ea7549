"""Distances between sets of features: closed forms, naive loops, invariances."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax.errors import InputError
from genjax.metrics import distance
from genjax.metrics.distance import (
    frechet_between_gaussians,
    frechet_distance,
    kernel_distance,
    sliced_wasserstein,
)


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def covariance(seed, d):
    factor = random(seed, d, d + 2)
    return factor @ factor.T


def test_frechet_distance_of_diagonal_gaussians_is_that_of_their_scales():
    deviations, others = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 1.0])
    means = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    value = frechet_between_gaussians(
        means[0], np.diag(deviations**2), means[1], np.diag(others**2)
    )
    expected = np.sum((means[0] - means[1]) ** 2) + np.sum((deviations - others) ** 2)
    np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 4, 20])
def test_frechet_distance_is_scipy_s_formula(d):
    one, two = covariance(1, d), covariance(2, d)
    root = scipy.linalg.sqrtm(one @ two)
    expected = d * 0.25 + np.trace(one + two - 2 * root.real)
    value = frechet_between_gaussians(np.zeros(d), one, np.full(d, 0.5), two)
    np.testing.assert_allclose(value, expected, rtol=1e-9)


def test_frechet_distance_of_sets_is_that_of_their_moments():
    real, fake = random(0, 50, 6), random(1, 70, 6) @ covariance(2, 6)
    moments = [f(x) for x in (real, fake) for f in (lambda x: x.mean(0), lambda x: np.cov(x.T))]
    expected = frechet_between_gaussians(*moments)
    np.testing.assert_allclose(frechet_distance(real, fake), expected, rtol=1e-9)


def test_frechet_distance_of_few_vectors_of_many_dimensions():
    real, fake = random(0, 10, 40), random(1, 12, 40)
    moments = [f(x) for x in (real, fake) for f in (lambda x: x.mean(0), lambda x: np.cov(x.T))]
    # scipy's root of a singular product, with a little added to the diagonals, as is usual.
    ridge = 1e-9 * np.eye(40)
    root = scipy.linalg.sqrtm((moments[1] + ridge) @ (moments[3] + ridge))
    expected = np.sum((moments[0] - moments[2]) ** 2)
    expected += np.trace(moments[1] + moments[3] - 2 * root.real)
    np.testing.assert_allclose(frechet_distance(real, fake), expected, rtol=1e-3)
    np.testing.assert_allclose(
        frechet_distance(real, fake), frechet_between_gaussians(*moments), rtol=1e-7
    )
    assert abs(frechet_distance(real, real)) < 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_frechet_distance_knows_neither_order_nor_axes_and_is_symmetric(seed):
    real, fake = random(seed, 30, 5), 2 * random(seed + 1, 20, 5) + 1
    rotation = np.linalg.qr(random(seed + 2, 5, 5))[0]
    value = frechet_distance(real, fake)
    assert value > 0
    for other in (
        frechet_distance(real[::-1], fake),
        frechet_distance(real @ rotation + 3, fake @ rotation + 3),
        frechet_distance(fake, real),
    ):
        np.testing.assert_allclose(other, value, rtol=1e-9)
    np.testing.assert_allclose(frechet_distance(3 * real, 3 * fake), 9 * value, rtol=1e-9)


def naive_kernel_distance(x, y):
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    def within(z):
        pairs = [kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]
        return np.mean(pairs)

    return within(x) + within(y) - 2 * np.mean([kernel(a, b) for a in x for b in y])


def test_kernel_distance_is_the_double_loop_whatever_the_block(monkeypatch):
    x, y = random(0, 23, 4), random(1, 30, 4) + 0.5
    expected = naive_kernel_distance(x, y)
    np.testing.assert_allclose(kernel_distance(x, y).value, expected, rtol=1e-10)
    monkeypatch.setattr(distance, "_BLOCK", 7)
    np.testing.assert_allclose(kernel_distance(x, y).value, expected, rtol=1e-10)


def test_kernel_distance_is_unbiased_and_its_error_is_the_spread_it_names():
    found = [kernel_distance(random(2 * s, 100, 3), random(2 * s + 1, 100, 3)) for s in range(200)]
    values, errors = np.array(found).T
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    assert (values < 0).any()
    # An upper estimate: a subset's own pairs are fewer, by subsets, than all.
    assert values.std() < errors.mean() < 10 * values.std()
    assert kernel_distance(random(0, 40, 3), random(1, 40, 3), seed=1).standard_error != errors[0]
    assert kernel_distance(random(0, 100, 3), random(1, 100, 3)) == found[0]


@pytest.mark.parametrize("n", [40, 57])
def test_sliced_wasserstein_is_scipy_s_along_each_direction(n):
    real, fake = random(0, 40, 3), 2 * random(1, n, 3)
    directions = np.random.default_rng(5).normal(size=(3, 16))
    directions /= np.linalg.norm(directions, axis=0)
    expected = np.mean([scipy.stats.wasserstein_distance(real @ u, fake @ u) for u in directions.T])
    value = sliced_wasserstein(real, fake, projections=16, order=1, seed=5)
    np.testing.assert_allclose(value, expected, rtol=1e-10)


def test_sliced_wasserstein_of_a_shift_along_one_axis():
    x = random(0, 20, 5)
    shifted = x + np.array([3.0, 0, 0, 0, 0])
    # Each direction sees 3 u₁, and E u₁² = 1/d.
    value = sliced_wasserstein(x, shifted, projections=20_000)
    np.testing.assert_allclose(value, 3 / np.sqrt(5), rtol=0.02)
    repeated = np.repeat(x, 3, axis=0)  # the same distribution of another size
    assert sliced_wasserstein(x, repeated) < 1e-12


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3.5]))
def test_sliced_wasserstein_knows_no_order_and_grows_with_its_power(seed, order):
    real, fake = random(seed, 15, 3), random(seed + 1, 11, 3)
    value = sliced_wasserstein(real, fake, order=order, projections=8)
    again = sliced_wasserstein(real[::-1], np.roll(fake, 3, axis=0), order=order, projections=8)
    np.testing.assert_allclose(again, value, rtol=1e-9)
    np.testing.assert_allclose(
        sliced_wasserstein(fake, real, order=order, projections=8), value, rtol=1e-9
    )
    assert value <= sliced_wasserstein(real, fake, order=order + 1, projections=8) + 1e-9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: frechet_distance(random(0, 1, 3), random(0, 5, 3)), "at least 2"),
        (lambda: frechet_distance(random(0, 5, 3), random(0, 5, 4)), "compared"),
        (lambda: frechet_distance(random(0, 5), random(0, 5, 4)), "compared"),
        (lambda: sliced_wasserstein(np.full((4, 2), np.nan), random(0, 4, 2)), "finite"),
        (lambda: sliced_wasserstein(random(0, 4, 2), random(0, 4, 2), order=0.5), "order"),
        (lambda: kernel_distance(random(0, 19, 2), random(0, 50, 2)), "at least 20"),
        (lambda: kernel_distance(random(0, 19, 2), random(0, 50, 2), subsets=1), "2 subsets"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
