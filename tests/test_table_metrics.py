"""Scores of tables' columns, of their pairs and of all: shown by tables whose answer is known."""

import datetime

import numpy as np
import pandas as pd
import pytest
from making_people import OTHER, REAL, other_types, people, shuffled

from genjax.errors import InputError
from genjax.metrics.table import column_shapes, pair_trends, table_report
from genjax.metrics.table_columns import comparable
from genjax.metrics.table_learning import told_apart, train_on_synthetic
from genjax.metrics.table_nearness import closest_records


def test_a_table_is_at_no_distance_from_itself_and_chance_is_small():
    assert (column_shapes(REAL, REAL) == 0).all()
    trends = pair_trends(REAL, REAL).to_numpy()
    off_diagonal = ~np.eye(len(trends), dtype=bool)
    assert (trends[off_diagonal] == 0).all()
    assert np.isnan(np.diag(trends)).all()
    assert column_shapes(REAL, OTHER).between(0, 0.06).all()
    assert 0.45 < told_apart(REAL, OTHER) < 0.55


def test_shapes_are_the_textbook_s():
    x, y = REAL["income"].dropna(), OTHER["income"].dropna() * 1.3
    shapes = column_shapes(REAL[["income", "town"]].loc[x.index], OTHER.assign(income=y)[
        ["income", "town"]].loc[y.index])  # fmt: skip
    points = np.concatenate([x, y])
    below = [(column.to_numpy()[:, None] <= points[None]).mean(0) for column in (x, y)]
    np.testing.assert_allclose(shapes["income"], np.abs(below[0] - below[1]).max())
    p, q = (t["town"].value_counts(normalize=True) for t in (REAL.loc[x.index], OTHER.loc[y.index]))
    np.testing.assert_allclose(shapes["town"], sum(abs(p[c] - q[c]) for c in p.index) / 2)


def test_missing_values_are_a_difference_in_every_type():
    a = pd.DataFrame({"n": [1.0, 2, 3, 4], "c": ["x", "y", "x", "y"], "b": [True, False] * 2})
    b = a.astype(object)
    b.iloc[1] = None
    assert column_shapes(a, b).tolist() == [0.25, 0.25, 0.25]
    assert column_shapes(b, b).tolist() == [0, 0, 0]
    nothing = a.assign(n=np.nan, c=None, b=None)
    assert column_shapes(a, nothing).tolist() == [1, 1, 1]
    assert column_shapes(nothing, nothing).tolist() == [0, 0, 0]
    drawn = OTHER["income"].dropna().sample(len(OTHER), replace=True, random_state=0)
    known = OTHER.assign(income=OTHER["income"].fillna(drawn.reset_index(drop=True)))
    assert column_shapes(REAL, known)["income"] >= REAL["income"].isna().mean()
    assert 0.56 < told_apart(REAL, known) < 0.64  # a fifth is certain: .2 + .8 / 2


def test_missing_numbers_lie_below_or_above_all():
    x, y = np.random.default_rng(0).choice([1, 2, 3, np.nan], (2, 30, 40))
    for p, q in zip(x, y, strict=True):
        with_missing, without = (
            [((z[:, None] <= [0, 1, 2, 3]) | (ends & np.isnan(z[:, None]))).mean(0) for z in (p, q)]
            for ends in (True, False)
        )
        expected = max(np.abs(f - g).max() for f, g in (with_missing, without))
        shape = column_shapes(pd.DataFrame({"n": p}), pd.DataFrame({"n": q}))["n"]
        assert shape == pytest.approx(expected)


def test_shuffled_columns_keep_their_shapes_and_lose_their_trends():
    fake = shuffled(REAL)
    assert (column_shapes(REAL, fake) == 0).all()
    trends, chance = pair_trends(REAL, fake), pair_trends(REAL, OTHER)
    for pair in (("income", "children"), ("owner", "late"), ("income", "town"), ("owner", "since")):
        assert trends.loc[pair] > max(0.12, 2 * chance.loc[pair]), pair
        assert trends.loc[pair] == trends.loc[pair[::-1]]
    assert told_apart(REAL, fake) > 0.8


def test_trends_are_the_textbook_s():
    income = REAL["income"].fillna(0.5)
    a = pd.DataFrame({"x": income, "y": REAL["children"], "town": REAL["town"]})
    b = a.assign(y=a["y"].to_numpy()[::-1], town=a["town"].to_numpy()[::-1])
    trends = pair_trends(a, b)
    ranks = [t[["x", "y"]].rank().to_numpy() for t in (a, b)]
    rho = [np.corrcoef(r, rowvar=False)[0, 1] for r in ranks]
    np.testing.assert_allclose(trends.loc["x", "y"], abs(rho[0] - rho[1]) / 2)
    # Chance moves a table of many cells by as much as the docstring says.
    bins = np.quantile(income, np.arange(1, 10) / 10, method="inverted_cdf")
    tables = [
        pd.crosstab(np.searchsorted(bins, t["x"]), t["town"]).to_numpy() / len(t) for t in (a, b)
    ]
    np.testing.assert_allclose(trends.loc["x", "town"], np.abs(tables[0] - tables[1]).sum() / 2)


