"""The script that trains a classifier: what it learns, says and keeps, and what it refuses."""

import sys

import numpy as np
import pytest

import train_classifier
from genjax.data.config import DataConfig
from genjax.errors import InputError
from genjax.metrics import features
from making_digits import SHAPE, shades, write_folders, write_shades


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["train_classifier", *map(str, args)])
    return train_classifier.main()


def test_digits_are_learnt_and_tried_on_the_test_split(tmp_path, monkeypatch, capsys):
    data, out = write_shades(tmp_path / "shades"), tmp_path / "classifier.npz"
    options = ("--image-shape", "8", "8", "1", "--steps", "300", "--out", out)
    assert call(monkeypatch, "--data", data, *options) == 0
    said = capsys.readouterr().out
    found = features.load(out)
    assert found.head.classes == ("0", "1", "2")
    pixels, labels = shades(60, seed=1)  # the test split
    right = found.classify(pixels).argmax(1) == labels
    assert right.mean() > 0.9
    assert f"accuracy {right.mean():.4f}" in said
    assert "on 60 pictures (test split)" in said
    assert f"balanced accuracy {np.mean([right[labels == i].mean() for i in range(3)]):.4f}" in said
    assert "would be right on 0.3333" in said
    assert f"features {found.hash}\n{out}\n" in said


def test_without_a_test_split_the_validation_split_does(tmp_path):
    data = write_shades(tmp_path / "shades")
    for file in data.glob("t10k*"):
        file.unlink()
    learnt, tried, part = train_classifier._parts(DataConfig(path=str(data)), SHAPE)
    assert (len(learnt.pixels), len(tried.pixels), part) == (100, 20, "validation split")


def test_of_sub_folders_a_spread_tenth_is_held_out(tmp_path, monkeypatch, capsys):
    pixels, labels = shades(60)
    data = write_folders(tmp_path / "data")
    out = tmp_path / "classifier.npz"
    options = ("--image-shape", "8", "8", "1", "--steps", "300", "--out", out)
    call(monkeypatch, "--data", data, *options)
    said = capsys.readouterr()
    assert "learning 3 classes of 54 pictures" in said.err
    assert "on 6 pictures (a tenth, held out)" in said.out
    assert "would be right on 0.3333" in said.out  # two of each
    found = features.load(out)
    assert found.head.classes == ("dark", "half", "light")
    assert (found.classify(pixels).argmax(1) == labels).mean() > 0.9


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--steps", "0"], "--steps must"),
        (["--seed", "-1"], "--seed lies"),
        (["--image-shape", "0", "8", "1"], "--image-shape"),
        (["--out", "classifier.txt"], "--out is an .npz"),
        (["--out", "nowhere/classifier.npz"], "--out is an .npz"),
        (["--attribute", "lable"], r"no attribute 'lable' \(--attribute\); near names: label"),
        (["--image-shape", "9", "9", "1"], r"pictures of \(8, 8, 1\)"),
    ],
)
def test_bad_arguments_are_one_clear_line(tmp_path, monkeypatch, args, words):
    given = ["--data", write_shades(tmp_path / "shades"), "--image-shape", "8", "8", "1",
             "--out", tmp_path / "classifier.npz"]  # fmt: skip
    with pytest.raises(InputError, match=words) as caught:
        call(monkeypatch, *given, *args)
    assert "\n" not in str(caught.value)
