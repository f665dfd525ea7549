"""What distances between pictures are measured in: functions with a name and a hash.

A score means something only beside the features that it was measured in, so these carry a hash of
all that determines them, and can be saved, so that two runs are scored by the very same ones.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax.errors import FlaxError
from jax import Array

from genjax.errors import InputError
from genjax.metrics.classifier import BIAS, KERNEL, Head, penultimate, train_classifier
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
        head: the last layer, where the function is the rest of a classifier.

    Example:
        >>> mean = Features("mean", "0", lambda images: images.mean((1, 2)) / 255)
        >>> mean(np.full((3, 8, 8, 1), 51, np.uint8)).tolist() == [[np.float32(0.2)]] * 3
        True
    """

    name: str
    hash: str
    function: Callable[[np.ndarray], Any]
    recipe: Recipe | None = None
    head: Head | None = None

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
            try:
                outputs.append(np.asarray(self.function(padded), np.float32)[: len(block)])
            except (FlaxError, TypeError) as error:
                raise InputError(
                    f"{self.name} features are of pictures of another shape than {images.shape[1:]}"
                ) from error
        return np.concatenate(outputs)

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Return the logits, (n, outputs) float32, of pictures (n, h, w, c) uint8.

        Raises:
            InputError: these features are no classifier's.
        """
        if self.head is None:
            raise InputError(f"{self.name} classifies nothing: these are features alone")
        return self.head(self(images))


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


def leading_components(images: np.ndarray, *, most: int = 64) -> Features:
    """Return `pca` of as many components as the pictures have, at most so many."""
    values = pixels()(images[:1]).shape[1]
    return pca(images, components=min(most, len(images) - 1, values))


def classifier(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    classes: Sequence[str] = (),
    size: int = 64,
    width: int = 128,
    steps: int = 600,
    seed: int = 0,
    shift: int = 0,
) -> Features:
    """Return the penultimate layer of a small convolutional classifier, trained here.

    Args:
        images: (n, h, w, c) uint8, from the training split.
        labels: of the same pictures: (n, attributes) bool, or (n,) int classes from 0.
        classes: their names; by default their numbers.
        size: of the pictures, see `pixels`.
        width: features.
        steps: of training, of up to 128 pictures each.
        seed: of the training; the same one gives the same features on one kind of device.
        shift: pixels that a picture is moved by at random while training, at most.

    Returns:
        The features, with the `head` that classifies by them.

    Raises:
        InputError: the labels are of neither form, or not as many as the pictures, or there are
            other classes than those named.
    """
    labels = np.asarray(labels)
    is_classes = labels.ndim == 1 and labels.dtype.kind in "iu" and labels.min(initial=0) >= 0
    is_attributes = labels.ndim == 2 and labels.dtype == bool
    if not (is_classes or is_attributes) or len(labels) != len(images) or min(labels.shape) < 1:
        raise InputError(
            f"labels are (n, attributes) bool or (n,) int classes from 0 for {len(images)} "
            f"pictures, not {labels.dtype} {labels.shape}"
        )
    outputs = labels.shape[1] if is_attributes else len(classes) or int(labels.max()) + 1
    if classes and (is_attributes or labels.max() >= outputs):
        raise InputError(f"these labels are of other classes than {', '.join(classes)}")
    if min(size, width, steps) < 1 or shift < 0:
        raise InputError(
            f"size, width and steps are 1 or more, shift 0 or more: {size}, {width}, {steps}, "
            f"{shift}"
        )
    params = train_classifier(
        images, labels, outputs=outputs, size=size, width=width, steps=steps, seed=seed, shift=shift
    )
    names = [] if is_attributes else [*classes] or [str(label) for label in range(outputs)]
    return _features(Recipe("classifier", {"size": size, "width": width, "classes": names}, params))


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
        recipe = Recipe(head["kind"], head["settings"], arrays)
        is_old = recipe.kind == "classifier" and KERNEL not in arrays
        features = None if is_old else _features(recipe)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no features: {error}") from error
    if features is None:
        raise InputError(f"{path} is of an older version, without the last layer: train it anew")
    if features.hash != head["hash"]:
        raise InputError(f"{path} is damaged: its features are not those that were saved")
    return features


_HEAD = "recipe"
_KINDS: dict[str, Callable[..., Array]] = {
    "pixels": lambda arrays, images, size: shrink(images, size).reshape(len(images), -1),
    "pca": lambda arrays, images, size: (
        (shrink(images, size).reshape(len(images), -1) - arrays["mean"][None]) @ arrays["basis"]
    ),
    "classifier": lambda arrays, images, size, width, classes: penultimate(
        arrays, images, size, width
    ),
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
    last = None
    if kind == "classifier":
        last = Head(arrays[KERNEL], arrays[BIAS], tuple(settings["classes"]))
    return Features(kind, total.hexdigest(), lambda images: jitted(on_device, images), recipe, last)
