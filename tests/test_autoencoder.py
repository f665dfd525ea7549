"""The plain autoencoder: the reconstruction loss alone, codes, no prior."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import genjax
from genjax import Context, fit
from genjax.config import TrainingConfig, from_plain, to_plain
from genjax.data.training_set import TrainingSet
from genjax.errors import InputError
from genjax.losses import Gaussian
from genjax.models import AutoencoderConfig, VAEConfig
from genjax.observers.pictures import train_on_pictures as train

KEY = jax.random.key(0)
LINEAR = AutoencoderConfig(
    event_shape=(5,), network="mlp", hidden=(), latent_size=2, likelihood=Gaussian(1.0)
)


def test_a_linear_one_finds_the_principal_components():
    """Its least squared error is that of the data's singular values, which NumPy gives."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(256, 5)) * [3, 2, 1, 0.5, 0.2]) @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
    x = x.astype(np.float32)
    tx = optax.adam(optax.cosine_decay_schedule(3e-2, 800))
    model = LINEAR.build()
    state = fit(model.algorithm(tx), {"x": x}, steps=800, key=KEY, batch_size=256, chunk=400)
    error = np.square(x - model.reconstruct(state, x)).sum(1).mean()
    least = (np.linalg.svd(x - x.mean(0), compute_uv=False)[2:] ** 2).sum() / len(x)
    np.testing.assert_allclose(error, least, rtol=0.01)


def test_the_loss_is_the_reconstruction_at_the_code():
    model = AutoencoderConfig(event_shape=(6,), network="mlp", hidden=(8,), latent_size=2).build()
    x = np.random.default_rng(0).integers(0, 256, (7, 6), np.uint8)
    state = model.algorithm(optax.sgd(0.1)).init(KEY, {"x": x})
    loss, aux = model.loss(state.params, {"x": x}, Context(KEY, state.step, state.extra))
    mean = model.decode(state, model.encode(state, x))
    p = x / 255
    cross_entropy = -(p * np.log(mean) + (1 - p) * np.log1p(-mean)).sum(1).mean()
    np.testing.assert_allclose(loss, cross_entropy, rtol=1e-5)
    assert aux.metrics == {}


def test_one_scale_is_learned_and_logged():
    """The best σ² is the mean squared error, which constant data drives to what noise leaves."""
    rng = np.random.default_rng(0)
    x = (0.3 + 0.05 * rng.normal(size=(512, 12))).astype(np.float32)
    config = AutoencoderConfig(
        event_shape=(12,), network="mlp", hidden=(), latent_size=1, likelihood=Gaussian("shared")
    )
    model, scales = config.build(), []
    state = fit(
        model.algorithm(optax.adam(1e-2)), {"x": x}, steps=600, key=KEY, batch_size=128, chunk=200,
        hooks=[lambda progress: scales.append(progress.metrics["autoencoder/scale"][-1])],
    )  # fmt: skip
    error = np.sqrt(np.mean((x - model.reconstruct(state, x)) ** 2))
    np.testing.assert_allclose(scales[-1], error, rtol=0.05)
    assert 0.045 < error < 0.05  # one of twelve dimensions is coded
    shape = jax.eval_shape(model._outputs, state, jnp.zeros((4, 1)))
    assert [leaf.shape for leaf in shape] == [(4, 12), ()]


def test_it_has_no_prior():
    model = LINEAR.build()
    with pytest.raises(InputError, match="no prior to sample from"):
        model.sample(None, KEY, 3)
    assert not model.has_prior


def test_a_run_of_one_is_trained_saved_loaded_and_used(tmp_path):
    model = AutoencoderConfig(event_shape=(12, 10, 1), network="mlp", hidden=(8,), latent_size=3)
    config = TrainingConfig(model=model, batch_size=8, steps=4, chunk=2)
    assert from_plain(to_plain(config)) == config
    pixels = np.random.default_rng(0).integers(0, 256, (20, 12, 10, 1), np.uint8)
    outcome = train(config, TrainingSet(pixels, pixels[:4], False, ()), tmp_path / "run")
    assert not any("samples" in figure.name for figure in outcome.figures)
    trained = genjax.load(tmp_path / "run")
    assert trained.encode(pixels).shape == (20, 3)
    np.testing.assert_array_equal(
        trained.reconstruct(pixels), trained.decode(trained.encode(pixels))
    )
    with pytest.raises(InputError, match="no prior"):
        trained.sample(2)


@pytest.mark.parametrize("config", [AutoencoderConfig, VAEConfig])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"event_shape": (7,)}, "height, width, channels"),
        ({"latent_size": 0}, "1 or more"),
        ({"likelihood": Gaussian(-1.0)}, "scale must be positive"),
    ],
)
def test_impossible_networks_are_refused(config, settings, words):
    with pytest.raises(InputError, match=words):
        dataclasses.replace(config(), **settings).build()
