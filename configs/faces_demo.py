"""Drawn faces in two minutes on two cores.

Command:  make demo
Time:     about two minutes of training, after half a minute the first time, seconds later.
Expect:   faces with hair, glasses, hats and smiles in runs/demo/figures/samples_*.png.
Source:   the networks of configs/celeba_vae.py, narrower, on pictures of a quarter of the size.

Two minutes are few steps, so the steps are small and quick: narrow networks see 3 times as many
faces as the report's widths, and fewer latents leave fewer places between them without a face.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.losses import WeightedSquaredError
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        event_shape=(64, 64, 3),
        network="conv",
        channels=(16, 32, 64),
        latent_size=32,
        likelihood=WeightedSquaredError(weight=10_000.0),
    ),
    data=DataConfig(drawn=20_000),
    optimizer="adam",
    learning_rate=2e-3,
    batch_size=32,
    minutes=2.0,
    chunk=20,
)
