"""Sheets of a GAN of pictures: from the same noise by class, between samples, beside real ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genjax import plots
from genjax.data.conditions import Condition
from genjax.latent import interpolate
from genjax.metrics.features import Features
from genjax.metrics.nearest import nearest
from genjax.trained import Trained

_SAMPLES = 64
_ROWS = 12  # classes, at most
_COLUMNS = 10
_NEAREST = 5


def samples(trained: Trained, path: Path) -> np.ndarray:
    """Draw samples of a model without classes; return the picture."""
    sheet = plots.image_grid(trained.sample(_SAMPLES))
    plots.save_image(path, sheet)
    return sheet


def by_class(trained: Trained, path: Path, names: Sequence[str]) -> np.ndarray:
    """Draw a row for each class, all from the same noises; return the pictures as one."""
    rows = min(len(names), _ROWS)
    z = np.tile(trained.latents(_COLUMNS), (rows, 1))
    pictures = trained.decode(z, y=np.repeat(np.arange(rows), _COLUMNS))
    columns = [f"noise {column + 1}" for column in range(_COLUMNS)]
    title = f"samples by class, step {int(trained.state.step):,}"
    shaped = pictures.reshape(rows, _COLUMNS, *pictures.shape[1:])
    plots.save_sheet(path, shaped, rows=names[:rows], columns=columns, title=title)
    return plots.image_grid(pictures, columns=_COLUMNS)


def between(trained: Trained, path: Path, names: Sequence[str]) -> None:
    """Draw walks between noises, of one class each, and from class to class at one noise.

    Walks between normal noises are spherical, see `genjax.latent.interpolate`; others, which lie in
    a cube, are straight.
    """
    spherical = getattr(trained.config.model, "prior", "normal") == "normal"
    count = len(names)
    pairs = min(count, 5) if count else 6
    weights = np.linspace(0, 1, _COLUMNS)
    z = trained.latents(2 * pairs, seed=1)
    walks, shares, rows = [], [], []
    for pair in range(pairs):
        ends = z[2 * pair], z[2 * pair + 1]
        walks.append(np.asarray(interpolate(*ends, _COLUMNS, spherical=spherical)))
        rows.append(f"walk {pair + 1}")
        if count:
            shares.append(np.tile(np.eye(count)[pair], (_COLUMNS, 1)))
            rows[-1] = f"{names[pair]}\nnoise to noise"
    for pair in range(pairs if count else 0):
        start, stop = np.eye(count)[[pair, (pair + 1) % count]]
        walks.append(np.tile(z[2 * pair], (_COLUMNS, 1)))
        shares.append((1 - weights)[:, None] * start[None] + weights[:, None] * stop[None])
        rows.append(f"{names[pair]} to\n{names[(pair + 1) % count]}")
    y = np.concatenate(shares) if count else None
    pictures = trained.decode(np.concatenate(walks), y=y)
    plots.save_sheet(
        path,
        pictures.reshape(len(rows), _COLUMNS, *pictures.shape[1:]),
        rows=rows,
        columns=[f"{weight:.2f}" for weight in weights],
        title="between two samples",
    )


def nearest_pictures(
    trained: Trained,
    path: Path,
    real: np.ndarray,
    features: Features,
    condition: Condition | None,
) -> None:
    """Draw samples beside the training pictures that are nearest to them in the features' space.

    Args:
        trained: the model.
        path: of the PNG file.
        real: (n, height, width, channels) uint8, what it learnt from.
        features: what distances are measured in.
        condition: the pictures' classes, for a model of classes.
    """
    y, rows = None, [f"sample {row + 1}" for row in range(8)]
    if condition is not None:
        y = np.arange(min(len(condition.names), _ROWS))
        rows = [condition.names[label] for label in y]
    fake = trained.sample(len(rows), y=y, seed=2)
    k = min(_NEAREST, len(real))
    found = nearest(features(fake), features(real), k=k)
    plots.save_sheet(
        path,
        np.concatenate([fake[:, None], real[found.rows]], axis=1),
        rows=rows,
        columns=["sample", *(f"nearest {place + 1}" for place in range(k))],
        captions=[["", *(f"{value:.2f}" for value in line)] for line in found.distance],
        title=f"nearest training pictures, by distance in features ({features.name})",
    )
