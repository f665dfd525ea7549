"""The detector by adversarial networks: its scores by hand, rows by themselves, the conventions."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from genjax.errors import InputError
from genjax.estimators import GANDetector

SMALL = {
    "generator_hidden": (16,),
    "discriminator_hidden": (16, 8),
    "latent_size": 2,
    "random_state": 0,
}


def usual_rows(n, seed=0):
    """Two columns that agree, and a third by itself."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n)
    return np.stack([first, first + 0.1 * rng.normal(size=n), rng.normal(size=n)], axis=1)


@pytest.fixture(scope="module")
def detector():
    settings = {"steps": 500, "search_steps": 40, "restarts": 3, "batch_size": 64}
    return GANDetector(**SMALL, **settings, ema=None).fit(usual_rows(400))


def layers(x, *kernels, last):
    """Return (output, what the last layer sees) of leaky layers, in NumPy."""
    for layer in kernels:
        x = x @ layer["kernel"] + layer["bias"]
        x = np.where(x > 0, x, 0.01 * x)
    return x @ last["kernel"] + last["bias"], x


def generated(detector, z):
    net = detector.state_.params["generator"]["body"]
    return layers(z, net["Dense_0"], last=net["Dense_1"])[0]


def judged(detector, x):
    net = detector.state_.params["discriminator"]
    logits, features = layers(
        x, net["trunk"]["Dense_0"], net["trunk"]["Dense_1"], last=net["logit"]
    )
    return logits[:, 0], features


def test_the_discriminator_s_score_is_its_logit(detector):
    x = usual_rows(20, seed=1)
    scores = as_discriminator(detector).score_samples(x)
    np.testing.assert_allclose(
        scores, judged(detector, detector.scaler_.transform(x))[0], rtol=1e-4, atol=1e-5
    )


def as_discriminator(detector):
    return changed(detector, scored_by="discriminator")


def changed(detector, **settings):
    """Return the trained detector with other settings of its score."""
    other = clone(detector).set_params(**settings)
    learnt = {name: value for name, value in vars(detector).items() if name.endswith("_")}
    vars(other).update(learnt)
    return other


def test_the_anogan_score_is_the_papers_loss(detector):
    # A rate of nothing: the search stays at its start.
    x = usual_rows(20, seed=1)
    stays = changed(detector, search_rate=1e-30, weight=0.3)
    stays.starts_ = detector.starts_[:1]
    scaled, made = detector.scaler_.transform(x), generated(detector, detector.starts_[:1])
    residual = np.abs(scaled - made)
    matched = np.abs(judged(detector, scaled)[1] - judged(detector, made)[1]).sum(axis=1)
    expected = -(0.7 * residual.sum(axis=1) + 0.3 * matched)
    np.testing.assert_allclose(stays.score_samples(x), expected, rtol=1e-4)
    np.testing.assert_allclose(stays.explain(x), -residual, rtol=1e-4, atol=1e-5)


def test_the_search_is_one(detector):
    x = usual_rows(50, seed=1)
    short = changed(detector, search_steps=1).score_samples(x)
    assert (detector.score_samples(x) >= short - 1e-5).all()  # of the same paths, further on
    assert detector.score_samples(x).mean() > short.mean() / 2


@pytest.mark.parametrize("score", ["anogan", "discriminator"])
def test_a_row_s_score_is_its_own(detector, score):
    detector, x = changed(detector, scored_by=score), usual_rows(1500, seed=2)
    scores = detector.score_samples(x)
    order = np.random.default_rng(0).permutation(len(x))
    np.testing.assert_array_equal(detector.score_samples(x[order]), scores[order])
    np.testing.assert_array_equal(detector.score_samples(x[1490:]), scores[1490:])
    np.testing.assert_array_equal(
        np.concatenate([detector.score_samples(x[[row]]) for row in range(3)]), scores[:3]
    )


def test_it_finds_rows_whose_columns_disagree_and_says_which(detector):
    x = usual_rows(40, seed=3)
    odd = x.copy()
    odd[:, 1] = -1.5 * np.sign(x[:, 0])  # a usual value, elsewhere
    assert np.median(detector.score_samples(odd)) < np.quantile(detector.score_samples(x), 0.1)
    far = np.array([[0.0, 0.0, 9.0]])
    assert detector.predict(far) == -1
    assert detector.explain(far).argmin() == 2


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"scored_by": "likelihood"}, "scored_by is one of"),
        ({"weight": 1.5}, "weight"),
        ({"restarts": 0}, "restarts"),
        ({"search_rate": 0.0}, "search_rate"),
        ({"loss": "no such"}, "no adversarial loss"),
        ({"penalties": ("no such",)}, "no penalty"),
        ({"generator_hidden": (0,)}, "sizes"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(settings, what):
    with pytest.raises(InputError, match=what) as refused:
        GANDetector(**SMALL | settings).fit(usual_rows(20))
    assert "\n" not in str(refused.value)


def test_a_game_that_breaks_is_refused_in_one_line(detector):
    unscaled = clone(detector).set_params(scaling="none")
    with pytest.raises(InputError, match="not finite") as refused:
        unscaled.fit(1e30 * usual_rows(400))
    assert "\n" not in str(refused.value)


def test_the_discriminator_does_not_explain(detector):
    with pytest.raises(InputError, match="explain"):
        as_discriminator(detector).explain(usual_rows(2))


CHECKED = SMALL | {
    "steps": 20,
    "batch_size": 32,
    "search_steps": 3,
    "restarts": 2,
    "penalties": (),
    "discriminator_hidden": (8,),
}


@pytest.mark.slow
@parametrize_with_checks(
    [GANDetector(**CHECKED), GANDetector(**CHECKED, scored_by="discriminator")],
)
def test_scikit_learn_s_conventions(estimator, check):
    check(estimator)
