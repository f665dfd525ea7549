"""Pictures of latent space: what lies between, along and beside the encodings."""

import re
from pathlib import Path
from typing import Literal

import numpy as np

from genjax import plots
from genjax.errors import InputError, needs_extra
from genjax.explore.exploration import Exploration
from genjax.latent import interpolate, traverse

with needs_extra("tables", "maps"):
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

_POINTS = 8  # of an interpolation
_STEPS = np.arange(-2.0, 3.0)  # times an attribute's vector
_DEVIATIONS = np.arange(-3.0, 4.0)  # of a latent


def interpolations(it: Exploration, folder: Path, *, pictures: int = 8) -> Path:
    """Draw straight and spherical walks between pairs of held-out pictures; return the file.

    Args:
        it: what is explored.
        folder: where to.
        pictures: ends of walks, 2 or more; of an odd number the last one is left out.
    """
    shown = it.held_out.first(pictures)
    paths, rows = [], []
    for first in range(0, len(shown.pixels) - 1, 2):
        start, stop = shown.pixels[first : first + 2]
        here, there = shown.latents[first : first + 2]
        for name, spherical in (("straight", False), ("spherical", True)):
            walk = interpolate(here, there, _POINTS, spherical=spherical)
            paths.append([start, *it.trained.decode(np.asarray(walk)), stop])
            rows.append(f"pair {first // 2 + 1}\n{name}")
    weights = [f"{weight:.2f}" for weight in np.linspace(0, 1, _POINTS)]
    path = folder / "interpolations.png"
    plots.save_sheet(
        path,
        np.array(paths),
        rows=rows,
        columns=["original", *weights, "original"],
        title="decoded between the encodings of two held-out pictures",
    )
    return path


def walks(it: Exploration, folder: Path, *, latents: int = 10) -> Path:
    """Draw walks along single latents, those of the largest KL first; return the file.

    The latents of a model without a KL come in the order of their encodings' variance.

    Args:
        it: what is explored.
        folder: where to.
        latents: how many, at most.
    """
    shown, encodings = it.held_out.first(1), it.held_out.latents
    try:
        weight, unit = it.trained.kl_per_dimension(it.held_out.pixels), "KL {:.2f} nats"
    except InputError:
        weight, unit = encodings.var(axis=0), "variance {:.2f}"
    most = np.argsort(-weight, kind="stable")[:latents]
    mean, deviation = encodings.mean(axis=0), encodings.std(axis=0)
    (picture,), (encoding,) = shown.pixels, shown.latents
    images = []
    for latent in most:
        values = mean[latent] + _DEVIATIONS * deviation[latent]
        walk = traverse(encoding, int(latent), values)
        images.append([picture, *it.trained.decode(np.array([encoding, *walk]))])
    path = folder / "walks.png"
    plots.save_sheet(
        path,
        np.array(images),
        rows=[f"latent {latent}\n{unit.format(weight[latent])}" for latent in most],
        columns=["original", "as encoded", "-3", "-2", "-1", "0", "+1", "+2", "+3"],
        title="one latent set to its mean plus so many deviations of the encodings",
    )
    return path


def attributes(it: Exploration, folder: Path, *, pictures: int = 8) -> list[Path]:
    """Draw each attribute removed and added, by both forms of its vector; return the files."""
    shown = it.held_out.first(pictures)
    forms = [step for form in it.vectors for step in ("-2", "-1", f"{form}\n0", "+1", "+2")]
    paths = []
    for name in it.names:
        vectors = np.array([table.loc[name] for table in it.vectors.values()])
        moves = (_STEPS[:, None] * vectors[:, None]).reshape(-1, vectors.shape[1])
        images = [
            [picture, *it.trained.decode(encoding + moves)]
            for picture, encoding in zip(shown.pixels, shown.latents, strict=True)
        ]
        paths.append(folder / ("attribute_" + re.sub(r"\W+", "_", name) + ".png"))
        plots.save_sheet(
            paths[-1],
            np.array(images),
            rows=["with" if has else "without" for has in shown.factors[name]],
            columns=["original", *forms],
            title=f"{name}: so many times its vector (difference of means; regressed) added",
        )
    return paths


def encoding_map(
    it: Exploration, folder: Path, *, kind: Literal["pca", "tsne"] = "pca", seed: int = 0
) -> Path:
    """Draw the held-out pictures' encodings in the plane, coloured by attribute; return the file.

    Raises:
        InputError: encodings of a single number have no plane.

    References:
        van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 2008.
    """
    latents = it.held_out.latents
    if min(latents.shape) < 2:
        raise InputError("encodings of a single number have no map")
    if kind == "pca":
        pca = PCA(2, random_state=seed)
        points = pca.fit_transform(latents)
        shares = pca.explained_variance_ratio_
        axes = [f"principal component {i + 1} ({share:.0%})" for i, share in enumerate(shares)]
    else:
        # Neighbours that each point keeps near: the usual 30, fewer of few points.
        perplexity = min(30, (len(latents) - 1) / 3)
        points = TSNE(perplexity=perplexity, random_state=seed).fit_transform(latents)
        axes = ["t-SNE 1", "t-SNE 2"]
    groups = {name: it.held_out.factors[name].to_numpy() for name in it.names}
    path = folder / f"map_{kind}.png"
    plots.save_maps(path, points, groups, axes)
    return path
