"""The over-samplers: any table in and out, rows of the named class, clear refusals."""

import copy
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from genjax.estimators import CGANOverSampler, GANOverSampler, VAEOverSampler

# All classes and folds have fewer rows than a batch, so that they share their programs.
SMALL = {"hidden": (8,), "latent_size": 2, "steps": 3, "batch_size": 64, "random_state": 0}
KINDS = {
    "vae": partial(VAEOverSampler, latent_size=2),
    "conditional_vae": partial(VAEOverSampler, conditional=True),
    "gan": GANOverSampler,
    "conditional_gan": CGANOverSampler,
}
RNG = np.random.default_rng(0)
Y = np.array([0] * 40 + [1] * 20)
X = RNG.normal(size=(60, 2)) + 6 * Y[:, None]
SAMPLER = VAEOverSampler(**SMALL)


def mixed():
    """A table of most kinds of columns."""
    text = np.array(["x", "y", "z"], object)[RNG.integers(3, size=60)]
    frame = pd.DataFrame(
        {
            "amount": np.where(RNG.random(60) < 0.4, 0, RNG.gamma(2, 20, 60).round(2)),
            "single": RNG.normal(size=60).astype(np.float32),
            "count": pd.array(RNG.integers(0, 500, 60), dtype="Int64"),
            "text": text,
            "level": pd.Categorical(text[::-1], categories=["z", "y", "x", "w"], ordered=True),
            "flag": RNG.random(60) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 900, 60), "D"),
        },
        index=RNG.permutation(60),
    )
    frame.loc[frame.index[::5], ["amount", "count", "text", "level", "day"]] = None
    return frame


