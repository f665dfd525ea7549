"""The ELBO against a linear-Gaussian model's closed form; verbs, shapes, β, statistics, types."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats

from genjax import Context, fit, fit_many
from genjax.errors import InputError
from genjax.losses import Bernoulli, Gaussian, WeightedSquaredError
from genjax.models import VAEConfig

LATENT, COLUMNS, SCALE = 2, 5, 0.7
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def linear():
    """p(x|z) = N(W z + b, s²), with q(z|x) the exact posterior, and x drawn from p."""
    rng = np.random.default_rng(0)
    weights = np.linalg.qr(rng.normal(size=(COLUMNS, LATENT)))[0] * [1.5, 0.6]  # orthogonal
    offset = rng.normal(size=COLUMNS)
    marginal = scipy.stats.multivariate_normal(
        offset, weights @ weights.T + SCALE**2 * np.eye(COLUMNS)
    )
    variance = 1 / (1 + (weights**2).sum(0) / SCALE**2)  # diagonal, as W's columns are orthogonal
    gain = variance[:, None] * weights.T / SCALE**2
    vae = VAEConfig(
        event_shape=(COLUMNS,), network="mlp", hidden=(), latent_size=LATENT,
        likelihood=Gaussian(SCALE),
    ).build()  # fmt: skip
    x = marginal.rvs(64, random_state=1).astype(np.float32)
    state = vae.algorithm(optax.sgd(0.0)).init(KEY, {"x": x})
    encoder = {
        "kernel": jnp.asarray(np.concatenate([gain.T, np.zeros_like(gain.T)], 1), jnp.float32),
        "bias": jnp.asarray(np.concatenate([-gain @ offset, np.log(variance)]), jnp.float32),
    }
    decoder = {"kernel": jnp.asarray(weights.T, jnp.float32), "bias": jnp.asarray(offset, "f4")}
    state = state._replace(
        params={"encoder": {"Dense_0": encoder}, "decoder": {"Dense_0": decoder}}
    )
    return vae, state, x, marginal.logpdf(x)


def mean_elbo(vae, state, x, draws=4000):
    keys = jax.random.split(KEY, draws)
    return np.asarray(jax.jit(jax.vmap(vae.elbo, (None, None, 0)))(state, x, keys).mean(0))


def test_elbo_with_the_exact_posterior_is_the_log_likelihood(linear):
    vae, state, x, log_likelihood = linear
    np.testing.assert_allclose(mean_elbo(vae, state, x), log_likelihood, atol=0.12)
    np.testing.assert_allclose(mean_elbo(vae, state, x).mean(), log_likelihood.mean(), atol=0.01)


def test_elbo_with_another_posterior_is_lower_by_its_divergence(linear):
    vae, state, x, log_likelihood = linear
    encoder = state.params["encoder"]["Dense_0"]
    shift = jnp.array([0.5, 0.0, 0.0, 0.0])
    shifted = {"Dense_0": encoder | {"bias": encoder["bias"] + shift}}
    moved = state._replace(params=state.params | {"encoder": shifted})
    variance = float(jnp.exp(encoder["bias"][2]))
    gap = (log_likelihood - mean_elbo(vae, moved, x)).mean()
    np.testing.assert_allclose(gap, 0.5**2 / (2 * variance), rtol=0.03)


def test_the_loss_is_minus_the_elbo_in_nats_per_example(linear):
    vae, state, x, log_likelihood = linear
    losses = [
        vae.loss(state.params, {"x": x}, Context(key, state.step, state.extra))[0]
        for key in jax.random.split(KEY, 50)
    ]
    np.testing.assert_allclose(np.mean(losses), -log_likelihood.mean(), atol=0.1)


def test_training_finds_the_closed_form_s_optimum(linear):
    vae, _, _, _ = linear
    rng = np.random.default_rng(5)
    covariance = np.diag([4.0, 1.0, *[SCALE**2] * 3])  # what this model can represent exactly
    truth = scipy.stats.multivariate_normal(np.zeros(COLUMNS), covariance)
    x = truth.rvs(2000, random_state=rng).astype(np.float32)
    state = fit(
        vae.algorithm(optax.adam(optax.cosine_decay_schedule(2e-2, 2000))), {"x": x},
        steps=2000, key=KEY, batch_size=100, chunk=500,
    )  # fmt: skip
    elbo = mean_elbo(vae, state, x, draws=50).mean()
    assert truth.logpdf(x).mean() - 0.03 < elbo < truth.logpdf(x).mean() + 0.03


def test_beta_weighs_the_kl_and_a_schedule_follows_the_step(linear):
    vae, state, x, _ = linear

    def loss(beta, step):
        context = Context(KEY, jnp.int32(step), state.extra)
        return dataclasses.replace(vae, beta=beta).loss(state.params, {"x": x}, context)

    total, aux = loss(3.0, 0)
    expected = aux.metrics["reconstruction"] + 3 * aux.metrics["kl"]
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    warm_up = optax.linear_schedule(0.0, 3.0, 10)
    np.testing.assert_allclose(loss(warm_up, 0)[0], aux.metrics["reconstruction"], rtol=1e-6)
    np.testing.assert_allclose(loss(warm_up, 10)[0], total, rtol=1e-6)


def test_the_penalty_by_hand():
    """β |Σ max(λ, KL_d) - C|, each part of it alone and all at once."""
    kl, step = jnp.array([0.1, 2.0, 3.0]), jnp.int32(5)
    vae = VAEConfig(event_shape=(4,), network="mlp", latent_size=3).build()

    def penalty(**settings):
        return float(dataclasses.replace(vae, **settings).penalty(kl, step))

    np.testing.assert_allclose(penalty(), 5.1, rtol=1e-6)
    np.testing.assert_allclose(penalty(free_bits=0.5), 5.5, rtol=1e-6)
    np.testing.assert_allclose(penalty(capacity=6.1), 1.0, rtol=1e-5)
    rising = VAEConfig(
        event_shape=(4,), network="mlp", latent_size=3, beta=4.0, free_bits=0.5, capacity=3.0,
        capacity_steps=10, beta_warmup_steps=10,
    ).build()  # fmt: skip
    np.testing.assert_allclose(rising.penalty(kl, step), 2.0 * (5.5 - 1.5), rtol=1e-6)
    np.testing.assert_allclose(rising.penalty(kl, step * 9), 4.0 * (5.5 - 3.0), rtol=1e-6)


def test_the_objectives_hold_the_kl_where_they_say():
    """Three members weigh the KL by β = 30: it goes to 0, to the free bits, to the capacity."""
    rng = np.random.default_rng(3)
    x = (rng.normal(size=(512, 3)) @ rng.normal(size=(3, 6))).astype(np.float32)
    vae = VAEConfig(
        event_shape=(6,), network="mlp", hidden=(), latent_size=3, likelihood=Gaussian(1.0)
    ).build()
    tx = optax.adam(optax.cosine_decay_schedule(2e-2, 600))
    settings = {"free_bits": jnp.array([0, 0.4, 0]), "capacity": jnp.array([0, 0, 1.5])}
    seen = []
    fit_many(
        lambda own: dataclasses.replace(vae, beta=30.0, **own).algorithm(tx),
        {"x": x}, steps=600, keys=jax.random.split(KEY, 3), batch_size=128, chunk=100,
        settings=settings, hooks=[lambda progress: seen.append(progress.metrics)],
    )  # fmt: skip
    last = {name.removeprefix("vae/"): values.mean(1) for name, values in seen[-1].items()}
    collapsed, free, drawn = last["kl_per_dimension"]
    assert collapsed.sum() < 0.01
    np.testing.assert_allclose(free, 0.4, atol=0.06)  # a batch strays about the kink
    np.testing.assert_allclose(drawn.sum(), 1.5, atol=0.05)
    assert last["active_units"].tolist() == [0, 3, 3]
    np.testing.assert_allclose(last["kl_per_dimension"].sum(1), last["kl"], rtol=1e-5)
    elbo = -last["reconstruction"] - last["kl"]
    np.testing.assert_allclose(last["bits_per_dimension"] * 6 * np.log(2), -elbo, rtol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 2), (48, 48, 3), (96, 96, 4), (20, 33, 3)])
@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_every_picture_shape_comes_out_as_it_went_in(shape, norm):
    vae = VAEConfig(event_shape=shape, channels=(4, 8), latent_size=3, norm=norm).build()
    x = np.random.default_rng(0).integers(0, 256, (2, *shape), np.uint8)
    state = jax.eval_shape(vae.algorithm(optax.adam(1e-3)).init, KEY, {"x": x})
    assert jax.eval_shape(vae.reconstruct, state, x).shape == x.shape
    assert jax.eval_shape(lambda s: vae.sample(s, KEY, 5), state).shape == (5, *shape)
    mean, log_variance = jax.eval_shape(vae.encode, state, x)
    assert mean.shape == log_variance.shape == (2, 3)


def test_the_report_s_networks():
    vae = VAEConfig(likelihood=WeightedSquaredError()).build()
    x = np.zeros((1, 128, 128, 3), np.uint8)
    params, _ = jax.eval_shape(vae.init, KEY, {"x": x})
    kernels = {
        name: [p["kernel"].shape for layer, p in sorted(net.items())]
        for name, net in params.items()
    }
    convolutions = [(3, 3, 3, 32), (3, 3, 32, 64), (3, 3, 64, 64), (3, 3, 64, 64)]
    assert kernels["encoder"] == [*convolutions, (4096, 400)]
    transposed = [(3, 3, 64, 64), (3, 3, 64, 64), (3, 3, 32, 64), (3, 3, 3, 32)]
    assert kernels["decoder"] == [*transposed, (200, 4096)]


@pytest.mark.slow
def test_bfloat16_computes_with_float32_parameters_and_losses():
    config = VAEConfig(event_shape=(16, 16, 3), channels=(4,), latent_size=3, norm="group")
    x = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)
    values = {}
    for dtype in ("float32", "bfloat16"):
        vae = dataclasses.replace(config, dtype=dtype).build()
        state = vae.algorithm(optax.adam(1e-3)).init(KEY, {"x": x})
        assert {leaf.dtype for leaf in jax.tree.leaves(state.params)} == {jnp.dtype("float32")}
        value, aux = vae.loss(state.params, {"x": x}, Context(KEY, state.step, state.extra))
        assert value.dtype == aux.metrics["kl"].dtype == jnp.float32
        values[dtype] = float(value)
    assert values["float32"] != values["bfloat16"]
    np.testing.assert_allclose(values["bfloat16"], values["float32"], rtol=2e-2)


@pytest.mark.slow
def test_batch_statistics_move_in_training_and_stand_still_in_use():
    config = VAEConfig(event_shape=(16, 16, 1), channels=(4,), latent_size=2, norm="batch")
    vae = config.build()
    x = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 1), np.uint8)
    state = fit(
        vae.algorithm(optax.adam(1e-3)), {"x": x}, steps=30, key=KEY, batch_size=16, chunk=10
    )
    running = state.extra["encoder"]["batch_stats"]["Norm_0"]["BatchNorm_0"]["mean"]
    assert np.abs(running).min() > 0
    alone, together = vae.reconstruct(state, x[:1]), vae.reconstruct(state, x)[:1]
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_no_density_has_no_elbo():
    vae = VAEConfig(
        event_shape=(4,), network="mlp", latent_size=1, likelihood=WeightedSquaredError()
    ).build()
    state = vae.algorithm(optax.sgd(0.1)).init(KEY, {"x": np.zeros((2, 4))})
    with pytest.raises(InputError, match="no density"):
        vae.elbo(state, np.zeros((2, 4)), KEY)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"event_shape": (7,)}, "height, width, channels"),
        ({"latent_size": 0}, "1 or more"),
        ({"channels": ()}, "1 or more"),
        ({"beta": -1.0}, "negative"),
        ({"free_bits": -1.0}, "free_bits must be finite and not negative"),
        ({"capacity_steps": 2**31}, "capacity_steps must be finite"),
        ({"importance_samples": 0}, "importance_samples must be 1 or more"),
        ({"importance_samples": 2, "beta": 2.0}, "beta = 1"),
        ({"importance_samples": 2, "beta_warmup_steps": 9}, "beta = 1"),
        ({"importance_samples": 2, "free_bits": 0.1}, "no free_bits"),
        ({"importance_samples": 2, "likelihood": WeightedSquaredError()}, "density"),
    ],
)
def test_impossible_settings_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        VAEConfig(**settings).build()


def test_fit_refuses_data_of_another_range_or_shape():
    vae = VAEConfig(event_shape=(4,), network="mlp", latent_size=1, likelihood=Bernoulli()).build()
    for x, words in ((np.full((8, 4), 7.0), r"\[0, 1\].*\[7, 7\]"), (np.zeros((8, 5)), "shape")):
        with pytest.raises(InputError, match=words):
            fit(vae.algorithm(optax.sgd(0.1)), {"x": x}, steps=1, key=KEY, batch_size=4)
