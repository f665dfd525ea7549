"""Drawn faces in two minutes on two cores.

Command:  make demo
Time:     about two minutes of training after half a minute of drawing and compilation.
Expect:   faces with hair, glasses, hats and smiles in runs/demo/figures/samples_*.png.
Source:   the networks of configs/celeba_vae.py on pictures of a quarter of the size.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.losses import WeightedSquaredError
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        event_shape=(64, 64, 3),
        network="conv",
        channels=(32, 64, 64),
        latent_size=64,
        likelihood=WeightedSquaredError(weight=10_000.0),
    ),
    data=DataConfig(drawn=20_000),
    optimizer="adam",
    learning_rate=1e-3,
    batch_size=64,
    minutes=2.0,
    chunk=20,
)
