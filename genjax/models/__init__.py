"""One family a file: networks and losses become phases."""

from genjax.losses import Bernoulli, Gaussian, StudentT, TableRow, WeightedSquaredError
from genjax.models.autoencoder import Autoencoder, AutoencoderConfig
from genjax.models.gan import GAN
from genjax.models.gan_config import GANConfig
from genjax.models.mlp_players import (
    DiscriminatorConfig,
    GeneratorConfig,
    PublishedDiscriminatorConfig,
    PublishedGeneratorConfig,
)
from genjax.models.picture_players import (
    DCGANDiscriminatorConfig,
    DCGANGeneratorConfig,
    ResidualDiscriminatorConfig,
    ResidualGeneratorConfig,
)
from genjax.models.vae import VAE, Draws
from genjax.models.vae_config import VAEConfig

# What a saved configuration may name; `genjax.load` looks nowhere else.
KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        VAEConfig,
        AutoencoderConfig,
        GANConfig,
        GeneratorConfig,
        DiscriminatorConfig,
        PublishedGeneratorConfig,
        PublishedDiscriminatorConfig,
        DCGANGeneratorConfig,
        DCGANDiscriminatorConfig,
        ResidualGeneratorConfig,
        ResidualDiscriminatorConfig,
        Bernoulli,
        Gaussian,
        StudentT,
        TableRow,
        WeightedSquaredError,
    )
}

__all__ = [
    "GAN",
    "KINDS",
    "VAE",
    "Autoencoder",
    "AutoencoderConfig",
    "DCGANDiscriminatorConfig",
    "DCGANGeneratorConfig",
    "DiscriminatorConfig",
    "Draws",
    "GANConfig",
    "GeneratorConfig",
    "PublishedDiscriminatorConfig",
    "PublishedGeneratorConfig",
    "ResidualDiscriminatorConfig",
    "ResidualGeneratorConfig",
    "VAEConfig",
]
