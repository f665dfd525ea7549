"""25 Gaussians on a grid, by a relativistic-average loss with R1 and R2.

Command:  python -m benchmarks.gaussian_gan --config configs/gaussians_relativistic.py
Time:     ten seeds as one program in seven minutes on two cores
Expect:   all 25 modes, 94 % of draws within 3 deviations of one.
Source:   Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019; both penalties together
          as in Huang et al., "The GAN is dead; long live the GAN!", NeurIPS 2024.
"""

from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(2,),
        latent_size=2,
        prior="uniform",
        generator=GeneratorConfig(hidden=(128, 128, 128), activation="relu"),
        discriminator=DiscriminatorConfig(hidden=(128, 128, 128)),
        loss="relativistic_average",
        penalties=("r1", "r2"),
        penalty_weights=(0.02, 0.02),
        scaling="none",
        ema=0.999,
    ),
    data=TableConfig(),
    learning_rate=2e-3,
    b1=0.0,
    b2=0.99,
    decay_steps=12_000,
    batch_size=256,
    steps=12_000,
    chunk=500,
)
