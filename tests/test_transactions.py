import socket
import sys
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import _openml
from sklearn.metrics import roc_auc_score
from sklearn.utils import Bunch

from genjax import InputError
from genjax.data import transactions
from genjax.data.drawn_transactions import draw_transactions
from genjax.data.transactions import (
    genuine,
    load_transactions,
    read_in_chunks,
    split_at_random,
    split_by_time,
)

HEAD = "Time,V1,V2,Class\n"
GOOD = "1,2.5,3,0\n"


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="cards.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return to_file


def refusal(path, **layout):
    with pytest.raises(InputError) as caught:
        load_transactions(path, **layout)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_columns_are_told_apart_and_an_index_is_left_out(write):
    rows = load_transactions(write(",Time,V1,Amount,Class\n0,7,1.5,2,0\n1,9,-1,3,1\n"))
    assert rows.x.to_dict("list") == {"V1": [1.5, -1], "Amount": [2, 3]}
    assert (rows.x.dtypes == np.float64).all()
    assert rows.time.tolist() == [7, 9]
    assert rows.y.tolist() == [0, 1]
    assert rows.y.dtype == np.int64
    assert "2 transactions" in rows.notes[0]
    assert "1 of them frauds" in rows.notes[0]


def test_time_and_labels_may_be_called_otherwise_or_be_absent(write):
    rows = load_transactions(write("s,a,bad\n1,2,1\n"), time="s", label="bad")
    assert (list(rows.x), rows.time.tolist(), rows.y.tolist()) == (["a"], [1], [1])
    rows = load_transactions(write("a\n2\n"), labelled=False)
    assert (list(rows.x), rows.time, rows.y) == (["a"], None, None)
    assert load_transactions(write("a,Class\n2,1\n"), labelled=False).y.tolist() == [1]


def test_a_model_s_columns_are_put_in_its_order(write):
    rows = load_transactions(write("V2,Class,V1\n1,0,2\n"), columns=("V1", "V2"))
    assert list(rows.x) == ["V1", "V2"]
    assert rows.x.to_numpy().tolist() == [[2, 1]]


def test_missing_features_stay_where_they_are_to_be_imputed(write):
    rows = load_transactions(write(HEAD + GOOD + "1,NA,3,0\n1,,4,1\n"), impute=True)
    np.testing.assert_array_equal(rows.x["V1"], [2.5, np.nan, np.nan])
    assert "2 missing values stay, to be filled in" in rows.notes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,a,3,0\n1,2,b,0\n", "row 2, column V1 holds 'a', which is not a number (2 such in rows"),
        ("1,True,3,0\n", "column V1 holds 'True', which is not a number (1 such in rows 1 to 2)"),
        ("1,2,-inf,0\n", "row 2, column V2 is infinite (1 such in rows 1 to 2)"),
        ("1,1e39,3,0\n", "row 2, column V1 holds 1e+39, which is beyond float32's range"),
        (",2,3,0\n", "row 2, column Time is missing (1 such"),
        ("noon,2,3,0\n", "row 2, column Time holds 'noon', which is not a number"),
        ("1,2,3,\n1,2,3,\n", "row 2, column Class is missing (2 such in rows 1 to 3)"),
        ("1,2,3,1\n1,2,3,2\n", "row 3, column Class holds 2 (1 such in rows 1 to 3); labels are 0"),
        ("1,2,3,fraud\n", "row 2, column Class holds 'fraud' (1 such in rows 1 to 2); labels"),
        ("1,2,3,0,9\n", "cannot be read as csv: Error tokenizing data"),
    ],
)
@pytest.mark.parametrize("impute", [False, True])
def test_values_that_cannot_be_used_are_named(write, rows, message, impute):
    assert message in refusal(write(HEAD + GOOD + rows), impute=impute)


def test_missing_features_are_refused_with_the_way_out(write):
    message = refusal(write(HEAD + GOOD + "1,2,NA,0\n1,,3,0\n"))
    assert message.endswith(
        "row 2, column V2 is missing (2 such in rows 1 to 3); --impute allows missing ones"
    )


