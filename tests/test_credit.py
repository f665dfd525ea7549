from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import _openml
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils import Bunch

from genjax import InputError
from genjax.data import credit, table_memory
from genjax.data.credit import COLUMNS, TARGET, load_credit
from genjax.data.drawn_credit import LATE, draw_credit

HEAD = "," + ",".join((TARGET, *COLUMNS)) + "\n"
LATE_98 = "3,0,0.1,40,98,0.5,4000,5,98,1,98,0\n"
GOOD = "1,0,0.5,45,1,0.25,5000,8,0,1,0,2\n2,1,0.9999999,0,0,1200,NA,3,2,0,0,NA\n"


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="borrowers.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return to_file


def refusal(path, **settings):
    with pytest.raises(InputError) as caught:
        load_credit(path, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_features_and_labels_are_read_in_order_with_notes(write):
    path = write(HEAD + GOOD + LATE_98)
    # The columns may come in any order, and without the index.
    pd.read_csv(path, index_col=0).iloc[:, ::-1].to_csv(path, index=False)
    rows = load_credit(path)
    assert tuple(rows.x) == COLUMNS
    assert rows.y.tolist() == [0, 1, 0]
    assert rows.y.dtype == np.int64
    np.testing.assert_array_equal(rows.x["MonthlyIncome"], [5000, np.nan, 4000])
    np.testing.assert_array_equal(rows.x["age"], [45, np.nan, 40])
    for name, values in zip(LATE, ([1, 0], [0, 2], [0, 0]), strict=True):
        np.testing.assert_array_equal(rows.x[name], [*values, np.nan])
    assert rows.x["NumberRealEstateLoansOrLines"].dtype == np.int64
    assert rows.notes == (
        f"3 borrowers from {path}",
        "1 of them (33.3%) are delinquent",
        "missing values: 1 in MonthlyIncome, 1 in NumberOfDependents",
        f"codes 96 and 98 set to missing: 1 in {LATE[0]}, 1 in {LATE[1]}, 1 in {LATE[2]}",
        "ages of 0 set to missing: 1 in age",
    )


def test_codes_may_be_kept(write):
    path = write(HEAD + GOOD + LATE_98 + LATE_98.replace("98,1", "97,1").replace("98", "96"))
    rows = load_credit(path, codes="keep")
    assert rows.x[LATE[0]].tolist() == [1, 0, 98, 96]
    assert (rows.x[[*LATE, "age"]].dtypes == np.int64).all()
    # Other large numbers are counts; 96 is a code as 98 is.
    counts = f"2 in {LATE[0]}, 1 in {LATE[1]}, 2 in {LATE[2]}"
    assert rows.notes[3] == f"codes 96 and 98 kept as numbers: {counts}"
    assert rows.notes[4] == "ages of 0 kept as numbers: 1 in age"
    assert load_credit(path).x[LATE[1]].isna().tolist() == [False, False, True, False]
    assert "none" in load_credit(write(HEAD + GOOD)).notes[3]
    assert "codes is 'missing' or 'keep', not 'drop'" in refusal(path, codes="drop")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3,0,a,40,0,1,2,5,0,1,0,0\n", f"line 5, column {COLUMNS[0]} holds 'a', which is not a"),
        ("3,0,1,40,0,1,many,5,0,1,0,0\n", "line 5, column MonthlyIncome holds 'many', which is"),
        ("3,0,inf,40,0,1,2,5,0,1,0,0\n", f"line 5, column {COLUMNS[0]} is infinite (1 such"),
        ("3,2,1,40,0,1,2,5,0,1,0,0\n", f"line 5, column {TARGET} holds 2 (1 such in rows 1 to 3)"),
        ("3,no,1,40,0,1,2,5,0,1,0,0\n", f"line 5, column {TARGET} holds 'no' (1 such"),
        ("3,,1,40,0,1,2,5,0,1,0,0\n", f"line 5, column {TARGET} is missing (1 such"),
        ("3,0,1,40,0,1,2,5,0,1,0,0,7\n", "line 5 has 13 values, those before it at most 12"),
    ],
)
def test_values_that_cannot_be_used_are_named_by_line(write, row, message):
    # A blank line is none of the rows, but one of the lines.
    path = write(HEAD + GOOD.replace("\n2", "\n\n2") + row)
    assert f"{path}" in refusal(path)
    assert message in refusal(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (HEAD, "has no rows"),
        (
            HEAD[1:] + GOOD,
            "more values than its header has names: line 2 has 12 values, those before",
        ),
        (HEAD + GOOD.replace("\n2,1", "\n2,0"), f"has one class only: {TARGET} is 0 in all rows"),
        ((HEAD + GOOD).replace(",", ";"), "its values are separated by ';', not by commas"),
        (HEAD.replace("age", "DebtRatio") + GOOD, "more than one column called DebtRatio"),
        (HEAD.replace(TARGET + ",", "") + "1,0.5,45,1,0.25,5000,8,0,1,0,2\n", f"it lacks {TARGET}"),
        (
            HEAD.replace("DebtRatio", "debt_ratio").replace("age", "Alter") + GOOD,
            "has not the columns of Give Me Some Credit: it lacks age, DebtRatio; it has Alter, "
            "debt_ratio, not of that table; nearest to age: Alter",
        ),
        (
            HEAD + "1,NA,0.5,45,1,0.25,5000,8,0,1,0,2\n",
            "line 2, column SeriousDlqin2yrs is missing (1 such in rows 1 to 1); the competition's "
            "test table has no labels",
        ),
    ],
)
def test_tables_that_cannot_be_used_are_refused(write, text, message):
    assert message in refusal(write(text))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.csv")
    assert "cannot be read as csv: it is a folder" in refusal(str(tmp_path))
    path = tmp_path / "borrowers.csv"
    for content in (b"PK\x03\x00", bytes(5_000), (HEAD + GOOD).encode("utf-16")):
        path.write_bytes(content)
        assert "cannot be read as csv: it is no text in UTF-8" in refusal(path)
    path.write_bytes((HEAD + GOOD).replace("0.25", "0.25\xa0€").encode("cp1252"))
    assert "cannot be read as csv: 'utf-8' codec" in refusal(path)


