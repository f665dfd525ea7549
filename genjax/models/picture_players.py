"""The plain values of convolutional players, of pictures of any size."""

from dataclasses import dataclass

from flax import linen as nn

from genjax.models.player_config import PlayerConfig, check_layers, check_sizes, picture_shape
from genjax.nets.dcgan import INITIAL, DCGANDiscriminator, DCGANGenerator
from genjax.nets.norm import ActivationName, NormName
from genjax.nets.players import ConditionName, Discriminator, Generator
from genjax.nets.residual_players import ResidualDiscriminator, ResidualGenerator


@dataclass(frozen=True, kw_only=True)
class DCGANGeneratorConfig(PlayerConfig):
    """Plain values of DCGAN's generator.

    Attributes:
        width: channels of the largest hidden layer; 128 is the published one.
        kernel: side of the windows.
        activation: of all layers but the last.
        norm: of the same layers.
    """

    width: int = 128
    kernel: int = 5
    activation: ActivationName = "relu"
    norm: NormName = "batch"

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of numbers, and labels, to pictures."""
        shape = picture_shape("a DCGAN", event_shape)
        body = DCGANGenerator(shape, self.width, self.kernel, self.activation, self.norm)
        return Generator(body, classes, condition)

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, self.width, self.kernel)
        check_layers("generator", self.norm, self.activation)


@dataclass(frozen=True, kw_only=True)
class DCGANDiscriminatorConfig(PlayerConfig):
    """Plain values of DCGAN's discriminator; labels beside a picture are constant channels.

    Attributes:
        width: channels of the first layer; 128 mirrors the published generator.
        kernel: side of the windows.
        activation: of all layers.
        norm: of all layers but the first.
        spectral_norm: of every kernel.
    """

    width: int = 128
    kernel: int = 5
    activation: ActivationName = "leaky_relu_0.2"
    norm: NormName = "batch"
    spectral_norm: bool = False

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of pictures, and labels, to judgements."""
        picture_shape("a DCGAN", event_shape)
        trunk = DCGANDiscriminator(
            self.width, self.kernel, self.activation, self.norm, self.spectral_norm
        )
        return Discriminator(
            trunk,
            self.activation,
            classes,
            condition,
            maps=True,
            kernel_init=INITIAL,
            spectral=self.spectral_norm,
        )

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, self.width, self.kernel)
        check_layers("discriminator", self.norm, self.activation)


@dataclass(frozen=True, kw_only=True)
class ResidualGeneratorConfig(PlayerConfig):
    """Plain values of a residual generator.

    Attributes:
        width: channels of the largest pictures.
    """

    width: int = 64

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of numbers, and labels, to pictures."""
        shape = picture_shape("a residual network", event_shape)
        return Generator(ResidualGenerator(shape, self.width), classes, condition)

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, self.width)


@dataclass(frozen=True, kw_only=True)
class ResidualDiscriminatorConfig(PlayerConfig):
    """Plain values of a residual discriminator.

    Attributes:
        width: channels of the first block.
        spectral_norm: of every kernel.
    """

    width: int = 64
    spectral_norm: bool = True

    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network of pictures, and labels, to judgements."""
        picture_shape("a residual network", event_shape)
        trunk = ResidualDiscriminator(self.width, self.spectral_norm)
        return Discriminator(
            trunk, "relu", classes, condition, maps=True, spectral=self.spectral_norm
        )

    def check(self) -> None:
        """Raise InputError if a value is out of its range."""
        check_sizes(self, self.width)
