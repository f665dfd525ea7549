"""The planes of both models, on digits small in number."""

import gzip
import struct
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import mnist_plane
from command_line import load_config
from genjax.errors import InputError


def write(folder, name, array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    (folder / f"{name}-idx{array.ndim}-ubyte.gz").write_bytes(gzip.compress(head + bytes(array)))


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["script", *map(str, args)])
    return mnist_plane.main()


@pytest.mark.slow
def test_the_figure_and_its_numbers(tmp_path, monkeypatch, capsys):
    """Three digits that are stripes: told apart by any code."""
    digits = (np.arange(240) % 3).astype(np.uint8)
    pixels = np.zeros((240, 28, 28), np.uint8)
    for row, digit in enumerate(digits):
        pixels[row, :, 8 * digit : 8 * digit + 8] = 255
    for part, rows in (("train", slice(192)), ("t10k", slice(192, None))):
        write(tmp_path, f"{part}-images", pixels[rows])
        write(tmp_path, f"{part}-labels", digits[rows])

    def small(path):
        config = load_config(path)
        return replace(config, model=replace(config.model, hidden=(16,)), batch_size=32, chunk=10)

    monkeypatch.setattr(mnist_plane, "load_config", small)
    options = ("--data", tmp_path, "--runs", tmp_path / "runs", "--epochs", "10")
    assert call(monkeypatch, *options) == 0
    reader, autoencoder, vae, out = capsys.readouterr().out.splitlines()
    assert "100.0%" in reader
    assert autoencoder.startswith("autoencoder: 100.0% of the test digits")
    assert vae.startswith("variational autoencoder: ")
    assert "of the plane reads as a digit" in vae
    with Image.open(out) as figure:
        assert figure.width > 900


def test_the_grid_follows_the_prior_or_the_codes():
    codes = np.random.default_rng(0).uniform(-5, 3, (10_000, 2)) * [1, 10]
    (x, y), quantiles = mnist_plane.grid(codes, False), mnist_plane.grid(codes, True)
    np.testing.assert_allclose([x[0], x[-1]], [-4.7, 2.7], atol=0.1)
    np.testing.assert_allclose([y[0], y[-1]], [-47, 27], atol=1)
    np.testing.assert_allclose(quantiles[0][[0, 9, 10, 19]], [-1.96, -0.0627, 0.0627, 1.96], 1e-3)
    np.testing.assert_array_equal(quantiles[0], quantiles[1])


def test_pictures_without_labels_are_refused(tmp_path, monkeypatch):
    Image.new("L", (28, 28)).save(tmp_path / "a.png")
    with pytest.raises(InputError):
        call(monkeypatch, "--data", tmp_path)
