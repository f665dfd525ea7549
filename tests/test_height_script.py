import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import genjax
import train_height_gan
from genjax import InputError, Run
from genjax.config import read_config

ROOT = Path(__file__).resolve().parents[1]
SMALL = ("--steps", "40", "--chunk", "20", "--data.drawn", "500")


def script(monkeypatch, *args):
    """Run the script in this process."""
    monkeypatch.setattr(sys, "argv", ["train_height_gan.py", *map(str, args)])
    monkeypatch.chdir(ROOT)
    return train_height_gan.main()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heights") / "run"
    command = [sys.executable, "scripts/train_height_gan.py", "--run", str(folder), *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done, folder


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


@pytest.mark.slow
def test_a_column_of_a_csv_and_the_same_bits_after_a_pause(tmp_path, monkeypatch):
    csv = tmp_path / "table.csv"
    rng = np.random.default_rng(0)
    np.savetxt(csv, rng.normal(size=(300, 2)), delimiter=",", header="a,b", comments="")
    config = ROOT / "configs" / "credit_gan.py"
    cures = (
        "--model.generator.norm",
        "batch",
        "--model.generator.dropout",
        "0.1",
        "--model.ema",
        "0.9",
        "--model.discriminator.instance-noise",
        "0.1",
    )
    about = (*cures, "--config", config, "--data", csv, "--chunk", "10", "--batch-size", "16")
    script(monkeypatch, *about, "--run", tmp_path / "whole", "--steps", "30")
    script(monkeypatch, *about, "--run", tmp_path / "cut", "--steps", "17")
    script(monkeypatch, "--run", tmp_path / "cut", "--steps", "30")
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
def test_bad_input_is_one_line_before_training(tmp_path, monkeypatch, args, match):
    with pytest.raises(InputError, match=match) as caught:
        script(monkeypatch, "--run", tmp_path / "run", *SMALL, *args)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
