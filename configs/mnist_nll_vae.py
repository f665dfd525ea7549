"""A VAE of statically binarised MNIST, to be judged by its log-likelihood.

Command:  python scripts/train_celeba_vae.py --config configs/mnist_nll_vae.py --run runs/nll_vae
          python scripts/evaluate.py runs/nll_vae --log-likelihood 5000
Time:     60,000 steps; about 4 ms each on two quiet cores, 27 minutes beside other work
Expect:   88.65 nats at K = 500 over the 10,000 test digits; 87.61 at 5,000 on the first 1,000
Source:   Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016: two
          layers of 200 units each way, 50 latents, all 60,000 training digits. Here with ELU and a
          higher rate that decays, which learns in minutes what their schedule of 3,280 epochs does
          in hours.

The digits are binarised once, white with probability grey / 255, as in Larochelle and Murray, "The
neural autoregressive distribution estimator", AISTATS 2011 (theirs is another draw).
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
    ),
    data=DataConfig(path="data/mnist", split="train+validation", binarize="static"),
    learning_rate=3e-3,
    decay_steps=60_000,
    batch_size=100,
    steps=60_000,
    chunk=200,
)
