"""One family a file: networks and losses become phases."""

from genjax.losses import Bernoulli, Gaussian, WeightedSquaredError
from genjax.models.autoencoder import Autoencoder, AutoencoderConfig
from genjax.models.vae import VAE
from genjax.models.vae_config import VAEConfig

# What a saved configuration may name; `genjax.load` looks nowhere else.
KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (VAEConfig, AutoencoderConfig, Bernoulli, Gaussian, WeightedSquaredError)
}

__all__ = ["KINDS", "VAE", "Autoencoder", "AutoencoderConfig", "VAEConfig"]
