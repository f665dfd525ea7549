"""What distances between pictures are measured in: functions with a name and a hash.

A score means something only beside the features that it was measured in, so these carry a hash of
all that determines them, and can be saved, so that two runs are scored by the very same ones.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError
from genjax.metrics.classifier import penultimate, train_classifier
from genjax.metrics.resize import shrink

_BLOCK = 256  # pictures a call, the last block padded: one compilation serves any number


class Recipe(NamedTuple):
    """What makes features again: `kind(settings, arrays, images)`, as plain values and arrays."""

    kind: str
    settings: dict[str, Any]
    arrays: dict[str, np.ndarray]


class Features(NamedTuple):
    """A function of pictures, to be called: (n, h, w, c) uint8 -> (n, d) float32.

    Any other function may be wrapped, such as a pretrained network: `Features(name, hash, f)`.

    Attributes:
        name: of the kind.
        hash: of all that determines the function.
        function: (256, h, w, c) uint8 -> (256, d); the call takes any number.
        recipe: what `save` writes; None for a function from elsewhere.

    Example:
        >>> mean = Features("mean", "0", lambda images: images.mean((1, 2)) / 255)
        >>> mean(np.full((3, 8, 8, 1), 51, np.uint8)).tolist() == [[np.float32(0.2)]] * 3
        True
    """

    name: str
    hash: str
    function: Callable[[np.ndarray], Any]
    recipe: Recipe | None = None

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the features, (n, d) float32, of pictures (n, h, w, c) uint8."""
        if images.ndim != 4 or images.dtype != np.uint8:
            raise InputError(
                f"features are of uint8 pictures, (n, height, width, channels), not of "
                f"{images.dtype} {images.shape}"
            )
        outputs = []
        for start in range(0, max(len(images), 1), _BLOCK):
            block = images[start : start + _BLOCK]
            padded = np.pad(block, [(0, _BLOCK - len(block)), (0, 0), (0, 0), (0, 0)])
            outputs.append(np.asarray(self.function(padded), np.float32)[: len(block)])
        return np.concatenate(outputs)


def pixels(*, size: int = 16) -> Features:
    """Return the pixels themselves, in [0, 1], averaged over areas until no side exceeds `size`.

    Example:
        >>> pixels(size=2)(np.full((1, 8, 8, 1), 255, np.uint8)).tolist()
        [[1.0, 1.0, 1.0, 1.0]]
    """
    if size < 1:
        raise InputError(f"a picture has 1 pixel or more a side, not {size}")
    return _features(Recipe("pixels", {"size": size}, {}))


def pca(images: np.ndarray, *, components: int = 64, size: int = 16) -> Features:
    """Return the leading principal components of the pixels, in pixels' units (not whitened).

    Args:
        images: (n, h, w, c) uint8, from the training split.
        components: how many, fewer than n and no more than the pixels.
        size: of the pictures, see `pixels`.

    Raises:
        InputError: more components than the pictures have.
    """
    rows = pixels(size=size)(images).astype(np.float64)
    if not 1 <= components <= min(len(rows) - 1, rows.shape[1]):
        raise InputError(
            f"{len(rows)} pictures of {rows.shape[1]} values do not have {components} components"
        )
    mean = rows.mean(0)
    rows -= mean
    _, vectors = np.linalg.eigh(rows.T @ rows)
    basis = np.ascontiguousarray(vectors[:, : -components - 1 : -1], np.float32)
    arrays = {"mean": mean.astype(np.float32), "basis": basis}
    return _features(Recipe("pca", {"size": size}, arrays))


def classifier(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    size: int = 64,
    width: int = 128,
    steps: int = 600,
    seed: int = 0,
) -> Features:
    """Return the penultimate layer of a small convolutional classifier, trained here.

    Args:
        images: (n, h, w, c) uint8, from the training split.
        labels: of the same pictures: (n, attributes) bool, or (n,) int classes from 0.
        size: of the pictures, see `pixels`.
        width: features.
        steps: of training, of up to 128 pictures each.
        seed: of the training; the same one gives the same features on one kind of device.

    Raises:
        InputError: the labels are of neither form, or not as many as the pictures.
    """
    settings = {"size": size, "width": width}
    params = train_classifier(images, labels, **settings, steps=steps, seed=seed)
    return _features(Recipe("classifier", settings, params))


def save(path: str | Path, features: Features) -> None:
    """Write features to an .npz file.

    Raises:
        InputError: they are a function from elsewhere, or the file cannot be written.
    """
    if features.recipe is None:
        raise InputError(f"{features.name} comes from elsewhere: only its name and hash are known")
    kind, settings, arrays = features.recipe
    head = json.dumps({"kind": kind, "settings": settings, "hash": features.hash})
    try:
        with Path(path).open("wb") as file:
            np.savez(file, allow_pickle=False, **{_HEAD: np.array(head)}, **arrays)
    except OSError as error:
        raise InputError(f"cannot write to {path}: {error.strerror}") from error


def load(path: str | Path) -> Features:
    """Return the features that `save` wrote.

    Raises:
        InputError: there are none in the file, or they are not what was saved.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(str(arrays.pop(_HEAD)))
        features = _features(Recipe(head["kind"], head["settings"], arrays))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no features: {error}") from error
    if features.hash != head["hash"]:
        raise InputError(f"{path} is damaged: its features are not those that were saved")
    return features


_HEAD = "recipe"
_KINDS: dict[str, Callable[..., Array]] = {
    "pixels": lambda arrays, images, size: shrink(images, size).reshape(len(images), -1),
    "pca": lambda arrays, images, size: (
        (shrink(images, size).reshape(len(images), -1) - arrays["mean"][None]) @ arrays["basis"]
    ),
    "classifier": penultimate,
}


def _features(recipe: Recipe) -> Features:
    kind, settings, arrays = recipe
    function = _KINDS[kind]
    jitted = jax.jit(lambda arrays, images: function(arrays, images, **settings))
    on_device = jax.tree.map(jnp.asarray, arrays)
    total = hashlib.blake2b(json.dumps([kind, settings], sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name}{array.dtype}{array.shape}".encode())
        total.update(array.tobytes())
    return Features(kind, total.hexdigest(), lambda images: jitted(on_device, images), recipe)
