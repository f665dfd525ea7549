import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from genjax import InputError
from genjax.losses.adversarial import (
    LOSSES,
    Judgement,
    accuracy,
    adversarial_loss,
    match_features,
    smooth_labels,
)

RNG = np.random.default_rng(0)
R, F = RNG.normal(size=(2, 50)) * 3
REAL, FAKE = Judgement(jnp.asarray(R)), Judgement(jnp.asarray(F))


def log(p):
    return np.log(p)


def relativistic(a, b):
    return -log(expit(a - b.mean())) - log(1 - expit(b - a.mean()))


# name -> (discriminator, generator) as the papers print them, in NumPy
PRINTED = {
    "minimax": (-log(expit(R)) - log(1 - expit(F)), log(1 - expit(F))),
    "non_saturating": (-log(expit(R)) - log(1 - expit(F)), -log(expit(F))),
    "least_squares": ((R - 1) ** 2 / 2 + F**2 / 2, (F - 1) ** 2 / 2),
    "hinge": (-np.minimum(0, R - 1) - np.minimum(0, -F - 1), -F),
    "wasserstein": (F - R, -F),
    "relativistic_average": (relativistic(R, F), relativistic(F, R)),
    "boundary_seeking": (
        -log(expit(R)) - log(1 - expit(F)),
        (log(expit(F)) - log(1 - expit(F))) ** 2 / 2,
    ),
}


def test_every_loss_is_the_papers():
    assert set(PRINTED) == set(LOSSES)
    for name, (discriminator, generator) in PRINTED.items():
        loss = adversarial_loss(name)
        np.testing.assert_allclose(loss.discriminator(REAL, FAKE), discriminator, rtol=1e-4)
        np.testing.assert_allclose(loss.generator(REAL, FAKE), generator, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_far_logits_stay_finite_and_teach(name):
    loss = adversarial_loss(name)

    def total(side):
        return lambda r, f: jnp.sum(side(Judgement(r), Judgement(f)))

    for logit in (-200.0, 200.0):
        logits = jnp.full(3, logit)
        for side in (loss.discriminator, loss.generator):
            value, slopes = jax.value_and_grad(total(side), argnums=(0, 1))(logits, logits)
            assert np.isfinite(value)
            assert np.isfinite(slopes).all()
    # What tells non-saturating from minimax: a generator that has lost still gets a slope.
    lost = jnp.full(3, -200.0)
    slope = jax.grad(total(loss.generator), argnums=1)(jnp.zeros(3), lost)
    assert bool((slope == 0).all()) == (name == "minimax")
    assert (slope <= 0).all()  # a higher logit is what the generator wants


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.decision])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_at_the_best_logit_the_decision_is_the_share_of_real_rows(name, share):
    loss = adversarial_loss(name)

    def cost(logit):
        # The two halves of the discriminator's loss, each by making the other's slope vanish.
        both = loss.discriminator(Judgement(logit), Judgement(jnp.zeros(1)))
        other = loss.discriminator(Judgement(jnp.zeros(1)), Judgement(logit))
        return jnp.sum(share * both + (1 - share) * other)

    logit = jax.lax.fori_loop(0, 500, lambda _, logit: logit - jax.grad(cost)(logit), jnp.zeros(1))
    np.testing.assert_allclose(loss.decision(logit), share, atol=1e-4)


def test_smoothed_labels_lower_the_best_logit_and_keep_the_decision_a_share():
    for name in ("non_saturating", "least_squares"):
        loss = smooth_labels(adversarial_loss(name), 0.9)
        logits = jnp.linspace(-3, 3, 6001)
        cost = loss.discriminator(Judgement(logits), Judgement(logits))
        best = logits[jnp.argmin(cost)]
        expected = {"non_saturating": np.log(0.45 / 0.55), "least_squares": 0.45}[name]
        np.testing.assert_allclose(best, expected, atol=1e-3)
        np.testing.assert_allclose(loss.decision(best), 0.5, atol=1e-3)
        np.testing.assert_array_equal(
            loss.generator(REAL, FAKE), adversarial_loss(name).generator(REAL, FAKE)
        )


def test_losses_without_labels_refuse_to_smooth_them():
    for name in ("hinge", "wasserstein", "relativistic_average", "boundary_seeking"):
        with pytest.raises(InputError, match="no labels to smooth: minimax"):
            smooth_labels(adversarial_loss(name), 0.9)


def test_an_unknown_loss_lists_the_known():
    with pytest.raises(InputError, match="'lsgan': there are minimax, non_saturating, least_sq"):
        adversarial_loss("lsgan")


def test_matched_features_are_the_squared_gap_of_their_means():
    loss = match_features(adversarial_loss("hinge"))
    real, fake = RNG.normal(size=(2, 50, 4))
    value = loss.generator(REAL._replace(features=real), FAKE._replace(features=fake))
    expected = np.sum((real.mean(0) - fake.mean(0)) ** 2)
    np.testing.assert_allclose(value, np.full(50, expected), rtol=1e-5)
    np.testing.assert_array_equal(
        loss.discriminator(REAL, FAKE), LOSSES["hinge"].discriminator(REAL, FAKE)
    )
    with pytest.raises(InputError, match="logits alone"):
        loss.generator(REAL, FAKE)


def test_accuracy_is_half_for_a_guess_and_knows_no_scale():
    assert float(accuracy(jnp.ones(5), jnp.ones(7))) == 0.5
    assert float(accuracy(jnp.asarray(R) + 100, jnp.asarray(F) - 100)) == 1.0
    assert float(accuracy(jnp.asarray(R) - 100, jnp.asarray(F) + 100)) == 0.0
    a, b = jnp.asarray(R), jnp.asarray(F) - 1
    np.testing.assert_allclose(accuracy(a, b), accuracy(1000 * a + 7, 1000 * b + 7), atol=0.02)
