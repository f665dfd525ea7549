"""An importance-weighted autoencoder of statically binarised MNIST, K = 50.

Command:  python scripts/train_celeba_vae.py --config configs/mnist_nll_iwae.py --run runs/nll_iwae
          python scripts/evaluate.py runs/nll_iwae --log-likelihood 5000
Time:     unmeasured
Expect:   unmeasured; the aim is 86.8 nats
Source:   Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016; data,
          networks and rate as configs/mnist_nll_vae.py says.

A step costs 50 decodings an example, so batches are smaller and digits are seen fewer times.
"""

from genjax.config import DataConfig, TrainingConfig
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(
        event_shape=(28, 28, 1),
        network="mlp",
        hidden=(200, 200),
        latent_size=50,
        activation="elu",
        importance_samples=50,
    ),
    data=DataConfig(path="data/mnist", split="train+validation", binarize="static"),
    learning_rate=2e-3,
    decay_steps=100_000,
    batch_size=20,
    steps=100_000,
    chunk=100,
)
