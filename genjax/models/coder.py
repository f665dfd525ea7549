"""What a plain and a variational autoencoder share: an encoder, a decoder, a likelihood."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from genjax.algorithm import Algorithm, Aux, Context, Params, Phase, PyTree, TrainState, from_phases
from genjax.errors import InputError
from genjax.losses import Likelihood, shares_scale
from genjax.models.labels import check_labels, check_variety, given_labels, labels_of
from genjax.models.linear_start import LinearStart
from genjax.nets.network import apply_network, init_network


@dataclass(frozen=True, kw_only=True)
class Coder(abc.ABC):
    """One player, who trains both networks; data is `{"x": (n, *event_shape)}`, floats or uint8.

    With `classes`, data has `{"y": (n,)}` int from 0 too, and the networks are calls of (input, y).

    Attributes:
        encoder: x (batch, *event_shape) -> (batch, numbers).
        decoder: z (batch, latent_size) -> the likelihood's outputs.
        likelihood: of the data given the decoder's outputs.
        event_shape: of one example.
        latent_size: dimensions of z.
        classes: of the labels; 0 without any.
        start: sets parameters that were drawn at random to better ones, or None.
        name: of the one phase, and so of the metrics.
        has_prior: whether there is one to sample from.
    """

    encoder: nn.Module
    decoder: nn.Module
    likelihood: Likelihood
    event_shape: tuple[int, ...]
    latent_size: int
    classes: int = 0
    start: LinearStart | None = None

    name: ClassVar[str]
    has_prior: ClassVar[bool]

    @abc.abstractmethod
    def loss(self, params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        """Return the loss, () per example, and its parts."""

    @abc.abstractmethod
    def code(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the one latent that stands for each example, (batch, latent_size)."""

    def init(self, key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        """Return (params, extra) of both networks."""
        keys = jax.random.split(key, 3)
        x, labels = self.likelihood.observe(batch["x"]), self._labels(batch)
        z = jnp.zeros((x.shape[0], self.latent_size))
        encoder, encoder_statistics = init_network(self.encoder, keys[0], x, *labels)
        decoder, decoder_statistics = init_network(self.decoder, keys[1], z, *labels)
        extra = {"encoder": encoder_statistics, "decoder": decoder_statistics}
        params = {"encoder": encoder, "decoder": decoder}
        return self.start(keys[2], params, x) if self.start else params, extra

    def phases(self, tx: optax.GradientTransformation) -> Sequence[Phase]:
        """Return the one phase."""
        return (Phase(self.name, ("encoder", "decoder"), self.loss, tx),)

    def algorithm(self, tx: optax.GradientTransformation) -> Algorithm:
        """Return what `fit` trains, with this optimiser."""
        rows = self.start.rows if self.start else 0
        return from_phases(self.init, self.phases(tx), check=self.check, init_rows=rows)

    def check(self, data: PyTree) -> None:
        """Raise InputError if the data is not what this model learns from."""
        self.check_examples(data["x"])
        if self.classes:
            check_variety(check_labels(data.get("y"), len(data["x"]), self.classes))

    def check_examples(self, x: Any) -> None:
        """Raise InputError if the examples' shape or range is not this model's."""
        shape, expected = np.shape(x)[1:], tuple(self.event_shape)
        if shape != expected:
            raise InputError(
                f"the model is of examples of shape {expected}, the data's are {shape}"
            )
        self.likelihood.check(x)

    def decode(self, state: TrainState, z: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the expected data, (batch, *event_shape), of latents (batch, latent_size).

        Args:
            state: a trained state.
            z: (batch, latent_size).
            y: (batch,) int labels, for a model of classes, or (batch, classes) shares of them.

        Raises:
            InputError: labels are missing, or the model knows none.
        """
        return self.likelihood.mean(self._outputs(state, z, self._given(y)))

    def reconstruct(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the expected data, (batch, *event_shape), of x's code.

        Args:
            state: a trained state; running batch statistics are used and kept.
            x: (batch, *event_shape), raw: uint8 or floats in the likelihood's range.
            y: as `decode`.
        """
        return self.decode(state, self.code(state, x, y=y), y=y)

    def _encoded(self, state: TrainState, x: Array, labels: list[Array]) -> Array:
        chex.assert_shape(x, (None, *self.event_shape))
        x = self.likelihood.observe(x)
        return self._apply("encoder", state.params, state.extra, x, *labels)[0]

    def _outputs(self, state: TrainState, z: Array, labels: Sequence[Array] = ()) -> Any:
        chex.assert_shape(z, (None, self.latent_size))
        return self._apply("decoder", state.params, state.extra, z, *labels)[0]

    def _apply(
        self, name: str, params: Params, extra: dict[str, PyTree], *inputs: Array, **how: Any
    ) -> tuple[Any, dict[str, PyTree]]:
        """Return a network's outputs and statistics; see `apply_network`."""
        return apply_network(getattr(self, name), params[name], extra[name], *inputs, **how)

    def _labels(self, batch: PyTree) -> list[Array]:
        return labels_of(batch, self.classes)

    def _given(self, y: ArrayLike | None) -> list[Array]:
        return given_labels(y, self.classes)

    def _scale(self, outputs: Any) -> dict[str, Array]:
        """Return the metric of a shared scale, where there is one."""
        return {"scale": jnp.exp(outputs[1] / 2)} if shares_scale(self.likelihood) else {}
