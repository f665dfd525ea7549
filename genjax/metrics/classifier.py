"""A small classifier, trained by the library's own loop, for its penultimate layer.

Strided convolutions with group normalisation, flattened to `width` numbers, a ReLU (these are the
features), and one linear layer to the labels.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import Array

from genjax.algorithm import Aux, Context, Params, Phase, PyTree, from_phases
from genjax.errors import InputError
from genjax.fit import fit
from genjax.metrics.resize import shrink
from genjax.nets.conv_networks import ConvEncoder
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network

_BATCH, _RATE = 128, 1e-3


def targets(labels: pd.DataFrame | None) -> np.ndarray | None:
    """Return what a classifier can learn of a data set's labels, or None.

    Args:
        labels: a row a picture; None where nothing is known.

    Returns:
        The columns of zeros and ones, (n, attributes) bool; where there are none, a single column
        of classes, (n,) int.

    Example:
        >>> targets(pd.DataFrame({"Smiling": [0, 1], "yaw": [0.3, 0.1]})).tolist()
        [[False], [True]]
        >>> targets(pd.DataFrame({"digit": [7, 2]})).tolist()
        [7, 2]
    """
    if labels is None:
        return None
    binary = labels.loc[:, labels.isin((0, 1)).all()]
    if binary.shape[1]:
        return binary.to_numpy(bool)
    classes = labels.iloc[:, 0].to_numpy() if labels.shape[1] == 1 else np.zeros(0)
    return classes if classes.dtype.kind in "iu" else None


def train_classifier(
    images: np.ndarray, labels: np.ndarray, *, size: int, width: int, steps: int, seed: int
) -> dict[str, np.ndarray]:
    """Return the parameters below the last layer, by their path in the network.

    Args:
        images: (n, h, w, c) uint8.
        labels: (n, attributes) bool or (n,) int classes from 0.
        size: longest side of what the network sees.
        width: of the penultimate layer.
        steps: of training.
        seed: of initialisation and order.

    Raises:
        InputError: the labels are of neither form, or not as many as the pictures.
    """
    labels = np.asarray(labels)
    is_classes = labels.ndim == 1 and labels.dtype.kind in "iu" and labels.min(initial=0) >= 0
    is_attributes = labels.ndim == 2 and labels.dtype == bool
    if not (is_classes or is_attributes) or len(labels) != len(images) or min(labels.shape) < 1:
        raise InputError(
            f"labels are (n, attributes) bool or (n,) int classes from 0 for {len(images)} "
            f"pictures, not {labels.dtype} {labels.shape}"
        )
    outputs = int(labels.max()) + 1 if is_classes else labels.shape[1]
    encoder, head = _encoder(width), MLP((), (outputs,))

    def init_nets(key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        keys = jax.random.split(key)
        below, _ = init_network(encoder, keys[0], shrink(batch["x"], size))
        above, _ = init_network(head, keys[1], jnp.zeros((1, width)))
        return {"encoder": below, "head": above}, {}

    def loss(params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        features = _apply(params["encoder"], batch["x"], size, width)
        logits, _ = apply_network(head, params["head"], {}, features)
        if is_classes:
            entropy = optax.softmax_cross_entropy_with_integer_labels(logits, batch["y"])
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
    flat = flatten_dict(state.params["encoder"], sep="/")
    return {path: np.asarray(leaf) for path, leaf in flat.items()}


def penultimate(params: dict[str, Array], images: Array, size: int, width: int) -> Array:
    """Return the features, (n, width), of pictures (n, h, w, c) uint8, by trained parameters."""
    return _apply(unflatten_dict(params, sep="/"), images, size, width)


def _encoder(width: int) -> ConvEncoder:
    return ConvEncoder((32, 64, 64, 64), width, activation="relu", norm="group")


def _apply(params: PyTree, images: Array, size: int, width: int) -> Array:
    return jax.nn.relu(apply_network(_encoder(width), params, {}, shrink(images, size))[0])
