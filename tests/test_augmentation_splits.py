"""Small samples and rarer classes: whose rows are learnt from, whose are scored."""

import itertools

import numpy as np
import pytest

from genjax.errors import InputError
from genjax.estimators.augmentation_splits import rarer, repeated_folds, small_samples

Y = (np.random.default_rng(0).permutation(6000) < 600).astype(int)


@pytest.mark.parametrize("y", [Y, 1 - Y])
def test_small_samples_have_no_row_in_common(y):
    splits = small_samples(y, rows=300, share=0.05, draws=4, seed=1)
    learnt = [{*fold.train, *fold.calibration} for fold in splits.folds]
    tested = [{*fold.test} for fold in splits.folds]
    assert [len(rows) for rows in learnt] == [300] * 4
    assert not any(a & b for a, b in itertools.combinations([*learnt, *tested], 2))
    rare = int(y.mean() < 0.5)
    for fold in splits.folds:
        assert (y[fold.train] == rare).sum() == 12
        assert (y[fold.calibration] == rare).sum() == 3
        assert y[fold.test].mean() == pytest.approx(y.mean())
    assert sum(map(len, tested)) == 2400
    assert splits.test_to_train == 0  # results are independent


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
    assert few.test_to_train == whole.test_to_train


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


def test_an_interval_is_told_of_the_rows_that_are_fitted():
    splits = repeated_folds(Y, folds=3, repeats=2, seed=0)
    for fold in splits.folds:
        assert splits.test_to_train == pytest.approx(len(fold.test) / len(fold.train), rel=1e-3)


def test_one_draw_has_no_spread():
    with pytest.raises(InputError, match="draws must be 2"):
        small_samples(Y, rows=300, draws=1, seed=0)


def test_a_fold_of_too_few_rare_rows_is_refused():
    with pytest.raises(InputError, match="10 rows of each class"):
        repeated_folds((np.arange(400) % 36 == 0).astype(int), folds=2, repeats=1, seed=0)
