"""What every algorithm keeps: one compilation, exact resumption, devices, members, finiteness.

A new model adds a row to ROWS.
"""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genjax import NonFiniteError, fit, fit_many, sharding
from genjax.fit import jitted_chunk
from genjax.losses import Bernoulli, Gaussian, StudentT, TableRow
from genjax.models import (
    AutoencoderConfig,
    DCGANDiscriminatorConfig,
    DCGANGeneratorConfig,
    DiscriminatorConfig,
    GANConfig,
    GeneratorConfig,
    PublishedDiscriminatorConfig,
    PublishedGeneratorConfig,
    ResidualDiscriminatorConfig,
    ResidualGeneratorConfig,
    VAEConfig,
)

KEY = jax.random.key(7)
BATCH, CHUNK = 8, 4


def rows_of(*shape):
    return {"x": np.random.default_rng(0).uniform(size=(44, *shape)).astype(np.float32)}


def pictures(*shape):
    return {"x": np.random.default_rng(0).integers(0, 256, (44, *shape), np.uint8)}


TABLE = ((3, 0), (2, 1), (3, 2))  # kinds and kinds with a number of each column: 8 and 2 wide


def encoded_rows():
    """Rows as TableTransform encodes them, and the place of a kind that each row has."""
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, kinds, 44) for kinds, _ in TABLE]
    one_hot = [np.eye(kinds)[kind] for (kinds, _), kind in zip(TABLE, drawn, strict=True)]
    numbers = rng.normal(size=(44, 2)) * np.stack([drawn[1] == 1, drawn[2] >= 1], axis=1)
    x = np.concatenate([*one_hot, numbers], axis=1).astype(np.float32)
    return {"x": x, "y": drawn[0].astype(np.int32)}


