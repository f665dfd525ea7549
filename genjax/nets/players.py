"""A generator and a discriminator around any network: labels in, judgements out.

Labels enter in one of three ways:

    concatenate   a one-hot vector beside the input
    embed         a learnt vector of each class beside the input
    project       the discriminator's logit gains <v_y, features>, a learnt v of each class; the
                  generator embeds

References:
    Mirza and Osindero, "Conditional generative adversarial nets", 2014 (concatenation).
    Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018, eq. 3.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.errors import InputError
from genjax.losses.adversarial import Judgement
from genjax.nets.conditioned import beside, shares
from genjax.nets.norm import ACTIVATIONS, ActivationName
from genjax.nets.spectral import dense

ConditionName = Literal["concatenate", "embed", "project"]


class Generator(nn.Module):
    """A body that makes rows of noise, and of noise beside labels.

    Attributes:
        body: (batch, numbers) -> (batch, *event_shape), raw; its call takes `train`.
        classes: of the labels; 0 without any.
        condition: how labels enter.
        embedding: size of a class's vector.
    """

    body: nn.Module
    classes: int = 0
    condition: ConditionName = "concatenate"
    embedding: int = 16

    @nn.compact
    def __call__(self, z: Array, y: Array | None = None, *, train: bool = False) -> Array:
        """Return raw rows (batch, *event_shape) of z (batch, latent_size), y as in `shares`."""
        if y is not None:
            one_hot = shares(y, self.classes)
            if self.condition != "concatenate":
                one_hot = nn.Dense(self.embedding, use_bias=False, name="embedding")(one_hot)
            z = jnp.concatenate([z, one_hot], axis=-1)
        return self.body(z, train=train)


class Discriminator(nn.Module):
    """A trunk of features and a linear layer to the logit.

    Attributes:
        trunk: x -> (batch, features), linear at its end; its call takes `train`.
        activation: of the features.
        classes: of the labels; 0 without any.
        condition: how labels enter.
        embedding: size of a class's vector.
        maps: labels beside a picture are constant channels; else the picture is flattened first.
        kernel_init: of the layer to the logit.
        spectral: divide the last layer's kernel, and those of labels, by their spectral norms.
        before: layers that x passes first, such as `InstanceNoise`.
        after: layers that the features pass, such as `MinibatchDiscrimination`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from genjax.nets.mlp import MLP
        >>> net = Discriminator(MLP((8,), (4,)), classes=3, condition="project")
        >>> x, y = jnp.ones((2, 5)), jnp.array([0, 2])
        >>> judgement, _ = net.init_with_output(jax.random.key(0), x, y)
        >>> judgement.logits.shape, judgement.features.shape
        ((2,), (2, 4))
    """

    trunk: nn.Module
    activation: ActivationName = "leaky_relu"
    classes: int = 0
    condition: ConditionName = "concatenate"
    embedding: int = 16
    maps: bool = False
    kernel_init: Callable[..., Array] = nn.initializers.lecun_normal()
    spectral: bool = False
    before: Sequence[nn.Module] = ()
    after: Sequence[nn.Module] = ()

    @nn.compact
    def __call__(self, x: Array, y: Array | None = None, *, train: bool = False) -> Judgement:
        """Return the judgement of x (batch, *event_shape), y as in `shares`."""
        for layer in self.before:
            x = layer(x, train=train)
        one_hot = None if y is None else shares(y, self.classes)
        how = {"spectral": self.spectral, "train": train}
        if one_hot is not None and self.condition != "project":
            label = one_hot
            if self.condition == "embed":
                label = dense(label, self.embedding, use_bias=False, name="embedding", **how)
            x = beside(x, label, maps=self.maps)
        features = ACTIVATIONS[self.activation](self.trunk(x, train=train))
        for layer in self.after:
            features = layer(features, train=train)
        start = self.kernel_init
        logits = dense(features, 1, name="logit", kernel_init=start, **how)[:, 0]
        if one_hot is not None and self.condition == "project":
            vector = dense(one_hot, features.shape[-1], use_bias=False, name="projection", **how)
            logits += jnp.sum(vector * features, axis=-1)
        return Judgement(logits, features)


def as_judgement(said: Judgement | Array, n: int) -> Judgement:
    """Return what any discriminator said of n rows as a judgement with logits (n,) float32.

    Raises:
        InputError: it did not give one logit a row.
    """
    judgement = said if isinstance(said, Judgement) else Judgement(said)
    logits = judgement.logits
    if logits.shape not in ((n,), (n, 1)):
        raise InputError(f"a discriminator gives a logit a row, not {logits.shape}")
    # Losses are of float32, whatever the networks compute in.
    return judgement._replace(logits=logits.reshape(-1).astype(jnp.float32))
