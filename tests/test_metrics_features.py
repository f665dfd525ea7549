"""Features: what they are of, what their hash is of, that they come back as they were."""

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from genjax.errors import InputError
from genjax.metrics import features
from genjax.metrics.classifier import shifted, targets
from genjax.metrics.resize import shrink


def pictures(n, height=16, width=16, channels=3, seed=0):
    shape = (n, height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def shades():
    """Dark and light pictures, and which is which."""
    light = np.arange(60) % 2 == 1
    return pictures(60) // 2 + 128 * light[:, None, None, None].astype(np.uint8), light


@pytest.fixture(scope="module")
def fitted(shades):
    """Features that were fitted."""
    images, light = shades
    return {
        "pca": features.pca(images, components=5, size=8),
        "attributes": features.classifier(images, light[:, None], width=6, steps=30),
    }


@pytest.mark.parametrize(("height", "width", "size"), [(12, 12, 4), (13, 9, 5), (7, 20, 10)])
def test_shrinking_is_opencv_s_by_areas(height, width, size):
    image = pictures(1, height, width)[0]
    new = min(height, size), min(width, size)
    expected = cv2.resize(image.astype(np.float32) / 255, new[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(shrink(image[None], size)[0], expected, atol=2e-6)


def test_pixels_of_small_pictures_are_the_pixels():
    images = pictures(3, 5, 4, 1)
    np.testing.assert_allclose(features.pixels()(images), images.reshape(3, -1) / 255, rtol=1e-6)


def test_principal_components_are_those_of_the_singular_values(shades, fitted):
    rows = np.asarray(shrink(shades[0], 8), np.float64).reshape(60, -1)
    _, values, basis = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    found = fitted["pca"](shades[0])
    expected = (rows - rows.mean(0)) @ basis[:5].T
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)
    np.testing.assert_allclose(np.sum(found**2, 0), values[:5] ** 2, rtol=1e-4)


def test_a_classifier_s_features_tell_what_it_learnt(shades, fitted):
    images, light = shades
    found = fitted["attributes"](images)
    assert found.shape == (60, 6)
    assert found.min() >= 0
    between = np.abs(found[light].mean(0) - found[~light].mean(0))
    within = np.maximum(found[light].std(0), found[~light].std(0))
    assert (between > 3 * within).any()


def test_the_number_of_pictures_changes_nothing(fitted, monkeypatch):
    images = pictures(300, 8, 8)
    whole = features.pixels(size=4)(images)
    assert whole.dtype == np.float32
    monkeypatch.setattr(features, "_BLOCK", 7)
    np.testing.assert_array_equal(features.pixels(size=4)(images), whole)
    assert features.pixels(size=4)(images[:0]).shape == (0, 48)


def test_a_hash_is_of_all_that_determines_the_function(shades, fitted):
    images, _ = shades
    assert features.pixels().hash == features.pixels().hash != features.pixels(size=8).hash
    again = features.pca(images, components=5, size=8)
    assert again.hash == fitted["pca"].hash
    assert features.pca(images[1:], components=5, size=8).hash != again.hash


def test_a_classifier_reads_what_it_learnt_from_its_own_features(shades, fitted):
    images, light = shades
    logits = fitted["attributes"].classify(images)
    assert (logits.shape, logits.dtype) == ((60, 1), np.float32)
    np.testing.assert_array_equal(logits[:, 0] > 0, light)
    kernel, bias, classes = fitted["attributes"].head
    np.testing.assert_allclose(logits, fitted["attributes"](images) @ kernel + bias, rtol=1e-6)
    assert classes == ()
    with pytest.raises(InputError, match="pca classifies nothing"):
        fitted["pca"].classify(images)


def test_shifts_are_of_whole_pictures_both_ways_and_of_all_lengths():
    one = np.arange(35, dtype=np.uint8).reshape(1, 5, 7, 1) + 1
    found = np.asarray(shifted(jax.random.key(0), jnp.asarray(np.tile(one, (200, 1, 1, 1))), 2))
    assert found.shape == (200, 5, 7, 1)
    padded = np.pad(one[0, ..., 0], 2, mode="edge")
    possible = {padded[i : i + 5, j : j + 7].tobytes() for i in range(5) for j in range(5)}
    assert {picture.tobytes() for picture in found} == possible


@pytest.mark.parametrize("name", ["pca", "attributes"])
def test_saved_features_come_back(name, shades, fitted, tmp_path):
    features.save(tmp_path / "features.npz", fitted[name])
    back = features.load(tmp_path / "features.npz")
    assert (back.name, back.hash) == (fitted[name].name, fitted[name].hash)
    np.testing.assert_array_equal(back(shades[0]), fitted[name](shades[0]))
    if name == "attributes":
        again = back.classify(shades[0])
        np.testing.assert_array_equal(again, fitted[name].classify(shades[0]))


def test_what_is_no_saved_features_is_refused(fitted, tmp_path):
    path = tmp_path / "features.npz"
    with pytest.raises(InputError, match="holds no features"):
        features.load(path)
    path.write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="holds no features"):
        features.load(path)
    features.save(path, fitted["pca"])
    with np.load(path) as file:
        arrays = dict(file) | {"mean": file["mean"] + 1}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="damaged"):
        features.load(path)
    features.save(path, fitted["attributes"])
    with np.load(path) as file:
        headless = {key: array for key, array in file.items() if not key.startswith("head/")}
    np.savez(path, **headless)
    with pytest.raises(InputError, match="older version, without the last layer: train it anew"):
        features.load(path)
    elsewhere = features.Features("inception", "0", lambda images: images.mean((1, 2)))
    with pytest.raises(InputError, match="from elsewhere"):
        features.save(path, elsewhere)
    with pytest.raises(InputError, match="cannot write"):
        features.save(tmp_path / "nowhere" / "features.npz", fitted["pca"])


