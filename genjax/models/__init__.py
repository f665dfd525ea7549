"""One family a file: networks and losses become phases."""

from genjax.losses import Bernoulli, Gaussian, WeightedSquaredError
from genjax.models.vae import VAE, VAEConfig

# What a saved configuration may name; `genjax.load` looks nowhere else.
KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (VAEConfig, Bernoulli, Gaussian, WeightedSquaredError)
}

__all__ = ["KINDS", "VAE", "VAEConfig"]
