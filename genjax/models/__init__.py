"""One family a file: networks and losses become phases."""

from genjax.losses import Bernoulli, Gaussian, WeightedSquaredError
from genjax.models.autoencoder import Autoencoder, AutoencoderConfig
from genjax.models.gan import GAN
from genjax.models.gan_config import DiscriminatorConfig, GANConfig, GeneratorConfig
from genjax.models.vae import VAE
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
        Bernoulli,
        Gaussian,
        WeightedSquaredError,
    )
}

__all__ = [
    "GAN",
    "KINDS",
    "VAE",
    "Autoencoder",
    "AutoencoderConfig",
    "DiscriminatorConfig",
    "GANConfig",
    "GeneratorConfig",
    "VAEConfig",
]
