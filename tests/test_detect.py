"""The detector by variational autoencoders: its scores, its thresholds, scikit-learn's checks."""

import pickle
from functools import partial

import jax
import numpy as np
import optax
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from genjax.errors import InputError
from genjax.estimators import VAEDetector
from genjax.estimators.members import VIEWS, train
from genjax.losses import Gaussian, StudentT, WeightedSquaredError
from genjax.metrics import thresholds
from genjax.models import VAEConfig

RNG = np.random.default_rng(0)
MIXING = RNG.normal(size=(4, 4))
ROWS = RNG.normal(size=(600, 4)) @ MIXING
STRANGE = ROWS[:20] + 12 * RNG.normal(size=(20, 4))
SMALL = {"hidden": (8,), "steps": 60, "batch_size": 32, "draws": 8, "members": 1}


@pytest.fixture(scope="module")
def detector():
    return VAEDetector(**SMALL, random_state=0).fit(ROWS)


@pytest.fixture(scope="module")
def scores(detector):
    return detector.score_samples(ROWS)


def test_strange_rows_are_found(detector, scores):
    strange = detector.score_samples(STRANGE)
    assert strange.mean() < scores.mean() - 3 * scores.std()
    assert (detector.predict(STRANGE) == -1).mean() > 0.8
    assert (detector.predict(ROWS) == -1).sum() == 6  # contamination: a share of .01 of 600
    np.testing.assert_array_equal(detector.decision_function(ROWS), scores - detector.offset_)


def test_a_row_s_score_depends_on_that_row_alone_to_the_bit(detector, scores):
    order = RNG.permutation(len(ROWS))
    np.testing.assert_array_equal(detector.score_samples(ROWS[order]), scores[order])
    np.testing.assert_array_equal(detector.score_samples(ROWS[7:8]), scores[7:8])
    among_strange = np.concatenate([STRANGE, ROWS, STRANGE, ROWS])
    np.testing.assert_array_equal(detector.score_samples(among_strange)[20:620], scores)


@pytest.mark.slow
def test_the_seed_is_all_that_chance_needs(detector, scores):
    again = VAEDetector(**SMALL, random_state=0).fit(ROWS)
    np.testing.assert_array_equal(again.score_samples(ROWS), scores)
    other = VAEDetector(**SMALL, random_state=1).fit(ROWS)
    assert (other.score_samples(ROWS) != scores).all()


def test_parts_of_a_score_add_up_to_it_and_name_the_column(detector, scores):
    parts = detector.explain(ROWS)
    assert parts.shape == ROWS.shape
    np.testing.assert_allclose(parts.mean(0), 0, atol=1e-3)
    constant = detector.usual_parts_.sum() + detector.members_.log_volume.mean()
    np.testing.assert_allclose(parts.sum(1) + constant, scores, rtol=1e-3, atol=1e-3)
    independent = np.random.default_rng(1).normal(size=(600, 4))
    fitted = VAEDetector(**SMALL | {"steps": 300}, random_state=0).fit(independent)
    assert fitted.explain(8 * np.eye(4)).argmin(1).tolist() == [0, 1, 2, 3]


def test_whitened_rows_are_uncorrelated_and_near_their_own_columns(detector):
    columns, whitened = detector.members_.views
    np.testing.assert_array_equal(columns, np.eye(4))
    scaled = detector._scaled(ROWS)
    seen = scaled @ whitened
    # Shrinkage leaves a little correlation.
    np.testing.assert_allclose(np.cov(seen.T), np.eye(4), atol=0.15)
    correlation = np.corrcoef(scaled.T, seen.T)[:4, 4:]
    assert (np.diag(correlation) > 0.6).all()
    volume = np.linalg.slogdet(whitened.astype(np.float64))[1]
    np.testing.assert_allclose(detector.members_.log_volume, [0, volume], rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"likelihood": "root_mean_squared_error", "optimizer": "nadam", "decay": False},
        {"likelihood": StudentT(4.0), "scored_by": "reconstruction_error", "scaling": "none"},
        {"likelihood": "gaussian", "scored_by": "log_likelihood", "scaling": "standard"},
        {"scored_by": "kl", "views": ("whitened",), "hidden": ()},
    ],
)
def test_other_settings_give_finite_scores_that_find_the_strange(settings):
    detector = VAEDetector(**SMALL | settings, random_state=0).fit(ROWS)
    usual, strange = detector.score_samples(ROWS), detector.score_samples(STRANGE)
    assert np.isfinite(usual).all()
    assert np.median(strange) < np.median(usual)


