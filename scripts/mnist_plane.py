"""Train an autoencoder and a VAE of MNIST with two latents each, and draw both planes.

    python scripts/mnist_plane.py --data data/mnist [--runs runs] [--epochs 20] [--out FILE]

An autoencoder's codes lie in clusters with gaps between them; a VAE's fill the plane as the prior
does, and nearly every point of it decodes to a digit. The figure shows it, and two numbers are
printed for each: how well the codes tell the digits apart (5 nearest neighbours), and which share
of the decoded points a classifier of real digits reads with more than .8 confidence.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

import numpy as np

import genjax
from command_line import CONFIGS, load_config, report_errors
from genjax import plots
from genjax.data.config import DataConfig
from genjax.data.training_set import load_split, load_training_set
from genjax.errors import needs_extra
from genjax.observers.pictures import train_on_pictures

with needs_extra("scripts", "command lines"):
    import tyro
with needs_extra("tables", "classifiers"):
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

_GRID, _CONFIDENT, _LABELLED = 20, 0.8, 10_000
_MODELS = {"mnist_autoencoder": "autoencoder", "mnist_vae": "variational autoencoder"}


@dataclass(frozen=True)
class Arguments:
    """From where, to where, for how long."""

    data: Path = Path("data/mnist")
    """The folder of MNIST's four idx files."""
    runs: Path = Path("runs")
    """Where the two runs' folders are made; runs that exist go on."""
    epochs: float | None = None
    """Passes over the data, instead of the configurations'."""
    seed: int = 0
    """Of the training."""
    out: Path | None = None
    """The figure; by default mnist_plane.png among the runs."""


def rows(pixels: np.ndarray) -> np.ndarray:
    """Return pictures as rows of [0, 1] for scikit-learn."""
    return pixels.reshape(len(pixels), -1) / np.float32(255)


def grid(codes: np.ndarray, has_prior: bool) -> np.ndarray:
    """Return the values of both latents at which to decode, (2, n), rising.

    Quantiles of the prior where there is one, so that each point stands for as much of it;
    otherwise even steps over the middle 98 % of the codes.
    """
    shares = (np.arange(_GRID) + 0.5) / _GRID
    if has_prior:
        return np.array([[NormalDist().inv_cdf(share) for share in shares]] * 2)
    low, high = np.percentile(codes, (1, 99), axis=0)[..., None]
    return low + shares * (high - low)


def main() -> int:
    """Train, draw, report."""
    arguments = tyro.cli(Arguments, description=__doc__)
    data = DataConfig(path=str(arguments.data.expanduser().resolve()))
    shape = (28, 28, 1)
    training, test = load_training_set(data, shape), load_split(data, shape, "test")
    if training.labels is None or test.labels is None:
        raise genjax.InputError(f"{arguments.data} holds no labels: name the folder of MNIST")
    some, true = training.pixels[:_LABELLED], test.labels["label"].to_numpy()
    digits = training.labels["label"].to_numpy()[:_LABELLED]
    reader = MLPClassifier((100,), early_stopping=True, random_state=0).fit(rows(some), digits)
    print(f"the reader tells {reader.score(rows(test.pixels), true):.1%} of the test digits")
    planes = {}
    for name, title in _MODELS.items():
        config = replace(load_config(CONFIGS / f"{name}.py"), data=data, seed=arguments.seed)
        config = replace(config, epochs=arguments.epochs or config.epochs)
        train_on_pictures(config, training, arguments.runs / name)
        trained = genjax.load(arguments.runs / name)
        codes = trained.encode(test.pixels)
        x, y = grid(codes, trained.model.has_prior)
        points = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)  # the top row first
        pictures = trained.decode(points)
        neighbours = KNeighborsClassifier().fit(trained.encode(some), digits)
        read = reader.predict_proba(rows(pictures)).max(axis=1) > _CONFIDENT
        print(
            f"{title}: {neighbours.score(codes, true):.1%} of the test digits are told from their "
            f"code; {read.mean():.1%} of the plane reads as a digit"
        )
        planes[title] = (codes, true, x, y[::-1], pictures)
    out = arguments.out or arguments.runs / "mnist_plane.png"
    out.parent.mkdir(parents=True, exist_ok=True)
    plots.save_planes(out, planes, legend="digit")
    print(out)
    return 0


if __name__ == "__main__":
    report_errors(main)
