"""Verdicts on trainings that were made to fail, each in its way, and on one that was not."""

import dataclasses

import jax
import numpy as np
import optax
import pytest

from genjax import InputError, NonFiniteError, fit
from genjax.data.drawn_points import gaussian_ring
from genjax.metrics.verdict import Signals, Verdict, judge, measure
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig

X = gaussian_ring(4000, deviation=0.1).points
GAME = GANConfig(
    event_shape=(2,), latent_size=2, prior="uniform", loss="relativistic_average", ema=None,
    penalties=("r1", "r2"), penalty_weights=(0.05, 0.05), scaling="none",
    generator=GeneratorConfig(hidden=(32, 32)), discriminator=DiscriminatorConfig(hidden=(32, 32)),
)  # fmt: skip
FREE = dataclasses.replace(GAME, loss="non_saturating", penalties=(), penalty_weights=())
PLAIN = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)


def play(config, tx, critic_tx=None, steps=1000, x=X):
    gan = config.build()
    algorithm = gan.algorithm(tx, critic_tx)
    how = {"key": jax.random.key(0), "batch_size": 64, "chunk": 250}
    try:
        state = fit(algorithm, {"x": x}, steps=steps, **how)
    except NonFiniteError as error:
        state = error.state
    return judge(gan, state, x[:500], jax.random.key(1))


@pytest.mark.slow
def test_a_game_of_equals_is_healthy():
    # Of normal points: on the ring the coverage at any one step is a matter of the seed.
    steady = dataclasses.replace(GAME, prior="normal", ema=0.99)
    signals = play(steady, optax.adam(2e-3, b1=0.0, b2=0.99), steps=1500, x=PLAIN)
    assert signals.verdict == Verdict.HEALTHY
    assert signals.coverage > 2 / 3


def test_a_discriminator_that_learns_alone_has_won():
    still = dataclasses.replace(FREE, loss="minimax")
    signals = play(still, optax.sgd(1e-5), optax.adam(5e-3))
    assert signals.verdict == Verdict.DISCRIMINATOR_WON
    assert signals.accuracy > 0.95


@pytest.mark.slow
def test_a_discriminator_too_weak_to_tell_has_lost():
    # Through noise as wide as the ring both sets look alike.
    blind = DiscriminatorConfig(hidden=(32, 32), instance_noise=2.0)
    weak = dataclasses.replace(GAME, discriminator=blind)
    signals = play(weak, optax.adam(5e-4, b1=0.0, b2=0.99))
    assert signals.verdict == Verdict.GENERATOR_WON
    assert signals.precision < 0.5


def test_a_generator_that_runs_after_one_judge_collapses():
    # The judge hardly moves: all points run to the place that it likes best, and end there.
    hasty = dataclasses.replace(
        FREE, generator=GeneratorConfig(hidden=(64, 64)), head="sigmoid", scaling="range"
    )
    signals = play(hasty, optax.adam(5e-3), optax.adam(1e-5))
    assert signals.verdict == Verdict.MODE_COLLAPSE


def test_a_critic_without_bounds_diverges():
    unbound = dataclasses.replace(FREE, loss="wasserstein")
    signals = play(unbound, optax.sgd(0.3))
    assert signals.verdict == Verdict.DIVERGED


@pytest.mark.parametrize(
    ("signals", "verdict"),
    [
        (Signals(np.nan, 1, 1, 1, 1), Verdict.DIVERGED),
        (Signals(0.5, 0.0, 0.0, 1, 20), Verdict.DIVERGED),
        (Signals(1.0, 0.0, 0.0, 1, 2000), Verdict.DIVERGED),
        (Signals(1.0, 0.0, 0.0, 1, 20), Verdict.DISCRIMINATOR_WON),
        (Signals(1.0, 0.0, 0.0, 0.01, 1), Verdict.MODE_COLLAPSE),
        (Signals(0.6, 0.9, 0.6, 1, 1), Verdict.MODE_COLLAPSE),
        (Signals(0.97, 0.2, 0.3, 1, 1), Verdict.DISCRIMINATOR_WON),
        (Signals(0.5, 0.2, 0.3, 1, 1), Verdict.GENERATOR_WON),
        (Signals(0.8, 0.2, 0.3, 1, 1), Verdict.DISCRIMINATOR_WON),
        (Signals(0.7, 0.2, 0.9, 1, 1), Verdict.GENERATOR_WON),
        (Signals(0.52, 0.95, 0.95, 1, 1), Verdict.HEALTHY),
    ],
)
def test_the_rules(signals, verdict):
    assert signals.verdict == verdict


def test_signals_do_not_depend_on_units_nor_on_the_loss_scale():
    rng = np.random.default_rng(0)
    x, z, r, f = (rng.normal(size=shape) for shape in ((200, 2), (200, 2), 200, 200))
    plain = measure(x, z + 1, r, f)
    scaled = measure(1000 * x + 5, 1000 * (z + 1) + 5, 40 * r, 40 * f)
    np.testing.assert_allclose(plain, scaled, atol=0.02)


def test_what_is_not_finite_is_a_divergence_of_the_model_and_an_error_of_the_data():
    x = np.random.default_rng(0).normal(size=(60, 2))
    for fake, logits in ((x * np.nan, np.zeros(60)), (x, np.full(60, np.inf))):
        assert measure(x, fake, logits, np.zeros(60)).verdict == Verdict.DIVERGED
    with pytest.raises(InputError, match="real rows must be finite"):
        measure(x * np.nan, x, np.zeros(60), np.zeros(60))


@pytest.mark.parametrize("step", [1.0, 0.5, 0.1])
def test_a_perfect_generator_of_rounded_data_is_healthy(step):
    rng = np.random.default_rng(0)
    x, z = rng.normal(69, 3, size=(2, 1000, 1))
    guess = rng.normal(size=1000)
    assert measure(step * np.round(x / step), z, guess, guess).verdict == Verdict.HEALTHY
    low = z[z < 67][:, None][:200]  # and a generator of the short alone is not
    assert measure(step * np.round(x / step), low, guess, guess[:200]).verdict != Verdict.HEALTHY


def test_one_absurd_logit_does_not_hide_that_the_rest_are_told_apart():
    x = np.random.default_rng(0).normal(size=(100, 2))
    real, fake = np.full(100, 0.1), np.full(100, -0.1)
    real[0] = -1e6
    assert measure(x, x + 5, real, fake).accuracy == pytest.approx(0.995)


def test_in_a_table_a_long_tail_does_not_hide_what_is_wrong_with_the_rest():
    rng = np.random.default_rng(0)
    x, z = np.exp(3 * rng.normal(size=(2, 1000, 3)))
    guess = rng.normal(size=1000)
    assert measure(x, z, guess, guess, ranks=True).verdict == Verdict.HEALTHY
    narrow = np.exp(0.3 * rng.normal(size=(1000, 3)))
    assert measure(x, narrow, guess, guess, ranks=True).verdict == Verdict.MODE_COLLAPSE
