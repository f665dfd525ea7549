"""A small classifier, trained by the library's own loop, for its features and its verdicts.

Strided convolutions with group normalisation, flattened to `width` numbers, a ReLU (these are the
features), and one linear layer to the labels.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import Array
from pandas.api.types import is_string_dtype

from genjax.algorithm import Aux, Context, Params, Phase, PyTree, from_phases
from genjax.fit import fit
from genjax.metrics.resize import shrink
from genjax.nets.conv_networks import ConvEncoder
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network

KERNEL, BIAS = "head/Dense_0/kernel", "head/Dense_0/bias"
_BATCH, _RATE = 128, 1e-3


def targets(labels: pd.DataFrame | None) -> np.ndarray | None:
    """Return what a classifier can learn of a data set's labels, or None.

    Args:
        labels: a row a picture; None where nothing is known.

    Returns:
        The columns of zeros and ones, (n, attributes) bool; where there are none, a single column
        of classes, (n,) int; of text, such as sub-folders, their places in its order.

    Example:
        >>> targets(pd.DataFrame({"Smiling": [0, 1], "yaw": [0.3, 0.1]})).tolist()
        [[False], [True]]
        >>> targets(pd.DataFrame({"digit": [7, 2]})).tolist()
        [7, 2]
        >>> targets(pd.DataFrame({"class": ["dog", "cat"]})).tolist()
        [1, 0]
    """
    if labels is None:
        return None
    binary = labels.loc[:, labels.isin((0, 1)).all()]
    if binary.shape[1]:
        return binary.to_numpy(bool)
    if labels.shape[1] != 1:
        return None
    if is_string_dtype(labels.iloc[:, 0]):
        names, places = np.unique(labels.iloc[:, 0].to_numpy(str), return_inverse=True)
        return places if len(names) > 1 else None
    classes = labels.iloc[:, 0].to_numpy()
    return classes if classes.dtype.kind in "iu" else None


class Head(NamedTuple):
    """What a classifier makes of its features: features @ kernel + bias.

    Attributes:
        kernel: (d, outputs) float32.
        bias: (outputs,) float32.
        classes: a name for each output; none where the outputs are attributes, not classes.
    """

    kernel: np.ndarray
    bias: np.ndarray
    classes: tuple[str, ...] = ()

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the logits, (n, outputs) float32, of features (n, d)."""
        return np.asarray(features @ self.kernel + self.bias[None], np.float32)


def train_classifier(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    outputs: int,
    size: int,
    width: int,
    steps: int,
    seed: int,
    shift: int,
) -> dict[str, np.ndarray]:
    """Return the parameters of both parts by their paths: "encoder/...", `KERNEL` and `BIAS`.

    Args:
        images: (n, h, w, c) uint8.
        labels: (n, outputs) bool attributes, or (n,) int classes from 0 and below `outputs`.
        outputs: logits.
        size: longest side of what the network sees.
        width: of the penultimate layer.
        steps: of training, 1 or more; the rate falls to 0 as a cosine.
        seed: of initialisation, order and shifts.
        shift: pixels that each picture is moved by at most, up or down and to a side.
    """
    is_classes = labels.ndim == 1
    encoder, head = _encoder(width), MLP((), (outputs,))
    # Every class counts the same: a judge that says the frequent one in doubt is no fair one.
    counts = np.bincount(labels, minlength=outputs) if is_classes else np.ones(outputs)
    weights = jnp.asarray(counts.mean() / np.maximum(counts, 1), jnp.float32)

    def init_nets(key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        keys = jax.random.split(key)
        below, _ = init_network(encoder, keys[0], shrink(batch["x"], size))
        above, _ = init_network(head, keys[1], jnp.zeros((1, width)))
        return {"encoder": below, "head": above}, {}

    def loss(params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        images = shifted(context.key, batch["x"], shift) if shift else batch["x"]
        features = _penultimate(params, images, size, width)
        logits, _ = apply_network(head, params["head"], {}, features)
        if is_classes:
            entropy = optax.softmax_cross_entropy_with_integer_labels(logits, batch["y"])
            entropy = weights[batch["y"]] * entropy
        else:
            entropy = optax.sigmoid_binary_cross_entropy(logits, batch["y"]).sum(1)
        return jnp.mean(entropy), Aux({})

    tx = optax.adam(optax.cosine_decay_schedule(_RATE, steps))
    algorithm = from_phases(init_nets, [Phase("classifier", ("encoder", "head"), loss, tx)])
    data = {"x": images, "y": labels.astype(np.int32 if is_classes else np.float32)}
    state = fit(
        algorithm, data, steps=steps, key=jax.random.key(seed),
        batch_size=min(_BATCH, len(images)), chunk=min(steps, 20),
    )  # fmt: skip
    return {path: np.asarray(leaf) for path, leaf in flatten_dict(state.params, sep="/").items()}


def shifted(key: Array, images: Array, by: int) -> Array:
    """Return each picture moved at random, up to `by` pixels both ways; its edges are repeated.

    Args:
        key: of the draw.
        images: (n, h, w, c).
        by: 0 or more.

    Example:
        >>> row = jnp.arange(4)[None, None, :, None]
        >>> moved = shifted(jax.random.key(0), jnp.tile(row, (50, 1, 1, 1)), 1)
        >>> sorted({tuple(x.ravel().tolist()) for x in moved})
        [(0, 0, 1, 2), (0, 1, 2, 3), (1, 2, 3, 3)]
    """
    padded = jnp.pad(images, [(0, 0), (by, by), (by, by), (0, 0)], mode="edge")
    starts = jax.random.randint(key, (len(images), 2), 0, 2 * by + 1)

    def cut(image: Array, start: Array) -> Array:
        return jax.lax.dynamic_slice(image, (start[0], start[1], 0), images.shape[1:])

    return jax.vmap(cut)(padded, starts)


def penultimate(params: dict[str, Array], images: Array, size: int, width: int) -> Array:
    """Return the features, (n, width), of pictures (n, h, w, c) uint8, by trained parameters."""
    return _penultimate(unflatten_dict(params, sep="/"), images, size, width)


def _encoder(width: int) -> ConvEncoder:
    return ConvEncoder((32, 64, 64, 64), width, activation="relu", norm="group")


def _penultimate(params: PyTree, images: Array, size: int, width: int) -> Array:
    x = shrink(images, size)
    return jax.nn.relu(apply_network(_encoder(width), params["encoder"], {}, x)[0])
