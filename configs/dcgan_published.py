"""DCGAN as it was published, at its whole width.

Command:  python scripts/train_gan.py --config configs/dcgan_published.py --data PATH/TO/CELEBA
Time:     not measured: for an accelerator; a picture takes about 16 times the work that it takes in
          configs/dcgan_faces.py, and there are some 70 times as many on the whole CelebA
Expect:   not measured
Source:   Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional
          generative adversarial networks", ICLR 2016, section 4: uniform noise of 100, batches of
          128, Adam 2e-4 with beta1 .5, kernels from N(0, .02²), leaky slope .2, no augmentation.
          The last parameters are sampled, as there: no moving average. Their faces were another
          set; CelebA, its crop of 108 pixels and 25 epochs are what later codes made of it.
"""

from genjax.config import TrainingConfig
from genjax.data.config import DataConfig
from genjax.models import DCGANDiscriminatorConfig, DCGANGeneratorConfig, GANConfig

CONFIG = TrainingConfig(
    model=GANConfig(
        event_shape=(64, 64, 3),
        latent_size=100,
        prior="uniform",
        generator=DCGANGeneratorConfig(width=128),
        discriminator=DCGANDiscriminatorConfig(width=128),
        head="tanh",
        ema=None,
    ),
    data=DataConfig(crop=108),
    optimizer="adam",
    learning_rate=2e-4,
    b1=0.5,
    batch_size=128,
    epochs=25,
    chunk=20,
)
