import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

from genjax import InputError, fit, load
from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.data.rows import Rows
from genjax.losses.adversarial import LOSSES, Judgement
from genjax.losses.penalty import PENALTIES
from genjax.models import GAN, DiscriminatorConfig, GANConfig, GeneratorConfig
from genjax.models.head import Head
from genjax.models.priors import Normal
from genjax.observers.rows import RowsObserver
from genjax.train import train as train_run
from genjax.trained import Trained

KEY = jax.random.key(3)
X = np.random.default_rng(0).normal(69, 3, size=(64, 1)).astype(np.float32)
TINY = GANConfig(
    latent_size=2,
    generator=GeneratorConfig(hidden=(8,)),
    discriminator=DiscriminatorConfig(hidden=(8, 4)),
)


def train(config, data=None, steps=6, state=None, tx=None):
    algorithm = config.build().algorithm(tx or optax.adam(1e-2))
    data = {"x": X} if data is None else data
    return fit(algorithm, data, steps=steps, key=KEY, batch_size=16, chunk=3, state=state)


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "penalties"),
    [("hinge", ()), ("relativistic_average", ("r1", "r2"))]
    + [
        pytest.param(*case, marks=pytest.mark.slow)
        for case in (
            *((loss, ()) for loss in LOSSES if loss != "hinge"),
            *(("wasserstein", (name,)) for name in PENALTIES),
        )
    ],
)
def test_every_loss_and_penalty_trains_and_resumes_to_the_bit(loss, penalties):
    config = dataclasses.replace(TINY, loss=loss, penalties=penalties)
    whole = train(config)
    assert_same(train(config, state=train(config, steps=4)), whole)
    start = train(config, steps=0)
    for name in ("generator", "discriminator"):
        moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), *(
            state.params[name] for state in (start, whole)
        ))  # fmt: skip
        assert max(jax.tree.leaves(moved)) > 0
    sample = config.build().sample(whole, KEY, 5)
    assert sample.shape == (5, 1)
    assert np.isfinite(sample).all()


@pytest.mark.slow
def test_statistics_dropout_and_average_resume_to_the_bit():
    config = dataclasses.replace(
        TINY,
        generator=GeneratorConfig(hidden=(8,), norm="batch", dropout=0.3),
        discriminator=DiscriminatorConfig(
            hidden=(8, 8, 4), norm="batch", dropout=0.3, instance_noise=0.1, instance_noise_turns=9
        ),
        n_critic=3,
        ema=0.9,
    )
    whole = train(config, steps=10)
    assert_same(train(config, steps=10, state=train(config, steps=7)), whole)
    assert int(whole.extra["discriminator"]["noise"]["before_0"]["calls"]) == 10 * 3 * 2


def test_sampling_leaves_statistics_alone_and_uses_the_running_ones():
    config = dataclasses.replace(TINY, generator=GeneratorConfig(hidden=(8,), norm="batch"))
    gan, state = config.build(), train(config)
    few = gan.sample(state, KEY, 3)
    z = jax.random.normal(KEY, (3, 2))
    # A row of a batch is the row alone: the batch's own statistics are not used.
    average = state.extra["ema"]
    variables = {"params": average["params"], **average["statistics"]}
    alone = [gan.generator.apply(variables, row[None], train=False)[0] for row in z]
    scale = state.extra["scale"]
    expected = np.stack(alone) * np.asarray(scale["scale"]) + np.asarray(scale["shift"])
    np.testing.assert_allclose(few, expected, rtol=1e-5)


@pytest.mark.slow
def test_the_average_is_sampled_and_starts_forgetting_at_once():
    config = dataclasses.replace(TINY, ema=0.5)
    seen = [train(config, steps=n) for n in range(4)]
    average = seen[0].params["generator"]
    for step, state in enumerate(seen[1:]):
        decay = min(0.5, (1 + step) / (10 + step))
        average = jax.tree.map(
            lambda a, p, d=decay: d * a + (1 - d) * p, average, state.params["generator"]
        )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        seen[3].extra["ema"]["params"],
        average,
    )
    gan, raw = config.build(), dataclasses.replace(TINY, ema=None).build()
    plain = seen[3]._replace(
        params={**seen[3].params, "generator": average},
        extra={name: value for name, value in seen[3].extra.items() if name != "ema"},
    )
    np.testing.assert_allclose(gan.sample(seen[3], KEY, 4), raw.sample(plain, KEY, 4), rtol=1e-5)


@pytest.mark.slow
def test_the_critic_takes_minibatches_of_its_own_at_its_own_time_scale():
    config = dataclasses.replace(TINY, n_critic=4)
    assert config.build().algorithm(optax.sgd(0.1)).minibatches == 4
    tx = optax.sgd(1e-3)
    start = train(TINY, steps=0)

    def moved(state, name):
        gaps = jax.tree.map(
            lambda a, b: float(jnp.abs(a - b).max()), start.params[name], state.params[name]
        )
        return max(jax.tree.leaves(gaps))

    slow, fast = (
        train(dataclasses.replace(TINY, time_scale=scale), steps=1, tx=tx) for scale in (1.0, 5.0)
    )
    ratio = moved(fast, "discriminator") / moved(slow, "discriminator")
    np.testing.assert_allclose(ratio, 5, rtol=1e-3)


