"""A fresh classifier's area: closed forms, chance where nothing differs, and rows held out."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from genjax.data.drawn_points import gaussian_grid
from genjax.errors import InputError
from genjax.metrics.two_sample import two_sample_auc


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_of_one_distribution_it_is_a_half():
    for seed in range(3):
        x, y = normal(seed, 2, 10_000, 1)
        assert abs(two_sample_auc(x, y, seed=seed) - 0.5) < 0.02


def test_a_shift_and_short_tails_are_found():
    x, y = normal(3, 2, 10_000, 1)
    same = two_sample_auc(x, y)
    # Nobody can do better than the order of the densities' ratio.
    assert same + 0.005 < two_sample_auc(x, y + 0.1) < stats.norm.cdf(0.1 / math.sqrt(2)) + 0.02
    tail = 2 * stats.norm.sf(2)
    # Certain: a real row beyond 2, a fake one at 2. Between the others a guess.
    best = tail + (1 - tail) * (tail + (1 - tail) / 2)
    assert best - 0.02 < two_sample_auc(x, np.clip(y, -2, 2)) < best + 0.01


def test_the_closed_form_of_two_normals():
    x, y = normal(0, 2, 2000, 3)
    y[:, 0] += 1
    expected = stats.norm.cdf(1 / math.sqrt(2))
    linear = two_sample_auc(x, y, classifier=LogisticRegression())
    assert abs(linear - expected) < 0.02
    trees = two_sample_auc(x, y[:1000])  # of unequal numbers
    assert expected - 0.05 < trees < expected + 0.02


def test_what_no_single_column_shows_is_found():
    x, y = normal(0, 2, 5000, 2)
    y[:, 1] = 0.6 * y[:, 0] + 0.8 * y[:, 1]
    assert two_sample_auc(x, y) > 0.6
    assert abs(two_sample_auc(x, y, classifier=LogisticRegression()) - 0.5) < 0.03


def test_missing_modes_are_found():
    real, fake = gaussian_grid(4000, seed=0), gaussian_grid(8000, seed=1)
    fake = fake.points[fake.labels >= 5][:4000]  # a fifth is missing
    assert 0.57 < two_sample_auc(real.points, fake) < 0.62  # .2 + .8 / 2


def test_what_is_far_apart_is_always_told():
    x, y = normal(0, 60, 2), normal(1, 300, 2) + 50
    assert two_sample_auc(x, y, classifier=LogisticRegression()) == 1
    assert two_sample_auc(x, y) > 0.98  # trees cut at a training row, not in the middle


def test_rows_are_scored_by_classifiers_that_have_not_seen_them():
    x, y = normal(0, 2, 1000, 4)
    nearest = KNeighborsClassifier(1)
    # In its own rows it is always right; of a copied row it finds the copy, with the wrong label.
    assert abs(two_sample_auc(x, y, classifier=nearest) - 0.5) < 0.05
    assert two_sample_auc(x, x, classifier=nearest) < 0.25
    assert not hasattr(nearest, "classes_")  # copies are fitted


def test_who_says_nothing_tells_nothing():
    x, y = normal(0, 35, 2), normal(1, 14, 2) + 9
    assert two_sample_auc(x, y, classifier=DummyClassifier(strategy="prior")) == 0.5


def test_it_depends_on_the_seed_alone():
    x, y = normal(0, 2, 200, 2)
    assert two_sample_auc(x, y, seed=1) == two_sample_auc(x, y, seed=1)
    assert two_sample_auc(x, y, seed=1) != two_sample_auc(x, y, seed=2)


def test_what_cannot_be_held_out_is_refused():
    x = normal(0, 9, 2)
    with pytest.raises(InputError, match="2 folds"):
        two_sample_auc(x, x, folds=1)
    with pytest.raises(InputError, match="at least 5"):
        two_sample_auc(x, x[:4])
    with pytest.raises(InputError, match=r"\(n, d\)"):
        two_sample_auc(x[:, 0], x[:, 0])
    with pytest.raises(InputError, match="finite"):
        two_sample_auc(x, x * np.nan)
