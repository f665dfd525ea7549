"""A VAE of faces that is better than the report's, for two cores and ten minutes.

python scripts/train_celeba_vae.py --config configs/celeba_vae_better.py --data CELEBA
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.losses import Gaussian
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        network="residual",
        patch=8,
        channels=(64, 128),
        blocks=(0, 1),
        latent_size=128,
        activation="relu",
        likelihood=Gaussian(1.0),
        start="linear",
    ),
    data=DataConfig(split="train+validation"),
    learning_rate=1e-3,
    warmup_steps=100,
    decay_steps=2_200,
    batch_size=64,
    minutes=10.0,
    chunk=10,
)
