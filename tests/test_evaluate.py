"""Scores of a run: which there are, what they hold, what is refused."""

import json
import sys
from contextlib import closing

import jax
import numpy as np
import pytest

import evaluate
import genjax
from class_scores import load_mixed
from genjax.config import DataConfig, TrainingConfig
from genjax.data.training_set import load_split
from genjax.errors import InputError
from genjax.fit import init
from genjax.losses import Gaussian
from genjax.metrics import features
from genjax.models import (
    AutoencoderConfig,
    DiscriminatorConfig,
    GANConfig,
    GeneratorConfig,
    VAEConfig,
)
from making_digits import SHAPE, shades, write_folders, write_shades

HELD_OUT = "held-out pictures"
DATA = DataConfig(drawn=240)  # and 24 each for validation and test
# The shape of other tests, for which drawing is compiled already.
NETWORK = {"event_shape": (32, 32, 3), "network": "mlp", "hidden": (8,), "latent_size": 3}


def untrained(folder, model, source=DATA, **labels):
    """A run at step 0, and its training pictures."""
    config = TrainingConfig(model=model, data=source, steps=1, batch_size=8)
    data = {"x": load_split(source, model.event_shape, "train").pixels, **labels}
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
    if not (vae / "features" / "pca.npz").exists():  # where this test runs alone
        call(monkeypatch, vae, "--features", "pca")
    call(monkeypatch, run, "--features", vae / "features" / "pca.npz", "--split", "validation")
    lines = scores_of(run)
    assert {line["subject"] for line in lines} == {HELD_OUT, "training pictures", "test pictures"}
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


def test_a_part_of_sorted_folders_has_pictures_of_every_class(tmp_path):
    source = DataConfig(path=str(write_folders(tmp_path / "data")))
    few, more = (load_mixed(source, SHAPE, "train", seed=0, limit=n) for n in (24, 40))
    shares = few.labels.iloc[:, 0].value_counts(normalize=True)
    assert len(shares) == 3
    assert shares.min() > 0.15
    np.testing.assert_array_equal(few.pixels, more.pixels[:24])
    for pixels, (_, name) in zip(few.pixels, few.labels.itertuples(), strict=True):
        assert name == ("dark", "half", "light")[int((pixels >= 190).mean() * 2.1)]


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A conditional run of three classes, of another order than the labels', and its judge."""
    folder = tmp_path_factory.mktemp("digits")
    source = DataConfig(path=str(write_shades(folder / "data")))
    names = ("2", "0", "1")
    model = GANConfig(
        event_shape=SHAPE, latent_size=2, classes=3, class_names=names,
        generator=GeneratorConfig(hidden=(4,)), discriminator=DiscriminatorConfig(hidden=(4,)),
    )  # fmt: skip
    pixels, labels = shades(120)
    y = (labels + 1)[:100] % 3
    run = untrained(folder / "run", model, source, y=y.astype(np.int32))
    for file, classes in (("judge", names), ("other", ("0", "1", "3"))):
        judge = features.classifier(
            pixels, (labels + 1) % 3, classes=classes, width=8, steps=300 if file == "judge" else 1
        )
        features.save(folder / f"{file}.npz", judge)
    return run


def draw_like_training(monkeypatch, seen):
    """Let samples be training pictures of the classes that `seen` makes of those asked for."""
    pixels, labels = shades(100)

    def sample(self, n, *, y=None, seed=0):
        asked = (seen(np.asarray(y)) - 1) % 3
        return np.stack([pixels[labels == digit][i // 3 % 30] for i, digit in enumerate(asked)])

    monkeypatch.setattr(genjax.Trained, "sample", sample)


def by_class(folder, since):
    lines = [line for line in scores_of(folder)[since:] if line["features"] == "classifier"]
    return {(line["name"], line["subject"]): line for line in lines}


@pytest.mark.slow
def test_a_conditional_model_is_scored_by_class_beside_real_pictures(digits, monkeypatch, capsys):
    judge = digits.parent / "judge.npz"
    draw_like_training(monkeypatch, lambda y: y)
    call(monkeypatch, digits, "--n", "60", "--features", judge, "--seed", "3")
    said = capsys.readouterr().out
    assert "conditional_accuracy" in said
    lines = by_class(digits, 0)
    subjects = ("samples", "training pictures")
    for subject in (*subjects, HELD_OUT):
        assert lines["conditional_accuracy", subject]["value"] > 0.95
        assert lines["conditional_accuracy_by_class", subject]["classes"] == ["2", "0", "1"]
    for subject in subjects:
        assert min(lines["coverage_by_class", subject]["value"]) > 0.5
        least = lines["least_coverage_by_class", subject]
        assert least["value"] == min(lines["coverage_by_class", subject]["value"])
        assert (least["split"], least["n_real"], least["seed"]) == ("test", 60, 3)
        assert least["settings"] == {"k": 5}
        assert least["features_hash"] == features.load(judge).hash
        assert len(lines["frechet_distance_by_class", subject]["value"]) == 3
    assert ("coverage_by_class", HELD_OUT) not in lines  # against themselves: no score


def test_a_model_of_one_class_is_found_out(digits, monkeypatch):
    draw_like_training(monkeypatch, np.zeros_like)  # always a "2"
    since = len(scores_of(digits)) if (digits / "scores.jsonl").exists() else 0
    call(monkeypatch, digits, "--n", "60", "--features", digits.parent / "judge.npz")
    lines = by_class(digits, since)
    np.testing.assert_allclose(lines["conditional_accuracy", "samples"]["value"], 1 / 3, atol=0.02)
    each = lines["conditional_accuracy_by_class", "samples"]["value"]
    assert each[0] > 0.9
    assert max(each[1:]) < 0.1
    assert lines["least_coverage_by_class", "samples"]["value"] < 0.1
    assert lines["coverage_by_class", "samples"]["value"][0] > 0.5


def test_a_judge_of_other_classes_says_so_and_scores_none(digits, monkeypatch, capsys):
    since = len(scores_of(digits)) if (digits / "scores.jsonl").exists() else 0
    call(monkeypatch, digits, "--n", "24", "--features", digits.parent / "other.npz")
    assert "it tells 0, 1, 3, not 2, 0, 1" in capsys.readouterr().err
    lines = by_class(digits, since)
    assert ("coverage", "samples") in lines
    assert not [name for name, _ in lines if "class" in name or "conditional" in name]


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
