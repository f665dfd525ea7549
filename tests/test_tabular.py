"""Synthetic tables: what is asked for is drawn, what was learnt is saved, what is wrong is said."""

import numpy as np
import pandas as pd
import pytest

from genjax.data.table import TableTransform
from genjax.errors import InputError
from genjax.estimators import TabularGenerator
from genjax.estimators.conditions import Conditions
from genjax.estimators.table_rows import allot, size_for
from genjax.losses import RowLayout

SMALL = {"hidden": (16,), "batch_size": 64, "steps": 300}


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n, p=[0.8, 0.2])
    job = np.where(rng.random(n) < 0.9, np.where(sex == "f", "law", "sea"), "art")
    height = np.where(sex == "f", 165.0, 179.0) + rng.normal(0, 2, n)
    income = np.where(rng.random(n) < 0.3, 0.0, rng.lognormal(8, 1, n).round(2))
    income[rng.random(n) < 0.2] = np.nan
    return pd.DataFrame(
        {"sex": sex, "job": pd.Categorical(job), "height": height, "income": income,
         "age": rng.integers(18, 90, n)}
    )  # fmt: skip


FRAME = people(600)


@pytest.fixture(scope="module")
def fitted():
    return TabularGenerator(condition_on=("sex",), **SMALL).fit(FRAME)


@pytest.fixture(scope="module")
def encoded():
    transform = TableTransform(rare=1).fit(FRAME)
    return transform, transform.transform(FRAME)


def test_rows_are_of_the_asked_sex_and_like_it(fitted):
    men = fitted.sample(300, conditions={"sex": "m"})
    assert (men["sex"] == "m").all()
    assert men["height"].mean() == pytest.approx(179, abs=1.5)
    assert (men["job"] == "sea").mean() > 0.75
    women = fitted.sample(300, conditions={"sex": "f"})
    assert women["height"].mean() == pytest.approx(165, abs=1.5)


def test_rows_without_conditions_have_the_training_shares_spikes_gaps_and_dtypes(fitted):
    rows = fitted.sample(2000)
    pd.testing.assert_series_equal(rows.dtypes, FRAME.dtypes)
    assert (rows["sex"] == "m").mean() == pytest.approx((FRAME["sex"] == "m").mean(), abs=0.03)
    assert rows["income"].isna().mean() == pytest.approx(0.2, abs=0.06)
    assert (rows["income"] == 0).mean() == pytest.approx(0.3 * 0.8, abs=0.06)
    assert rows["age"].between(18, 89).all()


