"""A variational autoencoder of MNIST with two latents, to be looked at whole.

Command:  python scripts/mnist_plane.py --data data/mnist
Time:     a few minutes on two cores; not timed on a quiet machine
Expect:   see the figure and the numbers that scripts/mnist_plane.py prints
Source:   Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, figure 4b.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        event_shape=(28, 28, 1),
        network="mlp",
        hidden=(512, 256, 128),
        latent_size=2,
        activation="elu",
    ),
    data=DataConfig(path="data/mnist"),
    learning_rate=1e-3,
    batch_size=128,
    epochs=20,
    chunk=50,
)
