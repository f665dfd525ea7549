"""The command lines: what they take, what they refuse, what they leave behind."""

import dataclasses
import json
import runpy
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import command_line
import demo_picture
import genjax
import sample
import train_celeba_vae
from genjax import fit
from genjax.config import TrainingConfig, to_plain
from genjax.errors import InputError
from genjax.losses import Gaussian, WeightedSquaredError
from genjax.models import VAEConfig

ROOT = Path(__file__).parents[1]
TINY = TrainingConfig(
    model=VAEConfig(event_shape=(16, 16, 3), channels=(4,), latent_size=3),
    batch_size=8, steps=4, chunk=2,
)  # fmt: skip


def parse(*args):
    return command_line.parse_training(default="celeba_vae", description="", args=list(args))[:2]


@pytest.fixture(scope="module")
def tiny_config(tmp_path_factory):
    """A configuration file of pictures made here."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "pictures").mkdir()
    for index in range(20):
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{index}.png")
    (folder / "pictures" / "broken.png").write_bytes(b"not a picture")
    plain = to_plain(
        dataclasses.replace(
            TINY, data=dataclasses.replace(TINY.data, path=str(folder / "pictures"))
        )
    )
    (folder / "tiny.json").write_text(json.dumps(plain))
    return folder / "tiny.json"


def call(monkeypatch, script, *args):
    monkeypatch.setattr(sys, "argv", ["script", *map(str, args)])
    return script.main()


def test_the_report_is_the_default():
    config, folder = parse()
    assert config.model == VAEConfig(likelihood=WeightedSquaredError(10_000.0, root=False))
    assert (config.batch_size, config.learning_rate, config.optimizer) == (512, 5e-4, "adam")
    assert config.steps_of(162_770) == round(400 * 162_770 / 512)
    assert folder == Path("runs/celeba_vae")


CONFIGS = sorted((ROOT / "configs").glob("*.py"))
DETECTORS = [path for path in CONFIGS if path.stem.startswith("fraud_")]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_configuration_says_its_command(path):
    head = path.read_text().split('"""')[1]
    assert all(word in head for word in ("Command:", "Time:", "Expect:", "Source:"))


@pytest.mark.parametrize("path", sorted({*CONFIGS} - {*DETECTORS}), ids=lambda p: p.stem)
def test_every_configuration_of_a_training_loads_and_builds(path):
    command_line.load_config(path).model.build()


@pytest.mark.parametrize("path", DETECTORS, ids=lambda p: p.stem)
def test_every_configuration_of_a_detector_has_settings_that_can_be_used(path):
    runpy.run_path(str(path))["CONFIG"]._check_parameters()


@pytest.mark.slow
def test_the_gpu_s_configuration_trains_at_a_small_size(tmp_path):
    """The same networks, type and start, on pictures of 16x16."""
    config = command_line.load_config(ROOT / "configs" / "celeba_vae_better_gpu.py")
    small = dataclasses.replace(config.model, event_shape=(16, 16, 3), channels=(4, 4, 4))
    config = dataclasses.replace(config, model=small, batch_size=8, minutes=None, chunk=2, steps=2)
    config.check()
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)
    state = fit(
        config.algorithm(), {"x": pixels}, steps=2, key=jax.random.key(0), batch_size=8, chunk=2
    )
    assert int(state.step) == 2


def test_every_setting_is_an_option():
    config, folder = parse(
        "--config", str(ROOT / "configs" / "faces_demo.py"), "--run", "there", "--steps", "7",
        "--batch-size", "16", "--seed", "3", "--data", "faces.zip", "--model.beta", "4",
        "--model.likelihood.root", "--data.split", "test", "--model.event-shape", "32",
        "48", "1",
    )  # fmt: skip
    assert folder == Path("there")
    assert (config.steps, config.minutes, config.batch_size, config.seed) == (7, None, 16, 3)
    assert config.data.path == str(Path("faces.zip").resolve())
    assert config.data.split == "test"
    assert config.model.event_shape == (32, 48, 1)
    assert (config.model.beta, config.model.likelihood.root) == (4.0, True)


def test_epochs_take_the_place_of_a_configuration_s_minutes():
    config, _ = parse("--config", str(ROOT / "configs" / "faces_demo.py"), "--epochs", "3")
    assert config.minutes is None
    assert config.steps_of(640) == round(3 * 640 / config.batch_size)


