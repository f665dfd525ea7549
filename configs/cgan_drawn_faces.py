"""Drawn faces with and without glasses, from the same noise: the README's picture.

Command:  make glasses
Time:     two minutes on two cores
Expect:   the same face with and without glasses in each column
Source:   ours; networks and loss are those of configs/cgan_faces.py.
"""

from genjax.config import TrainingConfig
from genjax.data.config import DataConfig
from genjax.models import DCGANDiscriminatorConfig, DCGANGeneratorConfig, GANConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(32, 32, 3),
        latent_size=64,
        generator=DCGANGeneratorConfig(width=32),
        discriminator=DCGANDiscriminatorConfig(width=32, norm="none", spectral_norm=True),
        loss="hinge",
        head="tanh",
        classes=2,
        condition="project",
        ema=0.995,
    ),
    data=DataConfig(drawn=10_000, attribute="Eyeglasses"),
    optimizer="adam",
    learning_rate=4e-4,
    b1=0.5,
    decay_steps=2_250,
    batch_size=32,
    steps=1_000,
    chunk=20,
)
