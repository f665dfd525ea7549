"""The plain values that make a `GAN`."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import jax
import numpy as np
import optax
from flax import linen as nn

from genjax.algorithm import Algorithm
from genjax.errors import InputError
from genjax.losses.adversarial import adversarial_loss, match_features, smooth_labels
from genjax.losses.penalty import penalty
from genjax.models.gan import GAN
from genjax.models.head import Head, HeadName, ScalingName
from genjax.models.model_config import ModelConfig
from genjax.models.priors import PRIORS
from genjax.nets.instance_noise import InstanceNoise
from genjax.nets.minibatch_discrimination import MinibatchDiscrimination
from genjax.nets.mlp import MLP
from genjax.nets.norm import ACTIVATIONS, ActivationName, NormName
from genjax.nets.players import ConditionName, Discriminator, Generator


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Plain values of a generator's network.

    Attributes:
        hidden: units of its layers.
        activation: of the hidden layers.
        norm: of the hidden layers.
        dropout: share of units dropped while training.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dropout: float = 0.0

    def build(self, outputs: tuple[int, ...]) -> nn.Module:
        """Return the network of numbers to `outputs`."""
        return MLP(self.hidden, outputs, self.activation, self.norm, dropout=self.dropout)


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Plain values of a discriminator's network.

    Attributes:
        hidden: units of its layers, one or more; the last ones are its features.
        activation: of the hidden layers.
        norm: of the hidden layers but the first and the last. Normalised over the batch, the first
            would not see where its rows lie, and the generator's last bias had no gradient
            (Radford, Metz and Chintala, "DCGAN", ICLR 2016, section 3).
        dropout: share of units dropped while training, but of the last layer's.
        spectral_norm: of every kernel.
        minibatch_kernels: of minibatch discrimination on the features; 0 without.
        instance_noise: deviation at the start, in the networks' units; 0 without.
        instance_noise_turns: of the discriminator, until that noise is gone; None keeps it.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: ActivationName = "leaky_relu"
    norm: NormName = "none"
    dropout: float = 0.0
    spectral_norm: bool = False
    minibatch_kernels: int = 0
    instance_noise: float = 0.0
    instance_noise_turns: int | None = None

    def build(self, classes: int, condition: ConditionName) -> nn.Module:
        """Return the network of rows to judgements."""
        *hidden, features = self.hidden
        noise = InstanceNoise(self.instance_noise, self.instance_noise_turns)
        return Discriminator(
            MLP(
                tuple(hidden),
                (features,),
                self.activation,
                self.norm,
                norm_from=1,
                dropout=self.dropout,
                spectral=self.spectral_norm,
            ),
            self.activation,
            classes,
            condition,
            spectral=self.spectral_norm,
            before=(noise,) if self.instance_noise else (),
            after=(MinibatchDiscrimination(self.minibatch_kernels),)
            if self.minibatch_kernels
            else (),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class GANConfig(ModelConfig):
    """Plain values that make a `GAN`.

    Attributes:
        event_shape: of one row.
        latent_size: dimensions of the generator's input.
        prior: of the input: "normal", "uniform", "coins" (half of it -1 or 1, for data in
            clusters), or "rows", actual rows of the data.
        generator: its network.
        discriminator: its network.
        loss: a name of `losses.adversarial`.
        label: of real rows; below 1 it is one-sided label smoothing.
        feature_matching: the generator matches the discriminator's features instead.
        penalties: names of `losses.penalty`.
        penalty_weights: one for each of them; none takes the papers'.
        head: the generator's output function.
        scaling: of the data to what the networks see.
        classes: of labels; 0 without any.
        condition: how labels enter.
        n_critic: turns of the discriminator a step.
        time_scale: the discriminator's learning rate, in units of the generator's.
        ema: decay a step of the generator's moving average, which is what is sampled; None
            keeps none.
    """

    event_shape: tuple[int, ...] = (1,)
    latent_size: int = 8
    prior: Literal["normal", "uniform", "coins", "rows"] = "normal"
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    loss: str = "non_saturating"
    label: float = 1.0
    feature_matching: bool = False
    penalties: tuple[str, ...] = ()
    penalty_weights: tuple[float, ...] = ()
    head: HeadName = "linear"
    scaling: ScalingName = "standard"
    classes: int = 0
    condition: ConditionName = "concatenate"
    n_critic: int = 1
    time_scale: float = 1.0
    ema: float | None = 0.999

    def build(self) -> GAN:
        """Return the model.

        Raises:
            InputError: a name that is not known, or a number out of its range.
        """
        self._check()
        loss = adversarial_loss(self.loss)
        loss = loss if self.label == 1 else smooth_labels(loss, self.label)
        weights = self.penalty_weights or (None,) * len(self.penalties)
        return GAN(
            generator=Generator(
                self.generator.build(self.event_shape), self.classes, self.condition
            ),
            discriminator=self.discriminator.build(self.classes, self.condition),
            event_shape=self.event_shape,
            prior=PRIORS[self.prior](self.latent_size),
            loss=match_features(loss) if self.feature_matching else loss,
            penalties=tuple(map(penalty, self.penalties, weights)),
            head=Head(self.head, self.scaling),
            classes=self.classes,
            n_critic=self.n_critic,
            time_scale=self.time_scale,
            ema=self.ema,
        )

    def algorithm(self, tx: Callable[[int], optax.GradientTransformation]) -> Algorithm:
        """Return what `fit` trains; the discriminator is updated `n_critic` times a step."""
        return self.build().algorithm(tx(1), tx(self.n_critic))

    def block(self, batch_size: int) -> int:
        """Return how many examples a call takes; those that see each other, as when training."""
        if self.discriminator.minibatch_kernels:
            return batch_size
        return 64 if len(self.event_shape) == 3 else 4096

    def example(self, n: int) -> dict[str, jax.ShapeDtypeStruct]:
        """Return the form of n rows of the data."""
        labels = {"y": jax.ShapeDtypeStruct((n,), np.int32)} if self.classes else {}
        return super().example(n) | labels

    def _check(self) -> None:
        sizes = (
            *self.event_shape, self.latent_size, *self.generator.hidden, *self.discriminator.hidden
        )  # fmt: skip
        if min(sizes) < 1 or not self.event_shape or not self.discriminator.hidden:
            raise InputError(f"sizes must be 1 or more: {self}")
        if self.n_critic < 1:
            raise InputError(f"n_critic must be 1 or more, got {self.n_critic}")
        if self.classes < 0 or self.classes == 1:
            raise InputError(f"classes must be 0, or 2 or more, got {self.classes}")
        if self.penalty_weights and len(self.penalty_weights) != len(self.penalties):
            raise InputError(
                f"{len(self.penalties)} penalties have as many weights, or none, not "
                f"{len(self.penalty_weights)}"
            )
        critic, turns = self.discriminator, self.discriminator.instance_noise_turns
        for name, value, least, most in (
            ("time_scale", self.time_scale, 1e-9, math.inf),
            *(("a penalty's weight", weight, 1e-9, math.inf) for weight in self.penalty_weights),
            ("label", self.label, 1e-9, 1.0 + 1e-9),
            ("ema", 0.0 if self.ema is None else self.ema, 0.0, 1.0),
            ("the generator's dropout", self.generator.dropout, 0.0, 1.0),
            ("the discriminator's dropout", critic.dropout, 0.0, 1.0),
            ("minibatch_kernels", critic.minibatch_kernels, 0, math.inf),
            ("instance_noise", critic.instance_noise, 0.0, math.inf),
            ("instance_noise_turns", 1 if turns is None else turns, 1, math.inf),
            ("latent_size", self.latent_size, 2 if self.prior == "coins" else 1, math.inf),
        ):
            if not least <= value < most:
                raise InputError(f"{name} is {value}: out of its range")
        players = ("generator", self.generator), ("discriminator", self.discriminator)
        for name, given, known in (
            ("prior", self.prior, tuple(PRIORS)),
            ("head", self.head, get_args(HeadName)),
            ("scaling", self.scaling, get_args(ScalingName)),
            ("condition", self.condition, get_args(ConditionName)),
            *((f"{name}'s norm", net.norm, get_args(NormName)) for name, net in players),
            *(
                (f"{name}'s activation", net.activation, tuple(ACTIVATIONS))
                for name, net in players
            ),
        ):
            if given not in known:
                raise InputError(f"no {name} {given!r}: there are {', '.join(known)}")
