"""The script that detects frauds: what it leaves behind, what it refuses, what it repeats."""

import json
import sys
from urllib.error import URLError

import joblib
import numpy as np
import pandas as pd
import pytest

import detect_fraud
from genjax.data import transactions
from genjax.data.drawn_transactions import draw_transactions
from genjax.data.transactions import split_at_random, split_by_time
from genjax.errors import InputError
from genjax.estimators import VAEDetector
from genjax.estimators.peers import PEERS
from genjax.metrics.thresholds import least_cost

TINY = (
    "from genjax.estimators import VAEDetector\n"
    "CONFIG = VAEDetector(hidden=(8,), views=('columns',), members=1, steps=20, draws=5)\n"
)
ROWS = draw_transactions(300, fraud=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fraud")
    (folder / "tiny.py").write_text(TINY)
    ROWS.to_csv(folder / "cards.csv", index=False)
    return folder


def run(*args):
    """Call the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["detect_fraud.py", *map(str, args)])
        return detect_fraud.main()


def learn(folder, out, *args, data="cards.csv"):
    of = () if data is None else ("--data", folder / data)
    assert run(*of, "--config", folder / "tiny.py", "--out", folder / out, *args) == 0
    return folder / out


def refusal(*args):
    with pytest.raises(InputError) as caught:
        run(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def learnt(folder):
    """A folder of two random splits, with peers."""
    return learn(folder, "two", "--splits", "2")


def test_scores_of_the_last_split_say_what_to_blame(learnt):
    table = pd.read_csv(learnt / "scores.csv")
    detector = joblib.load(learnt / "detector.joblib")
    _, test = split_at_random(ROWS["Class"].to_numpy(), seed=1)
    assert (table["row"] - 1).tolist() == test.tolist()
    assert table["Time"].tolist() == ROWS["Time"][test].tolist()
    assert table["Class"].tolist() == ROWS["Class"][test].tolist()
    x = ROWS.iloc[test].drop(columns=["Time", "Class"])
    np.testing.assert_allclose(table["score"], detector.score_samples(x), rtol=1e-6)
    assert (table["threshold"] == detector.offset_).all()
    assert ((table["verdict"] == "anomaly") == (detector.predict(x) == -1)).all()
    parts = detector.explain(x)
    first, third = (
        parts[np.arange(len(x)), x.columns.get_indexer(table[name])]
        for name in ("blame_1", "blame_3")
    )
    np.testing.assert_array_equal(first, parts.min(axis=1))
    np.testing.assert_array_equal(third, np.sort(parts, axis=1)[:, 2])


def test_metrics_are_of_all_detectors_on_the_same_rows(learnt):
    metrics = json.loads((learnt / "metrics.json").read_text())
    assert [split["seed"] for split in metrics["protocol"]["splits"]] == [0, 1]
    assert metrics["protocol"]["splits"][0]["learn"] == 225 - 23  # no fraud is learnt
    assert metrics["protocol"]["detector"]["steps"] == 20
    assert metrics["versions"]["genjax-models"]
    assert list(metrics["detectors"]) == ["VAEDetector", *PEERS]
    y = ROWS["Class"].to_numpy()
    frauds = [y[split_at_random(y, seed=seed)[1]].sum() for seed in (0, 1)]
    for results in metrics["detectors"].values():
        assert [split["frauds"] for split in results["splits"]] == frauds
        each = [split["average_precision"] for split in results["splits"]]
        assert results["mean"]["AP"] == pytest.approx(np.mean(each))
        assert results["deviation"]["AP"] == pytest.approx(np.std(each, ddof=1))
    ours, peer = (
        [split["auroc"] for split in metrics["detectors"][name]["splits"]]
        for name in ("VAEDetector", "Mahalanobis")
    )
    pair = metrics["pairs"]["auroc"]["Mahalanobis"]
    assert pair["mean"] == pytest.approx(np.mean(np.subtract(ours, peer)))
    assert 0 < pair["corrected_p_value"] <= 1
    assert "p_value" not in pair  # splits share rows: the plain one would promise too much
    assert sorted(path.name for path in (learnt / "figures").iterdir()) == [
        "curves.png", "latent.png", "scores.png",
    ]  # fmt: skip


def test_a_split_depends_on_its_own_seed_alone(folder, learnt, monkeypatch, capsys):
    """Also of a detector that neither explains nor encodes."""
    monkeypatch.delattr(VAEDetector, "encode")
    monkeypatch.delattr(VAEDetector, "explain")
    out = learn(folder, "plain", "--seed", "1", "--no-peers")
    table = pd.read_csv(out / "scores.csv")
    pd.testing.assert_frame_equal(table, pd.read_csv(learnt / "scores.csv")[list(table)])
    assert list(table)[-1] == "verdict"
    assert not (out / "figures" / "latent.png").exists()
    assert "has none: columns to blame and a latent space" in capsys.readouterr().err


@pytest.mark.slow
def test_a_threshold_by_cost_is_of_rows_held_out_of_the_fit(folder, monkeypatch, capsys):
    """By time, of simulated rows with a missing value."""

    def unplugged(*_, **__):
        raise URLError("unplugged")

    rows = ROWS.copy()
    rows.loc[7, "V3"] = np.nan
    monkeypatch.setattr(transactions, "fetch_openml", unplugged)
    monkeypatch.setattr(transactions, "draw_transactions", lambda: rows)
    options = ("--threshold", "cost", "--false-alarm-cost", "20", "--miss-cost", "Amount")
    out = learn(
        folder, "cost", "--split", "time", "--no-peers", "--impute", "--set", "hidden=(4,)",
        "scored_by=elbo", *options, data=None,
    )  # fmt: skip
    said, noted = capsys.readouterr()
    assert "simulated, not real" in noted
    detector = joblib.load(out / "detector.joblib")
    assert (detector.hidden, detector.scored_by, detector.impute) == ((4,), "elbo", True)
    time, y = rows["Time"].to_numpy(), rows["Class"].to_numpy()
    train, test = split_by_time(time)
    chosen = train[split_by_time(time[train], test=0.2)[1]]
    x = rows[detector.feature_names_in_]
    best = least_cost(
        detector.score_samples(x.iloc[chosen]), y[chosen], false_alarm=20,
        miss=x["Amount"].iloc[chosen],
    )  # fmt: skip
    assert detector.offset_ == pytest.approx(best)
    assert f"chosen on {len(chosen)} labelled rows, a fifth" in said
    split = json.loads((out / "metrics.json").read_text())["detectors"]["VAEDetector"]["splits"][0]
    flagged = detector.predict(x.iloc[test]) == -1
    cost = np.where(y[test] == 0, 20.0 * flagged, x["Amount"].iloc[test] * ~flagged).mean()
    assert split["cost"] == pytest.approx(cost)
    assert f"a row costs {cost:.6g} on average" in said
    assert len(pd.read_csv(out / "scores.csv")) == len(test) == 90


def test_a_file_is_scored_in_pieces_and_by_name(folder, learnt, capsys):
    ROWS[ROWS.columns[::-1]].to_csv(folder / "turned.csv", index=False)
    model = learnt / "detector.joblib"
    assert run("--model", model, "--data", folder / "turned.csv", "--chunk", "130") == 0
    table = pd.read_csv(learnt / "scored" / "scores.csv")
    assert table["row"].tolist() == list(range(1, 301))
    assert table["Class"].tolist() == ROWS["Class"].tolist()
    before = pd.read_csv(learnt / "scores.csv")
    again = table.iloc[before["row"] - 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, before)
    said = capsys.readouterr().out
    flagged = int((table["verdict"] == "anomaly").sum())
    assert f"{flagged} of 300 rows are flagged" in said
    assert "270 genuine rows, 30 frauds" in said
    assert (learnt / "scored" / "figures" / "scores.png").is_file()


def test_a_file_needs_no_labels_and_no_time_to_be_scored(folder, learnt, capsys):
    ROWS[:5].drop(columns=["Time", "Class"]).to_csv(folder / "five.csv", index=False)
    model, out = learnt / "detector.joblib", folder / "bare"
    assert run("--model", model, "--data", folder / "five.csv", "--out", out) == 0
    assert list(pd.read_csv(out / "scores.csv"))[:2] == ["row", "score"]
    assert [path.name for path in out.iterdir()] == ["scores.csv"]
    assert "no labels of both kinds: nothing is judged" in capsys.readouterr().out


def cell(row, column, value):
    return ROWS.astype(object).where(
        ~((ROWS.index.to_numpy() == row)[:, None] & (ROWS.columns == column)), value
    )


BAD = {
    "no genuine rows": (ROWS.assign(Class=1), "is genuine (label 0)"),
    "no frauds": (ROWS.assign(Class=0), "none of 75 rows to test with is a fraud"),
    "other labels": (cell(4, "Class", 2), "row 5, column Class holds 2"),
    "no labels": (ROWS.drop(columns="Class"), "has no label column 'Class'"),
    "a missing value": (cell(4, "V3", None), "row 5, column V3 is missing"),
    "an infinite value": (cell(4, "V3", "inf"), "row 5, column V3 is infinite"),
    "a word": (cell(4, "V3", "x"), "row 5, column V3 holds 'x', which is not a number"),
    "no rows": (ROWS[:0], "has no rows"),
    "an empty file": (pd.DataFrame(), "is empty"),
}
OTHER = {
    "a column less": (ROWS.drop(columns="V3"), "model's columns: it lacks V3"),
    "a column more": (ROWS.assign(V29=0), "it has V29, which the model does not know"),
    "another name": (ROWS.rename(columns={"V3": "v3"}), "it lacks V3; it has v3"),
    "a missing value": (cell(204, "V3", None), "row 205, column V3 is missing"),
}


@pytest.mark.parametrize("case", BAD)
def test_tables_that_cannot_be_learnt_are_refused(folder, case):
    table, message = BAD[case]
    table.to_csv(folder / "bad.csv", index=False)
    options = ("--config", folder / "tiny.py", "--out", folder / "bad")
    assert message in refusal("--data", folder / "bad.csv", *options)
    assert not (folder / "bad").exists()


def test_without_a_time_column_there_is_no_split_by_time(folder):
    ROWS.drop(columns="Time").to_csv(folder / "bad.csv", index=False)
    options = ("--config", folder / "tiny.py", "--split", "time")
    assert "no Time column to split by" in refusal("--data", folder / "bad.csv", *options)


@pytest.mark.parametrize("case", OTHER)
def test_tables_that_a_model_does_not_know_are_refused(folder, learnt, case):
    table, message = OTHER[case]
    table.to_csv(folder / "bad.csv", index=False)
    of = ("--model", learnt / "detector.joblib", "--data", folder / "bad.csv", "--chunk", "100")
    assert message in refusal(*of, "--out", folder / "refused")
    assert list((folder / "refused").iterdir()) == []


def test_what_is_no_model_is_refused(folder, learnt):
    of = ("--data", folder / "cards.csv")
    assert "no such model" in refusal("--model", folder / "none.joblib", *of)
    assert "cannot be loaded" in refusal("--model", folder / "cards.csv", *of)
    joblib.dump({"offset_": 0}, folder / "other.joblib")
    assert "holds no detector" in refusal("--model", folder / "other.joblib", *of)
    assert "learnt without --impute" in refusal(
        "--model", learnt / "detector.joblib", *of, "--impute"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--set", "stepps=3"), "VAEDetector has no parameter 'stepps'; there is steps"),
        (("--set", "steps"), "--set takes NAME=VALUE, not 'steps'"),
        (("--set", "steps=many"), "steps is such as 20, not 'many'"),
        (("--set", "hidden=(2,'a')"), "hidden is such as (8,), not (2, 'a')"),
        (("--set", "random_state=3"), "the seed is --seed"),
        (("--set", "steps=0"), "VAEDetector, 202 rows to learn: steps is 1 or more, not 0"),
        (("--splits", "0"), "--splits must be 1 or more, got 0"),
        (("--seed", "-1"), "--seed lies in [0, 2^31), not -1"),
        (("--threshold", "cost", "--miss-cost", "3"), "--false-alarm-cost and --threshold cost go"),
        (("--miss-cost", "3"), "--miss-cost and --threshold cost go together"),
        (
            ("--threshold", "cost", "--false-alarm-cost", "1", "--miss-cost", "Amont"),
            "--miss-cost is a number or a column such as Amount, not 'Amont'",
        ),
        (
            ("--threshold", "cost", "--false-alarm-cost", "nan", "--miss-cost", "3"),
            "--false-alarm-cost must be finite and 0 or more, got nan",
        ),
        (("--model", "x", "--set", "steps=3"), "--config is for learning"),
        (("--config", "none.py"), "no such configuration: none.py"),
        (("--config", __file__), "holds no detector of outliers named CONFIG"),
    ],
)
def test_impossible_options_are_refused(folder, args, message):
    config = () if "--config" in args else ("--config", folder / "tiny.py")
    options = ("--data", folder / "cards.csv", "--out", folder / "no", *config)
    assert message in refusal(*options, *args)


def test_a_model_scores_a_file_and_nothing_else():
    assert "name it with --data" in refusal("--model", "x")


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_finds_what_lies_far_from_rows_that_it_learnt(name):
    x = np.random.default_rng(0).normal(size=(400, 4)) * [1, 10, 100, 1000]
    x[:, 3] += 1000 * x[:, 0]
    x[3, 2] = np.nan
    peer = PEERS[name](0).fit(x)
    scores = peer.score_samples(x)
    far = [[4.0, 40, 400, -4000], [4, np.nan, 400, -4000]]
    assert (peer.score_samples(far) < np.quantile(scores, 0.01)).all()
    np.testing.assert_array_equal(PEERS[name](0).fit(x).score_samples(x), scores)


def test_peers_scores_are_what_their_names_say():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4))
    scaled = (x - x.mean(0)) / x.std(0)
    scores = {name: build(0).fit(x).score_samples(x) for name, build in PEERS.items()}
    inverse = np.linalg.inv(np.cov(x.T, ddof=0))
    centred = x - x.mean(0)
    distance = np.einsum("ni,ij,nj->n", centred, inverse, centred)
    np.testing.assert_allclose(scores["Mahalanobis"], -distance)
    u, s, _ = np.linalg.svd(scaled, full_matrices=False)
    error = np.square(u[:, 2:] * s[2:]).sum(1)
    np.testing.assert_allclose(scores["principal components"], -error, atol=1e-9)
    distances = np.sort(np.linalg.norm(scaled[:, None] - scaled[None], axis=2), axis=1)
    np.testing.assert_allclose(scores["nearest neighbours"], -distances[:, :10].mean(1), atol=1e-6)
    # Quantiles are the same whatever monotone function the columns went through.
    name = "Mahalanobis, quantiles"
    np.testing.assert_allclose(PEERS[name](0).fit(np.exp(x)).score_samples(np.exp(x)), scores[name])
