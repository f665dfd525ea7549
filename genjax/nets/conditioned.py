"""Labels beside a network's input.

References:
    Sohn, Lee and Yan, "Learning structured output representation using deep conditional generative
    models", NeurIPS 2015 (the conditional VAE).
    Mirza and Osindero, "Conditional generative adversarial nets", 2014.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array


class Conditioned(nn.Module):
    """Any network, with a label of each row beside its input.

    Attributes:
        body: of the input with the label; its call takes `train`.
        classes: of the labels.
        maps: labels beside a picture are constant channels; else the input is flattened first.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from genjax.nets.mlp import MLP
        >>> net = Conditioned(MLP((8,), (4,)), classes=3)
        >>> x, y = jnp.ones((2, 5)), jnp.array([0, 2])
        >>> net.init_with_output(jax.random.key(0), x, y)[0].shape
        (2, 4)
    """

    body: nn.Module
    classes: int
    maps: bool = False

    @nn.compact
    def __call__(self, x: Array, y: Array, *, train: bool = False) -> Any:
        """Return the network's outputs of x (batch, ...), y as in `shares`."""
        return self.body(beside(x, shares(y, self.classes), maps=self.maps), train=train)


def shares(y: Array, classes: int) -> Array:
    """Return labels (batch,) int as one-hot rows; shares of classes (batch, classes) stay.

    Example:
        >>> shares(jnp.array([1]), 2).tolist(), shares(jnp.array([[0.5, 0.5]]), 2).tolist()
        ([[0.0, 1.0]], [[0.5, 0.5]])
    """
    return y if y.ndim == 2 else jax.nn.one_hot(y, classes)


def beside(x: Array, label: Array, *, maps: bool) -> Array:
    """Return x (batch, ...) with a label (batch, numbers) beside it, along the last axis."""
    if not maps:
        return jnp.concatenate([x.reshape(x.shape[0], -1), label], axis=-1)
    label = label.reshape(label.shape[0], *[1] * (x.ndim - 2), label.shape[-1])
    label = jnp.broadcast_to(label, (*x.shape[:-1], label.shape[-1]))
    return jnp.concatenate([x, label], axis=-1)
