"""What grows in `growth`: the axes, their sizes, and the training that is timed at each."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.losses import Gaussian
from genjax.models import VAEConfig

AxisName = Literal["rows", "columns", "width", "size", "batch", "members"]


class Point(NamedTuple):
    """What is timed of one size.

    Attributes:
        config: of the training.
        rows: of the drawn data.
        members: trained at once by `fit_many`; None is a training by `fit`.
    """

    config: TrainingConfig
    rows: int
    members: int | None = None


class Axis(NamedTuple):
    """What grows.

    Attributes:
        label: of the axis, with its unit.
        held: what stays as it is.
        sizes: ascending.
        point: size -> what is timed.
    """

    label: str
    held: str
    sizes: tuple[int, ...]
    point: Callable[[int], Point]


def _mlp(columns: int, hidden: tuple[int, ...], batch_size: int) -> TrainingConfig:
    model = VAEConfig(
        event_shape=(columns,),
        network="mlp",
        hidden=hidden,
        latent_size=6,
        activation="relu",
        likelihood=Gaussian(1.0),
    )
    return TrainingConfig(model=model, data=TableConfig(), batch_size=batch_size)


def _pictures(side: int) -> TrainingConfig:
    model = VAEConfig(
        event_shape=(side, side, 3),
        network="conv",
        channels=(16, 32, 64),
        latent_size=32,
        likelihood=Gaussian(1.0),
    )
    return TrainingConfig(model=model, batch_size=32)


AXES: dict[AxisName, Axis] = {
    "rows": Axis(
        "rows of the data",
        "10 columns, layers of 8, batches of 64",
        (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
        lambda rows: Point(_mlp(10, (8,), 64), rows),
    ),
    "columns": Axis(
        "columns of the data",
        "layers of 64 and 64, batches of 128, 10,000 rows",
        (10, 30, 100, 300, 1_000),
        lambda columns: Point(_mlp(columns, (64, 64), 128), 10_000),
    ),
    "width": Axis(
        "units of each of two layers",
        "29 columns, batches of 128, 10,000 rows",
        (8, 32, 128, 512, 1_024),
        lambda width: Point(_mlp(29, (width, width), 128), 10_000),
    ),
    "size": Axis(
        "side of the pictures, pixels",
        "16, 32 and 64 channels, batches of 32",
        (16, 32, 64, 128),
        lambda side: Point(_pictures(side), 256),
    ),
    "batch": Axis(
        "rows a minibatch",
        "29 columns, layers of 20, 10 and 8, 100,000 rows",
        (8, 32, 128, 512, 2_048, 8_192),
        lambda batch: Point(_mlp(29, (20, 10, 8), batch), 100_000),
    ),
    "members": Axis(
        "members of fit_many, by vmap",
        "10 columns, layers of 8, batches of 6, 100,000 rows",
        (1, 4, 16, 64, 256),
        lambda members: Point(_mlp(10, (8,), 6), 100_000, members),
    ),
}
