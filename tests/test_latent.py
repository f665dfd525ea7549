"""The reparameterisation is a normal with the right deviation; walks start and end where asked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax.latent import (
    attribute_vector,
    attribute_vectors,
    interpolate,
    reparameterize,
    traverse,
)


def test_samples_have_the_deviation_not_the_variance():
    log_variance = jnp.full(20_000, np.log(4.0))
    z = np.asarray(reparameterize(jax.random.key(0), jnp.full(20_000, 3.0), log_variance))
    assert scipy.stats.kstest(z, scipy.stats.norm(3, 2).cdf).pvalue > 1e-3


def test_gradients_flow_through_the_noise():
    # d/dm E[z²] = 2m and d/dl E[z²] = exp(l), by the closed form m² + exp(l).
    mean, log_variance = jnp.float32(0.7), jnp.float32(-0.4)

    def second_moment(mean, log_variance):
        shape = (200_000,)
        z = reparameterize(
            jax.random.key(1), jnp.broadcast_to(mean, shape), jnp.broadcast_to(log_variance, shape)
        )
        return jnp.mean(z**2)

    by_mean, by_log_variance = jax.grad(second_moment, argnums=(0, 1))(mean, log_variance)
    np.testing.assert_allclose(by_mean, 2 * mean, atol=0.01)
    np.testing.assert_allclose(by_log_variance, np.exp(-0.4), atol=0.02)


@pytest.mark.parametrize("spherical", [False, True])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.integers(2, 9))
def test_walks_start_and_end_where_asked(spherical, seed, n):
    start, stop = jax.random.normal(jax.random.key(seed), (2, 5))
    path = interpolate(start, stop, n, spherical=spherical)
    np.testing.assert_allclose(path[jnp.array([0, -1])], jnp.stack([start, stop]), atol=1e-5)


def test_a_spherical_walk_stays_on_the_sphere_and_its_steps_are_equal():
    start, stop = jnp.array([2.0, 0, 0]), jnp.array([0, 2.0, 0])
    path = np.asarray(interpolate(start, stop, 7, spherical=True))
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-5)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)


@pytest.mark.parametrize("factor", [1.0, 3.0, -1.0, 0.0])
def test_a_spherical_walk_between_parallel_vectors_is_finite(factor):
    start = jnp.array([1.0, 2.0])
    assert np.isfinite(interpolate(start, factor * start, 5, spherical=True)).all()


def test_traverse_moves_one_dimension():
    path = traverse(jnp.arange(3.0), 1, jnp.array([-2.0, 5.0]))
    np.testing.assert_array_equal(path, [[0, -2, 2], [0, 5, 2]])


def test_attribute_vector_is_the_difference_of_means():
    latents = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    has = latents[:, 0] > 0.3
    expected = latents[has].mean(0) - latents[~has].mean(0)
    np.testing.assert_allclose(attribute_vector(latents, jnp.asarray(has)), expected, atol=1e-6)


def correlated_attributes(n=400):
    """Two attributes that come together, one that does not, and latents made of them."""
    generator = np.random.default_rng(3)
    first = generator.random(n) < 0.4
    second = np.where(generator.random(n) < 0.8, first, ~first)
    attributes = np.stack([first, second, generator.random(n) < 0.5], axis=1)
    vectors = generator.normal(size=(3, 4)).astype(np.float32)
    noise = 0.05 * generator.normal(size=(n, 4))
    return attributes, vectors, (attributes @ vectors + 7 + noise).astype(np.float32)


@pytest.mark.parametrize("columns", [slice(0, 1), slice(0, 3)])
def test_mean_differences_of_many_attributes(columns):
    attributes, _, latents = correlated_attributes()
    attributes = attributes[:, columns]
    expected = [latents[has].mean(0) - latents[~has].mean(0) for has in attributes.T]
    found = attribute_vectors(jnp.asarray(latents), jnp.asarray(attributes))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_regression_parts_what_comes_together():
    attributes, vectors, latents = correlated_attributes()
    found = attribute_vectors(jnp.asarray(latents), jnp.asarray(attributes), regressed=True)
    np.testing.assert_allclose(found, vectors, atol=0.03)
    design = np.concatenate([attributes, np.ones((len(latents), 1))], axis=1)
    expected = np.linalg.lstsq(design, latents.astype(np.float64))[0][:3]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    together = attribute_vectors(jnp.asarray(latents), jnp.asarray(attributes))
    assert np.abs(together - vectors)[:2].max() > 0.3


def test_regressed_vectors_of_classes_are_their_means_less_the_middle():
    generator = np.random.default_rng(1)
    labels = np.arange(90) % 3
    latents = generator.normal(size=(90, 2)).astype(np.float32)
    means = np.stack([latents[labels == label].mean(0) for label in range(3)])
    one_hot = jnp.asarray(np.eye(3, dtype=bool)[labels])
    found = attribute_vectors(jnp.asarray(latents), one_hot, regressed=True)
    np.testing.assert_allclose(found, means - means.mean(0), atol=1e-5)


def test_an_attribute_of_a_single_value_has_no_vector():
    attributes, _, latents = correlated_attributes()
    attributes[:, 1] = True
    arrays = jnp.asarray(latents), jnp.asarray(attributes)
    np.testing.assert_array_equal(np.isnan(attribute_vectors(*arrays))[:, 0], [False, True, False])
    np.testing.assert_allclose(attribute_vectors(*arrays, regressed=True)[1], 0, atol=1e-6)