@pytest.mark.slow
def test_a_row_is_scored_higher_where_the_data_is():
    config = dataclasses.replace(TINY, generator=GeneratorConfig(hidden=()), ema=None)
    gan, algorithm = config.build(), config.build().algorithm(optax.set_to_zero(), optax.adam(0.02))
    state = fit(algorithm, {"x": X}, steps=0, key=KEY, batch_size=16)
    shifted = jax.tree.map(lambda p: p - 5.0, state.params["generator"]["body"])
    state = state._replace(params={**state.params, "generator": {"body": shifted}})
    state = fit(algorithm, {"x": X}, steps=200, key=KEY, batch_size=16, state=state)
    fake = np.asarray(gan.sample(state, KEY, 64))
    assert gan.score(state, X).mean() > gan.score(state, fake).mean() + 1
    assert gan.decision(gan.score(state, X)).mean() > 0.8


@pytest.mark.slow
def test_labels_reach_both_players_however_they_enter():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 256).astype(np.int32)
    data = {"x": (4.0 * y[:, None] + rng.normal(size=(256, 1))).astype(np.float32), "y": y}
    for condition in ("concatenate", "embed", "project"):
        config = GANConfig(
            latent_size=2, classes=3, condition=condition, loss="hinge", n_critic=2,
            generator=GeneratorConfig(hidden=(16,)), ema=0.9,
            discriminator=DiscriminatorConfig(hidden=(32,)),
        )  # fmt: skip
        algorithm = config.build().algorithm(optax.adam(1e-2, b1=0.5))
        state = fit(algorithm, data, steps=400, key=KEY, batch_size=64)
        drawn = config.build().sample(state, KEY, 300, y=jnp.repeat(jnp.arange(3), 100))
        means = np.asarray(drawn).reshape(3, 100).mean(1)
        assert (np.diff(means) > 2).all(), (condition, means)


class Bare(nn.Module):
    """A discriminator of somebody else's: logits alone."""

    columns: int = 1

    @nn.compact
    def __call__(self, x, *, train=False):
        return nn.Dense(self.columns)(x)


class Line(nn.Module):
    """A generator of somebody else's."""

    @nn.compact
    def __call__(self, z, *, train=False):
        return nn.Dense(1)(z)


def test_any_networks_serve():
    gan = GAN(
        generator=Line(), discriminator=Bare(), event_shape=(1,), prior=Normal(2), head=Head()
    )
    state = fit(gan.algorithm(optax.sgd(0.01)), {"x": X}, steps=2, key=KEY, batch_size=8)
    assert gan.score(state, X).shape == (64,)
    two = dataclasses.replace(gan, discriminator=Bare(columns=2))
    with pytest.raises(InputError, match=r"a logit a row, not \(8, 2\)"):
        fit(two.algorithm(optax.sgd(0.01)), {"x": X}, steps=2, key=KEY, batch_size=8)


@pytest.mark.slow
def test_the_generator_may_be_fed_actual_rows():
    config = dataclasses.replace(TINY, prior="rows", latent_size=1)
    gan, state = config.build(), train(config)
    rows = state.extra["prior"]["rows"]
    assert rows.shape == (1024, 1)
    seen = np.unique((X - X.mean()) / X.std())
    np.testing.assert_allclose(np.unique(rows), seen, atol=1e-5)
    assert gan.sample(state, KEY, 7).shape == (7, 1)
    with pytest.raises(InputError, match="latent_size must be 1, not 2"):
        train(dataclasses.replace(TINY, prior="rows"))


def refuse(match, config=TINY, data=None, **changes):
    with pytest.raises(InputError, match=match):
        train(dataclasses.replace(config, **changes), data)


def test_what_cannot_be_trained_is_refused_before_training():
    refuse("n_critic must be 1 or more, got 0", n_critic=0)
    refuse("no adversarial loss 'vanilla': there are minimax", loss="vanilla")
    refuse("no penalty 'gp'", penalties=("gp",))
    refuse("as many weights", penalties=("r1",), penalty_weights=(1.0, 2.0))
    refuse("shape", data={"x": np.zeros((20, 2), np.float32)})
    refuse("finite", data={"x": np.full((20, 1), np.nan, np.float32)})
    refuse("a batch of 16 cannot be drawn from 9 rows", data={"x": X[:9]})
    labelled = dataclasses.replace(TINY, classes=3)
    refuse("needs labels", labelled)
    y = np.arange(64, dtype=np.int32) % 3
    refuse("0 to 2, these are 1 to 3", labelled, {"x": X, "y": y + 1})
    refuse(r"labels are \(64,\) int", labelled, {"x": X, "y": y.astype(np.float32)})
    refuse("all labels are 2", labelled, {"x": X, "y": np.full(64, 2, np.int32)})


