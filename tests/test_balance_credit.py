"""The credit study's script: what it leaves behind, what it refuses, and what its words mean."""

import json
import sys
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

import balance_credit
import credit_report
from credit_study_published import FAULTS, PublishedArm
from genjax.data import credit as credit_data
from genjax.data.credit import load_credit
from genjax.data.drawn_credit import TARGET, draw_credit
from genjax.errors import InputError
from genjax.estimators.arms import ARMS, DEFAULT
from genjax.estimators.augmentation import AugmentationReport
from genjax.metrics.probabilities import ProbabilityScores
from genjax.metrics.resampled import Interval

pytestmark = pytest.mark.slow  # a study from end to end

ROWS = draw_credit(900, seed=1)
FEW = ("--arms", "unbalanced", "random", "noise", "--folds", "2", "--steps", "4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credit")
    ROWS.to_csv(folder / "borrowers.csv")
    return folder


def run(*args):
    """Call the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["balance_credit.py", *map(str, args)])
        return balance_credit.main()


def refusal(*args):
    with pytest.raises(InputError) as caught:
        run(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def made_report(shift=None, classifiers=("network", "trees"), arms=("vae", *credit_report.PEERS)):
    """Scores of five folds, of which those of an arm are shifted; no classifier is run."""
    rng = np.random.default_rng(0)
    names = ProbabilityScores._fields
    rows = []
    for classifier in classifiers:
        for arm in arms:
            for ratio in (0.5, 1.0) if arm == "smote" else (1.0,):
                for fold in range(5):
                    value = 0.7 + (shift or {}).get(arm, 0.0) + 1e-4 * rng.normal()
                    keys = {"classifier": classifier, "arm": arm, "ratio": ratio}
                    scores = {name: value for name in names}  # noqa: C420
                    again = {f"recalibrated_{name}": value for name in names}
                    rows.append({**keys, "fold": fold, "seed": 0, **scores, **again})
    y = np.tile([0, 0, 0, 1], 100)
    p = np.clip(0.2 + 0.3 * y + 0.1 * rng.normal(size=400), 0, 1)
    curves = {(classifier, arm): (y, p, p) for classifier in classifiers for arm in arms}
    return AugmentationReport(pd.DataFrame(rows), curves, 0.25)


@pytest.fixture
def stubbed(monkeypatch):
    """Calls of what takes long, which is not run."""
    calls = []

    def called(x, y, **how):
        calls.append((x, y, how))
        return made_report(arms=tuple(how["arms"]))

    monkeypatch.setattr(balance_credit, "augmentation_report", called)
    return calls


@pytest.fixture(scope="module")
def compared(folder):
    """A folder of a comparison, whose default sampler copies rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(balance_credit, "DEFAULT", "random")
        out = folder / "out"
        how = ("--data", folder / "borrowers.csv", "--out", out, "--ratios", "1")
        assert run(*how, *FEW) == 0
    return out


