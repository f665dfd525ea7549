"""The script for GANs of pictures: digits, sub-folders, attributes; what it refuses."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import genjax
import sample
import train_gan
from genjax import InputError
from genjax.config import TrainingConfig, to_plain
from genjax.metrics import features
from genjax.models import (
    DCGANDiscriminatorConfig,
    DCGANGeneratorConfig,
    DiscriminatorConfig,
    GANConfig,
    GeneratorConfig,
)
from making_digits import SHAPE, shades, write_shades

pytestmark = pytest.mark.slow

CONV = GANConfig(
    event_shape=SHAPE, latent_size=4, head="tanh", classes=2, augmentation=("translation",),
    generator=DCGANGeneratorConfig(width=2), discriminator=DCGANDiscriminatorConfig(width=2),
)  # fmt: skip
PLAIN = GANConfig(
    event_shape=SHAPE, latent_size=4, head="tanh",
    generator=GeneratorConfig(hidden=(4,)), discriminator=DiscriminatorConfig(hidden=(4,)),
)  # fmt: skip


def call(monkeypatch, script, *args):
    monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, args)])
    return script.main()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Tiny digits, a classifier of them, and the configurations."""
    folder = tmp_path_factory.mktemp("pictures")
    digits = write_shades(folder / "digits")
    for name, model in (("conv", CONV), ("plain", PLAIN)):
        config = TrainingConfig(model=model, batch_size=8, steps=6, chunk=3)
        (folder / f"{name}.json").write_text(json.dumps(to_plain(config)))
    pixels, labels = shades(60)
    features.save(
        folder / "classifier.npz",
        features.classifier(pixels, labels, size=8, width=4, steps=2, classes=("0", "1", "2")),
    )
    for index, (picture, label) in enumerate(zip(pixels[:24], labels[:24], strict=True)):
        kind = folder / "kinds" / ("dark", "left", "light")[label]
        kind.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[..., 0]).save(kind / f"{index}.png")
    return folder, digits


@pytest.fixture(scope="module")
def run(place, tmp_path_factory):
    folder, digits = place
    where = tmp_path_factory.mktemp("gan") / "run"
    with pytest.MonkeyPatch.context() as patch:
        about = ("--config", folder / "conv.json", "--features", folder / "classifier.npz")
        call(patch, train_gan, "--run", where, "--data", digits, *about)
    return where


def test_digits_in_idx_files_become_classes_with_names(run, place):
    trained = genjax.load(run)
    assert trained.config.model.class_names == ("0", "1", "2")
    assert trained.model.classes == 3
    assert trained.config.model.class_names == tuple(
        json.loads((run / "config.json").read_text())["model"]["class_names"]
    )
    by_name = trained.sample(4, y=["2", "0", "1", "2"], seed=3)
    np.testing.assert_array_equal(by_name, trained.sample(4, y=[2, 0, 1, 2], seed=3))
    with pytest.raises(InputError, match="no class '7'"):
        trained.sample(1, y="7")


def test_between_classes_lie_shares_of_them(run):
    trained = genjax.load(run)
    z = trained.latents(3, seed=5)
    assert z.shape == (3, 4)
    whole = trained.decode(z, y=np.eye(3)[[1, 1, 1]])
    np.testing.assert_array_equal(whole, trained.decode(z, y="1"))
    half = trained.decode(z, y=np.array([0.5, 0.5, 0.0]))
    assert (half != whole).any()
    assert half.shape == (3, *SHAPE)


def test_signals_and_figures_are_written(run):
    signals = [json.loads(line) for line in (run / "signals.jsonl").read_text().splitlines()]
    assert [record["step"] for record in signals][-1] == 6
    last = signals[-1]
    assert 0 <= last["conditional_accuracy"] <= 1
    assert last["frechet_distance"] > last["frechet_distance_of_real"] >= 0
    for figure in ("samples", "between", "nearest"):
        assert (run / "figures" / f"{figure}_0000006.png").stat().st_size > 5_000
    assert (run / "figures" / "signals.png").exists()


def test_a_pause_changes_no_bit(run, place, tmp_path, monkeypatch):
    folder, digits = place
    cut = tmp_path / "cut"
    call(
        monkeypatch, train_gan, "--config", folder / "conv.json", "--data", digits, "--run", cut,
        "--steps", 4,
    )  # fmt: skip
    call(monkeypatch, train_gan, "--run", cut, "--steps", 6)
    np.testing.assert_array_equal(genjax.load(cut).sample(5, y=1), genjax.load(run).sample(5, y=1))


def test_sub_folders_are_classes_and_samples_are_drawn_by_name(place, tmp_path, monkeypatch):
    folder, _ = place
    about = ("--config", folder / "plain.json", "--data.attribute", "class")
    call(monkeypatch, train_gan, "--data", folder / "kinds", "--run", tmp_path / "run", *about)
    assert genjax.load(tmp_path / "run").config.model.class_names == ("dark", "left", "light")
    out = tmp_path / "one"
    call(monkeypatch, sample, tmp_path / "run", "--n", 3, "--label", "left", "--out", f"{out}/")
    assert len(list(out.iterdir())) == 3


def test_without_classes_no_labels_are_looked_at(place, tmp_path, monkeypatch):
    folder, _ = place
    call(
        monkeypatch, train_gan, "--config", folder / "plain.json", "--data", folder / "kinds",
        "--run", tmp_path / "run", "--steps", 3,
    )  # fmt: skip
    assert genjax.load(tmp_path / "run").sample(2).shape == (2, *SHAPE)


@pytest.mark.parametrize(
    ("args", "match"),
    [
        (("--data", "{folder}/kinds/dark"), "labels|classes"),
        (("--data", "{folder}/digits", "--data.attribute", "lable"), "lable.*label"),
        (("--data.limit", "11"), "watched on 12 pictures"),
        (("--model.loss", "vanilla"), "no adversarial loss"),
        (("--features", "{folder}/plain.json"), "holds no features"),
        (("--config", "{root}/configs/celeba_vae.py"), "a GAN is trained here"),
        (("--model.event-shape", "16", "16", "1"), r"pictures of \(8, 8, 1\)"),
    ],
)
def test_bad_input_is_one_line_before_training(place, tmp_path, monkeypatch, args, match):
    folder, digits = place
    root = Path(__file__).parents[1]
    given = [arg.format(folder=folder, root=root) for arg in args]
    about = ("--config", folder / "conv.json", "--data", digits, "--run", tmp_path / "run")
    with pytest.raises(InputError, match=match) as caught:
        call(monkeypatch, train_gan, *about, *given)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