def test_files_that_the_memory_does_not_hold_are_refused_before_they_are_read(write, monkeypatch):
    path = write(HEAD + GOOD * 9_000)
    size, cells = path.stat().st_size, 18_000 * 12
    needed = table_memory.memory_needed(path)
    assert needed == pytest.approx(size + 3 * 8 * cells, rel=0.01)
    # Of a larger file the first rows are read.
    monkeypatch.setattr(table_memory, "_SAMPLE", 9_999)
    assert table_memory.memory_needed(path) == pytest.approx(needed, rel=0.03)

    monkeypatch.setattr(credit, "read_frames", lambda *_: pytest.fail("it was read"))
    monkeypatch.setattr(table_memory, "available_memory", lambda: needed - 200_000)
    monkeypatch.setattr(table_memory, "_SAMPLE", 1 << 20)
    assert refusal(path).endswith(
        f"borrowers.csv has {size / 1e6:.1f} MB; to read it takes about {needed / 1e6:.1f} MB of "
        f"memory, but {needed / 1e6 - 0.2:.1f} MB are available: keep fewer of its rows"
    )


def test_of_a_large_file_it_is_said_what_memory_it_takes(write, monkeypatch):
    path = write(HEAD + GOOD)
    monkeypatch.setattr(table_memory, "LARGE", 100)
    with pytest.warns(UserWarning, match="to read it takes about 0.1 MB of memory"):
        rows = load_credit(path)
    assert "to read it takes about" in rows.notes[-1]


def test_the_least_of_what_is_available_counts(monkeypatch):
    assert table_memory.available_memory() > 1e7
    monkeypatch.setattr(table_memory, "_of_container", lambda: 5)
    assert table_memory.available_memory() == 5
    monkeypatch.setattr(table_memory, "_of_container", lambda: None)
    monkeypatch.setattr(table_memory, "_of_system", lambda: None)
    assert table_memory.available_memory() is None


def test_a_limit_draws_rows_of_both_classes_by_their_shares(write):
    drawn = draw_credit(2_000, seed=3)
    path = write(drawn.to_csv())
    whole = load_credit(path)
    rows = load_credit(path, limit=500, seed=1)
    assert rows.x.shape == (500, 10)
    assert rows.y.sum() == round(500 * whole.y.mean())
    assert rows.notes[0].endswith("drawn of 2,000")
    # They are different rows of the table, in its order, each with its label.
    keys = pd.Index(whole.x["DebtRatio"] * 7 + whole.x[COLUMNS[0]])
    once = ~keys.duplicated(keep=False)
    places = keys.get_indexer_for(rows.x["DebtRatio"] * 7 + rows.x[COLUMNS[0]])
    places = places[once[places]]
    assert len(places) > 400
    assert (np.diff(places) > 0).all()
    pd.testing.assert_frame_equal(load_credit(path, limit=500, seed=1).x, rows.x)
    assert not load_credit(path, limit=500, seed=2).x.equals(rows.x)
    assert load_credit(path, limit=2).y.sum() == 1
    pd.testing.assert_frame_equal(load_credit(path, limit=2_000).x, whole.x)
    assert "limit is a number of rows, 2 or more, not 1" in refusal(path, limit=1)


def test_parquet_is_read_as_csv_is(tmp_path):
    pytest.importorskip("pyarrow")
    path, drawn = tmp_path / "borrowers.parquet", draw_credit(300)
    drawn.to_parquet(path)
    table = load_credit(path, codes="keep")
    pd.testing.assert_frame_equal(table.x, drawn[list(COLUMNS)])
    assert table_memory.memory_needed(path) == 3 * 8 * 300 * 11
    drawn.assign(age="old").to_parquet(path)
    assert "row 1, column age holds 'old', which is not a number (300 such" in refusal(path)