@pytest.mark.parametrize(
    ("text", "layout", "message"),
    [
        ("", {}, "is empty"),
        ("\n\n", {}, "is empty"),
        (HEAD, {}, "has no rows"),
        ("V1,Class\n1,2,0\n", {}, "rows have more values than its header has names"),
        ("V1,V2,V1,Class\n1,2,3,0\n", {}, "has more than one column called V1"),
        ("V1,class\n1,0\n", {}, "has no label column 'Class'; among its columns: class"),
        (
            "V1,Class\n1,0\n",
            {"label": "Clas"},
            "has no label column 'Clas'; among its columns: Class",
        ),
        (HEAD + GOOD, {"time": "Tme"}, "has no time column 'Tme'; among its columns: Time"),
        ("Time,Class\n1,0\n", {}, "has no column of features"),
        (HEAD + GOOD, {"columns": ("V1", "V2", "V3")}, "model's columns: it lacks V3"),
        (HEAD + GOOD, {"columns": ["V1"]}, "columns: it has V2, which the model does not know"),
        (
            HEAD + GOOD,
            {"columns": ("V1", "v2")},
            "columns: it lacks v2; it has V2, which the model does not know; nearest to v2: V2",
        ),
        (HEAD + GOOD, {"columns": ["V1", "V2", *"abcdefg"]}, "it lacks a, b, c, d, e and 2 more"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(write, text, layout, message):
    assert message in refusal(write(text), **layout)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.csv")
    assert "cannot be read as csv" in refusal(tmp_path)
    path = tmp_path / "cards.csv"
    path.write_bytes(b"\x00\xff\xfe")
    assert "cannot be read as csv" in refusal(path)


def same(pieces, whole):
    assert [len(piece.x) for piece in pieces] == [40, 40, 20]
    x = pd.concat([piece.x for piece in pieces], ignore_index=True)
    pd.testing.assert_frame_equal(x, whole.x)
    np.testing.assert_array_equal(np.concatenate([piece.time for piece in pieces]), whole.time)
    np.testing.assert_array_equal(np.concatenate([piece.y for piece in pieces]), whole.y)


def test_pieces_of_a_file_are_the_whole(tmp_path):
    path = tmp_path / "cards.csv"
    drawn = draw_transactions(100, fraud=0.1)
    drawn.to_csv(path)
    whole = load_transactions(path)
    same(list(read_in_chunks(path, rows=40)), whole)
    # Pandas before 3 rounds the last digits of a long number.
    np.testing.assert_allclose(whole.x, drawn[list(whole.x)], rtol=1e-12)


def test_rows_of_pieces_are_counted_over_the_file(write):
    path = write(HEAD + GOOD * 4 + "1,,3,0\n" + GOOD + "1,,3,0\n")
    pieces = read_in_chunks(path, rows=3, columns=("V1", "V2"))
    assert len(next(pieces).x) == 3
    with pytest.raises(InputError, match=r"row 5, column V1 is missing \(1 such in rows 4 to 6\)"):
        next(pieces)
    assert len(list(read_in_chunks(path, rows=3, impute=True))) == 3
    with pytest.raises(InputError, match="has no rows"):
        next(read_in_chunks(write(HEAD)))
    with pytest.raises(InputError, match="1 or more rows at a time, not 0"):
        read_in_chunks(path, rows=0)


def test_parquet_is_read_as_csv_is(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "cards.parquet"
    drawn = draw_transactions(100, fraud=0.1)
    drawn.set_index("Time").to_parquet(path)  # a named index is a column, too
    whole = load_transactions(path)
    same(list(read_in_chunks(path, rows=40)), whole)
    np.testing.assert_array_equal(whole.x, drawn.drop(columns=["Time", "Class"]))
    drawn.loc[7, "V3"] = np.nan
    drawn.iloc[::-1].to_parquet(path)  # its index has no name, and is none of the columns
    assert "row 93, column V3 is missing (1 such in rows 1 to 100)" in refusal(path)
    assert list(load_transactions(path, impute=True).x) == list(whole.x)
    drawn[:0].to_parquet(path)
    assert "has no rows" in refusal(path)
    path.write_bytes(b"no parquet")
    assert "cannot be read as parquet" in refusal(path)
    assert "there is no such file" in refusal(tmp_path / "none.pq")


def test_parquet_names_the_extra_that_reads_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install 'genjax-models\[parquet\]'"):
        load_transactions(tmp_path / "cards.parquet")


def test_without_a_file_or_a_network_transactions_are_drawn_and_that_is_said(tmp_path, monkeypatch):
    def no_network(*_, **__):
        assert socket.getdefaulttimeout() == transactions.TIMEOUT
        raise URLError("unplugged")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))  # else a copy may lie in the cache
    monkeypatch.setattr(_openml, "urlopen", no_network)
    before = socket.getdefaulttimeout()
    rows = load_transactions(None)
    assert socket.getdefaulttimeout() == before
    assert rows.x.shape == (20_000, 29)
    assert "simulated, not real" in rows.notes[1]
    assert "unplugged" in rows.notes[1]


def test_openml_s_copy_is_taken_where_it_can_be_had(monkeypatch):
    frame = pd.DataFrame({"V1": [1.0, 2.0], "Class": pd.Categorical(["'0'", "'1'"])})
    monkeypatch.setattr(transactions, "fetch_openml", lambda *_, **__: Bunch(frame=frame))
    rows = load_transactions(None)
    assert (list(rows.x), rows.time, rows.y.tolist()) == (["V1"], None, [0, 1])
    assert "OpenML" in rows.notes[0]
    assert "no Time" in rows.notes[1]


def test_a_random_split_keeps_the_share_of_frauds():
    y = np.repeat([0, 1], [360, 40])[np.random.default_rng(0).permutation(400)]
    train, test = split_at_random(y, test=0.25, seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(400))
    assert (len(test), y[test].sum(), y[train].sum()) == (100, 10, 30)
    np.testing.assert_array_equal(split_at_random(y, seed=3)[1], test)
    assert not np.array_equal(split_at_random(y, seed=4)[1], test)
    for labels, share in ((np.array([0, 0, 0, 1]), 0.25), (y, 1.5)):
        with pytest.raises(InputError, match=f"cannot be split with test={share}"):
            split_at_random(labels, test=share, seed=0)


def test_a_split_by_time_tests_with_the_latest_rows():
    time = np.array([5.0, 1, 3, 3, 3, 2, 9, 3, 7, 8])
    train, test = split_by_time(time)
    assert train.tolist() == [1, 5, 2, 3, 4, 7, 0]
    assert test.tolist() == [8, 9, 6] == np.argsort(time, kind="stable")[-3:].tolist()
    for times, share, message in (
        (None, 0.3, "there is no Time column to split by"),
        (time, 1.0, "above 0 and below 1, not 1"),
        (time[:1], 0.3, "1 rows are too few"),
    ):
        with pytest.raises(InputError, match=message):
            split_by_time(times, test=share)


def test_genuine_rows_are_asked_for():
    y = np.array([1, 0, 0, 1])
    assert genuine(y).tolist() == [1, 2]
    with pytest.raises(InputError, match="none of 2 rows is genuine"):
        genuine(y, np.array([0, 3]))


def test_drawn_frauds_can_be_found_but_not_all():
    table = draw_transactions(20_000, fraud=0.02, seed=1)
    assert list(table) == ["Time", *(f"V{i}" for i in range(1, 29)), "Amount", "Class"]
    assert table["Class"].sum() == 400
    assert table["Time"].between(0, 172_799).all()
    assert table["Amount"].min() >= 0
    other = draw_transactions(20_000, fraud=0.02, seed=2)
    pd.testing.assert_frame_equal(draw_transactions(20_000, fraud=0.02, seed=1), table)
    assert not other.equals(table)

    y = table.pop("Class")
    learnt = other[other["Class"] == 0].drop(columns="Class")
    distance = EmpiricalCovariance().fit(learnt).mahalanobis(table)
    assert 0.93 < roc_auc_score(y, distance) < 0.97
    # The columns depend on each other, their deviations fall, and their tails are heavy.
    v = learnt.filter(like="V")
    assert np.abs(v.corr().to_numpy()[np.triu_indices(28, 1)]).mean() > 0.15
    np.testing.assert_allclose(v.std(), np.geomspace(2, 0.3, 28), rtol=0.1)
    assert v.kurt().median() > 1
    # No one column tells what all of them tell.
    assert max(roc_auc_score(y, np.abs(table[name])) for name in table) < 0.85


@pytest.mark.parametrize(("n", "fraud"), [(0, 0.1), (9, -0.1), (9, 1.1), (9, float("nan"))])
def test_draws_out_of_range_are_refused(n, fraud):
    with pytest.raises(InputError, match=r"1 or more transactions|share of frauds is 0 to 1"):
        draw_transactions(n, fraud=fraud)


def test_the_real_sample_is_read(shared_data):
    rows = load_transactions(shared_data / "fraud" / "creditcard.csv")
    assert rows.x.shape == (18_284, 29)
    assert rows.y.sum() == 369
    assert rows.y[split_by_time(rows.time)[1]].sum() == 84  # as in the folder's description