@pytest.mark.slow
def test_a_fit_takes_the_threshold_that_it_is_asked_for():
    for settings, expected in (
        ({"contamination": 0.1}, lambda scores: np.percentile(scores, 10)),
        ({"threshold": "robust", "deviations": 3.0}, partial(thresholds.robust, deviations=3.0)),
        ({"threshold": "tail"}, lambda scores: thresholds.tail(scores, 0.01, share=0.05)),
    ):
        fitted = VAEDetector(**SMALL | settings, random_state=0).fit(ROWS)
        assert fitted.offset_ == expected(fitted.score_samples(ROWS))


def test_a_threshold_by_cost_is_the_one_of_least_cost(detector):
    copy = pickle.loads(pickle.dumps(detector))
    x, y = np.concatenate([ROWS, STRANGE]), np.repeat([0, 1], [600, 20])
    scores = copy.score_samples(x)
    copy.choose_threshold(x, y, false_alarm=1, miss=30)
    costs = [
        (scores[y == 0] < at).sum() + 30 * (scores[y == 1] >= at).sum()
        for at in [*scores, scores.max() + 1]
    ]
    flagged = scores < copy.offset_
    assert flagged[y == 0].sum() + 30 * (~flagged)[y == 1].sum() == min(costs)


@pytest.mark.parametrize(
    ("scaling", "likelihood"),
    [
        ("quantile", "student_t"),
        pytest.param("quantile", "gaussian", marks=pytest.mark.slow),
        pytest.param("standard", "student_t", marks=pytest.mark.slow),
        ("standard", "root_mean_squared_error"),
        pytest.param("none", "root_mean_squared_error", marks=pytest.mark.slow),
    ],
)
def test_the_further_out_the_stranger_and_never_a_nan(scaling, likelihood):
    settings = {"scaling": scaling, "likelihood": likelihood}
    fitted = VAEDetector(**SMALL | settings, random_state=0).fit(ROWS)
    far = np.outer([1e2, 1e4, 1e8, 1e22], [1.0, -1.0, 1.0, -1.0])
    assert np.isfinite(fitted.score_samples(far)).all()
    assert (fitted.predict(far) == -1).all()
    assert np.isfinite(fitted.explain(far)).all()


@pytest.mark.slow
def test_beyond_the_known_values_a_row_is_stranger_on_either_side():
    rows = np.column_stack([ROWS[:, :2], np.ones(600), np.maximum(ROWS[:, 2], 0)])
    fitted = VAEDetector(**SMALL, random_state=0).fit(rows)
    usual = np.median(rows, axis=0)
    for column, (inside, *further) in (
        (0, (0.0, rows[:, 0].max(), 1e6)),
        (1, (0.0, rows[:, 1].min(), -1e6)),
        (2, (1.0, 2.0, 1e6)),  # a constant
        (2, (1.0, 0.0, -1e6)),
        (3, (0.0, -5.0, -1e6)),  # the least value, which half of the rows share
    ):
        changed = np.tile(usual, (3, 1))
        changed[:, column] = [inside, *further]
        scores = fitted.score_samples(changed)
        assert scores[0] > scores[1] > scores[2]


