"""The strong baseline on faces at 64x64: residual networks, projection, spectral normalisation.

Command:  python scripts/train_gan.py --config configs/residual_gan_faces.py --data PATH/TO/CELEBA
Time:     not measured: for an accelerator; a step takes several seconds on two cores
Expect:   not measured at this width; narrower ones are tested
Source:   Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018: hinge loss, Adam
          2e-4 with betas 0 and .9, five turns of the discriminator a step. Ours: an orthogonal
          start, scales and shifts linear in noise and label (theirs: a pair for each label), a
          constant rate, a moving average, at most eight times the width.
"""

from genjax.config import TrainingConfig
from genjax.data.config import DataConfig
from genjax.models import GANConfig, ResidualDiscriminatorConfig, ResidualGeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(64, 64, 3),
        latent_size=128,
        generator=ResidualGeneratorConfig(width=64),
        discriminator=ResidualDiscriminatorConfig(width=64),
        loss="hinge",
        head="tanh",
        classes=2,
        condition="project",
        n_critic=5,
        ema=0.999,
    ),
    data=DataConfig(crop=108, attribute="Smiling"),
    optimizer="adam",
    learning_rate=2e-4,
    b1=0.0,
    b2=0.9,
    batch_size=64,
    steps=100_000,
    chunk=20,
)