def test_a_run_goes_on_with_its_own_configuration(tmp_path):
    config = dataclasses.replace(TINY, model=dataclasses.replace(TINY.model, likelihood=Gaussian()))
    plain = to_plain(config) | {"rows": 1, "digest": "x"}
    (tmp_path / "config.json").write_text(json.dumps(plain))
    assert parse("--run", str(tmp_path)) == (config, tmp_path)
    assert parse("--run", str(tmp_path), "--minutes", "2")[0].steps is None


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--steps", "1", "--minutes", "1"], "one of steps, minutes"),
        (["--steps", "1", "--epochs", "1"], "one of epochs, steps"),
        (["--steps", "-1"], "positive"),
        (["--minutes", "0"], "positive"),
        (["--epochs", "nan"], "positive"),
        (["--learning-rate", "-1"], "positive"),
        (["--learning-rate", "nan"], "positive"),
        (["--chunk", "0"], "positive"),
        (["--seed", "-1"], "seed"),
        (["--model.channels", "0"], "1 or more"),
        (["--model.event-shape", "0", "16", "3"], "1 or more"),
        (["--model.beta", "nan"], "finite"),
        (["--model.likelihood.weight", "-1"], "weight must be positive"),
        (["--config", "nowhere.py"], "no such configuration"),
        (["--config", __file__], "cannot be run|holds no TrainingConfig"),
        (["--config", str(ROOT / "pyproject.toml")], "cannot be run"),
    ],
)
def test_impossible_options_are_refused_in_one_line(args, words):
    with pytest.raises(InputError, match=words) as caught:
        parse(*args)
    assert "\n" not in str(caught.value)


def test_training_from_a_folder_and_sampling(tiny_config, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    assert call(monkeypatch, train_celeba_vae, "--config", tiny_config, "--run", run) == 0
    out, err = capsys.readouterr()
    assert "trained to step 4" in out
    assert "skipped 1 broken files: broken.png" in err
    assert all((run / "figures" / line.split("/")[-1]).is_file()
               for line in out.splitlines() if line.startswith("  "))  # fmt: skip
    assert call(monkeypatch, train_celeba_vae, "--run", run, "--steps", "6") == 0
    assert int(genjax.load(run).state.step) == 6
    capsys.readouterr()
    assert call(monkeypatch, train_celeba_vae, "--run", run, "--steps", "6") == 0
    assert "reached already" in capsys.readouterr().out

    assert call(monkeypatch, sample, run, "--n", "3", "--out", tmp_path / "sheet.png") == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (3 * 18 + 2, 18 + 2)
    assert call(monkeypatch, sample, run, "--n", "3", "--out", tmp_path / "each") == 0
    files = sorted((tmp_path / "each").iterdir())
    assert len(files) == 3
    with Image.open(files[1]) as file:
        drawn = np.asarray(file.convert("RGB"))
    np.testing.assert_array_equal(drawn, genjax.load(run).sample(3)[1])
    with pytest.raises(InputError, match="1 or more"):
        call(monkeypatch, sample, run, "--n", "0")
    with pytest.raises(InputError, match="no run"):
        call(monkeypatch, sample, tmp_path / "nothing")


@pytest.mark.slow
def test_streaming_from_a_cache_and_what_tensorboard_shows(tiny_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ("--config", tiny_config, "--data.stream", "--data.cache", "kept", "--tensorboard")
    for steps in (1, 3):
        arguments = (*options, "--run", "cut", "--steps", steps)
        assert call(monkeypatch, train_celeba_vae, *arguments) == 0
    assert int(genjax.load("cut").state.step) == 3
    assert len(list((tmp_path / "kept").glob("*/pixels.npy"))) == 1
    assert len(list((tmp_path / "cut" / "tensorboard").iterdir())) == 2
    with pytest.raises(InputError, match=r"data\.stream: true there, false here"):
        call(monkeypatch, train_celeba_vae, "--run", "cut", "--data.no-stream")


def test_a_dry_run_says_what_it_would_take_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drawn.json").write_text(json.dumps(to_plain(TINY)))
    arguments = ("--config", "drawn.json", "--data.drawn", "80", "--epochs", "10", "--dry-run")
    assert call(monkeypatch, train_celeba_vae, *arguments, "--data.cache", "kept") == 0
    out = capsys.readouterr().out
    assert "ConvTranspose_0" in out
    assert "80 examples, 8 a minibatch" in out
    assert "100 steps: about" in out
    assert [path.name for path in tmp_path.iterdir()] == ["drawn.json"]


@pytest.mark.slow
def test_the_readme_s_picture_is_of_drawn_faces_alone(tiny_config, tmp_path, monkeypatch):
    config = dataclasses.replace(TINY, data=dataclasses.replace(TINY.data, drawn=80), steps=1)
    (tmp_path / "drawn.json").write_text(json.dumps(to_plain(config)))
    for name, path in (("drawn", tmp_path / "drawn.json"), ("real", tiny_config)):
        options = ("--config", path, "--run", tmp_path / name, "--steps", "1")
        assert call(monkeypatch, train_celeba_vae, *options) == 0
    out = tmp_path / "docs" / "demo.png"
    assert call(monkeypatch, demo_picture, "--run", tmp_path / "drawn", "--out", out) == 0
    with Image.open(out) as picture:
        assert picture.width == 8 * 18 + 2
    with pytest.raises(InputError, match="not drawn faces"):
        call(monkeypatch, demo_picture, "--run", tmp_path / "real", "--out", tmp_path / "no.png")


def test_a_broken_picture_is_refused_where_that_is_asked_for(tiny_config, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"broken\.png"):
        call(
            monkeypatch, train_celeba_vae, "--config", tiny_config, "--run", tmp_path / "run",
            "--strict",
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_errors_are_one_line_and_a_status(capsys):
    def refuse():
        raise InputError("no such folder")

    with pytest.raises(SystemExit) as caught:
        command_line.report_errors(refuse)
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: no such folder\n"