@pytest.mark.slow
def test_missing_values_become_the_median_where_that_is_allowed(detector):
    gaps = ROWS.copy()
    gaps[::7, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        VAEDetector(**SMALL).fit(gaps)
    fitted = VAEDetector(**SMALL, impute=True, random_state=0).fit(gaps)
    filled = np.where(np.isnan(gaps), np.nanmedian(gaps, axis=0), gaps)
    np.testing.assert_array_equal(fitted.score_samples(gaps), fitted.score_samples(filled))
    with pytest.raises(ValueError, match="NaN"):
        detector.score_samples(gaps)


@pytest.mark.slow
def test_frames_keep_names_and_refuse_others():
    frame = pd.DataFrame(ROWS, columns=list("abcd"))
    fitted = VAEDetector(**SMALL, random_state=0).fit(frame)
    assert fitted.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        fitted.score_samples(frame.rename(columns={"a": "z"}))


@pytest.mark.slow
def test_a_constant_column_and_two_rows_are_no_trouble():
    constant = np.column_stack([ROWS[:, 0], np.ones(600)])
    for rows in (constant, ROWS[:2]):
        fitted = VAEDetector(**SMALL, random_state=0).fit(rows)
        assert np.isfinite(fitted.score_samples(ROWS[:, : rows.shape[1]])).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"contamination": 0.6}, "contamination is a share"),
        ({"threshold": "best"}, "threshold is one of"),
        ({"scaling": "range"}, "scaling is one of"),
        ({"scored_by": "likelihood"}, "scored_by is one of"),
        ({"likelihood": "cauchy"}, "likelihood is one of"),
        ({"views": ()}, "views are some of"),
        ({"likelihood": WeightedSquaredError()}, "bounded=False is of rows"),
        ({"threshold": "tail", "contamination": 0.1}, "threshold 'tail' is for"),
        ({"optimizer": "foo"}, "optimizer is one of"),
        ({"activation": "foo"}, "activation is one of"),
        ({"hidden": (0,)}, "hidden layers have 1 or more"),
        ({"deviations": 0}, "deviations are above 0"),
        ({"beta": -1.0}, "beta is 0 or more"),
        ({"steps": 0}, "steps is 1 or more"),
        ({"learning_rate": 1e30, "optimizer": "sgd", "decay": False}, "not finite"),
    ],
)
def test_settings_that_cannot_be_used(settings, message):
    with pytest.raises(InputError, match=message):
        VAEDetector(**SMALL | settings).fit(ROWS)


@pytest.mark.parametrize("view", ["columns", "whitened"])
def test_one_member_alone_is_the_first_of_two(view):
    """It has a program without an axis of members: the same training up to rounding."""
    seen = VIEWS[view](ROWS.astype(np.float32))
    config = VAEConfig(
        event_shape=(4,), network="mlp", hidden=(8,), latent_size=2, likelihood=Gaussian()
    )
    vae = config.build()
    given = {"steps": 20, "batch_size": 32, "seed": 3}
    one, two = (
        train(vae.algorithm(optax.adam(1e-3)), ROWS.astype(np.float32), views, **given)
        for views in (seen[None], np.stack([seen, seen]))
    )
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_allclose(a[0], b[0], rtol=1e-3, atol=1e-5)


def test_one_member_alone_that_breaks_is_told():
    broken = {"learning_rate": 1e30, "optimizer": "sgd", "decay": False, "views": ("columns",)}
    with pytest.raises(InputError, match="1 of 1 members met numbers that are not finite"):
        VAEDetector(**SMALL | broken).fit(ROWS)


def test_a_clone_is_unfitted_and_equal(detector):
    assert clone(detector).get_params() == detector.get_params()
    assert not hasattr(clone(detector), "offset_")


@pytest.mark.slow
@parametrize_with_checks(
    [VAEDetector(hidden=(4,), steps=20, draws=2, members=1, batch_size=16, random_state=0)]
)
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)
