"""log p(x) by importance sampling, against a linear-Gaussian model whose value is known."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
import scipy.stats

from genjax import Context, Trained
from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.losses import Gaussian, WeightedSquaredError
from genjax.models import AutoencoderConfig, VAEConfig

LATENT, COLUMNS, SCALE = 2, 5, 0.7
KEY = jax.random.key(0)
CONFIG = VAEConfig(
    event_shape=(COLUMNS,), network="mlp", hidden=(), latent_size=LATENT,
    likelihood=Gaussian(SCALE),
)  # fmt: skip


def linear(shift=0.0, scale=1.0):
    """p(x|z) = N(W z + b, s²); q(z|x) is the exact posterior, or one moved and widened."""
    rng = np.random.default_rng(0)
    weights = np.linalg.qr(rng.normal(size=(COLUMNS, LATENT)))[0] * [1.5, 0.6]  # orthogonal
    offset = rng.normal(size=COLUMNS)
    marginal = scipy.stats.multivariate_normal(
        offset, weights @ weights.T + SCALE**2 * np.eye(COLUMNS)
    )
    variance = 1 / (1 + (weights**2).sum(0) / SCALE**2)  # diagonal, as W's columns are orthogonal
    gain = variance[:, None] * weights.T / SCALE**2
    bias = [shift - gain @ offset, np.log(scale**2 * variance)]
    params = {
        "encoder": {
            "kernel": np.concatenate([gain.T, np.zeros_like(gain.T)], 1),
            "bias": np.concatenate(bias),
        },
        "decoder": {"kernel": weights.T, "bias": offset},
    }
    x = marginal.rvs(16, random_state=1).astype(np.float32)
    state = CONFIG.build().algorithm(optax.sgd(0.0)).init(KEY, {"x": x})
    params = {
        name: {"Dense_0": jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), p)}
        for name, p in params.items()
    }
    return state._replace(params=params), x, marginal.logpdf(x)


def log_prob(state, x, key=KEY, **options):
    return jax.jit(partial(CONFIG.build().log_prob, **options))(state, x, key)


@pytest.mark.parametrize("samples", [1, 7])
def test_with_the_exact_posterior_every_number_of_samples_gives_log_p(samples):
    state, x, truth = linear()
    np.testing.assert_allclose(log_prob(state, x, samples=samples), truth, rtol=1e-5)


def test_with_another_posterior_it_rises_with_the_samples_and_ends_at_log_p():
    state, x, truth = linear(shift=0.4, scale=1.3)
    vae, keys = CONFIG.build(), jax.random.split(KEY, 4000)

    def mean(bound):
        return float(jax.jit(jax.vmap(bound, (None, None, 0)))(state, x, keys).mean())

    bounds = [mean(partial(vae.log_prob, samples=samples, chunk=5)) for samples in (1, 2, 5, 20)]
    assert bounds == sorted(bounds)
    assert bounds[-1] < truth.mean()
    np.testing.assert_allclose(bounds[0], mean(vae.elbo), atol=0.05)
    np.testing.assert_allclose(log_prob(state, x, samples=20_000), truth, atol=0.05)


def test_the_chunk_is_a_matter_of_memory_alone():
    state, x, _ = linear(shift=0.4, scale=1.3)
    values = [log_prob(state, x, samples=23, chunk=chunk) for chunk in (1, 5, 23, 99)]
    for other in values[1:]:
        np.testing.assert_allclose(other, values[0], rtol=1e-5)
    # The same draws at once, in NumPy.
    vae = CONFIG.build()
    mean, log_variance = map(np.asarray, vae.encode(state, x))
    noise = np.asarray(jax.random.normal(KEY, (23, LATENT)))[:, None]
    z = mean + np.exp(log_variance / 2) * noise
    decoder = jax.tree.map(np.asarray, state.params["decoder"]["Dense_0"])
    likelihood = scipy.stats.norm(z @ decoder["kernel"] + decoder["bias"], SCALE)
    log_weight = (
        likelihood.logpdf(x).sum(-1)
        + scipy.stats.norm.logpdf(z).sum(-1)
        - scipy.stats.norm(mean, np.exp(log_variance / 2)).logpdf(z).sum(-1)
    )
    expected = scipy.special.logsumexp(log_weight, axis=0) - np.log(23)
    np.testing.assert_allclose(values[0], expected, rtol=1e-5)


def test_a_row_does_not_depend_on_its_neighbours():
    state, x, _ = linear(shift=0.4, scale=1.3)
    whole = log_prob(state, x, samples=9)
    np.testing.assert_allclose(log_prob(state, x[5:7], samples=9), whole[5:7], rtol=1e-5)


def test_the_importance_weighted_loss_is_minus_the_bound():
    state, x, truth = linear(shift=0.4, scale=1.3)
    keys = jax.random.split(KEY, 4000)

    @partial(jax.jit, static_argnums=0)
    def mean_loss_and_bound(samples):
        vae = dataclasses.replace(CONFIG, importance_samples=samples).build()

        def both(key):
            context = Context(key, state.step, state.extra)
            loss, aux = vae.loss(state.params, {"x": x}, context)
            bits = aux.metrics["bits_per_dimension"]
            return loss, vae.log_prob(state, x, key, samples=samples, chunk=samples).mean(), bits

        return [values.mean() for values in jax.vmap(both)(keys)]

    for samples in (2, 8):
        loss, bound, bits = mean_loss_and_bound(samples)
        np.testing.assert_allclose(-loss, bound, atol=0.03)
        np.testing.assert_allclose(bits, loss / (COLUMNS * np.log(2)), rtol=1e-5)
        assert -loss < truth.mean()


def test_what_has_no_density_has_no_log_prob():
    x = np.zeros((2, COLUMNS), np.float32)
    vae = dataclasses.replace(CONFIG, likelihood=WeightedSquaredError()).build()
    state = vae.algorithm(optax.sgd(0.1)).init(KEY, {"x": x})
    with pytest.raises(InputError, match=r"no density: there is no log p\(x\)"):
        vae.log_prob(state, x, KEY)
    for options in ({"samples": 0}, {"chunk": 0}):
        with pytest.raises(InputError, match="1 or more"):
            log_prob(state, x, **options)


def test_a_trained_model_s_log_prob_kl_and_active_units():
    state, x, truth = linear()
    trained = Trained(TrainingConfig(model=CONFIG), state)
    many = np.tile(x, (5, 1))  # more than a block
    bound = trained.log_prob(many, samples=3)
    np.testing.assert_allclose(bound, np.tile(truth, 5), rtol=1e-5)
    mean, log_variance = map(np.asarray, trained.model.encode(state, x))
    expected = (mean**2 + np.exp(log_variance) - 1 - log_variance).mean(0) / 2
    np.testing.assert_allclose(trained.kl_per_dimension(x), expected, rtol=1e-4)
    assert trained.active_units(x) == 2
    # A latent that the encoder does not use.
    kernel = state.params["encoder"]["Dense_0"]["kernel"].at[:, 1].set(0)
    collapsed = {"Dense_0": state.params["encoder"]["Dense_0"] | {"kernel": kernel}}
    trained.state = state._replace(params=state.params | {"encoder": collapsed})
    assert trained.active_units(x) == 1
    with pytest.raises(InputError, match="seed"):
        trained.log_prob(x, seed=-1)


def test_a_trained_autoencoder_has_neither():
    config = AutoencoderConfig(event_shape=(COLUMNS,), network="mlp", latent_size=LATENT)
    x = np.zeros((2, COLUMNS), np.float32)
    state = config.build().algorithm(optax.sgd(0.1)).init(KEY, {"x": x})
    trained = Trained(TrainingConfig(model=config), state)
    for verb in (trained.log_prob, trained.kl_per_dimension):
        with pytest.raises(InputError, match="Autoencoder has no"):
            verb(x)
