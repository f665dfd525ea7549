import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import genjax
from genjax import InputError, Run
from genjax.config import read_config

ROOT = Path(__file__).resolve().parents[1]
SMALL = ("--steps", "40", "--chunk", "20", "--data.drawn", "500")


def script(*args, status=0):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "train_height_gan.py"), *map(str, args)],
        capture_output=True, text=True, timeout=300, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heights") / "run"
    return script("--run", folder, *SMALL), folder


def test_it_trains_scores_and_draws(run):
    done, folder = run
    assert "verdict: " in done.stdout
    assert "kolmogorov_smirnov" in done.stdout
    assert (folder / "figures" / "density_0000040.png").stat().st_size > 10_000
    lines = (folder / "scores.jsonl").read_text().splitlines()
    names = {json.loads(line)["name"] for line in lines}
    assert {"kolmogorov_smirnov_one_sample", "two_sample_auc", "decision_on_fake"} <= names
    signals = Run(folder, read_config(folder / "config.json"), read_only=True).records("signals")
    assert [record["step"] for record in signals][-1] == 40
    assert {"verdict", "kolmogorov_smirnov", "coverage", "real_decision"} <= set(signals[-1])


def test_a_run_comes_back_in_inches(run):
    trained = genjax.load(run[1])
    heights = trained.sample(10_000, seed=1)
    assert heights.shape == (10_000, 1)
    assert 50 < heights.mean() < 90
    np.testing.assert_array_equal(trained.sample(9, seed=1), heights[:9])
    assert trained.score(heights[:5]).shape == (5,)
    for verb, match in (
        (lambda: trained.sample(3, y=1), "trained without labels"),
        (lambda: trained.reconstruct(heights), "GAN has no reconstruct"),
        (lambda: trained.score(np.zeros((3, 2), np.float32)), "rows of shape"),
    ):
        with pytest.raises(InputError, match=match):
            verb()


def test_a_column_of_a_csv_and_the_same_bits_after_a_pause(tmp_path):
    csv = tmp_path / "table.csv"
    rng = np.random.default_rng(0)
    np.savetxt(csv, rng.normal(size=(300, 2)), delimiter=",", header="a,b", comments="")
    config = ROOT / "configs" / "credit_gan.py"
    about = ("--config", config, "--data", csv, "--chunk", "10", "--batch-size", "16")
    script(*about, "--run", tmp_path / "whole", "--steps", "30")
    script(*about, "--run", tmp_path / "cut", "--steps", "17")
    script("--run", tmp_path / "cut", "--steps", "30")
    whole, cut = (genjax.load(tmp_path / name).sample(50) for name in ("whole", "cut"))
    assert whole.shape == (50, 2)
    np.testing.assert_array_equal(whole, cut)


@pytest.mark.parametrize(
    ("args", "match"),
    [
        (("--model.loss", "vanilla"), "no adversarial loss 'vanilla': there are minimax"),
        (("--model.n-critic", "0"), "n_critic must be 1 or more"),
        (("--batch-size", "600"), "a batch of 600 cannot be drawn from 500 rows"),
        (("--model.head", "sigmoid", "--model.scaling", "none"), "a sigmoid head reaches"),
        (("--data", "nowhere.csv"), "cannot be read as csv"),
        (("--config", "configs/celeba_vae.py"), "of another kind of data"),
    ],
)
def test_bad_input_is_one_line_before_training(tmp_path, args, match):
    done = script("--run", tmp_path / "run", *SMALL, *args, status=1)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert match in errors[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
