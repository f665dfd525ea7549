"""The credit blog's GAN networks, on any table of numbers.

Command:  python scripts/train_height_gan.py --config configs/credit_gan.py --data TABLE.csv
Time:     ten seconds on two cores
Expect:   every column in its range; see the Kolmogorov-Smirnov statistics that the script prints.
Source:   a blog on GANs for imbalanced credit data: noise 100, 100-6-10 with sigmoid output,
          10-6-1, Adam 1e-4 each, batch 64, real labels .9, 200 epochs. Hidden layers are taken to
          be leaky ReLUs; columns are scaled to [0, 1], which is all that a sigmoid reaches.
"""

from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(10,),
        latent_size=100,
        generator=GeneratorConfig(hidden=(6,)),
        discriminator=DiscriminatorConfig(hidden=(6,)),
        loss="non_saturating",
        label=0.9,
        head="sigmoid",
        scaling="range",
        ema=None,
    ),
    data=TableConfig(),
    optimizer="adam",
    learning_rate=1e-4,
    batch_size=64,
    steps=25_000,
    chunk=500,
)
