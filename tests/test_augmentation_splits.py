"""Small samples and rarer classes: whose rows are learnt from, whose are scored."""

import itertools

import numpy as np
import pytest

from genjax.errors import InputError
from genjax.estimators.augmentation_splits import rarer, repeated_folds, small_samples

Y = (np.random.default_rng(0).permutation(6000) < 600).astype(int)


@pytest.mark.parametrize("y", [Y, 1 - Y])
def test_small_samples_share_test_rows_alone(y):
    splits = small_samples(y, rows=300, share=0.05, draws=4, seed=1)
    learnt = [{*fold.train, *fold.calibration} for fold in splits.folds]
    assert [len(rows) for rows in learnt] == [300] * 4
    assert not any(a & b for a, b in itertools.combinations(learnt, 2))
    rare = int(y.mean() < 0.5)
    for fold, rows in zip(splits.folds, learnt, strict=True):
        np.testing.assert_array_equal(fold.test, splits.folds[0].test)
        assert not rows & {*fold.test}
        assert (y[fold.train] == rare).sum() == 12
        assert (y[fold.calibration] == rare).sum() == 3
        assert y[fold.test].mean() == pytest.approx(y.mean())
    assert splits.test_to_train == 0  # training sets are independent draws


def test_small_samples_take_the_tables_share():
    fold = small_samples(Y, rows=500, draws=2, seed=0).folds[1]
    assert Y[np.concatenate([fold.train, fold.calibration])].sum() == 50


def test_rarer_drops_from_what_is_learnt_alone():
    whole = repeated_folds(Y, folds=3, repeats=1, seed=0)
    few = rarer(whole, Y, share=0.02, seed=0)
    for before, after in zip(whole.folds, few.folds, strict=True):
        np.testing.assert_array_equal(before.test, after.test)
        learnt = np.concatenate([after.train, after.calibration])
        own = np.concatenate([before.train, before.calibration])
        assert set(learnt) < set(own)
        assert set(own[Y[own] == 0]) == set(learnt[Y[learnt] == 0])
        assert Y[learnt].mean() == pytest.approx(0.02, abs=1e-3)
        assert Y[after.calibration].mean() == pytest.approx(0.02, abs=2e-3)
    assert few.test_to_train == whole.test_to_train == 0.5


@pytest.mark.parametrize(
    "asked", [{"rows": 80, "draws": 2}, {"rows": 2000, "draws": 3}, {"rows": 500, "share": 1.5}]
)
def test_small_samples_refuse(asked):
    with pytest.raises(InputError, match="training sets of"):
        small_samples(Y, **({"draws": 2, "seed": 0} | asked))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 1.0])
def test_rarer_refuses(share):
    with pytest.raises(InputError, match="share lies between"):
        rarer(repeated_folds(Y, folds=3, repeats=1, seed=0), Y, share=share, seed=0)
