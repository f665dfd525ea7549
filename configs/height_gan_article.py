"""The article's recipe for heights, as published.

Command:  python scripts/train_height_gan.py --config configs/height_gan_article.py
Time:     twenty seconds on two cores
Expect:   verdict discriminator won: decision .97 on true heights, .03 on generated ones, which stay
          about 2 inches; with --model.scaling standard the centre is right and the spread is not.
Source:   an article that learns heights with a GAN: generator of five hidden layers of 10, tanh,
          batch normalisation, dropout, linear output, whose input is actual heights; discriminator
          of three hidden layers of 2, tanh; plain gradient descent, .005, decayed every 100 steps;
          batch 200; 10,000 epochs (here steps).

It does not say the share that is dropped (here .1), the factor of the decay (.95), the generator's
loss (non-saturating), nor a scaling (none).
"""

from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(1,),
        latent_size=1,
        prior="rows",
        generator=GeneratorConfig(
            hidden=(10, 10, 10, 10, 10), activation="tanh", norm="batch", dropout=0.1
        ),
        discriminator=DiscriminatorConfig(hidden=(2, 2, 2), activation="tanh"),
        loss="non_saturating",
        scaling="none",
        ema=None,
    ),
    data=TableConfig(columns=("height",)),
    optimizer="sgd",
    learning_rate=5e-3,
    stair_steps=100,
    batch_size=200,
    steps=10_000,
    chunk=200,
)