# name -> (model, data): every model of the library at a small size
ROWS = {
    "mlp_vae": (
        VAEConfig(
            event_shape=(6,), network="mlp", hidden=(8,), latent_size=2, likelihood=Gaussian()
        ),
        rows_of(6),
    ),
    "conv_vae": (
        VAEConfig(event_shape=(16, 12, 3), channels=(4, 8), latent_size=3, likelihood=Bernoulli()),
        pictures(16, 12, 3),
    ),
    "conv_vae_with_statistics": (
        VAEConfig(
            event_shape=(16, 12, 1), channels=(4,), latent_size=3, norm="batch",
            beta_warmup_steps=9,
        ),
        pictures(16, 12, 1),
    ),
    "residual_vae_from_a_linear_start": (
        VAEConfig(
            event_shape=(16, 24, 3), network="residual", channels=(4, 6), blocks=(1, 1),
            latent_size=3, norm="layer", activation="silu", likelihood=Gaussian(), start="linear",
        ),
        pictures(16, 24, 3),
    ),
    "mlp_vae_of_heavy_tails": (
        VAEConfig(
            event_shape=(6,), network="mlp", hidden=(8,), latent_size=2, activation="silu",
            likelihood=StudentT(8.0, least_log_variance=-1.0, greatest_log_variance=0.5),
        ),
        rows_of(6),
    ),
    "conditional_vae_of_a_table": (
        VAEConfig(
            event_shape=(10,), network="mlp", hidden=(8,), latent_size=2, classes=3,
            likelihood=TableRow(TABLE),
        ),
        encoded_rows(),
    ),
    "conditional_conv_vae": (
        VAEConfig(event_shape=(16, 12, 1), channels=(4,), latent_size=3, classes=3),
        pictures(16, 12, 1) | {"y": np.arange(44, dtype=np.int32) % 3},
    ),
    "wgan_gp_of_packs_of_a_table_with_a_conditional_vector": (
        GANConfig(
            event_shape=(10,), latent_size=3, loss="wasserstein", penalties=("gradient_penalty",),
            generator=GeneratorConfig(hidden=(8,)), discriminator=DiscriminatorConfig(hidden=(8,)),
            columns=TABLE, conditional_vector=True, classes=8, packing=2, ema=0.9,
        ),
        encoded_rows(),
    ),
    "iwae_of_one_learned_scale": (
        VAEConfig(
            event_shape=(6,), network="mlp", hidden=(8,), latent_size=2,
            likelihood=Gaussian("shared"), importance_samples=3,
        ),
        rows_of(6),
    ),
    "autoencoder": (
        AutoencoderConfig(
            event_shape=(6, 5, 1), network="mlp", hidden=(8,), latent_size=2, norm="group"
        ),
        pictures(6, 5, 1),
    ),
    "gan_with_cures": (
        GANConfig(
            event_shape=(6,), latent_size=3, label=0.9, ema=0.9, time_scale=2.0,
            generator=GeneratorConfig(hidden=(8,), norm="batch", dropout=0.2),
            discriminator=DiscriminatorConfig(
                hidden=(8, 8, 4), norm="batch", dropout=0.2, minibatch_kernels=2,
                instance_noise=0.1, instance_noise_turns=20,
            ),
        ),
        rows_of(6),
    ),
    "conditional_wgan_gp_of_spectral_norm": (
        GANConfig(
            event_shape=(6,), latent_size=3, loss="wasserstein", penalties=("gradient_penalty",),
            generator=GeneratorConfig(hidden=(8,)), n_critic=2,
            discriminator=DiscriminatorConfig(hidden=(8,), spectral_norm=True),
            classes=3, condition="project",
        ),
        rows_of(6) | {"y": np.arange(44, dtype=np.int32) % 3},
    ),
    "conditional_dcgan_of_augmented_pictures": (
        GANConfig(
            event_shape=(8, 12, 1), latent_size=3, head="tanh", classes=3, ema=0.9,
            augmentation=("colour", "translation", "cutout"),
            generator=DCGANGeneratorConfig(width=2, kernel=3),
            discriminator=DCGANDiscriminatorConfig(width=2, kernel=3),
        ),
        pictures(8, 12, 1) | {"y": np.arange(44, dtype=np.int32) % 3},
    ),
    "residual_gan_of_projection_and_spectral_norm": (
        GANConfig(
            event_shape=(8, 8, 3), latent_size=3, head="tanh", classes=3, loss="hinge",
            condition="project", generator=ResidualGeneratorConfig(width=4), time_scale=2.0,
            discriminator=ResidualDiscriminatorConfig(width=4),
        ),
        pictures(8, 8, 3) | {"y": np.arange(44, dtype=np.int32) % 3},
    ),
    "conditional_gan_as_published": (
        GANConfig(
            event_shape=(4, 4, 1), latent_size=3, head="sigmoid", classes=3, ema=None,
            generator=PublishedGeneratorConfig(units=(4, 5, 6)),
            discriminator=PublishedDiscriminatorConfig(units=(6, 4, 5), pieces=(2, 2, 2)),
        ),
        pictures(4, 4, 1) | {"y": np.arange(44, dtype=np.int32) % 3},
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=ROWS)
def row(request):
    config, data = ROWS[request.param]
    return config.build(), data


@pytest.fixture(scope="module")
def algorithm(row):
    return row[0].algorithm(optax.adam(1e-3))


@pytest.fixture(scope="module")
def train(row, algorithm):
    def run(steps, **options):
        options = {"key": KEY, "batch_size": BATCH, "chunk": CHUNK} | options
        return fit(algorithm, row[1], steps=steps, **options)

    return run


@pytest.fixture(scope="module")
def ten_steps(train):
    return train(10)


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def assert_close(a, b, tolerance):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=0, atol=tolerance), a, b)


@pytest.mark.parametrize("devices", [1, 8])
def test_one_compilation_serves_every_length_and_stop(train, devices):
    mesh = sharding.data_mesh(jax.devices()[:devices])
    before = jitted_chunk._cache_size()
    state = train(1, mesh=mesh)
    compiled = jitted_chunk._cache_size()
    assert compiled <= before + 1
    state = train(11, state=state, mesh=mesh)
    train(13, state=state, mesh=mesh)
    assert jitted_chunk._cache_size() == compiled


def test_training_learns_and_stays_finite(train, row):
    losses = []
    train(60, hooks=[lambda p: losses.extend(p.metrics[f"{row[0].name}/loss"])])
    assert np.isfinite(losses).all()
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


def test_same_seed_same_bits_other_seed_other_bits(train, ten_steps):
    assert_same(train(10), ten_steps)
    other = train(10, key=jax.random.key(8))
    assert any(
        (np.asarray(a) != np.asarray(b)).any()
        for a, b in zip(
            jax.tree.leaves(other.params), jax.tree.leaves(ten_steps.params), strict=True
        )
    )


