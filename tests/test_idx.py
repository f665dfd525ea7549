"""MNIST's files: what they hold, where they are found, and what is said of broken ones."""

import gzip
import struct

import numpy as np
import pytest

from genjax.data.binarize import binarize
from genjax.data.conditions import condition_of
from genjax.data.config import DataConfig
from genjax.data.idx import is_mnist, load_mnist, read_idx
from genjax.data.training_set import load_split, load_training_set
from genjax.errors import InputError

SHAPE = (5, 4, 1)
PIXELS = np.random.default_rng(0).integers(0, 256, (16, 5, 4), np.uint8)
LABELS = np.arange(16, dtype=np.uint8) % 10


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + bytes(array)
    )


def write(folder, dot="-", pack=gzip.compress, end=".gz", parts=("train", "t10k")):
    """12 training digits and 4 test digits."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in zip(parts, (slice(12), slice(12, None)), strict=True):
        for kind, array in ((f"images{dot}idx3", PIXELS), (f"labels{dot}idx1", LABELS)):
            (folder / f"{part}-{kind}-ubyte{end}").write_bytes(pack(idx(array[rows])))
    return folder


@pytest.mark.parametrize(
    ("below", "dot", "pack", "end", "parts"),
    [
        ("", "-", gzip.compress, ".gz", ("train", "t10k")),
        ("", ".", bytes, "", ("train", "t10k")),
        ("MNIST/raw", "-", bytes, "", ("train", "t10k")),
        ("FashionMNIST/raw", "-", bytes, "", ("train", "t10k")),
        ("", "-", gzip.compress, ".gz", ("emnist-letters-train", "emnist-letters-test")),
        ("", "-", bytes, ".gz", ("train", "t10k")),  # what a browser has unpacked without a word
    ],
)
def test_every_spelling_is_found_and_split(tmp_path, below, dot, pack, end, parts):
    assert not is_mnist(tmp_path)
    write(tmp_path / below, dot, pack, end, parts)
    assert is_mnist(tmp_path)
    config = DataConfig(path=str(tmp_path))
    rows = {
        "train": slice(10), "validation": slice(10, 12), "test": slice(12, 16),
        "train+validation": slice(12), "all": slice(16),
    }  # fmt: skip
    for split, part in rows.items():
        data = load_split(config, SHAPE, split)
        np.testing.assert_array_equal(data.pixels[..., 0], PIXELS[part])
        np.testing.assert_array_equal(data.labels["label"], LABELS[part])
    condition = condition_of(load_split(config, SHAPE, "all").labels)
    assert (condition.names, condition.y.tolist()) == (tuple("0123456789"), LABELS.tolist())
    few = load_split(config, SHAPE, "validation", limit=1)
    assert (few.labels["label"].tolist(), len(few.pixels)) == ([LABELS[10]], 1)
    data = load_training_set(config, SHAPE)
    assert (len(data.pixels), len(data.labels), data.held_out) == (10, 10, True)
    np.testing.assert_array_equal(data.shown[..., 0], PIXELS[10:12])


def refused(folder, words, shape=SHAPE):
    with pytest.raises(InputError, match=words) as caught:
        load_mnist(folder, image_shape=shape)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_used_is_said_in_one_line(tmp_path):
    folder = write(tmp_path)
    refused(folder, r"pictures of \(5, 4, 1\), not \(28, 28, 1\)", (28, 28, 1))
    images, labels = folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte.gz"
    whole = images.read_bytes()
    for content, words in (
        (whole[:-9], "train-images.* cut short: its gzip stream"),
        (whole[:30] + b"????" + whole[34:], "cannot read .*train-images"),
        (idx(PIXELS[:12])[:-1], r"train-images.* cut short: .*\(12, 5, 4\), 240 bytes.* 239"),
        (idx(PIXELS[:12]) + b"?", "too long"),
        (idx(PIXELS[:12])[:9], "within its head"),
        (idx(LABELS), "train-images.* begins with 00000801; .*pictures begins with 00000803"),
        (b"", "begins with nothing"),
        (idx(PIXELS[:11]), "11 pictures and 12 labels of train"),
    ):
        images.write_bytes(content)
        refused(folder, words)
    images.write_bytes(whole)
    for content, words in (
        (idx(LABELS[:11]), "12 pictures and 11 labels of train"),
        (idx(LABELS[:12])[:-1], r"train-labels.* cut short: .*\(12,\), 12 bytes.* 11"),
        (idx(PIXELS), "train-labels.* begins with 00000803; .*labels begins with 00000801"),
        (b"\0\0\x0d\1" + idx(LABELS)[4:], "train-labels.* begins with 00000d01"),
    ):
        labels.write_bytes(content)
        refused(folder, words)
    labels.unlink()
    refused(folder, "lacks the labels train-labels-idx1-ubyte")


def test_of_several_sets_mnist_or_none_is_meant(tmp_path):
    for name in ("FashionMNIST", "KMNIST"):
        write(tmp_path / name / "raw")
    refused(tmp_path, "several sets of idx files: FashionMNIST/raw/, KMNIST/raw/$")
    write(tmp_path / "MNIST" / "raw")
    for parts in (("emnist-mnist-train", "emnist-mnist-test"), ("a-train", "a-test")):
        write(tmp_path / "MNIST" / "raw", parts=parts)
    assert len(load_mnist(tmp_path, image_shape=SHAPE)[0]) == 10
    for file in (tmp_path / "MNIST" / "raw").glob("t*"):
        file.unlink()
    refused(tmp_path, "several sets of idx files: a-, emnist-mnist-$")


def test_static_binarisation_is_a_fair_draw_that_depends_on_the_picture_alone(tmp_path):
    levels = np.repeat(np.arange(256, dtype=np.uint8), 100).reshape(16, 40, 40, 1)
    drawn = binarize(np.tile(levels, (2, 1, 1, 1)), "static")
    assert set(np.unique(drawn)) == {0, 255}
    np.testing.assert_array_equal(drawn[:16], drawn[16:32])  # the same pictures, the same draws
    noise = np.random.default_rng(0).integers(0, 256, (2000, 8, 8, 1), np.uint8)
    drawn = binarize(noise, "static")
    white = np.array([np.mean(drawn[noise == grey] == 255) for grey in range(256)])
    counts = np.bincount(noise.ravel())
    expected = np.arange(256) / 255
    deviation = np.sqrt(expected * (1 - expected) / counts)
    assert white[0] == 0
    assert white[255] == 1
    z = ((white - expected) / np.maximum(deviation, 1e-9))[1:-1]
    assert np.abs(z).max() < 4.5
    assert 0.8 < np.mean(z**2) < 1.2  # 254 draws: 1 within .09
    folder = write(tmp_path)
    config = DataConfig(path=str(folder), binarize="static")
    all_of_them = load_split(config, SHAPE, "all").pixels
    np.testing.assert_array_equal(load_split(config, SHAPE, "test", limit=2).pixels,
                                  all_of_them[12:14])  # fmt: skip
    threshold = load_split(DataConfig(path=str(folder), binarize="threshold"), SHAPE, "all").pixels
    np.testing.assert_array_equal(threshold[..., 0], (PIXELS > 127) * 255)


def test_mnist_as_it_is_distributed(shared_data):
    pixels, labels = load_mnist(shared_data / "mnist", split="test")
    assert pixels.shape == (10_000, 28, 28, 1)
    # The published first digits and counts of the test file.
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert read_idx(shared_data / "mnist" / "train-labels-idx1-ubyte.gz", 1).shape == (60_000,)