@pytest.mark.parametrize(
    "kind", ["vae", *(pytest.param(kind, marks=pytest.mark.slow) for kind in [*KINDS][1:])]
)
def test_rows_are_of_their_class_and_the_seed_is_all_that_chance_needs(kind):
    make = partial(KINDS[kind], hidden=(32,), steps=700, batch_size=128)
    y = np.repeat([0, 1, 2], [100, 60, 60])
    x = RNG.normal(size=(220, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[y]
    before = x.copy()
    more, labels = make(random_state=0).fit_resample(x, y)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(more[:220], x)
    np.testing.assert_array_equal(labels, np.concatenate([y, np.repeat([1, 2], 40)]))
    assert len(np.unique(more, axis=0)) == 300
    assert LogisticRegression().fit(x, y).score(more[220:], labels[220:]) > 0.85

    state = np.random.RandomState(0)
    first, second = (make(random_state=state).fit_resample(x, y)[0] for _ in range(2))
    np.testing.assert_array_equal(first, more)  # the state's first draw is the seed's
    assert (second[220:] != more[220:]).all()


@pytest.mark.slow
def test_spikes_whole_numbers_and_gaps_come_as_often_as_in_the_class():
    y = np.repeat([0, 1], [600, 200])
    minority = y == 1
    spiked = np.where(RNG.random(800) < np.where(minority, 0.6, 0.1), 0, RNG.normal(size=800))
    x = np.stack([spiked, RNG.poisson(40, 800), RNG.normal(size=800)], 1)
    x[RNG.random(800) < np.where(minority, 0.3, 0.05), 2] = np.nan
    sampler = VAEOverSampler(hidden=(32,), steps=400, batch_size=128, random_state=0)
    new = sampler.fit_resample(x, y)[0][800:]
    assert np.mean(new[:, 0] == 0) == pytest.approx(0.6, abs=0.1)
    assert (new[:, 1] == np.rint(new[:, 1])).all()
    assert np.isnan(new[:, 2]).mean() == pytest.approx(0.3, abs=0.1)
    assert not np.isnan(new[:, :2]).any()


def test_a_frame_s_dtypes_categories_and_gaps_come_back():
    frame, y = mixed(), pd.Series(np.where(Y, "bad", "good"), name="verdict", dtype="category")
    before = frame.copy(deep=True)
    more, labels = VAEOverSampler(**SMALL).fit_resample(frame, y)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(more[:60], before.reset_index(drop=True))
    new = more[60:]
    assert (labels.dtype, labels.name) == (y.dtype, "verdict")
    assert labels.value_counts().tolist() == [40, 40]
    for name in ("text", "level", "flag"):
        assert set(new[name].dropna()) <= set(frame[name].dropna())
    for name in ("amount", "count", "day"):
        assert new[name].dropna().between(frame[name].min(), frame[name].max()).all()
    assert (new["amount"].dropna().round(2) == new["amount"].dropna()).all()
    assert new[["amount", "count", "text", "level", "day"]].isna().any().all()
    assert not new[["single", "flag"]].isna().any().any()


@pytest.mark.slow
def test_codes_that_are_named_categorical_stay_known_ones():
    codes = RNG.permutation(np.repeat(np.arange(0, 300, 10), 10))
    x = np.stack([RNG.normal(size=300), codes], 1)
    y = np.repeat([0, 1], [60, 240])
    frame = pd.DataFrame(x, columns=["size", "shop"]).astype({"shop": int})
    draw = partial(VAEOverSampler, **SMALL)
    rows, _ = draw(categorical_features=[1]).fit_resample(x, y)
    assert set(rows[300:, 1]) <= set(codes)
    for named in ([-1], [False, True], np.array([False, True])):
        again, _ = draw(categorical_features=named).fit_resample(x, y)
        np.testing.assert_array_equal(again, rows)
    for named in (["shop"], [1], [False, True]):
        again, _ = draw(categorical_features=named).fit_resample(frame, y)
        np.testing.assert_array_equal(again.to_numpy(), rows)
    assert not set(draw().fit_resample(x, y)[0][300:, 1]) <= set(codes)


@pytest.mark.slow
def test_matrices_of_any_form_and_type():
    expected, labels = SAMPLER.fit_resample(X, Y)
    for form in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array):
        more, _ = clone(SAMPLER).fit_resample(form(X), Y)
        assert type(more) is form
        np.testing.assert_array_equal(more.toarray(), expected)
    more, y = clone(SAMPLER).fit_resample(X.tolist(), Y.tolist())
    assert (more, y) == (expected.tolist(), labels.tolist())
    more, y = clone(SAMPLER).fit_resample(X.astype(np.float32), Y.astype(np.int8))
    assert (more.dtype, y.dtype) == (np.float32, np.int8)
    np.testing.assert_allclose(more, expected, rtol=1e-3)
    more, _ = clone(SAMPLER).fit_resample((1000 * X).astype(np.int16), Y)
    assert more.dtype == np.int16
    mixture = [
        [number, "ab"[row % 2] if row % 7 else None] for row, (number, _) in enumerate(X.tolist())
    ]
    more, _ = clone(SAMPLER).fit_resample(mixture, Y)
    assert more[:60] == mixture
    assert {type(number) for number, _ in more} == {float}
    assert {text for _, text in more[60:]} == {"a", "b", None}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", [30, 30, 30]),
        ("not majority", [30, 30, 30]),
        ("all", [30, 30, 30]),
        ("minority", [30, 20, 30]),
        ("not minority", [30, 30, 10]),
        ({2: 35}, [30, 20, 35]),
        (lambda y: {0: 31, 1: int((y == 1).sum()) + 2}, [31, 22, 10]),
    ],
)
def test_strategies(strategy, expected):
    sampler = clone(SAMPLER).set_params(sampling_strategy=strategy)
    y = np.repeat([0, 1, 2], [30, 20, 10])
    assert np.bincount(sampler.fit_resample(X, y)[1]).tolist() == expected
    with pytest.raises(ValueError, match="binary"):
        sampler.set_params(sampling_strategy=0.8).fit_resample(X, y)
    assert np.bincount(sampler.fit_resample(X, Y)[1]).tolist() == [40, 32]


def test_two_rows_are_enough_and_none_are_drawn_where_none_lack():
    y = np.array([0] * 58 + [1] * 2)
    more, labels = SAMPLER.fit_resample(X, y)
    assert np.isfinite(more).all()
    assert (labels == 1).sum() == 58
    y = np.repeat([0, 1], 30)
    for table in (X, sparse.csr_matrix(X), pd.DataFrame(X, index=range(60, 0, -1))):
        more, labels = SAMPLER.fit_resample(table, y)
        assert type(more) is type(table)
        assert not np.shares_memory(labels, y)
        same = more.toarray() if sparse.issparse(more) else np.asarray(more)
        np.testing.assert_array_equal(same, X)
        assert not np.shares_memory(same, X)


def test_in_a_pipeline_that_a_grid_search_tunes():
    steps = [("sampler", SAMPLER), ("classifier", LogisticRegression())]
    grid = {"sampler__sampling_strategy": [0.8, "auto"]}
    search = GridSearchCV(Pipeline(steps), grid, cv=2).fit(X, Y)
    assert search.best_score_ > 0.9
    assert sum(search.best_estimator_["sampler"].sampling_strategy_.values()) in (12, 20)
    assert search.predict(X[:3]).tolist() == [0, 0, 0]


