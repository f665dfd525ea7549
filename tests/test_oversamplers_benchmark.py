"""The over-samplers' benchmark measures what it says: on a table whose answers are known."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
ROWS, DELINQUENT = 1500, 300


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.oversamplers")


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    rng = np.random.default_rng(0)
    late = np.repeat([0, 1], [ROWS - DELINQUENT, DELINQUENT])
    table = pd.DataFrame(
        {
            "SeriousDlqin2yrs": late,
            "use": rng.normal(late, 1.0),
            "age": rng.integers(20, 80, ROWS),
            "income": np.where(rng.random(ROWS) < 0.2, np.nan, rng.integers(1, 10**6, ROWS)),
        }
    ).sample(frac=1, random_state=0)
    path = tmp_path_factory.mktemp("credit") / "cs-training.csv"
    table.to_csv(path, na_rep="NA")
    return path


def test_rows_are_read_and_missing_values_kept_where_they_are_learnt(benchmark, csv):
    X, y = benchmark.read(csv)
    assert list(X) == ["use", "age", "income"]
    assert (y.sum(), len(y)) == (DELINQUENT, ROWS)
    assert benchmark.as_taken("gan", X) is X
    filled = benchmark.as_taken("tvae", X)["income"]
    assert (filled[X["income"].isna()] == X["income"].median()).all()


def test_halves_hold_out_half_the_delinquents_and_nobody_else(benchmark, csv):
    _, y = benchmark.read(csv)
    kept, held_out = benchmark.halves(y, seed=1)
    assert (kept ^ held_out).all()
    assert (y[held_out] == 1).all()
    assert held_out.sum() == DELINQUENT // 2
    assert (held_out != benchmark.halves(y, seed=2)[1]).any()


def test_both_trees_tell_what_differs_and_only_that(benchmark, csv):
    X, y = benchmark.read(csv)
    late = X[y == 1]
    chance = benchmark.of_halves("chance", X, y, 0)
    assert list(chance) == ["unseen"]
    assert all(abs(area - 0.5) < 0.12 for area in chance["unseen"].values())  # of 150 and 150
    told = benchmark.both_areas(late, late.assign(use=late["use"] + 10), 0)
    assert all(area > 0.99 for area in told.values())


def test_copies_are_found_and_condemned(benchmark, csv):
    X, y = benchmark.read(csv)
    found = benchmark.of_halves("random", X, y, 0)
    copied = found["privacy"]
    assert copied["exact_copies"] == copied["share_nearer"] == 1
    assert copied["exact_copies_of_holdout"] == 0
    between = benchmark.of_halves("smote", X, y, 0)["privacy"]
    assert between["median"] < between["median_of_holdout"]
    # Copies are not told from what they copy, and from other rows they are.
    learnt = benchmark.apart("random", X, y, 0)
    assert max(learnt.values()) < 0.5
    assert min(found["unseen"].values()) > 0.5
    figures = {"vae": {"privacy": {name: [value] for name, value in copied.items()}}}
    assert list(benchmark.verdicts(figures).values()) == [False, False]


def test_new_delinquents_come_in_the_number_asked_for(benchmark, csv):
    X, y = benchmark.read(csv)
    X = X.fillna(0)
    for name in ("random", "smote", "smote-quantiles", "smote-rounded"):
        new = benchmark.draw(name, X, y, 77, seed=0).rows
        assert new.shape == (77, 3)
        assert new["age"].between(20, 80).all()
        assert name == "smote-quantiles" or (new["age"] % 1 == 0).all()
        assert new["use"].mean() > 0.5  # the delinquents', not all rows', whose mean is .2


def test_a_fresh_process_balances_and_tests_on_the_rows_left(benchmark, csv):
    found = benchmark.in_fresh_process(csv, "random", 1000, seed=0)
    time = found["time"]
    assert time["rows_drawn"] == 800 - 200
    assert 0 < time["seconds"] < 5 < time["peak_mib"]
    assert time["peak_mib_before"] <= time["peak_mib"]
    assert time["imports_and_start"] > 0
    assert found["use"]["roc_auc_synthetic"] == pytest.approx(found["use"]["roc_auc_real"], abs=0.1)


def test_verdicts_take_the_slowest_run_the_stricter_trees_and_the_best_sampler(benchmark):
    def sampler(seconds, told, default, unseen):
        apart, unseen = {"told": told, "default": default}, {"told": unseen, "default": [0.5]}
        return {"time": {"seconds": seconds}, "apart": apart, "unseen": unseen}

    def judged(**figures):
        return list(benchmark.verdicts(figures).values())

    good = sampler([10, 19.9, 12], [0.55, 0.58, 0.9], [0.6, 0.5, 0.6], [0.6])
    slow = sampler([10, 20.1, 12], [0.6, 0.6, 0.6], [0.76, 0.76, 0.5], [0.75])
    copier = sampler([1], [0.24], [0.5], [0.61])  # below .5 is as bad as above
    assert judged(vae=good, gan=slow, smote=slow) == [True] * 3 + [False, False, True] + [True]
    assert judged(gan=slow) == [False, False, True, False]
    assert judged(cvae=copier) == [True, False, True, False]
    assert judged(cvae=sampler([1], [0.5], [0.5], [0.61])) == [True, True, True, False]


def test_no_nearer_is_meant_but_for_chance(benchmark):
    def near(share, copies):
        rows = {"share_nearer": [share] * 3, "rows": [4010.0] * 3}
        privacy = {**rows, "exact_copies": [copies] * 3, "exact_copies_of_holdout": [0.002] * 3}
        return list(benchmark.verdicts({"cgan": {"privacy": privacy}}).values())

    assert near(0.055, 0.002) == [True, True]
    assert near(0.057, 0.0021) == [False, False]


def test_the_table_shows_the_middle_and_the_spread(benchmark, capsys):
    benchmark.show({"gan": {"apart": {"told_apart": [0.5, 0.7, 0.6]}}})
    shown = capsys.readouterr().out
    assert "0.6000" in shown
    assert "0.5000 to 0.7000" in shown