@pytest.mark.slow
def test_a_gradient_penalty_refuses_a_critic_whose_rows_see_each_other():
    normed = DiscriminatorConfig(hidden=(8, 8, 8), norm="batch")
    wgan = dataclasses.replace(TINY, loss="wasserstein", penalties=("gradient_penalty",))
    refuse("has a BatchNorm, which makes a row's logit depend", wgan, discriminator=normed)
    minibatch = DiscriminatorConfig(hidden=(8, 8), minibatch_kernels=2)
    refuse("has a MinibatchDiscrimination", wgan, penalties=("r1",), discriminator=minibatch)
    # Spectral normalisation has statistics too, but of weights; a generator may see its batch.
    train(dataclasses.replace(
        wgan, discriminator=DiscriminatorConfig(hidden=(8, 8), spectral_norm=True),
        generator=GeneratorConfig(hidden=(8,), norm="batch"),
    ), steps=1)  # fmt: skip
    train(dataclasses.replace(wgan, penalties=("weight_clipping",), discriminator=normed), steps=1)


@pytest.mark.slow
def test_labels_are_asked_for_and_refused_when_sampling():
    data = {"x": X, "y": np.arange(64, dtype=np.int32) % 3}
    labelled = dataclasses.replace(TINY, classes=3)
    with pytest.raises(InputError, match="of 3 classes: name them"):
        labelled.build().sample(train(labelled, data, steps=1), KEY, 2)
    with pytest.raises(InputError, match="trained without labels"):
        TINY.build().sample(train(TINY, steps=1), KEY, 2, y=jnp.zeros(2, jnp.int32))


@pytest.mark.slow
def test_a_judgement_of_features_alone_can_be_matched():
    config = dataclasses.replace(TINY, feature_matching=True)
    state = train(config)
    assert np.isfinite(config.build().sample(state, KEY, 3)).all()
    gan = config.build()
    judged, _ = gan._judge(state.params, state.extra["discriminator"], jnp.asarray(X), [], None)
    assert isinstance(judged, Judgement)
    assert judged.features.shape == (64, 4)


@pytest.mark.slow
def test_a_run_of_labels_comes_back_and_draws_what_is_asked_for(tmp_path):
    config = TrainingConfig(
        model=dataclasses.replace(TINY, classes=2), data=TableConfig(), batch_size=16, steps=4,
        chunk=2,
    )  # fmt: skip
    data = {"x": X, "y": np.arange(64, dtype=np.int32) % 2}
    trained = run_and_load(config, data, tmp_path / "run")
    rows = trained.sample(5, y=[0, 1, 1, 0, 1], seed=2)
    assert rows.shape == (5, 1)
    np.testing.assert_array_equal(trained.sample(3, y=np.array([0, 1, 1]), seed=2), rows[:3])
    np.testing.assert_array_equal(trained.sample(2, y=1, seed=2)[1], rows[1])
    assert trained.score(rows, y=1).shape == (5,)
    for y, match in ((None, "name them"), (2, "0 to 1, these are 2"), ([0, 1], r"\(5,\) int")):
        with pytest.raises(InputError, match=match):
            trained.sample(5, y=y)


def run_and_load(config, data, folder):
    train_run(config, data, folder, RowsObserver(Rows(data["x"], ("height",), ()), data["y"]))
    assert (folder / "signals.jsonl").read_text().count("verdict") >= 2
    return load(folder)


@pytest.mark.slow
def test_a_score_is_refused_without_the_labels_it_needs():
    labelled = dataclasses.replace(TINY, classes=3, condition="project")
    state = train(labelled, {"x": X, "y": np.arange(64, dtype=np.int32) % 3}, steps=1)
    with pytest.raises(InputError, match="of 3 classes: name them"):
        labelled.build().score(state, X)


@pytest.mark.slow
def test_a_row_among_others_of_its_batch_is_scored_as_in_training():
    coupled = dataclasses.replace(
        TINY, discriminator=DiscriminatorConfig(hidden=(8, 4), minibatch_kernels=2)
    )
    config = TrainingConfig(model=coupled, data=TableConfig(), batch_size=16)
    trained = Trained(config, train(coupled))
    expected = coupled.build().score(trained.state, X[:16])
    np.testing.assert_allclose(trained.score(X)[:16], expected, rtol=1e-5)


def test_names_that_nobody_knows_are_refused():
    for part, changes in (
        ("discriminator", {"norm": "spectral"}),
        ("generator", {"activation": "sine"}),
        ("discriminator", {"instance_noise_turns": 0, "instance_noise": 0.1}),
    ):
        network = dataclasses.replace(getattr(TINY, part), **changes)
        refuse("no .*'s (norm|activation)|out of its range", **{part: network})
    refuse("latent_size is 1: out of its range", prior="coins", latent_size=1)
    refuse("no prior 'cauchy': there are normal", prior="cauchy")
