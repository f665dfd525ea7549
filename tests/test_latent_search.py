"""The search for a generator's input: closed forms, and what it must never return."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax.errors import InputError
from genjax.metrics.latent_search import search_latents


@pytest.fixture(scope="module")
def linear():
    """A generator A z + b, rows beside its plane, the search of all and that of one."""
    rng = np.random.default_rng(0)
    A, b, x = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 2), (5,), (64, 5)))

    def search(row):
        return search_latents(
            lambda z: jnp.sum((row - jnp.asarray(A) @ z - jnp.asarray(b)) ** 2),
            jnp.zeros((1, 2)),
            steps=400,
            rate=0.05,
        )

    return A, b, x, jax.jit(jax.vmap(search))


def test_a_linear_generator_is_inverted_by_least_squares(linear):
    A, b, x, search = linear
    z, squares, *_ = np.linalg.lstsq(A.astype(float), (x - b).T.astype(float))
    found = search(x)
    np.testing.assert_allclose(found.z, z.T, atol=2e-3)
    np.testing.assert_allclose(found.loss, squares, rtol=1e-4)


def test_a_row_s_search_does_not_depend_on_its_neighbours(linear):
    _, _, x, search = linear
    order = np.random.default_rng(1).permutation(len(x))
    alone, among = search(x)[0], search(x[order])[0]
    np.testing.assert_array_equal(among, np.asarray(alone)[order])
    np.testing.assert_array_equal(
        search(np.where(np.arange(64)[:, None] < 1, x, 9.0))[0][0], alone[0]
    )


def test_of_two_valleys_restarts_find_the_deeper_one():
    def loss(z):
        return jnp.sum((z**2 - 1) ** 2 + 0.3 * z)

    valleys = np.roots([4, 0, -4, 0.3])  # where the slope is 0
    deeper, other = valleys.min(), valleys.max()
    search = jax.jit(partial(search_latents, loss, steps=200, rate=0.02))
    np.testing.assert_allclose(search(jnp.array([[1.5]])).z, [other], atol=1e-3)
    for starts in ([[1.5], [-0.5]], [[-0.5], [1.5]]):
        np.testing.assert_allclose(search(jnp.array(starts)).z, [deeper], atol=1e-3)


def test_adam_walks_down_a_slope_one_rate_a_step():
    # Every step is the rate, and the place after the last one counts.
    found = search_latents(jnp.sum, jnp.array([[5.0], [2.0]]), steps=10, rate=0.1)
    np.testing.assert_allclose(found.z, [1.0], rtol=1e-5)
    np.testing.assert_allclose(found.loss, 1.0, rtol=1e-5)


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_it_is_never_worse_than_the_best_start(steps):
    starts = jnp.array([[3.0, 0.0], [0.1, 0.1]])
    found = search_latents(lambda z: jnp.sum(z**2), starts, steps=steps, rate=1e3)
    np.testing.assert_array_equal(found.z, starts[1])
    assert found.loss == jnp.sum(starts[1] ** 2)


def test_where_the_loss_is_no_number_it_does_not_end():
    def loss(z):
        return jnp.sum(z) * jnp.where(z[0] > 0, 1.0, jnp.nan)

    found = search_latents(loss, jnp.array([[0.25]]), steps=9, rate=0.1)
    np.testing.assert_allclose(found.z, [0.05], rtol=1e-4)  # .15, .05, then nothing more
    nowhere = search_latents(loss, jnp.array([[-1.0], [-2.0]]), steps=1, rate=0.1)
    assert jnp.isinf(nowhere.loss)


@pytest.mark.parametrize(("starts", "steps"), [((0, 2), 5), ((2,), 5), ((1, 2), -1)])
def test_what_is_no_search_is_refused(starts, steps):
    with pytest.raises(InputError, match="starts"):
        search_latents(jnp.sum, jnp.zeros(starts), steps=steps, rate=0.1)