def test_a_folder_has_scores_words_and_a_picture(compared, capsys):
    scores = pd.read_csv(compared / "results.csv")
    counts = scores.groupby(["classifier", "arm", "ratio"]).size()
    assert set(counts) == {2}  # folds
    assert set(scores["classifier"]) == {"network", "logistic regression", "trees"}
    assert set(scores["arm"]) == {"unbalanced", "random", "noise"}
    text = (compared / "report.txt").read_text()
    auc = scores.query("classifier == 'trees' and arm == 'random'")["auc"].mean()
    line = next(line for line in text.split("trees")[1].splitlines() if "random" in line)
    assert f"{auc:.4f}" in line
    for words in (
        "900 borrowers", "codes 96 and 98 set to missing", "ages of 0 set to missing", "Gini",
        "KS", "random - unbalanced", "random - noise", "2 folds", "Verdict",
    ):  # fmt: skip
        assert words in text
    assert (compared / "roc_calibration.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads((compared / "settings.json").read_text())["steps"] == 4


def test_results_of_other_settings_are_never_overwritten(
    folder, compared, stubbed, capsys, monkeypatch
):
    monkeypatch.setattr(balance_credit, "DEFAULT", "random")
    before = (compared / "results.csv").read_bytes()
    how = ("--data", folder / "borrowers.csv", "--out", compared, "--ratios", "1", *FEW)
    said = refusal(*how, "--seed", "1", "--rows", "500")
    assert "another seed, rows" in said
    assert (compared / "results.csv").read_bytes() == before
    assert not stubbed
    kept = json.loads((compared / "settings.json").read_text())
    (compared / "settings.json").unlink()
    assert "another" in refusal(*how)
    (compared / "settings.json").write_text(json.dumps(kept))
    assert run(*how) == 0  # the same again
    assert len(stubbed) == 1


def test_options_reach_the_comparison(folder, stubbed, capsys):
    how = ("--data", folder / "borrowers.csv", "--out", folder / "other")
    assert run(*how, "--rows", 600, "--minority-share", ".03", "--seed", 3, "--repeats", 2) == 0
    ((x, y, given),) = stubbed
    assert y.mean() == pytest.approx(0.03, abs=1e-3)
    assert len(x) == len(y) < 600
    whole = load_credit(folder / "borrowers.csv", limit=600, seed=3)
    assert (y == 0).sum() == (whole.y == 0).sum()  # delinquents alone are dropped
    assert list(given["arms"]) == [name for name in ARMS if name != "vae"]
    assert given["swept"] == ["smote", DEFAULT]
    assert given["ratios"] == (0.25, 0.5, 1.0)
    assert (given["repeats"], given["seed"], given["steps"]) == (2, 3, None)
    late = [name for name in x if "PastDue" in name or "Late" in name]
    assert not x[late].isin((96, 98)).any().any()
    assert "thinned" in (folder / "other" / "report.txt").read_text()


def test_without_a_file_or_a_network_borrowers_are_simulated(folder, stubbed, monkeypatch, capsys):
    def unplugged(*_, **__):
        raise URLError("unplugged")

    monkeypatch.setattr(credit_data, "fetch_openml", unplugged)
    monkeypatch.setattr(credit_data, "draw_credit", lambda: ROWS)
    assert run("--out", folder / "drawn") == 0
    assert "simulated, not real" in (folder / "drawn" / "report.txt").read_text()
    assert len(stubbed[0][1]) == len(ROWS)


def test_scores_and_words_are_kept_when_the_picture_fails(folder, stubbed, monkeypatch, capsys):
    def fails(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(balance_credit, "save_roc_and_calibration", fails)
    out = folder / "no_picture"
    with pytest.raises(OSError, match="no space"):
        run("--data", folder / "borrowers.csv", "--out", out)
    assert sorted(path.name for path in out.iterdir()) == [
        "report.txt", "results.csv", "settings.json",
    ]  # fmt: skip


def test_the_study_is_repeated_with_its_faults_said(folder, monkeypatch, capsys):
    calls = []

    def study(x, y, **how):
        calls.append((x, y, how))
        return [PublishedArm("SMOTE", 0.805, 0.8123, 0.6789, 10, 0.5)]

    monkeypatch.setattr(balance_credit, "run_published_study", study)
    out = folder / "study"
    how = ("--data", folder / "borrowers.csv", "--out", out, "--protocol", "study")
    assert run(*how, "--seed", "5") == 0
    ((x, y, given),) = calls
    assert (x.shape, given["seed"]) == ((900, 10), 5)
    np.testing.assert_array_equal(y, ROWS[TARGET])
    raw = ROWS.drop(columns=TARGET).to_numpy(np.float64)
    np.testing.assert_array_equal(x, raw)  # codes and all, as the study had them
    text = (out / "report.txt").read_text()
    assert all(fault in text for fault in FAULTS)
    assert "10          0.805  0.812       0.679" in text
    assert pd.read_csv(out / "results.csv")["published_auc"].tolist() == [0.805]
    assert "--folds is for --protocol right" in refusal(*how, "--folds", "3")


def test_what_cannot_be_done_is_said_in_a_line(folder, stubbed):
    how = ("--data", folder / "borrowers.csv", "--out", folder / "refused")
    for args, words in (
        (("--arms", "smoter"), "smote"),
        (("--ratios", "0"), "(0, 1]"),
        (("--folds", "1"), "2 or more"),
        (("--steps", "0"), "1 or more"),
        (("--seed", "-1"), "--seed lies"),
        (("--minority-share", "0.5"), "delinquents' share"),
        (("--minority-share", "1e-9"), "no delinquent"),
    ):
        assert words in refusal(*how, *args)
    assert "nowhere.csv" in refusal("--data", folder / "nowhere.csv", "--out", folder / "refused")
    assert not stubbed


def at(mean, half):
    return Interval(mean, mean - half, mean + half, 5)


def test_words_follow_from_intervals():
    assert credit_report.word(at(0.01, 0.005)) == "higher"
    assert credit_report.word(at(-0.01, 0.005)) == "lower"
    assert credit_report.word(at(0.01, 0.02)) == "no difference that 5 folds can show"
    assert credit_report.within(at(0.0005, 0.0001), 0.001) == "within .001"
    assert "goes beyond" in credit_report.within(at(-0.0005, 0.001), 0.001)
    assert credit_report.within(at(-0.002, 0.0001), 0.001) == "not within .001"


@pytest.mark.parametrize(
    ("unbalanced", "copies", "words"),
    [
        (
            at(0.02, 0.01),
            at(0.0, 0.01),
            ("helps the network", "beside random these folds show no difference"),
        ),
        (at(0.02, 0.01), at(0.02, 0.01), ("helps the network", "worth more than random")),
        (at(0.02, 0.01), at(-0.02, 0.01), ("helps the network", "worth less than random")),
        (at(0.02, 0.03), at(0.02, 0.01), ("is not shown to help",)),
        (at(-0.02, 0.01), at(0.02, 0.01), ("harms",)),
    ],
)
def test_the_sum_claims_no_more_than_the_intervals(unbalanced, copies, words):
    auc = {"network": {"random": copies, "unbalanced": unbalanced}}
    lines = credit_report.verdict(credit_report.Differences("vae", auc, {}))
    assert all(word in " ".join(lines) for word in words)
    if unbalanced.low <= 0:
        assert lines[-1].startswith("in sum")


def test_the_report_of_scores_that_are_known():
    shift = {"vae": 0.01, "unbalanced": -0.02, "noise": 0.05}
    report = made_report(shift)
    found = credit_report.differences(report, "vae")
    assert found.auc["network"]["unbalanced"].mean == pytest.approx(0.03, abs=1e-3)
    assert found.brier["trees"].mean == pytest.approx(0.03, abs=1e-3)
    text = "\n".join(credit_report.report_lines(report, "vae", ("simulated",)))
    assert text.startswith("simulated")
    assert (
        "network: AUC of vae: higher than smote, random, class weights, unbalanced; lower" in text
    )
    assert "trees: Brier after recalibration, beside unbalanced: not within .001" in text
    assert "trees: AUC beside unbalanced: not within .002" in text
    assert "it is worth less than noise" in text
    assert "Ratios" in text
    table = credit_report.score_table(report)
    assert table.loc[("network", "noise"), "AUC"] == "0.7500"
    assert list(credit_report.ratio_table(report).index.get_level_values("ratio")) == [0.5, 1] * 2
    without = made_report(arms=("random", "unbalanced"))
    lines = credit_report.report_lines(without, "vae", ())
    assert "nothing to compare" in lines[-1]
    alone = credit_report.differences(without, "random")
    assert list(alone.auc["trees"]) == ["unbalanced"]