def test_the_same_seed_draws_the_same_rows_and_a_saved_generator_too(fitted, tmp_path):
    first = fitted.sample(50, seed=3)
    pd.testing.assert_frame_equal(first, fitted.sample(50, seed=3))
    assert not first.equals(fitted.sample(50, seed=4))
    fitted.save(tmp_path / "generator")
    loaded = TabularGenerator.load(tmp_path / "generator")
    pd.testing.assert_frame_equal(first, loaded.sample(50, seed=3))
    again = loaded.sample(5, conditions={"sex": "m"}, seed=1)
    pd.testing.assert_frame_equal(again, fitted.sample(5, conditions={"sex": "m"}, seed=1))
    assert loaded.get_params() == fitted.get_params()
    with pytest.raises(InputError, match="not empty"):
        fitted.save(tmp_path / "generator")
    (tmp_path / "generator" / "table.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match="another version"):
        TabularGenerator.load(tmp_path / "generator")
    with pytest.raises(InputError, match="no saved generator"):
        TabularGenerator.load(tmp_path)


def test_a_saved_generator_holds_no_training_row(fitted, tmp_path):
    fitted.save(tmp_path / "generator")
    texts = [
        path.read_text(errors="ignore")
        for path in (tmp_path / "generator").rglob("*")
        if path.suffix == ".json"
    ]
    row = FRAME.iloc[17]
    together = f"{row['height']!r}, {row['income']!r}"
    assert not any(together in text for text in texts)
    assert sum(map(len, texts)) < 60_000


@pytest.mark.parametrize("model", ["gan", "wgan_gp"])
def test_a_conditional_vector_asks_for_any_one_value(model):
    generator = TabularGenerator(model=model, condition_on="any", **SMALL | {"packing": 2})
    generator.fit(FRAME)
    for column, value in (("sex", "m"), ("job", "art")):
        assert (generator.sample(20, conditions={column: value})[column] == value).all()
    with pytest.raises(InputError, match="not what this generator"):
        generator.sample(2, conditions={"sex": "m", "job": "art"})


def test_an_asked_value_that_the_model_forgot_is_imposed(encoded):
    transform, rows = encoded
    conditions = Conditions.of_columns(["sex", "job"], transform, rows)
    layout = RowLayout(transform.columns_)
    labels = conditions.draw(600, {"sex": "m"}, transform, seed=0)
    made = transform.inverse(conditions.impose(rows, labels, layout))
    assert (made["sex"] == "m").all()
    pd.testing.assert_frame_equal(made.drop(columns=["sex", "job"]), transform.inverse(rows).drop(
        columns=["sex", "job"]))  # fmt: skip
    # What was not asked for has its shares among the rows that are as asked.
    among = FRAME.loc[FRAME["sex"] == "m", "job"].value_counts(normalize=True)
    assert (made["job"] == "sea").mean() == pytest.approx(among["sea"], abs=0.06)
    layout_rows = conditions.impose(rows, labels, layout)
    layout.check(layout_rows, "it")


def test_training_data_of_a_conditional_vector_has_rows_with_the_kind_of_their_label(encoded):
    transform, rows = encoded
    conditions = Conditions.of_any(transform, rows)
    data = conditions.training_data(rows, 64, seed=0)
    assert len(data["x"]) == 1024
    assert (data["x"][np.arange(1024), data["y"]] == 1).all()
    # Five labels (two sexes, three jobs), as often as the logarithms of their rows.
    counts = pd.concat([FRAME["sex"].value_counts(), FRAME["job"].value_counts()])
    expected = np.log1p(counts.to_numpy())
    seen = np.sort(np.bincount(data["y"]))[-5:]
    np.testing.assert_allclose(seen / 1024, np.sort(expected / expected.sum()), atol=2e-3)


def test_rows_are_allotted_by_weight_and_evenly():
    groups = [np.arange(10), np.array([10, 11]), np.array([3])]
    rows, which = allot(groups, np.array([2.0, 1.0, 1.0]), 64, seed=0)
    assert np.bincount(which).tolist() == [32, 16, 16]
    assert np.bincount(rows[which == 1])[10:].tolist() == [8, 8]
    assert set(np.bincount(rows[which == 0])) == {3, 4}
    for group, members in enumerate(groups):
        assert set(rows[which == group]) == set(members)
    assert size_for(1024, 8) == 1024
    assert size_for(1025, 8) == 2048


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model": "flow"}, "model is one of"),
        ({"condition_on": "sex"}, "a list of columns, or 'any'"),
        ({"condition_on": ("height",)}, "no column of categories"),
        ({"condition_on": ("name",)}, "no column of categories"),
        ({"condition_on": "any"}, "of 'gan' and 'wgan_gp'"),
        ({"steps": 0}, "steps must be positive"),
        ({"model": "gan", "packing": 3}, "multiple of packing"),
        ({"seed": -1}, "a seed lies"),
        ({"hidden": (0,)}, "1 or more"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_and_change_nothing(settings, says):
    generator = TabularGenerator(**SMALL | settings)
    with pytest.raises(InputError, match=says) as caught:
        generator.fit(FRAME)
    assert "\n" not in str(caught.value)
    assert not hasattr(generator, "transform_")


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"sex": "x"}, "'x'"),
        ({"job": "art"}, "not what this generator"),
        ({"name": "x"}, "no column 'name'"),
    ],
)
def test_conditions_that_were_not_fitted_are_refused(fitted, conditions, says):
    with pytest.raises(InputError, match=says):
        fitted.sample(2, conditions=conditions)


def test_without_condition_on_nothing_can_be_asked_for():
    generator = TabularGenerator(**SMALL | {"steps": 2}).fit(FRAME)
    with pytest.raises(InputError, match="without condition_on"):
        generator.sample(2, conditions={"sex": "m"})
    assert len(generator.sample(0)) == 0
    with pytest.raises(InputError, match="0 or more"):
        generator.sample(-1)