@pytest.mark.parametrize("cut", [1, 4, 5, 9])
def test_a_run_cut_anywhere_equals_the_whole_bit_for_bit(train, ten_steps, cut):
    assert_same(train(10, state=train(cut)), ten_steps)


def test_eight_devices_equal_one_after_ten_steps(train, ten_steps):
    assert jax.device_count() == 8
    sharded = train(10, mesh=sharding.data_mesh())
    leaf = jax.tree.leaves(sharded.params)[0]
    assert len(leaf.sharding.device_set) == 8
    assert_close(sharded.params, ten_steps.params, 1e-5)


SETTINGS = {
    "beta": jnp.array([1.0, 0.5]),
    "ema": jnp.array([0.9, 0.5]),
    "rate": jnp.array([1e-3, 2e-3]),
}
MEMBERS = {"steps": 10, "batch_size": BATCH, "chunk": CHUNK}
KEYS = jax.random.split(KEY, 2)


def build_member(model, settings):
    own = {name: value for name, value in settings.items() if hasattr(model, name)}
    return dataclasses.replace(model, **own).algorithm(optax.adam(settings["rate"]))


@pytest.fixture(scope="module")
def alone(row):
    """Return a function of a member's settings and key, by number: the state of its own run."""
    model, data = row
    own = [
        build_member(model, jax.tree.map(lambda v, i=i: float(v[i]), SETTINGS)) for i in range(2)
    ]
    return lambda setting, key: fit(own[setting], data, key=KEYS[key], **MEMBERS)


def stack(*states):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)


def test_members_by_map_equal_single_runs_to_the_bit(row, alone):
    model, data = row
    first = jax.tree.map(lambda v: float(v[0]), SETTINGS)
    states = fit_many(lambda _: build_member(model, first), data, keys=KEYS, by="map", **MEMBERS)
    assert_same(states, stack(alone(0, 0), alone(0, 1)))


def test_members_by_vmap_of_own_settings_equal_single_runs_to_rounding(row, alone):
    model, data = row
    build = partial(build_member, model)
    states = fit_many(build, data, keys=KEYS, settings=SETTINGS, by="vmap", **MEMBERS)
    assert_close(states.params, stack(alone(0, 0), alone(1, 1)).params, 1e-5)


def test_a_planted_nan_stops_the_run_at_its_step_and_keeps_the_last_good_state(row, algorithm):
    traces = []

    def step(state, batch, key):
        traces.append(0)
        new, metrics = algorithm.step(state, batch, key)
        planted = jnp.where(state.step == 6, jnp.nan, 1.0)
        return new._replace(params=jax.tree.map(lambda p: p * planted, new.params)), metrics

    options = {"key": KEY, "batch_size": BATCH, "chunk": CHUNK}
    seen = []
    with pytest.raises(
        NonFiniteError, match=r"step 6: .*parameters of (decoder|generator)"
    ) as caught:
        fit(
            algorithm._replace(step=step), row[1], steps=30, **options,
            hooks=[lambda p: seen.append((p.step, len(p.metrics[f"{row[0].name}/loss"])))],
        )  # fmt: skip
    assert caught.value.step == int(caught.value.state.step) == 6
    assert seen == [(4, 4), (6, 2)]
    assert len(traces) == 1
    assert_same(caught.value.state.params, fit(algorithm, row[1], steps=6, **options).params)


def test_a_member_that_breaks_stays_while_the_others_go_on(row, algorithm):
    def build(settings):
        def step(state, batch, key):
            new, metrics = algorithm.step(state, batch, key)
            bad = (state.step == 3) & settings["breaks"]
            planted = jnp.where(bad, jnp.nan, 1.0)
            return new._replace(params=jax.tree.map(lambda p: p * planted, new.params)), metrics

        return algorithm._replace(step=step)

    losses = []
    states = fit_many(
        build, row[1], steps=14, keys=jax.random.split(KEY, 2), batch_size=BATCH, chunk=CHUNK,
        settings={"breaks": jnp.array([True, False])},
        hooks=[lambda progress: losses.append(progress.metrics[f"{row[0].name}/loss"])],
    )  # fmt: skip
    np.testing.assert_array_equal(
        np.isfinite(np.concatenate(losses, 1)).sum(1), [4, 14]
    )  # the step that broke has metrics, those after it have none
    assert states.step.tolist() == [3, 14]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(states.params))
