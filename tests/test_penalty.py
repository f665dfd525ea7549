import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genjax import InputError
from genjax.losses.penalty import (
    PENALTIES,
    R1,
    R2,
    GradientPenalty,
    WeightClipping,
    penalty,
)
from genjax.optimizers import clip_weights, historical_averaging

KEY = jax.random.key(0)
REAL, FAKE = np.random.default_rng(0).normal(size=(2, 6, 3, 2)).astype(np.float32)


def bowl(x, y):
    return jnp.sum(x**2) * (1 if y is None else y)


def wavy(x, y):
    return jnp.sin(x.sum()) + jnp.sum(x[0] * x[1] ** 2)


def finite_slope(x, h=1e-3):
    """|∇ wavy| at one row by central differences."""
    flat = x.astype(np.float64).ravel()
    slopes = []
    for i in range(flat.size):
        step = np.zeros_like(flat)
        step[i] = h
        ends = [float(wavy(jnp.asarray((flat + s * step).reshape(x.shape)), None)) for s in (1, -1)]
        slopes.append((ends[0] - ends[1]) / (2 * h))
    return np.linalg.norm(slopes)


def test_r1_and_r2_are_the_squared_norm_over_all_axes_of_each_row():
    # The slope of |x|² is 2x.
    for kind, rows in ((R1, REAL), (R2, FAKE)):
        expected = 3.0 / 2 * np.sum((2 * rows) ** 2, axis=(1, 2))
        np.testing.assert_allclose(kind(3.0)(bowl, REAL, FAKE, None, KEY), expected, rtol=1e-5)
    labels = jnp.arange(6.0)
    labelled = R1(2.0)(bowl, REAL, FAKE, labels, KEY)
    np.testing.assert_allclose(
        labelled, labels**2 * R1(2.0)(bowl, REAL, FAKE, None, KEY), rtol=1e-5
    )


def test_slopes_agree_with_finite_differences():
    expected = [finite_slope(row) ** 2 / 2 for row in REAL]
    np.testing.assert_allclose(R1(1.0)(wavy, REAL, FAKE, None, KEY), expected, rtol=2e-3)


def test_the_gradient_penalty_is_taken_between_each_pair():
    # Where both rows of a pair are the same, so is the place between them.
    expected = [10 * (finite_slope(row) - 1) ** 2 for row in REAL]
    value = GradientPenalty()(wavy, REAL, REAL, None, KEY)
    np.testing.assert_allclose(value, expected, rtol=5e-3)
    places = []

    def spy(x, y):
        jax.debug.callback(lambda at: places.append(np.asarray(at)), x)
        return jnp.sum(x)

    jax.block_until_ready(GradientPenalty()(spy, REAL, FAKE, None, KEY))
    jax.effects_barrier()
    for place in places:
        share = (place - FAKE) / (REAL - FAKE)
        row = np.argmin(share.reshape(6, -1).std(1))
        own = share[row]
        assert 0 <= own.mean() <= 1
        np.testing.assert_allclose(own, own.mean(), atol=1e-3)  # one share for the whole row
    assert len(places) == 6


def test_a_flat_critic_costs_the_weight_and_has_finite_gradients():
    def cost(scale):
        return jnp.sum(GradientPenalty(10.0)(lambda x, y: scale * x.sum(), REAL, FAKE, None, KEY))

    value, slope = jax.value_and_grad(cost)(0.0)
    assert float(value) == pytest.approx(60.0)
    assert np.isfinite(slope)


def test_clipped_weights_stay_in_the_limit_whatever_the_optimiser():
    tx = WeightClipping(0.1).constrain(optax.sgd(10.0))
    params = {"w": jnp.array([0.05, -0.05, 0.0]), "b": jnp.zeros(())}
    state = tx.init(params)
    for sign in (1.0, -1.0):
        gradient = {"w": sign * jnp.array([1.0, -1.0, 0.001]), "b": jnp.ones(())}
        updates, state = tx.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        assert max(float(jnp.abs(leaf).max()) for leaf in params.values()) <= 0.1 * (1 + 1e-6)
    np.testing.assert_allclose(params["w"], [0.1, -0.1, 0.0], atol=1e-6)
    assert not WeightClipping()(bowl, REAL, FAKE, None, KEY).any()


def test_clipping_changes_nothing_within_the_limit():
    tx = clip_weights(1.0)
    updates, _ = tx.update(jnp.array([0.25]), tx.init(None), jnp.array([0.5]))
    assert updates.tolist() == [0.25]


def test_historical_averaging_adds_the_gradient_of_its_loss():
    tx, path = historical_averaging(0.3), np.random.default_rng(1).normal(size=(5, 2))
    state = tx.init(jnp.zeros(2))
    for t, theta in enumerate(path, 1):
        updates, state = tx.update(jnp.ones(2), state, jnp.asarray(theta))
        mean = path[:t].mean(0)
        expected = 1 + jax.grad(lambda p, mean=mean: 0.3 * jnp.sum((p - mean) ** 2))(
            jnp.asarray(theta)
        )
        np.testing.assert_allclose(updates, expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(state.mean, mean, rtol=1e-4, atol=1e-6)


def test_penalties_by_name():
    assert penalty("gradient_penalty") == GradientPenalty(10.0)
    assert penalty("r1", 0.5) == R1(0.5)
    assert {kind.name for kind in PENALTIES.values()} == set(PENALTIES)
    with pytest.raises(InputError, match="no penalty 'gp': there are gradient_penalty, r1, r2"):
        penalty("gp")
