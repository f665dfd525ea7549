"""Anomaly scores against the closed forms of a linear-Gaussian model, and what no row may feel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from genjax.algorithm import TrainState
from genjax.errors import InputError
from genjax.losses import Gaussian, WeightedSquaredError
from genjax.metrics.anomaly import anomaly_scores, attribution, fixed_noise
from genjax.models import VAEConfig

RNG = np.random.default_rng(0)
COLUMNS, LATENTS, SCALE = 4, 2, 0.7
# Orthogonal columns, so that the exact posterior has a diagonal covariance, as the encoder's has.
DIRECTIONS = np.linalg.qr(RNG.normal(size=(COLUMNS, LATENTS)))[0] * np.array([1.5, 0.8])
SHIFT = RNG.normal(size=COLUMNS)
X = (RNG.normal(size=(6, LATENTS)) @ DIRECTIONS.T + SHIFT + RNG.normal(size=(6, COLUMNS))).astype(
    np.float32
)
VARIANCE = 1 / (1 + (DIRECTIONS**2).sum(0) / SCALE**2)  # of the posterior
MEAN = (X - SHIFT) @ DIRECTIONS / SCALE**2 * VARIANCE


def linear(kernel, bias):
    return {"Dense_0": {"kernel": jnp.float32(kernel), "bias": jnp.float32(bias)}}


@pytest.fixture(scope="module")
def model():
    """X = directions z + shift + noise, and its exact posterior."""
    vae = VAEConfig(
        event_shape=(COLUMNS,), network="mlp", hidden=(), latent_size=LATENTS,
        likelihood=Gaussian(SCALE),
    ).build()  # fmt: skip
    to_mean = DIRECTIONS / SCALE**2 * VARIANCE
    encoder = linear(
        np.hstack([to_mean, np.zeros_like(to_mean)]),
        np.concatenate([-SHIFT @ to_mean, np.log(VARIANCE)]),
    )
    params = {"encoder": encoder, "decoder": linear(DIRECTIONS.T, SHIFT)}
    return vae, TrainState(jnp.int32(0), params, {"encoder": {}, "decoder": {}}, {})


@pytest.fixture(scope="module")
def scores(model):
    return anomaly_scores(*model, X, fixed_noise(40_000, LATENTS))


def test_the_model_is_the_one_that_is_meant(model):
    mean, log_variance = model[0].encode(model[1], X)
    np.testing.assert_allclose(mean, MEAN, rtol=1e-4)
    np.testing.assert_allclose(np.exp(log_variance), np.tile(VARIANCE, (6, 1)), rtol=1e-5)


def test_the_log_likelihood_is_the_marginal_s_for_any_draws(model):
    # With the exact posterior every weight p(x, z) / q(z|x) is p(x): one draw is enough.
    covariance = DIRECTIONS @ DIRECTIONS.T + SCALE**2 * np.eye(COLUMNS)
    expected = scipy.stats.multivariate_normal(SHIFT, covariance).logpdf(X)
    one = anomaly_scores(*model, X, fixed_noise(1, LATENTS, seed=3))
    np.testing.assert_allclose(one.log_likelihood, expected, rtol=1e-4)


def test_importance_weights_make_up_for_a_wrong_posterior(model):
    vae, state = model
    layer = state.params["encoder"]["Dense_0"]
    shifted = layer["bias"] + jnp.array(
        [0.3, 0.3, 0.4, 0.4]
    )  # of the means, and 1.5 x the variance
    encoder = {"Dense_0": {**layer, "bias": shifted}}
    wrong = state._replace(params={**state.params, "encoder": encoder})
    scores = anomaly_scores(vae, wrong, X, fixed_noise(40_000, LATENTS))
    covariance = DIRECTIONS @ DIRECTIONS.T + SCALE**2 * np.eye(COLUMNS)
    expected = scipy.stats.multivariate_normal(SHIFT, covariance).logpdf(X)
    np.testing.assert_allclose(scores.log_likelihood, expected, atol=0.02)
    assert (scores.elbo < scores.log_likelihood - 0.05).all()


def test_the_reconstruction_probability_is_that_of_the_decoded_posterior(scores):
    spread = DIRECTIONS * VARIANCE @ DIRECTIONS.T + SCALE**2 * np.eye(COLUMNS)
    expected = [
        scipy.stats.multivariate_normal(DIRECTIONS @ m + SHIFT, spread).logpdf(x)
        for m, x in zip(MEAN, X, strict=True)
    ]
    np.testing.assert_allclose(scores.reconstruction_probability, expected, atol=0.03)


def test_the_mean_log_likelihood_is_the_expected_one(model, scores):
    residual = ((X - MEAN @ DIRECTIONS.T - SHIFT) ** 2).sum(1)
    scattered = (VARIANCE * (DIRECTIONS**2).sum(0)).sum()
    expected = -(residual + scattered) / (2 * SCALE**2)
    expected -= COLUMNS * np.log(SCALE * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(scores.mean_log_likelihood, expected, atol=0.03)
    parts = attribution(*model, X, fixed_noise(40_000, LATENTS))
    np.testing.assert_allclose(parts.sum(1), scores.mean_log_likelihood, rtol=1e-4)


def test_kl_elbo_and_error_are_their_definitions(scores):
    kl = 0.5 * (MEAN**2 + VARIANCE - 1 - np.log(VARIANCE)).sum(1)
    np.testing.assert_allclose(scores.kl, kl, rtol=1e-4)
    np.testing.assert_allclose(scores.elbo, scores.mean_log_likelihood - kl, rtol=1e-4)
    error = ((X - MEAN @ DIRECTIONS.T - SHIFT) ** 2).sum(1)
    np.testing.assert_allclose(scores.reconstruction_error, error, rtol=1e-3)


def test_the_orders_that_always_hold(model):
    scores = anomaly_scores(*model, X, fixed_noise(30, LATENTS))
    assert (scores.mean_log_likelihood <= scores.reconstruction_probability).all()
    assert (scores.elbo <= scores.mean_log_likelihood).all()


def test_an_unlikely_row_scores_low_and_names_its_column(model):
    strange = X[:1].copy()
    strange[0, 2] += 30
    noise = fixed_noise(30, LATENTS)
    usual, odd = (anomaly_scores(*model, x, noise) for x in (X[:1], strange))
    for name in ("reconstruction_probability", "mean_log_likelihood", "elbo", "log_likelihood"):
        assert getattr(odd, name)[0] < getattr(usual, name)[0] - 100
    assert odd.reconstruction_error[0] > usual.reconstruction_error[0]
    assert int(attribution(*model, strange, noise)[0].argmin()) == 2


def test_noise_is_the_same_for_every_row_and_call():
    np.testing.assert_array_equal(fixed_noise(5, 2, seed=1), fixed_noise(5, 2, seed=1))
    assert not np.array_equal(fixed_noise(5, 2, seed=1), fixed_noise(5, 2, seed=2))
    assert len(np.unique(fixed_noise(100, 1))) == 100  # draws of their own, not one draw repeated
    with pytest.raises(InputError, match="1 or more draws"):
        fixed_noise(0, 2)


def test_an_error_is_no_density():
    vae = VAEConfig(
        event_shape=(3,), network="mlp", hidden=(), latent_size=1,
        likelihood=WeightedSquaredError(1.0, root=True, bounded=False),
    ).build()  # fmt: skip
    state = TrainState(jnp.int32(0), *vae.init(jax.random.key(0), {"x": X[:, :3]}), {})
    with pytest.raises(InputError, match="no reconstruction probability"):
        anomaly_scores(vae, state, X[:, :3], fixed_noise(2, 1))