def test_what_is_missing_together_is_a_trend():
    draw = np.random.default_rng(0)
    both = draw.random((1000, 1)) < 0.5
    x = pd.DataFrame(draw.normal(size=(1000, 2)), columns=["a", "b"])
    together = x.mask(np.repeat(both, 2, axis=1))
    apart = x.mask(np.concatenate([both, ~both], axis=1))
    # Half miss both, half neither; against each missing one.
    assert pair_trends(together, apart).loc["a", "b"] == 1


def test_a_number_that_is_mostly_its_largest_is_still_binned():
    flag = pd.DataFrame({"paid": [1] * 95 + [0] * 5, "who": ["x"] * 95 + ["y"] * 5})
    assert pair_trends(flag, flag.assign(paid=flag["paid"][::-1].to_numpy())).loc[
        "paid", "who"
    ] == pytest.approx(0.1)


def test_types_do_not_leak():
    fake = other_types(OTHER)
    for left, right in zip(comparable(REAL, OTHER), comparable(REAL, fake), strict=True):
        pd.testing.assert_frame_equal(left, right)
    assert closest_records(REAL, other_types(REAL), OTHER).exact_copies == 1
    single = pd.DataFrame({"x": np.round(REAL["income"], 1)})
    assert told_apart(single, single.astype(np.float32)) < 0.51
    integers = pd.DataFrame({"x": [3, 1, 1], "y": [True, False, True], "z": ["1", "2", "2"]})
    others = pd.DataFrame({"x": ["3", "1", 1.0], "y": [1.0, 0.0, 1.0], "z": [1, 2, 2]})
    assert (column_shapes(integers.assign(x=integers["x"].astype("category")), others) == 0).all()
    nullable = integers.convert_dtypes()
    assert (column_shapes(integers, nullable) == 0).all()
    assert closest_records(integers, nullable, others.iloc[:1]).exact_copies == 1


def test_dates_are_compared_as_times():
    days = pd.DataFrame({"day": [datetime.date(2020, 1, d) for d in (1, 2, 3, 4)]})
    zoned = pd.DataFrame({"day": pd.to_datetime(days["day"]).dt.tz_localize("UTC")})
    assert column_shapes(days, zoned)["day"] == 0
    later = zoned + pd.Timedelta(days=1)
    assert column_shapes(days, later)["day"] == 0.25
    assert column_shapes(days, days.assign(day=None))["day"] == 1


def test_the_report_holds_them_all():
    held_out = people(2)
    report = table_report(REAL, OTHER, held_out, target="late")
    assert all(isinstance(value, float) and np.isfinite(value) for value in report.values())
    assert report["column_shapes_worst"] == column_shapes(held_out, OTHER).max()
    assert report["told_apart_auc"] == told_apart(held_out, OTHER)
    utility = train_on_synthetic(REAL, OTHER, held_out, target="late")
    assert report["roc_auc_trained_on_synthetic"] == utility.roc_auc_trained_on_synthetic
    assert np.nanmean(pair_trends(held_out, OTHER)) == pytest.approx(report["pair_trends_mean"])


def test_what_cannot_be_compared_is_refused_in_a_line():
    one = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    for other, message in (
        (one.rename(columns={"b": "c"}), "only in one of them: b, c"),
        (one[:0], "1 row"),
        (one.set_axis(["a", "a"], axis=1), "share a name: a"),
        (one.assign(a=np.inf), "'a' holds infinite"),
        (one.assign(b=pd.Timestamp(0)), "'b' holds dates"),
    ):
        with pytest.raises(InputError, match=message):
            column_shapes(one, other)
    for table, target, message in (
        (one, "c", "'c' is not a column; these are a, b"),
        (one[["a"]], "a", "no|none"),
        (one.assign(a=[1.0, None]), "a", "missing in some rows"),
        (one.assign(b="x"), "b", "two values"),
    ):
        with pytest.raises(InputError, match=message):
            train_on_synthetic(table, table, table, target=target)
    with pytest.raises(InputError, match=r"two values.*found 0, 1, 2$"):
        train_on_synthetic(
            one.assign(a=[0, 1]), one.assign(a=[0, 2]), one.assign(a=[0, 1]), target="a"
        )
