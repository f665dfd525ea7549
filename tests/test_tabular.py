"""Synthetic tables: what is asked for is drawn, and what cannot be used is said in one line."""

import numpy as np
import pandas as pd
import pytest

from genjax.data.table import TableTransform
from genjax.errors import InputError
from genjax.estimators import TabularGenerator, tabular
from genjax.estimators.conditions import Conditions
from genjax.estimators.table_model import BLOCK, draw
from genjax.estimators.table_rows import allot
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
def of_three():
    """Conditions on text with gaps, booleans, and numbers named as categories; numbers by modes."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", None], object), 300),
            "member": rng.random(300) < 0.5,
            "rooms": rng.integers(1, 4, 300),
            "height": rng.choice([150.0, 180.0], 300) + rng.normal(size=300),
        }
    )
    generator = TabularGenerator(
        condition_on=pd.Index(["sex", "member", "rooms"]),
        categorical=["rooms"],
        numeric="modes",
        seed=np.int64(3),
        **SMALL | {"hidden": np.array([16]), "steps": 2},
    )
    return generator.fit(frame), frame


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
    assert fitted.imposed_ < 0.1


def test_each_row_has_the_value_that_is_asked_of_it(fitted, of_three):
    sex = np.array(["f", "m", "m"] * 60)
    rows = fitted.sample(180, conditions={"sex": sex}, seed=1)
    assert rows["sex"].tolist() == sex.tolist()
    np.testing.assert_allclose(rows.groupby("sex")["height"].mean(), [165, 179], atol=1.5)
    several = {"sex": ["m", None, "m", np.nan], "member": [True, False, False, True], "rooms": 2}
    rows = of_three[0].sample(4, conditions=several)
    assert rows["sex"].isna().tolist() == [False, True, False, True]
    assert (rows["sex"].dropna() == "m").all()
    assert rows["member"].tolist() == several["member"]
    assert (rows["rooms"] == 2).all()
    assert len(fitted.sample(0, conditions={"sex": []})) == 0


def test_missing_values_booleans_and_named_categories_can_be_asked_for(of_three):
    generator, frame = of_three
    rows = generator.sample(50, conditions={"sex": None, "member": True, "rooms": 3})
    assert rows["sex"].isna().all()
    assert rows["member"].all()
    assert (rows["rooms"] == 3).all()
    pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    # Nearly nothing was learnt in two steps: most rows are as asked because it was imposed.
    assert generator.imposed_ > 0.5
    assert generator.transform_.discrete() == ("sex", "member", "rooms")
    assert generator.transform_.columns_[-1].valued >= 2  # modes


def test_rows_without_conditions_have_the_training_shares_spikes_gaps_and_dtypes(fitted):
    rows = fitted.sample(2000)
    pd.testing.assert_series_equal(rows.dtypes, FRAME.dtypes)
    assert (rows["sex"] == "m").mean() == pytest.approx((FRAME["sex"] == "m").mean(), abs=0.03)
    assert rows["income"].isna().mean() == pytest.approx(0.2, abs=0.06)
    assert (rows["income"] == 0).mean() == pytest.approx(0.3 * 0.8, abs=0.06)
    assert rows["age"].between(18, 89).all()


def test_the_first_rows_do_not_depend_on_how_many_there_are(fitted):
    first, more = fitted.sample(BLOCK + 7, seed=3), fitted.sample(2 * BLOCK + 1, seed=3)
    pd.testing.assert_frame_equal(first, more[: BLOCK + 7])
    pd.testing.assert_frame_equal(first[:20], fitted.sample(20, seed=3))
    assert not first[:20].equals(fitted.sample(20, seed=4))
    assert not first["height"][:7].equals(first["height"][BLOCK:].reset_index(drop=True))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gan", "wgan_gp"])
def test_a_conditional_vector_asks_for_any_one_value(model):
    generator = TabularGenerator(
        model=model, condition_on="any", **SMALL | {"packing": 2, "steps": 600}
    )
    generator.fit(FRAME)
    layout = RowLayout(generator.transform_.columns_)
    heights = []
    # What the network makes, before anything is imposed.
    for column, value in (("sex", "m"), ("sex", "f"), ("job", "art")):
        place = layout.starts[list(FRAME).index(column)] + generator.transform_.kind(column, value)
        rows = draw(generator.config_.model, generator.state_, 400, np.full(400, place), seed=0)
        assert rows[:, place].mean() > 0.9
        heights.append(generator.transform_.inverse(rows)["height"].mean())
    assert heights[0] > heights[1] + 8
    assert generator.imposed_ < 0.05
    assert (generator.sample(20, conditions={"job": "art"})["job"] == "art").all()
    with pytest.raises(InputError, match="not what this generator"):
        generator.sample(2, conditions={"sex": "m", "job": "art"})


def test_an_asked_value_that_the_model_forgot_is_imposed(encoded):
    transform, rows = encoded
    conditions = Conditions.of_columns(["sex", "job"], transform, rows)
    layout = RowLayout(transform.columns_)
    labels = conditions.draw(600, {"sex": "m"}, transform, seed=0)
    imposed = conditions.impose(rows, labels, layout)
    layout.check(imposed, "it")
    made, others = transform.inverse(imposed), ["height", "income", "age"]
    assert (made["sex"] == "m").all()
    pd.testing.assert_frame_equal(made[others], transform.inverse(rows)[others])
    # What was not asked for has its shares among the rows that are as asked.
    among = FRAME.loc[FRAME["sex"] == "m", "job"].value_counts(normalize=True)
    assert (made["job"] == "sea").mean() == pytest.approx(among["sea"], abs=0.06)


def test_training_data_of_a_conditional_vector_has_rows_with_the_kind_of_their_label(encoded):
    transform, rows = encoded
    data = Conditions.of_any(transform, rows).training_data(rows, 64, seed=0)
    x, y = data["x"], data["y"]
    assert (x[np.arange(len(x)), y] == 1).all()
    # Both columns as often, and their values as the logarithms of their rows.
    for labels, column in ((slice(0, 2), "sex"), (slice(2, 5), "job")):
        logs = np.log1p(FRAME[column].value_counts().sort_index().to_numpy())
        seen = np.bincount(y, minlength=5)[labels] / len(y)
        np.testing.assert_allclose(seen, logs / logs.sum() / 2, atol=2e-3)


def test_rows_are_allotted_by_weight_and_evenly():
    groups = [np.arange(10), np.array([10, 11]), np.array([3])]
    rows, which = allot(groups, np.array([2.0, 1.0, 1.0]), 64, seed=0)
    assert np.bincount(which).tolist() == [32, 16, 16]
    assert np.bincount(rows[which == 1])[10:].tolist() == [8, 8]
    assert set(np.bincount(rows[which == 0])) == {3, 4}
    for group, members in enumerate(groups):
        assert set(rows[which == group]) == set(members)


@pytest.mark.parametrize(
    "settings",  # the last of them is what is refused
    [
        *({"model": value} for value in ("flow", None)),
        *({"condition_on": value} for value in (None, "sex", ("height",), ("name",), [["sex"]])),
        *({"condition_on": value} for value in ([None], np.zeros((40, 40)))),
        *({"categorical": value} for value in (None, "age", ("name",), [{}])),
        *({"steps": value} for value in ("a", 2.5, 0, 2**40)),
        *({"seed": value} for value in (None, 1.5, -1)),
        *({"hidden": value} for value in (8, ("a",), (), (0,), (1.5,), None)),
        *({"latent_size": value} for value in (1.5, 0, "a")),
        *({"batch_size": value} for value in (None, 0)),
        *({"learning_rate": value} for value in (np.nan, np.inf, -1.0, "a")),
        *({"model": "gan", "packing": value} for value in (1.5, 0, 3)),
        *(
            {"condition_on": "any", "packing": 1},
            {"packing": 2},
            {"verbose": "much"},
            {"numeric": "rank"},
        ),
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_refused_and_change_nothing(settings):
    generator = TabularGenerator(**SMALL | settings)
    with pytest.raises(InputError, match=list(settings)[-1]) as caught:
        generator.fit(FRAME)
    assert "\n" not in str(caught.value)
    assert not hasattr(generator, "transform_")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n": -1}, "n is a whole number from 0"),
        ({"n": 2.5}, "n is a whole number"),
        ({"n": "3"}, "n is a whole number"),
        ({"seed": -1}, "seed is a whole number"),
        ({"seed": None}, "seed is a whole number"),
        ({"conditions": ["m"]}, "map columns to values; this is a list"),
        ({"conditions": {"sex": ["m"]}}, "1 values for 2 rows"),
        ({"conditions": {"sex": ["m", "x"]}}, "'x' was not seen"),
        ({"conditions": {"sex": "x"}}, "'x' was not seen"),
        ({"conditions": {"sex": None}}, "no missing values"),
        ({"conditions": {"job": "art"}}, "not what this generator"),
        ({"conditions": {"name": "x"}}, "no column 'name'"),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused(fitted, arguments, says):
    with pytest.raises(InputError, match=says):
        fitted.sample(**{"n": 2} | arguments)


def test_a_fit_that_fails_keeps_the_last_one(fitted, monkeypatch):
    before = fitted.sample(9, conditions={"sex": "m"})

    def diverges(*arguments, **named):
        raise InputError("training diverged")

    monkeypatch.setattr(tabular, "learn", diverges)
    others = FRAME.assign(sex=FRAME["job"].astype(str))[["sex", "height"]]
    for frame, says in ((others, "diverged"), (others.assign(height=np.inf), "infinite")):
        with pytest.raises(InputError, match=says):
            fitted.fit(frame)
    pd.testing.assert_frame_equal(before, fitted.sample(9, conditions={"sex": "m"}))
