"""Scores of tables' rows: learned from, copied, covered; shown by tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from making_people import OTHER, REAL, people, shuffled
from sklearn.linear_model import LogisticRegression

from genjax.metrics.table_columns import positions
from genjax.metrics.table_learning import told_apart, train_on_synthetic
from genjax.metrics.table_nearness import (
    closest_records,
    density_coverage_of_table,
    precision_recall_of_table,
)


def test_rare_categories_do_not_give_rows_away():
    names = np.random.default_rng(0).integers(0, 5000, (2, 2000)).astype(str)
    x, y = (pd.DataFrame({"name": column}) for column in names)
    assert abs(told_apart(x, y) - 0.5) < 0.04  # two thirds are in one table only, by chance
    assert told_apart(x, y.assign(name="5000")) == 1


def test_learning_from_true_draws_is_as_good_as_from_real_rows():
    test = people(2)
    utility = train_on_synthetic(REAL, OTHER, test, target="late")
    real, true = utility.roc_auc_trained_on_real, utility.roc_auc_trained_on_synthetic
    assert real > 0.65
    assert abs(real - true) < 0.05
    spoiled = train_on_synthetic(REAL, shuffled(OTHER), test, target="late")
    assert spoiled.roc_auc_trained_on_real == real
    assert abs(spoiled.roc_auc_trained_on_synthetic - 0.5) < 0.08
    share = (test["late"] == "yes").mean()
    one_class = train_on_synthetic(REAL, OTHER.assign(late="no"), test, target="late")
    assert one_class.roc_auc_trained_on_synthetic == 0.5
    assert one_class.average_precision_trained_on_synthetic == pytest.approx(share)


def test_only_what_the_synthetic_rows_hold_is_learned():
    test = people(2)[["town", "late"]]
    train = REAL[["town", "late"]]
    # Rows of Hull alone: other towns are unknown to it, and all its scores are equal.
    hull = train[train["town"] == "Hull"]
    utility = train_on_synthetic(train, hull, test, target="late")
    assert utility.roc_auc_trained_on_synthetic == 0.5
    assert utility.roc_auc_trained_on_real > 0.65
    nothing = train.assign(town=None)
    assert train_on_synthetic(train, nothing, test, target="late")[0] == 0.5


def test_another_classifier_can_be_asked():
    names = ["children", "owner", "late"]
    rows = [table[names].assign(owner=table["owner"].astype(int)) for table in (REAL, OTHER)]
    utility = train_on_synthetic(rows[0], rows[1], rows[1], target="late",
                                 classifier=LogisticRegression())  # fmt: skip
    fitted = LogisticRegression().fit(rows[0][names[:2]].astype(float), rows[0]["late"] == "yes")
    score = fitted.decision_function(rows[1][names[:2]].astype(float))
    positive = (rows[1]["late"] == "yes").to_numpy()
    above = score[positive][:, None] - score[~positive][None]
    area = (above > 0).mean() + (above == 0).mean() / 2
    assert utility.roc_auc_trained_on_real == pytest.approx(area)


def test_positions_count_every_column_alike():
    a = pd.DataFrame({"n": [1e9, 0, 1, 2], "c": ["x", "y", "y", None]})
    b = pd.DataFrame({"n": [None, 1e30, 0.5, 1], "c": ["z", "y", "x", None]})
    x, y = positions(a, b)

    def squared(p, q):
        return pytest.approx(np.sum((p - q) ** 2), abs=1e-6)

    assert squared(x[1], x[2]) == 0.25**2  # mid-ranks 1/8, 3/8
    assert squared(y[2], x[1]) == 0.125**2 + 1
    assert squared(x[3], y[3]) == 0.25**2  # missing equals missing
    assert squared(y[1], x[0]) == 0.5**2 + 1  # far outside: half a range, no more
    assert squared(y[0], x[0]) == 0.375**2 + 0.75 + 1  # missing to the largest mid-rank


def test_no_column_adds_much_more_than_another():
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame(
            {"n": np.where(rng.random(200) < 0.1, np.nan, scale * rng.standard_cauchy(200))}
        )
        for scale in (1, 50)
    ]
    x, y = positions(*tables)

    def farthest(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1)).max()

    assert 0.99 < farthest(x, x) <= 1
    assert 1.45 < farthest(x, y) <= 1.5
    assert 1.95 < farthest(y, y) <= 2


def test_a_copied_training_set_is_found():
    held_out = people(2)
    copied = closest_records(REAL, REAL.sample(frac=1, random_state=0), held_out)
    assert copied.exact_copies == copied.share_nearer == 1
    assert copied.median == copied.low == 0 < copied.low_of_holdout < copied.median_of_holdout
    by_chance = copied.exact_copies_of_holdout
    assert by_chance < 0.06
    fresh = closest_records(REAL, OTHER, held_out)
    assert fresh.median == pytest.approx(fresh.median_of_holdout, rel=0.1)
    assert 0.02 < fresh.share_nearer < 0.09
    assert fresh.exact_copies == pytest.approx(by_chance, abs=0.02)
    half = closest_records(REAL, pd.concat([REAL[:750], OTHER[:750]]), held_out)
    assert half.exact_copies == pytest.approx((1 + by_chance) / 2, abs=0.02)


def test_where_all_rows_repeat_the_held_out_ones_set_the_scale():
    coins = pd.DataFrame({"side": ["heads", "tails"] * 50})
    closest = closest_records(coins, coins[:10], coins[:30])
    assert closest.exact_copies == closest.exact_copies_of_holdout == 1
    assert closest.share_nearer == pytest.approx(0.05)


def test_the_closest_record_is_the_closest():
    closest = closest_records(REAL, OTHER[:200], OTHER[200:])
    train, fake, _ = positions(REAL, OTHER[:200], OTHER[200:])
    distances = np.sqrt(((fake[:, None] - train[None]).astype(float) ** 2).sum(-1)).min(1)
    assert closest.median == pytest.approx(np.median(distances), rel=1e-5)
    assert closest.low == pytest.approx(np.sort(distances)[9], rel=1e-5)


def test_precision_and_recall_of_missing_and_of_odd_rows():
    true = precision_recall_of_table(REAL, OTHER)
    assert min(true) > 0.8
    poor = precision_recall_of_table(REAL, OTHER[OTHER["owner"]])  # nobody else: less is covered
    assert poor.precision > 0.8 > 0.7 > poor.recall
    odd = precision_recall_of_table(REAL, OTHER.assign(town="Rome"), most=500)
    assert odd.precision < 0.02  # balls of lonely rows reach another town
    assert density_coverage_of_table(REAL, OTHER).coverage > 0.8
    assert density_coverage_of_table(REAL, OTHER.assign(town="Rome"), most=500).coverage < 0.02
