"""Heights that no test can tell from the truth.

Command:  python scripts/train_height_gan.py --run runs/heights
Time:     ten seconds on two cores
Expect:   verdict healthy, Kolmogorov-Smirnov statistic of 10,000 about .013 (two true samples:
          .012), decision .50 on true and on generated heights.
Source:   an article that learns heights with a GAN (configs/height_gan_article.py is its recipe).

What the article lacks is not a cure but rest: its players circle. A least-squares loss is flat near
the truth, the rate falls to zero, and the generator's moving average is what is sampled.
"""

from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(1,),
        latent_size=1,
        generator=GeneratorConfig(hidden=(16, 16), activation="silu"),
        discriminator=DiscriminatorConfig(hidden=(32, 32), activation="silu"),
        loss="least_squares",
        scaling="standard",
        ema=0.9995,
    ),
    data=TableConfig(columns=("height",)),
    optimizer="adam",
    learning_rate=2e-3,
    b1=0.5,
    decay_steps=10_000,
    batch_size=200,
    steps=10_000,
    chunk=200,
)
