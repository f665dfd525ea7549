"""What is timed: one configuration of each model family, and drawn data of its form.

Time does not depend on what rows and pictures say, so they are noise. A family is a
`TrainingConfig`, as a run has it, so that a benchmark times what users train.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.members import read_config
from genjax.algorithm import Algorithm
from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.losses import Gaussian, WeightedSquaredError
from genjax.models import (
    DiscriminatorConfig,
    GANConfig,
    GeneratorConfig,
    VAEConfig,
)

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
Kind = Literal["rows", "pictures"]


@dataclass(frozen=True)
class Family:
    """What is timed of a family.

    Attributes:
        name: of the family.
        kind: rows of numbers, whose networks are multilayer perceptrons, or pictures, whose are
            convolutions.
        read: returns the configuration.
        rows: examples of the drawn data.
        chunk: steps an executable, about a tenth of a second to a second on a CPU.
    """

    name: str
    kind: Kind
    read: Callable[[], TrainingConfig]
    rows: int
    chunk: int

    @property
    def config(self) -> TrainingConfig:
        """The configuration."""
        return self.read()

    def algorithm(self) -> Algorithm:
        """Return what is trained."""
        return self.config.algorithm()

    def data(self, rows: int | None = None) -> dict[str, np.ndarray]:
        """Return drawn examples, `rows` of them or the family's own number."""
        return draw_data(self.config, self.rows if rows is None else rows)


def draw_data(config: TrainingConfig, rows: int) -> dict[str, np.ndarray]:
    """Return noise of the form that a configuration learns from.

    Args:
        config: of a model of pictures (uint8, three axes) or of rows (float32 in [0, 1)).
        rows: examples, 1 or more.

    Returns:
        {"x": (rows, *event_shape)} and, for a model of classes, {"y": (rows,) int32}.
    """
    rng, model = np.random.default_rng(0), config.model
    shape = (rows, *model.event_shape)
    data = {
        "x": rng.integers(0, 256, shape, np.uint8)
        if len(model.event_shape) == 3
        else rng.random(shape, np.float32)
    }
    if classes := getattr(model, "classes", 0):
        data["y"] = (np.arange(rows) % classes).astype(np.int32)
    return data


def _credit_vae(batch_size: int) -> TrainingConfig:
    """The blog's networks, 10-8-6-8-10, with the ELBO as it should be."""
    model = VAEConfig(
        event_shape=(10,),
        network="mlp",
        hidden=(8,),
        latent_size=6,
        activation="relu",
        likelihood=Gaussian(1.0),
    )
    return TrainingConfig(
        model=model, data=TableConfig(), learning_rate=1e-3, batch_size=batch_size
    )


def _fraud_vae() -> TrainingConfig:
    """The report's networks, loss and optimiser; see configs/fraud_vae_published.py."""
    model = VAEConfig(
        event_shape=(29,),
        network="mlp",
        hidden=(20, 10, 8),
        latent_size=4,
        activation="relu",
        likelihood=WeightedSquaredError(1.0, root=True, bounded=False),
    )
    return TrainingConfig(
        model=model, data=TableConfig(), optimizer="nadam", learning_rate=1e-3, batch_size=128
    )


def _fraud_gan() -> TrainingConfig:
    """A game on the same columns."""
    model = GANConfig(
        event_shape=(29,),
        latent_size=16,
        generator=GeneratorConfig(hidden=(64, 64)),
        discriminator=DiscriminatorConfig(hidden=(64, 64)),
        scaling="standard",
        ema=0.999,
    )
    return TrainingConfig(model=model, data=TableConfig(), learning_rate=1e-3, batch_size=128)


def _heights_vae() -> TrainingConfig:
    """An autoencoder of one column, as wide as the heights' generator."""
    model = VAEConfig(
        event_shape=(1,),
        network="mlp",
        hidden=(16, 16),
        latent_size=1,
        activation="silu",
        likelihood=Gaussian(1.0),
    )
    return TrainingConfig(model=model, data=TableConfig(), learning_rate=2e-3, batch_size=200)


def _file(name: str, batch_size: int | None = None) -> Callable[[], TrainingConfig]:
    """Return what reads a file of configs/, with another batch size if one is named."""

    def read() -> TrainingConfig:
        config = read_config(CONFIGS / f"{name}.py")
        return config if batch_size is None else replace(config, batch_size=batch_size)

    return read


def _known(*families: Family) -> dict[str, Family]:
    return {family.name: family for family in families}


FAMILIES = _known(
    Family("credit_vae_6", "rows", lambda: _credit_vae(6), 100_000, 1000),
    Family("credit_vae_64", "rows", lambda: _credit_vae(64), 100_000, 1000),
    Family("credit_gan", "rows", _file("credit_gan"), 100_000, 1000),
    Family("fraud_vae", "rows", _fraud_vae, 284_807, 1000),
    Family("fraud_gan", "rows", _fraud_gan, 284_807, 500),
    Family("heights_vae", "rows", _heights_vae, 100_000, 1000),
    Family("heights_gan", "rows", _file("height_gan"), 100_000, 500),
    Family("heights_gan_article", "rows", _file("height_gan_article"), 100_000, 500),
    Family("gaussians_wgan_gp", "rows", _file("gaussians_wgan_gp"), 100_000, 20),
    Family("gaussians_relativistic", "rows", _file("gaussians_relativistic"), 100_000, 20),
    Family("mnist_vae", "pictures", _file("mnist_vae"), 10_000, 20),
    Family("mnist_iwae", "pictures", _file("mnist_nll_iwae"), 10_000, 5),
    Family("demo_faces", "pictures", _file("faces_demo"), 2_000, 5),
    Family("report_faces", "pictures", _file("celeba_vae", 128), 512, 3),
    Family("better_faces", "pictures", _file("celeba_vae_better"), 512, 3),
    Family("dcgan_faces", "pictures", _file("dcgan_faces"), 512, 5),
    Family("cgan_faces", "pictures", _file("cgan_faces"), 512, 5),
    Family("cgan_mnist", "pictures", _file("cgan_mnist"), 2_000, 5),
)
"""By name; the multilayer perceptrons first."""


def say_unknown(names: Iterable[str]) -> str:
    """Return a line on those names that are no families', or nothing."""
    unknown = ", ".join(sorted(set(names) - set(FAMILIES)))
    return unknown and f"no family {unknown}: there are {', '.join(FAMILIES)}"
