"""The settings that every model of pictures or rows shares: its networks'."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.errors import InputError
from genjax.losses import (
    Bernoulli,
    Gaussian,
    Likelihood,
    StudentT,
    TableRow,
    WeightedSquaredError,
    shares_scale,
)
from genjax.models.model_config import ModelConfig
from genjax.nets.conv_networks import ConvDecoder, ConvEncoder
from genjax.nets.mlp import MLP
from genjax.nets.norm import ActivationName, NormName
from genjax.nets.residual import ResidualDecoder, ResidualEncoder, coarsest

# What a configuration may name.
AnyLikelihood = Bernoulli | Gaussian | StudentT | WeightedSquaredError | TableRow


class SharedScale(nn.Module):
    """A decoder, and beside its outputs one log σ² for all of them: `Gaussian("shared")`'s outputs.

    Attributes:
        decoder: gives the means.
    """

    decoder: nn.Module

    @nn.compact
    def __call__(self, z: Array, *, train: bool = False) -> tuple[Array, Array]:
        """Return the decoder's outputs and () log σ²."""
        # Adam moves a parameter by its rate a step: ten times that, and σ is found in hundreds.
        log_variance = 10 * self.param("tenth_of_log_variance", nn.initializers.zeros, ())
        return self.decoder(z, train=train), log_variance


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(ModelConfig):
    """Plain values that make an encoder and its mirror image, a decoder.

    Attributes:
        event_shape: of one example: (height, width, channels), or (columns,).
        network: "conv" or "residual" (pictures alone), or "mlp".
        channels: of the encoder's convolutions or levels; the decoder has them backwards.
        blocks: residual blocks of each level, as many numbers as `channels`.
        patch: side of the patches that the residual networks' first level sees, pixels.
        hidden: units of the MLP encoder's layers; the decoder has them backwards.
        latent_size: dimensions of the latent.
        activation: of the hidden layers.
        norm: of the hidden layers.
        dtype: of the networks' computations; parameters and losses stay float32.
    """

    event_shape: tuple[int, ...] = (128, 128, 3)
    network: Literal["conv", "residual", "mlp"] = "conv"
    channels: tuple[int, ...] = (32, 64, 64, 64)
    blocks: tuple[int, ...] = (0, 1, 1, 1)
    patch: int = 4
    hidden: tuple[int, ...] = (256,)
    latent_size: int = 200
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dtype: Literal["float32", "bfloat16"] = "float32"

    def coder(self, code_size: int, likelihood: Likelihood) -> tuple[nn.Module, nn.Module]:
        """Return the encoder and the decoder.

        Args:
            code_size: numbers that the encoder gives for an example; the decoder is of latents.
            likelihood: whose outputs the decoder gives.

        Raises:
            InputError: convolutions over what is no picture, an empty width, a likelihood of a
                weight or scale that is not positive, levels that do not fit the picture.
        """
        sizes = (
            *self.event_shape, self.latent_size, self.patch, *self.channels, *self.hidden
        )  # fmt: skip
        if min(sizes) < 1 or not self.event_shape or not self.channels:
            names = ("event_shape", "latent_size", "patch", "channels", "hidden")
            given = ", ".join(f"{name} {getattr(self, name)}" for name in names)
            raise InputError(f"sizes must be 1 or more: {given}")
        for name in ("weight", "scale"):
            value = getattr(likelihood, name, None)
            if value not in (None, "shared") and not 0 < value < math.inf:
                raise InputError(f"the likelihood's {name} must be positive, got {value}")
        if isinstance(likelihood, StudentT) and not 2 < likelihood.degrees_of_freedom < math.inf:
            raise InputError(f"degrees_of_freedom must be above 2: {likelihood}")
        if isinstance(likelihood, StudentT):
            least, greatest = likelihood.least_log_variance, likelihood.greatest_log_variance
            if not -math.inf < least < greatest:
                raise InputError(f"least_log_variance must be below the greatest: {likelihood}")
        outputs_shape = (*self.event_shape[:-1], likelihood.width(self.event_shape[-1]))
        shared: dict[str, Any] = {
            "activation": self.activation,
            "norm": self.norm,
            "dtype": jnp.dtype(self.dtype),
        }
        encoder: nn.Module
        decoder: nn.Module
        if self.network == "conv":
            picture = (*self.picture_shape[:2], outputs_shape[-1])
            encoder = ConvEncoder(self.channels, code_size, **shared)
            decoder = ConvDecoder(self.channels, picture, **shared)
        elif self.network == "residual":
            picture = (*self.picture_shape[:2], outputs_shape[-1])
            shared |= {"blocks": self.blocks, "patch": self.patch}
            if len(self.blocks) != len(self.channels) or min(self.blocks) < 0:
                raise InputError(
                    f"blocks are a number of 0 or more for each of channels: got {self.blocks} "
                    f"for {self.channels}"
                )
            coarsest(picture[:2], self.patch, len(self.channels))
            encoder = ResidualEncoder(self.channels, code_size, **shared)
            decoder = ResidualDecoder(self.channels, picture, **shared)
        else:
            encoder = MLP(self.hidden, (code_size,), **shared)
            decoder = MLP(self.hidden[::-1], outputs_shape, **shared)
        return encoder, SharedScale(decoder) if shares_scale(likelihood) else decoder
