"""A plain autoencoder of MNIST with two latents, to stand beside configs/mnist_vae.py.

Command:  python scripts/mnist_plane.py --data data/mnist
Time:     a few minutes on two cores; not timed on a quiet machine
Expect:   see the figure and the numbers that scripts/mnist_plane.py prints
Source:   Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks",
          Science 2006, figure 3b; the networks of configs/mnist_vae.py.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.models import AutoencoderConfig

CONFIG = TrainingConfig(
    model=AutoencoderConfig(
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