def test_clones_pickles_and_names_are_as_smote_s():
    frame = pd.DataFrame(X, columns=["a", "b"])
    sampler, smote = clone(SAMPLER), SMOTE().fit(frame, Y)
    more, _ = sampler.fit_resample(frame, Y)
    assert sampler.get_feature_names_out().tolist() == smote.get_feature_names_out().tolist()
    assert hasattr(sampler, "set_output") == hasattr(smote, "set_output")
    read = pickle.loads(pickle.dumps(sampler))
    assert read.transform_.to_json() == sampler.transform_.to_json()
    assert read.sampling_strategy_ == {1: 20}
    pd.testing.assert_frame_equal(read.fit_resample(frame, Y)[0], more)
    assert not hasattr(clone(sampler), "transform_")
    assert clone(sampler).get_params() == SAMPLER.get_params()


def test_progress_is_shown_if_asked_for(capsys):
    clone(SAMPLER).fit_resample(X, Y)
    assert capsys.readouterr() == ("", "")
    clone(SAMPLER).set_params(verbose=True).fit_resample(X, Y)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("step 3 ")


def changed(column, place, value, dtype=float):
    """The table with other values in a column."""
    table = X.astype(dtype)
    table[place, column] = value
    return table


FAULTS = {
    "text": (changed(1, 5, "dear", object), Y, "column 1 holds 'dear'"),
    "infinite": (changed(1, 5, -np.inf), Y, "column 1 holds infinite"),
    "constant": (changed(1, slice(None), 3.0), Y, "column 1 is constant, .*3.0"),
    "missing": (changed(1, slice(None), np.nan), Y, "column 1 is missing in all"),
    "one class": (X, 0 * Y, "more than 1 class"),
    "one row": (X, np.arange(60) // 59, "class 1 has one row"),
    "no class": (X, np.where(Y, np.nan, 0.0), "target y is missing in 20 rows"),
    "other length": (X, Y[:-1], "inconsistent numbers of samples"),
    "no columns": (X[:, :0], Y, "0 feature|none"),
}


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_tables_that_cannot_be_learnt_are_refused_and_change_nothing(fault, as_frame):
    table, y, message = FAULTS[fault]
    if as_frame:
        table = pd.DataFrame(table, columns=[f"c{place}" for place in range(table.shape[1])])
        message = message.replace("column 1", "column 'c1'")
    sampler = fitted()
    before, given = dict(vars(sampler)), copy.deepcopy((table, y))
    with pytest.raises(ValueError, match=message) as caught:
        sampler.fit_resample(table, y)
    assert "\n" not in str(caught.value)
    assert vars(sampler) == before
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(given[0]))
    np.testing.assert_array_equal(y, given[1])


def fitted():
    """A sampler of one column, which is quick to fit, since nothing is drawn."""
    sampler = clone(SAMPLER)
    sampler.fit_resample(np.arange(20.0)[:, None], np.repeat([0, 1], 10))
    return sampler


def test_columns_that_share_a_name_are_refused():
    with pytest.raises(ValueError, match="more than one column is called 'a'"):
        clone(SAMPLER).fit_resample(pd.DataFrame(X, columns=["a", "a"]), Y)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (VAEOverSampler, {"steps": -1}, "'steps' parameter"),
        (VAEOverSampler, {"hidden": (0,)}, "hidden"),
        (VAEOverSampler, {"beta": -1}, "'beta' parameter"),
        (VAEOverSampler, {"numeric": "rank"}, "'numeric' parameter"),
        (VAEOverSampler, {"learning_rate": np.inf}, "learning_rate"),
        (VAEOverSampler, {"sampling_strategy": 1.5}, "'sampling_strategy' parameter"),
        (VAEOverSampler, {"categorical_features": [2]}, "names 2: there is no such column"),
        (VAEOverSampler, {"categorical_features": ["a"]}, "names 'a': there is no such column"),
        (VAEOverSampler, {"categorical_features": [True]}, "has 2 entries, not 1"),
        (GANOverSampler, {"hidden": (8, 0)}, "hidden"),
        (GANOverSampler, {"hidden": ("a",)}, "hidden"),
        (GANOverSampler, {"loss": "foo"}, "foo"),
        (GANOverSampler, {"penalties": ("foo",)}, "foo"),
        (GANOverSampler, {"penalty_weights": (1.0, 2.0)}, "1 penalties have as many weights"),
        (GANOverSampler, {"packing": 3}, "batch_size must be a multiple of packing: 64, 3"),
        (CGANOverSampler, {"condition": "foo"}, "'condition' parameter"),
    ],
)
def test_settings_that_cannot_be_used(make, settings, message):
    sampler = make(**SMALL | settings)
    before = dict(vars(sampler))
    with pytest.raises(ValueError, match=message) as caught:
        sampler.fit_resample(X, Y)
    assert "\n" not in str(caught.value)
    assert vars(sampler) == before