def test_openml_s_copy_is_taken_where_it_can_be_had(monkeypatch):
    frame = draw_credit(200).astype({"age": np.uint8})
    answer = pd.Categorical(np.where(frame.pop(TARGET), "Yes", "No"))
    frame["FinancialDistressNextTwoYears"] = answer
    asked = []

    def fetch(name, **settings):
        asked.append((name, settings["version"]))
        return Bunch(frame=frame)

    monkeypatch.setattr(credit, "fetch_openml", fetch)
    rows = load_credit(None)
    assert asked == [("GiveMeSomeCredit", 1)]
    assert rows.y.tolist() == (answer == "Yes").astype(int).tolist()
    assert tuple(rows.x) == COLUMNS
    assert "200 borrowers from OpenML's GiveMeSomeCredit" in rows.notes[0]
    assert not any("simulated" in note for note in rows.notes)

    frame = frame.drop(columns="age")
    rows = load_credit(None)
    assert len(rows.y) == 30_000
    assert "simulated, not real" in rows.notes[-1]
    assert "it lacks age" in rows.notes[-1]


def test_without_a_file_or_a_network_borrowers_are_drawn_and_that_is_said(tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise URLError("unplugged")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))  # else a copy may lie in the cache
    monkeypatch.setattr(_openml, "urlopen", no_network)
    rows = load_credit(None, codes="keep")
    pd.testing.assert_frame_equal(rows.x, draw_credit()[list(COLUMNS)])
    assert "30,000 borrowers from a simulation" in rows.notes[0]
    assert "simulated, not real" in rows.notes[-1]
    assert "unplugged" in rows.notes[-1]


def test_drawn_borrowers_have_what_makes_the_real_table_hard():
    table = draw_credit(100_000, seed=1)
    assert tuple(table) == (TARGET, *COLUMNS)
    pd.testing.assert_frame_equal(draw_credit(500, seed=5), draw_credit(500, seed=5))
    assert not draw_credit(500, seed=5).equals(draw_credit(500, seed=6))
    assert table[TARGET].mean() == pytest.approx(0.067, abs=0.003)
    # Missing incomes, where the debt is no ratio; dependents are missing only there.
    income, ratio = table["MonthlyIncome"], table["DebtRatio"]
    missing = income.isna()
    assert missing.mean() == pytest.approx(0.2, abs=0.005)
    assert (ratio[missing] % 1 == 0).all()
    assert ratio[missing].median() > 500
    assert (ratio[~missing] % 1 == 0).mean() < 0.1
    assert missing[table["NumberOfDependents"].isna()].all()
    assert set(table.columns[table.isna().any()]) == {"MonthlyIncome", "NumberOfDependents"}
    # Codes, in all three counts at once, and impossible ages.
    coded = table[list(LATE)].isin(credit.CODES)
    assert coded.all(axis=1).mean() == pytest.approx(0.0019, abs=0.0005)
    pd.testing.assert_series_equal(coded.all(axis=1), coded.any(axis=1))
    assert table.loc[coded.all(axis=1), TARGET].mean() > 0.4
    assert table[list(LATE)].where(~coded).max().max() < 20
    assert 0 < (table["age"] == 0).sum() < 30
    assert table["age"][table["age"] > 0].between(21, 109).all()
    # Spikes, round numbers and heavy tails.
    used = table[COLUMNS[0]]
    for value, share in ((0, 0.07), (0.9999999, 0.07)):
        assert (used == value).mean() == pytest.approx(share, abs=0.01)
    assert used.max() > 1_000
    assert (income % 100 == 0)[~missing].mean() > 0.4
    assert income.max() > 20 * income.median()


def test_drawn_delinquents_are_told_by_all_columns_together():
    train, test = draw_credit(30_000, seed=0), draw_credit(30_000, seed=1)
    y, actual = train.pop(TARGET), test.pop(TARGET)
    model = make_pipeline(SimpleImputer(strategy="median"), QuantileTransformer(n_quantiles=300))
    ranks, others = model.fit_transform(train), model.transform(test)
    scores = LogisticRegression().fit(ranks, y).predict_proba(others)[:, 1]
    assert 0.84 < roc_auc_score(actual, scores) < 0.865
    assert max(roc_auc_score(actual, column) for column in (*others.T, *-others.T)) < 0.8


def test_no_borrowers_are_refused():
    with pytest.raises(InputError, match="draw 1 or more borrowers, not 0"):
        draw_credit(0)


def test_the_real_sample_is_read(shared_data):
    rows = load_credit(shared_data / "credit" / "cs-training.csv")
    assert rows.x.shape == (120_000, 10)
    assert rows.y.sum() == 8_021
    assert "23,905 in MonthlyIncome" in rows.notes[2]
    assert f"223 in {LATE[0]}" in rows.notes[3]
    assert rows.notes[4] == "ages of 0 set to missing: 1 in age"
