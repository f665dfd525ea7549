"""The plain values of multilayer perceptrons as players, the published conditional GAN's too."""

from dataclasses import dataclass

from flax import linen as nn

from genjax.errors import InputError
from genjax.models.player_config import PlayerConfig, check_layers, check_range, check_sizes
from genjax.nets.instance_noise import InstanceNoise
from genjax.nets.minibatch_discrimination import MinibatchDiscrimination
from genjax.nets.mlp import MLP
from genjax.nets.norm import ActivationName, NormName
from genjax.nets.players import ConditionName, Discriminator, Generator
from genjax.nets.published_cgan import PublishedDiscriminator, PublishedGenerator


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig(PlayerConfig):
    """Plain values of a generator's multilayer perceptron.

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

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of numbers, and labels, to rows."""
        body = MLP(self.hidden, event_shape, self.activation, self.norm, dropout=self.dropout)
        return Generator(body, classes, condition)

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, 1, *self.hidden)
        check_layers("generator", self.norm, self.activation)
        check_range("the generator's dropout", self.dropout, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig(PlayerConfig):
    """Plain values of a discriminator's multilayer perceptron.

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

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of rows, and labels, to judgements."""
        *hidden, features = self.hidden
        noise = InstanceNoise(self.instance_noise, self.instance_noise_turns)
        trunk = MLP(
            tuple(hidden),
            (features,),
            self.activation,
            self.norm,
            norm_from=1,
            dropout=self.dropout,
            spectral=self.spectral_norm,
        )
        kernels = self.minibatch_kernels
        return Discriminator(
            trunk,
            self.activation,
            classes,
            condition,
            spectral=self.spectral_norm,
            before=(noise,) if self.instance_noise else (),
            after=(MinibatchDiscrimination(kernels),) if kernels else (),
        )

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, *self.hidden)
        check_layers("discriminator", self.norm, self.activation)
        turns = self.instance_noise_turns
        check_range("the discriminator's dropout", self.dropout, 0.0, 1.0)
        check_range("minibatch_kernels", self.minibatch_kernels, 0)
        check_range("instance_noise", self.instance_noise, 0.0)
        check_range("instance_noise_turns", 1 if turns is None else turns, 1)

    @property
    def couples_rows(self) -> bool:
        """Whether a row's result depends on the others of its batch even when not training."""
        return self.minibatch_kernels > 0


@dataclass(frozen=True, kw_only=True)
class PublishedGeneratorConfig(PlayerConfig):
    """Plain values of the conditional GAN's published generator.

    Attributes:
        units: of the noise's, the label's and the joint layer.
        dropout: share of hidden units dropped while training.
    """

    units: tuple[int, int, int] = (200, 1000, 1200)
    dropout: float = 0.5

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of numbers and labels to rows."""
        _check_conditional("generator", classes)
        return PublishedGenerator(event_shape, classes, self.units, self.dropout)

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, *self.units)
        check_range("the generator's dropout", self.dropout, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class PublishedDiscriminatorConfig(PlayerConfig):
    """Plain values of the conditional GAN's published discriminator.

    Attributes:
        units: of the picture's, the label's and the joint layer.
        pieces: of each of these layers' maxout units.
        dropout: share of hidden units dropped while training.
    """

    units: tuple[int, int, int] = (240, 50, 240)
    pieces: tuple[int, int, int] = (5, 5, 4)
    dropout: float = 0.5

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of rows and labels to judgements."""
        _check_conditional("discriminator", classes)
        return PublishedDiscriminator(classes, self.units, self.pieces, self.dropout)

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, *self.units, *self.pieces)
        check_range("the discriminator's dropout", self.dropout, 0.0, 1.0)


def _check_conditional(player: str, classes: int) -> None:
    if not classes:
        raise InputError(f"the published conditional {player} has a layer for labels: set classes")
