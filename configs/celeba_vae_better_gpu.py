"""The better VAE of faces, wider and deeper, for one GPU and an hour. NOT YET MEASURED on one.

Command: python scripts/train_celeba_vae.py --config configs/celeba_vae_better_gpu.py --data CELEBA
Time: an hour on one GPU, meant for 40,000 steps (ten million pictures) on an H100-class one.
Expect: unknown; only small sizes of it have been run, on a CPU (tests/test_scripts.py). `--dry-run`
says what a step costs on your machine before it starts; set --decay-steps to the steps that the
hour will hold.

Source: as configs/celeba_vae_better.py. What differs: patches of 4 instead of 8, a
level more, residual blocks at each, twice the width, CelebA's own training partition, bfloat16
trunks.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.losses import Gaussian
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        network="residual",
        patch=4,
        channels=(64, 128, 256),
        blocks=(2, 2, 2),
        latent_size=128,
        activation="silu",
        norm="layer",
        likelihood=Gaussian(1.0),
        start="linear",
        dtype="bfloat16",
    ),
    data=DataConfig(),
    learning_rate=1e-3,
    warmup_steps=500,
    decay_steps=40_000,
    batch_size=256,
    minutes=60.0,
    chunk=50,
)
