"""A table's encoded rows: restored exactly, their numbers normal, and nothing else let in."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genjax.data.table import TableTransform
from genjax.data.table_categories import CategoricalColumn
from genjax.data.table_columns import find_spikes
from genjax.errors import InputError
from genjax.losses.table_row import Column, RowLayout

DAYS = pd.date_range("2020-03-20", periods=400, freq="D")
HOURS = pd.date_range("2020-10-20", periods=400, freq="h", tz="Europe/Berlin")
LETTERS = ["low", "middle", "high", "never"]
# Elements of a column by its dtype; the first two of them are in each.
ELEMENTS = {
    "int8": list(range(-128, 128)),
    "uint64": [2**63 + k for k in range(50)],
    "int64": [2**60 + k * k for k in range(200)],
    "Int64": [-5, 7, *range(90), None],
    "float32": [0.5, 0.25, 1.5, 3.0, 0.1],
    "float64": [k / 100 for k in range(300)] + [None],
    "Float64": [0.5, 0.25, 1.125, None],
    "bool": [True, False],
    "boolean": [True, False, None],
    "string": ["a", "", "é", None],
    "object": ["1", "b", 1, True, 2.5, None],
    "datetime64[us]": [*DAYS, pd.NaT],
    "datetime64[ns, Europe/Berlin]": [*HOURS, pd.NaT],
    "timedelta64[s]": [pd.Timedelta(minutes=k) for k in range(300)],
    pd.CategoricalDtype(LETTERS, ordered=True): ["high", "low", "middle", None],
    pd.CategoricalDtype([7, "a", True, "z"]): ["a", True, 7],
    pd.CategoricalDtype(pd.interval_range(0, 4)): [*pd.interval_range(0, 4)],
}


@st.composite
def frames(draw):
    n = draw(st.integers(0, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = draw(st.lists(st.sampled_from(range(len(ELEMENTS))), min_size=1, unique=True))
    columns = {}
    for name in names:
        dtype, elements = list(ELEMENTS.items())[name]
        few = elements[: draw(st.integers(2, len(elements)))]
        drawn = [*elements[:2], *(few[i] for i in rng.integers(len(few), size=n))]
        columns[name] = pd.Series(drawn, dtype=dtype)
    return pd.DataFrame(columns)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(frames(), st.integers(0, 99))
def test_what_is_encoded_is_restored(frame, seed):
    transform = TableTransform(rare=1, categorical=[name for name in frame if name == 10])
    encoded = transform.fit(frame).transform(frame, seed=seed)
    assert encoded.dtype == np.float32
    RowLayout(transform.columns_).check(encoded, "encoded")
    again = TableTransform.from_json(transform.to_json())
    assert again.columns_ == transform.columns_
    assert again.to_json() == transform.to_json()
    np.testing.assert_array_equal(again.transform(frame, seed=seed), encoded)
    for restored in (transform.inverse(encoded), again.inverse(encoded)):
        pd.testing.assert_frame_equal(restored, frame, check_exact=True)
    if 10 in frame:  # where True == 1, but is not
        assert restored[10].map(type).equals(frame[10].map(type))


@pytest.mark.parametrize(
    ("given", "sort"),
    [
        ([2**60 + 1, 2**60 + 9, 2**60 + 2, None], int),
        ([2**64 - 9, 2**64 - 1, np.nan], int),
        ([0.5, 1.5, None, 0.25], float),
        ([1, 2.5, pd.NA, 3], float),
        ([np.float32(0.5), 4.0], float),
    ],
)
def test_python_s_numbers_are_learnt_as_numbers(given, sort):
    frame = pd.DataFrame({"x": pd.Series(given, dtype=object)})
    transform = TableTransform().fit(frame)
    assert not any(isinstance(codec, CategoricalColumn) for codec in transform._codecs)
    again = TableTransform.from_json(transform.to_json())
    for other in (transform, again):
        restored = other.inverse(other.transform(frame))["x"]
        assert restored.dtype == object
        for one, back in zip(given, restored, strict=True):
            assert (back is one) if pd.isna(one) else (back == one and type(back) is sort)


@pytest.mark.parametrize("numeric", ["quantile", "modes"])
def test_numbers_are_restored_to_a_small_share_of_their_rank(numeric):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.standard_t(2, 5000), "y": np.exp(rng.normal(size=5000))})
    transform = TableTransform(numeric=numeric).fit(frame)
    restored = transform.inverse(transform.transform(frame))
    for name in frame:
        ranks = np.searchsorted(np.sort(frame[name]), [frame[name], restored[name]])
        assert np.abs(ranks[0] - ranks[1]).max() <= 1
        np.testing.assert_allclose(restored[name], frame[name], rtol=1e-3, atol=1e-4)


def test_integers_and_cents_of_many_rows_are_exact():
    rng = np.random.default_rng(0)
    cents = np.round(rng.lognormal(3, 1, 20_000), 2)
    income = rng.lognormal(8, 0.7, 20_000).astype(int)
    frame = pd.DataFrame({"cents": cents, "cents32": cents.astype(np.float32), "income": income})
    transform = TableTransform().fit(frame[::2])
    unseen = frame[1::2].clip(frame[::2].min(), frame[::2].max(), axis=1).astype(frame.dtypes)
    for rows in (frame[::2], unseen):
        restored = transform.inverse(transform.transform(rows))
        pd.testing.assert_frame_equal(restored, rows.reset_index(drop=True), check_exact=True)


def normality(numbers):
    return stats.kstest(numbers, "norm").statistic


def test_numbers_are_standard_normal_whatever_the_ties():
    rng = np.random.default_rng(0)
    n = 20_000
    frame = pd.DataFrame(
        {
            "ties": np.rint(25 * rng.normal(size=n)).astype(int),
            "few": np.rint(15 * rng.normal(size=n)),
            "tail": rng.pareto(0.5, n),
        }
    )
    transform = TableTransform(spike_share=1).fit(frame)
    encoded = transform.transform(frame)
    numbers = encoded[:, -3:]
    assert transform.columns_[0] == Column(1, 1)
    assert max(normality(x) for x in numbers.T) < 0.003
    # A rank, not the value's only one: rows of one value have all of its ranks.
    tied = numbers[frame["ties"] == 0, 0]
    ranks = (frame["ties"] < 0).mean(), (frame["ties"] == 0).mean()
    assert stats.kstest(stats.norm.cdf(tied), "uniform", args=ranks).statistic < 0.11


def test_ranks_have_their_closed_form():
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=501)})
    encoded = TableTransform().fit(frame).transform(frame)
    expected = stats.norm.ppf((stats.rankdata(frame["x"]) - 0.5) / 501)
    np.testing.assert_allclose(encoded[:, 1], expected, atol=1e-5)


def spiked(n, seed):
    rng = np.random.default_rng(seed)
    x = np.minimum(rng.lognormal(0, 1, n), 5)  # a cap
    x[rng.random(n) < 0.3] = 0
    x[rng.random(n) < 0.02] = 1.5
    missing = rng.random(n) < 0.1
    return pd.DataFrame({"x": np.where(missing, np.nan, x), "sex": rng.choice(["f", "m"], n)})


@pytest.mark.parametrize(("numeric", "off"), [("quantile", 0.015), ("modes", 0.06)])
def test_fresh_numbers_restore_each_column_s_distribution(numeric, off):
    frame = spiked(20_000, seed=0)
    transform = TableTransform(numeric=numeric).fit(frame)
    column = transform.columns_[0]
    assert column.kinds - column.valued == 4  # missing, 0, 1.5, 5
    encoded = transform.transform(frame)
    fresh = np.random.default_rng(1).normal(size=len(frame))
    valued = encoded[:, column.kinds - column.valued : column.kinds].any(axis=1)
    encoded[:, -1] = np.where(valued, fresh, 0)
    restored = transform.inverse(encoded)
    for value in (0, 1.5):
        assert ((restored["x"] == value) == (frame["x"] == value)).all()
    assert (restored["x"].isna() == frame["x"].isna()).all()
    assert stats.ks_2samp(restored["x"].dropna(), frame["x"].dropna()).statistic < off
    assert restored["x"].max() == frame["x"].max()
    assert restored["x"].min() == frame["x"].min()


def test_a_tail_is_not_of_one_density():
    rng = np.random.default_rng(0)
    transform = TableTransform().fit(pd.DataFrame({"x": rng.pareto(1, 100_000)}))
    drawn = np.column_stack([np.ones(10**6), rng.normal(size=10**6)])
    tail = transform.inverse(drawn)["x"]
    # Of 1 / x beyond its last even quantile: half of it is below twice that.
    share = (tail > 4000).sum() / (tail > 2000).sum()
    assert 0.3 < share < 0.7


def test_spikes_stand_out_among_their_neighbours():
    counts = np.full(200, 60)
    counts[[10, 50]] = 800, 200  # of 12,720 rows: the second is 3.3 times its neighbours
    assert np.flatnonzero(find_spikes(counts, counts.sum())).tolist() == [10]
    assert np.flatnonzero(find_spikes(counts, counts.sum(), times=3)).tolist() == [10, 50]
    assert not find_spikes(counts, counts.sum(), least_rows=900).any()
    assert not find_spikes(counts, 100 * counts.sum()).any()
    assert find_spikes(counts, counts.sum(), times=0.1, spike_share=1e-3, most=7).sum() == 7
    assert find_spikes(counts, counts.sum(), most=1)[10]


def test_whole_and_fractional_numbers_are_kinds_of_their_own():
    rng = np.random.default_rng(0)
    x = np.where(rng.random(8000) < 0.4, rng.integers(100, 5000, 8000), rng.gamma(2, size=8000))
    x = np.concatenate([x, np.round(rng.uniform(10, 20, 2000), 1)])
    frame = pd.DataFrame({"x": x, "tenths": np.round(x, 1), "all": np.rint(x)})
    transform = TableTransform().fit(frame)
    assert [column.valued for column in transform.columns_] == [2, 2, 1]
    layout = RowLayout(transform.columns_)
    encoded = transform.transform(frame)
    encoded[:, layout.kinds :] = rng.normal(size=(len(x), 3))
    restored = transform.inverse(encoded)
    for name in ("x", "tenths"):
        assert ((restored[name] % 1 == 0) == (frame[name] % 1 == 0)).all()
    assert (np.round(restored["tenths"], 1) == restored["tenths"]).all()
    assert (restored["all"] % 1 == 0).all()


def test_modes_are_those_of_a_mixture():
    rng = np.random.default_rng(0)
    mode = rng.choice(3, size=6000, p=[0.5, 0.3, 0.2])
    x = np.array([-20, 0, 10])[mode] + np.array([0.2, 1, 3])[mode] * rng.normal(size=6000)
    frame = pd.DataFrame({"x": x, "count": rng.poisson(3000, 6000)})
    transform = TableTransform(numeric="modes").fit(frame, seed=1)
    assert all(3 <= column.valued == column.kinds <= 10 for column in transform.columns_)
    encoded = transform.transform(frame)
    numbers, kinds = encoded[:, -2:], encoded[:, : transform.columns_[0].kinds].astype(bool)
    assert (np.abs(numbers) < 6).all()
    assert (np.abs(numbers.std(axis=0) - 1) < 0.1).all()
    # No mode of the mixture's far one has values of the others.
    assert all(len(set(mode[of] == 0)) == 1 for of in kinds.T if of.any())
    pd.testing.assert_series_equal(transform.inverse(encoded)["count"], frame["count"])
    encoded[:, -2:] = 50
    restored = transform.inverse(encoded)
    assert (restored.max() <= frame.max()).all()  # and an integer stays one
    assert restored.dtypes.equals(frame.dtypes)


def test_rare_categories_share_a_kind_and_are_drawn_by_their_shares():
    common = ["a"] * 500 + ["b"] * 300
    frame = pd.DataFrame({"c": [*common, *"uuuuuuuuvv"], "two": ["x"] * 806 + ["y"] * 4})
    transform = TableTransform().fit(frame)
    assert transform.columns_ == (Column(3), Column(2))
    assert transform.discrete() == ("c", "two")
    encoded = np.tile(transform.transform(frame[-1:]), (4000, 1))
    restored = transform.inverse(encoded, seed=1)["c"]
    assert set(restored) == {"u", "v"}
    assert abs((restored == "u").mean() - 0.8) < 0.03
    assert restored.equals(transform.inverse(encoded, seed=1)["c"])
    assert not restored.equals(transform.inverse(encoded, seed=2)["c"])
    with pytest.raises(InputError, match="'u' is rare and has no kind of its own"):
        transform.kind("c", "u")
    assert transform.kind("c", "b") == 1


def test_dates_are_of_the_coarsest_unit_that_they_share():
    rng = np.random.default_rng(0)
    days = rng.choice(DAYS, 300)
    berlin = pd.Series(days).dt.tz_localize("Europe/Berlin")
    spans = pd.to_timedelta(15 * rng.integers(0, 200, 300), unit="min")
    frame = pd.DataFrame({"day": days, "berlin": berlin, "span": spans})
    transform = TableTransform().fit(frame)
    encoded = transform.transform(frame)
    encoded[:, -3:] = rng.normal(size=(300, 3))
    restored = transform.inverse(encoded)
    assert restored.dtypes.equals(frame.dtypes)
    # Midnight by the clock on the wall, summer and winter.
    assert (restored["berlin"].dt.normalize() == restored["berlin"]).all()
    assert (restored["day"].dt.normalize() == restored["day"]).all()
    assert (restored["span"] % pd.Timedelta(minutes=1) == pd.Timedelta(0)).all()
    assert (restored["span"] % pd.Timedelta(hours=1) != pd.Timedelta(0)).any()
    assert restored["day"].between(min(days), max(days)).all()


def test_kinds_of_values_are_found():
    frame = spiked(2000, seed=0)
    transform = TableTransform().fit(frame)
    encoded = transform.transform(frame)
    for column, value, start in [("x", None, 0), ("x", 0, 0), ("x", 1.5, 0), ("sex", "m", 5)]:
        same = frame[column].isna() if value is None else frame[column] == value
        place = start + transform.kind(column, value)
        np.testing.assert_array_equal(encoded[:, place] == 1, same)
    for column, value in [("x", 1.7), ("x", -3), ("sex", "q"), ("sex", None), ("age", 1)]:
        with pytest.raises(InputError):
            transform.kind(column, value)


def test_the_seed_draws_ranks_and_nothing_else():
    frame = pd.DataFrame({"x": np.random.default_rng(0).integers(0, 100, 3000), "y": DAYS[0]})
    frame.loc[::7, "y"] = DAYS[1]
    transform = TableTransform().fit(frame)
    one, same, other = (transform.transform(frame, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one[:, :-1], other[:, :-1])
    assert (one[:, -1] != other[:, -1]).mean() > 0.9
    assert transform.fit(frame).to_json() == TableTransform().fit(frame, seed=5).to_json()


def test_each_use_of_a_seed_has_a_stream_of_its_own():
    n, seed = 2000, 5
    frame = pd.DataFrame({"x": np.arange(n) % 50, "y": np.arange(n) % 50})
    transform = TableTransform(spike_share=1).fit(frame)

    def share(encoded):  # how far up its value's ranks a number is
        return stats.norm.cdf(encoded[:, 2:]) * 50 % 1

    assert transform.columns_ == (Column(1, 1), Column(1, 1))
    drawn = share(transform.transform(frame, seed=seed))
    own = np.random.default_rng(seed).uniform(0.001, 0.999, n)
    letters = pd.DataFrame({"c": [*"ab" * 500, *map(str, range(9)), *map(str, range(9))]})
    pooled = TableTransform().fit(letters)
    rare = pooled.inverse(np.tile([0, 0, 1], (n, 1)), seed=seed)["c"].astype(int)
    both = np.column_stack([drawn, own, rare])
    off_diagonal = np.corrcoef(both, rowvar=False)[~np.eye(4, dtype=bool)]
    assert (np.abs(off_diagonal) < 0.1).all()


def test_values_out_of_range_are_set_to_its_ends():
    frame = pd.DataFrame(
        {"x": np.arange(-50, 50, dtype=np.int8), "day": DAYS[:100], "bit": [0, 1] * 50}
    )
    transform = TableTransform().fit(frame)
    far = pd.DataFrame({"bit": [-7, 0.9], "x": [300, -300], "day": [DAYS[-1], DAYS[0]]})
    restored = transform.inverse(transform.transform(far))
    expected = frame.iloc[[99, 0]].assign(bit=[0, 1]).reset_index(drop=True)
    pd.testing.assert_frame_equal(restored, expected)


def test_it_holds_no_rows():
    sizes = []
    for n in (10_000, 160_000):
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"x": rng.normal(size=n), "y": rng.integers(0, 10**6, n)})
        transform = TableTransform().fit(frame)
        sizes.append(len(transform.to_json()))
        arrays = [column["between"][0] for column in json.loads(transform.to_json())["columns"]]
        assert all(len(part["quantiles"]) < 2020 for part in arrays)
    assert sizes[1] < 1.1 * sizes[0]


GOOD = {"x": [1.5, 2.5, 4.0, None], "c": ["a", "b", "a", "b"], "n": [1, 2, 3, 4]}
BAD_TABLES = {
    "column 'x' holds 'n/a' among numbers: make it numbers, or name it as categorical": {
        "x": ["1.5", "2", "n/a", None]
    },
    "column 'x' holds '1', a number, as text: make it numbers": {"x": ["1", "2", "3", "3"]},
    "column 'x' holds '2', a number, as text: make it numbers": {"x": [1.5, "2", 3, None]},
    "column 'x' holds infinite values": {"x": [1, 2, np.inf, 3]},
    "column 'x' holds infinite values, or": {"x": [10**400, 2, 3, 3]},
    "column 'x' is constant, 7: drop it": {"x": [7, 7, 7, 7]},
    "column 'c' is constant, 'a': drop it": {"c": ["a"] * 4},
    "column 'x' is missing in all rows: drop it": {"x": [None] * 4},
    "column 'x' holds nested values": {"x": [[1], [2], [3], [4]]},
    "column 'x' is of complex128": {"x": [1j, 2, 3, 4]},
    "column 'x' holds a date, 2020-01-01": {"x": [datetime.date(2020, 1, 1 + k) for k in range(4)]},
}


@pytest.mark.parametrize("message", BAD_TABLES)
def test_tables_that_cannot_be_learnt_are_refused(message):
    transform = TableTransform().fit(pd.DataFrame(GOOD))
    before = transform.to_json()
    with pytest.raises(InputError) as error:
        transform.fit(pd.DataFrame({**GOOD, **BAD_TABLES[message]}))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert transform.to_json() == before


def test_frames_that_are_none_are_refused():
    good = pd.DataFrame(GOOD)
    for frame, message in [
        (good[:1], "two rows or more, not 1"),
        (good[["x", "c", "x"]], "more than one column is called 'x'"),
        (good[[]], "named by text or integers"),
        (good.set_axis([("a", 1), "b", "c"], axis=1), r"named by text or integers, not \('a', 1\)"),
        (good.to_numpy(), "a pandas DataFrame, not a ndarray"),
        (pd.DataFrame({"id": [f"id {k}" for k in range(1001)] * 2}), "'id' has 1,001 categories"),
    ]:
        with pytest.raises(InputError, match=message):
            TableTransform().fit(frame)
    for changes, message in [
        ({"numeric": "bins"}, "numeric is one of quantile, modes, not 'bins'"),
        ({"categorical": ["q"]}, "categorical names 'q'"),
        ({"categorical": "x"}, "categorical is 'auto' or a list"),
        ({"spike_share": 0}, "spike_share"),
        ({"rare": 0}, "rare"),
    ]:
        with pytest.raises(InputError, match=message):
            TableTransform(**changes).fit(good)


def test_text_that_names_rows_is_refused_unless_it_is_meant():
    names = [f"name {k}" for k in range(76)] + ["Ann", "Ann", "Bob", "Bob", None]
    for dtype in (object, "str", "string"):
        frame = pd.DataFrame({"name": pd.Series(names, dtype=dtype), "age": range(81)})
        with pytest.raises(InputError) as error:
            TableTransform().fit(frame)
        assert str(error.value) == (
            "column 'name' looks like an identifier: 76 of 80 values occur once;"
            " drop it, or name it as categorical"
        )
        assert TableTransform(categorical=["name"]).fit(frame).discrete() == ("name",)
    TableTransform().fit(frame.astype({"name": "category"}))
    TableTransform().fit(frame[:20])  # too few to tell
    TableTransform().fit(pd.concat([frame[:30], frame[60:], frame[:30]]))  # 26 of 81


def test_rows_that_were_not_fitted_are_refused():
    good = pd.DataFrame(GOOD)
    transform = TableTransform().fit(good)
    for changes, message in [
        ({"c": ["a", "b", "q", "a"]}, "column 'c': 'q' was not seen in fitting"),
        ({"c": ["a", None, "b", "a"]}, "column 'c' has missing values; it had none in fitting"),
        ({"n": [1, None, 2, 3]}, "column 'n' has missing values; it had none in fitting"),
        ({"x": [1, np.inf, 2, 3]}, "column 'x' holds infinite values"),
        ({"x": [1, "two", 2, 3]}, "column 'x' holds 'two', which is no number"),
        ({"extra": 1}, "it has 'extra' besides"),
    ]:
        with pytest.raises(InputError, match=message):
            transform.transform(good.assign(**changes))
    with pytest.raises(InputError, match="it lacks 'n'"):
        transform.transform(good[["x", "c"]])
    encoded = transform.transform(good)
    for rows, message in [(encoded[:, 1:], "not shape"), (encoded * np.nan, "are finite")]:
        with pytest.raises(InputError, match=message):
            transform.inverse(rows)
    with pytest.raises(InputError, match="fit the transform first"):
        TableTransform().transform(good)
    with pytest.raises(InputError, match="not what TableTransform"):
        TableTransform.from_json("{}")


def test_numbers_can_be_named_categories_and_columns_by_integers():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 10**5, (500, 4)), columns=pd.Index([4, 2, 9, 7]))
    frame[[4, 2]] %= 30
    transform = TableTransform(categorical=frame.columns[:2], rare=1).fit(frame)
    assert transform.discrete() == (4, 2)
    assert transform.columns_ == (Column(30), Column(30), Column(1, 1), Column(1, 1))
    again = TableTransform.from_json(transform.to_json())
    pd.testing.assert_frame_equal(again.inverse(again.transform(frame)), frame)
