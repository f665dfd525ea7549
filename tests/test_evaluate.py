"""Scores of a run: which there are, what they hold, what is refused."""

import json
import sys
from contextlib import closing

import jax
import numpy as np
import pytest

import evaluate
import genjax
from genjax.config import DataConfig, TrainingConfig
from genjax.data.training_set import load_split
from genjax.errors import InputError
from genjax.fit import init
from genjax.losses import Gaussian
from genjax.metrics import features
from genjax.models import AutoencoderConfig, VAEConfig

HELD_OUT = "held-out pictures"
DATA = DataConfig(drawn=240)  # and 24 each for validation and test
# The shape of other tests, for which drawing is compiled already.
NETWORK = {"event_shape": (32, 32, 3), "network": "mlp", "hidden": (8,), "latent_size": 3}


def untrained(folder, model):
    """A run at step 0, and its training pictures."""
    config = TrainingConfig(model=model, data=DATA, steps=1, batch_size=8)
    data = {"x": load_split(DATA, (32, 32, 3), "train").pixels}
    with closing(genjax.Run.open(folder, config, data)) as run:
        state = init(config.algorithm(), data, key=jax.random.key(0), batch_size=8)
        run.checkpoints.save(state)
    return folder


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    """The folder of a VAE's run."""
    model = VAEConfig(**NETWORK, likelihood=Gaussian())
    return untrained(tmp_path_factory.mktemp("runs") / "vae", model)


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, args)])
    return evaluate.main()


def scores_of(folder):
    lines = (folder / "scores.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_vae_has_every_score(vae, monkeypatch, capsys):
    train = features.classifier
    monkeypatch.setattr(features, "classifier", lambda *given: train(*given, steps=2, size=8))
    options = ("--n", "22", "--log-likelihood", "3", "--faces", "--seed", "5")
    assert call(monkeypatch, vae, *options) == 0
    assert str(vae / "scores.jsonl") in capsys.readouterr().out
    lines = scores_of(vae)
    named = {(line["name"], line["subject"], line["features"]): line for line in lines}
    assert len(named) == len(lines) - 2  # two with one draw and with three
    for line in lines:
        assert (line["step"], line["split"], line["n_real"], line["seed"]) == (0, "test", 22, 5)
        assert line["version"]
    distances = ("frechet_distance", "kernel_distance", "sliced_wasserstein",
                 "precision", "recall", "density", "coverage")  # fmt: skip
    for feature in ("pixels", "pca", "classifier"):
        for name in distances:
            of_samples = named[name, "samples", feature]
            assert (
                of_samples["features_hash"]
                == named[name, "training pictures", feature]["features_hash"]
            )
    # Held-out faces are like training faces, and unlike what an untrained model gives.
    pair = [named["sliced_wasserstein", who, "pixels"]["value"]
            for who in ("training pictures", "samples")]  # fmt: skip
    assert 2 * pair[0] < pair[1]
    assert "biased" in named["frechet_distance", "samples", "pixels"]["note"]

    trained, real = genjax.load(vae), load_split(DATA, (32, 32, 3), "test", limit=22).pixels
    error = np.mean((trained.reconstruct(real) / 255 - real / 255) ** 2)
    np.testing.assert_allclose(
        named["mean_squared_error", HELD_OUT, None]["value"], error, rtol=1e-9
    )
    kl = named["kl_per_dimension", HELD_OUT, None]["value"]
    np.testing.assert_allclose(named["kl", HELD_OUT, None]["value"], np.sum(kl), rtol=1e-6)
    assert len(kl) == 3
    bounds = [line for line in lines if line["name"] == "negative_log_likelihood_bound"]
    assert [line["settings"] for line in bounds] == [{"draws": 1}, {"draws": 3}]
    expected = -trained.log_prob(real, samples=3, seed=5).mean()
    np.testing.assert_allclose(bounds[1]["value"], expected, rtol=1e-6)
    bits = named["bits_per_dimension", HELD_OUT, None]["value"]
    np.testing.assert_allclose(
        bits, bounds[1]["value"] / (3072 * np.log(2)) + np.log2(255), rtol=1e-5
    )
    assert named["active_units", HELD_OUT, None]["value"] in range(4)
    shares = [line for line in lines if line["name"] == "share_with_face"]
    assert [line["n_fake"] for line in shares] == [22, 22, 22]


def test_a_model_without_a_prior_or_a_density_has_the_others(vae, tmp_path, monkeypatch):
    run = untrained(tmp_path / "run", AutoencoderConfig(**NETWORK))
    call(monkeypatch, run, "--features", vae / "features" / "pca.npz", "--split", "validation")
    lines = scores_of(run)
    assert {line["subject"] for line in lines} == {HELD_OUT, "training pictures"}
    assert {line["split"] for line in lines} == {"validation"}
    assert {line["n_real"] for line in lines} == {24}  # all that there are
    hashes = {line["features_hash"] for line in lines} - {None}
    assert hashes == {features.load(vae / "features" / "pca.npz").hash}
    assert not (run / "features").exists()
    names = {line["name"] for line in lines}
    assert not names & {"kl", "negative_log_likelihood_bound", "bits_per_dimension"}
    call(monkeypatch, run, "--features")
    assert [line["name"] for line in scores_of(run)[len(lines) :]] == [
        "mean_squared_error", "active_units",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--n", "0"], "--n must"),
        (["--seed", "-1"], "--seed"),
        (["--log-likelihood", "0"], "1 draw"),
        (["--split", "all"], "--data"),
        (["--features", "inception"], "not inception"),
        (["--n", "8"], "at least 20"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_bad_arguments_are_one_clear_line(vae, monkeypatch, args, words):
    with pytest.raises(InputError, match=words) as caught:
        call(monkeypatch, vae, *args)
    assert "\n" not in str(caught.value)


def test_no_run_is_said(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no run"):
        call(monkeypatch, tmp_path)
