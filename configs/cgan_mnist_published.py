"""The conditional GAN as it was published: multilayer perceptrons, momentum, dropout.

Command:  python scripts/train_gan.py --config configs/cgan_mnist_published.py --data PATH/TO/MNIST
Time:     six minutes on two cores
Expect:   after 7,120 steps, four minutes, one seed: 100 % read as the asked-for digit, Fréchet
          distance 154 (of 2,000 digits, in a classifier's features; real ones: 3.7), still falling
Source:   Mirza and Osindero, "Conditional generative adversarial nets", 2014, section 4.1: noise of
          100, 200 and 1000 units joined in 1200; maxout discriminator; batches of 100; rate .1,
          divided by 1.00004 a step; dropout .5. Momentum rose there from .5 to .7, at a rate that
          is not said; here it is .5 throughout. The rate fell until it was 1e-6, which takes
          288,000 steps; here are fewer. Noise is uniform in [-1, 1), there in [0, 1]; the
          generator's loss is the non-saturating one. Kernels start within ±.05 (the paper does
          not say; from flax's own start it collapses), and the last parameters are sampled.
"""

from genjax.config import TrainingConfig
from genjax.models import GANConfig, PublishedDiscriminatorConfig, PublishedGeneratorConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(28, 28, 1),
        latent_size=100,
        prior="uniform",
        generator=PublishedGeneratorConfig(),
        discriminator=PublishedDiscriminatorConfig(),
        head="sigmoid",
        classes=10,
        ema=None,
    ),
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.5,
    stair_steps=1,
    stair_factor=1 / 1.00004,
    batch_size=100,
    steps=12_000,
    chunk=40,
)