@pytest.mark.slow
def test_classes_are_learnt_too_and_the_seed_decides_the_hash(shades):
    images, light = shades
    small = images[:, :8, :8]  # no convolution: quick to compile
    found = [
        features.classifier(small, light.astype(int), width=4, steps=30, seed=seed)
        for seed in (0, 0, 1)
    ]
    assert found[0].hash == found[1].hash != found[2].hash
    values = found[0](small)
    assert np.abs(values[light].mean(0) - values[~light].mean(0)).max() > 0.1
    assert found[0].head.classes == ("0", "1")


def test_named_classes_are_outputs_also_where_none_was_seen(shades, tmp_path):
    images, light = shades
    names = ("dark", "light", "none")
    found = features.classifier(
        images[:, :8, :8], light.astype(int), classes=names, width=4, steps=1, shift=1
    )
    features.save(tmp_path / "features.npz", found)
    assert features.load(tmp_path / "features.npz").head.classes == names
    assert found.classify(images[:2, :8, :8]).shape == (2, 3)


def test_what_a_table_of_labels_has_to_learn():
    frame = pd.DataFrame({"hat": [True, False, True], "yaw": [0.1, 0.2, 0.3], "wink": [0, 1, 1]})
    np.testing.assert_array_equal(targets(frame), [[1, 0], [0, 1], [1, 1]])
    assert targets(frame).dtype == bool
    assert targets(frame[["yaw"]]) is None
    assert targets(None) is None
    assert targets(pd.DataFrame({"a": [2, 3], "b": [4, 5]})) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: features.pixels()(x / 255), "uint8"),
        (lambda x: features.pixels()(x[0]), "uint8"),
        (lambda x: features.pixels(size=0), "1 pixel"),
        (lambda x: features.pca(x, components=4), "do not have 4"),
        (lambda x: features.classifier(x, np.zeros(4)), "labels are"),
        (lambda x: features.classifier(x, np.zeros(3, int)), "labels are"),
        (lambda x: features.classifier(x, np.array([0, 1, 2, -1])), "labels are"),
        (lambda x: features.classifier(x, np.arange(4), classes="abc"), "other classes than a, b"),
        (lambda x: features.classifier(x, np.ones((4, 1), bool), classes="ab"), "other classes"),
        (lambda x: features.classifier(x, np.arange(4), steps=0), "are 1 or more"),
        (lambda x: features.classifier(x, np.arange(4), shift=-1), "shift 0 or more"),
    ],
)
def test_impossible_features_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call(pictures(4))
