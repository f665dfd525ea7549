"""Two measurements: is anything copied, and what does adding an attribute change?"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genjax import plots
from genjax.data.attributes import attributes_of
from genjax.errors import InputError
from genjax.explore.exploration import Exploration
from genjax.metrics.nearest import Nearness, nearest, nearness
from genjax.metrics.probe import Effect, effect, fit_probe

_PLACES = ("nearest", "second", "third")
_PIXELS = "root mean square difference of pixels (white: 1)"
_PROBED = 4_000  # training pictures of the probe, at most
_CHANGED = 300  # held-out pictures whose attributes are changed, at most
_READABLE = 0.5  # the probe's least skill on reconstructions


class Copies(NamedTuple):
    """Whether training pictures were copied.

    Attributes:
        nearness: unit -> set -> how near its pictures lie to the training ones.
        share: unit -> of samples, the share whose nearest picture is a training one, and not a
            held-out one.
        expected: that share if nothing is copied: training pictures of all.
        error: the standard deviation of `share` by chance, if nothing is copied.
    """

    nearness: dict[str, dict[str, Nearness]]
    share: dict[str, float]
    expected: float
    error: float


def copies(
    it: Exploration, folder: Path, *, samples: int = 500, pictures: int = 8, seed: int = 0
) -> tuple[Copies, list[Path]]:
    """Draw samples beside their nearest training pictures, and measure whether any is copied.

    Nearest in pixels (root mean square of the differences, black 0, white 1) and in latents (the
    Euclidean distance of encodings). What is not copied is as near to held-out pictures as to as
    many training ones, blurred or not: so by chance alone the nearest of all is a training picture
    as often as they are training pictures.

    Args:
        it: what is explored.
        folder: where to.
        samples: how many, 1 or more.
        pictures: of them are drawn, at most.
        seed: of the samples.

    Returns:
        The figures, and the files.

    Raises:
        InputError: the model has no prior to sample from, or there are no held-out pictures.
    """
    if not it.is_held_out:
        raise InputError("no held-out pictures to compare samples and training pictures with")
    training, held_out = it.training, it.held_out
    drawn = it.trained.sample(samples, seed=seed)
    rebuilt = it.trained.decode(held_out.latents)
    encode = it.trained.encode
    in_pixels = {"samples": drawn, "reconstructions": rebuilt, "held-out": held_out.pixels}
    in_latents = {
        "samples": encode(drawn), "reconstructions": encode(rebuilt), "held-out": held_out.latents
    }  # fmt: skip
    scale = 255 * math.sqrt(drawn[0].size)
    spaces = (
        ("pixels", in_pixels, training.pixels, scale),
        ("latents", in_latents, training.latents, 1),
    )
    shown = drawn[:pictures]
    images, captions, columns = [shown[:, None]], [np.full((len(shown), 1), "")], ["sample"]
    distances: dict[str, dict[str, np.ndarray]] = {}
    share = {}
    k = min(len(_PLACES), len(training.pixels))
    for space, sets, references, unit in spaces:
        found = {name: nearest(vectors, references, k=k) for name, vectors in sets.items()}
        distances[space] = {name: each.distance[:, 0] / unit for name, each in found.items()}
        others = nearest(sets["samples"], sets["held-out"]).distance[:, 0] / unit
        share[space] = float(np.mean(distances[space]["samples"] < others))
        rows, distance = (x[: len(shown)] for x in found["samples"])
        images.append(training.pixels[rows])
        captions.append(np.vectorize("{:.3g}".format)(distance / unit))
        columns += [f"{space}\n{place}" for place in _PLACES[:k]]
    paths = [folder / "nearest.png", folder / "nearest_distances.png"]
    plots.save_sheet(
        paths[0],
        np.concatenate(images, axis=1),
        rows=[f"sample {index}" for index in range(len(shown))],
        columns=columns,
        title=f"samples, the nearest of {len(training.pixels):,} training pictures, their distance",
        captions=np.concatenate(captions, axis=1).tolist(),
    )
    plots.save_histograms(
        paths[1],
        dict(zip((_PIXELS, "distance of encodings"), distances.values(), strict=True)),
        title="distance to the nearest training picture",
    )
    measured = {
        space: {name: nearness(values, parts["held-out"]) for name, values in parts.items()}
        for space, parts in distances.items()
    }
    expected = len(training.pixels) / (len(training.pixels) + len(held_out.pixels))
    error = math.sqrt(expected * (1 - expected) / samples)
    return Copies(measured, share, expected, error), paths


class Edits(NamedTuple):
    """What changes of attributes changed.

    Attributes:
        skill: of the probe, on "originals" and "reconstructions" -> factor -> `Probe.skill`.
        readable: factors that it reads from reconstructions: only these are judged.
        added: form of the vector -> attribute -> what adding it changed.
        removed: the same, of taking it away.
    """

    skill: dict[str, dict[str, float]]
    readable: list[str]
    added: dict[str, dict[str, Effect]]
    removed: dict[str, dict[str, Effect]]


def edits(it: Exploration, folder: Path, *, seed: int = 0) -> tuple[Edits, Path]:
    """Add every attribute to held-out pictures, and take it away; let a probe read what changed.

    The probe is linear and learns from training pictures and from their reconstructions: it knows
    what the factors look like, and how the model draws them. Where it reads a factor from held-out
    reconstructions no better than `_READABLE`, what it says of that factor is left out.

    Args:
        it: what is explored.
        folder: where to.
        seed: of the probe.

    Returns:
        The figures, and the file of the heat map.

    Raises:
        InputError: no attribute can be read from reconstructions.
    """
    decode, held_out, learnt = it.trained.decode, it.held_out, it.training.first(_PROBED)
    both = np.concatenate([learnt.pixels, decode(learnt.latents)])
    probe = fit_probe(both, pd.concat([learnt.factors, learnt.factors]), seed=seed)
    rebuilt = probe.read(decode(held_out.latents))
    skill = {
        name: probe.skill(readings, held_out.factors)
        for name, readings in (
            ("originals", probe.read(held_out.pixels)), ("reconstructions", rebuilt)
        )
    }  # fmt: skip
    readable = [name for name, value in skill["reconstructions"].items() if value >= _READABLE]
    names = [str(name) for name in attributes_of(held_out.factors[readable])]
    if not names:
        raise InputError("the probe reads no attribute from reconstructions")
    before, encodings = rebuilt[readable][:_CHANGED], held_out.latents[:_CHANGED]

    def moved(form: str, name: str, sign: int) -> Effect:
        vector = it.vectors[form].loc[name].to_numpy()
        after = probe.read(decode(encodings + sign * vector))[readable]
        return effect(before, after, name, removed=sign < 0)

    added, removed = (
        {form: {name: moved(form, name, sign) for name in names} for form in it.vectors}
        for sign in (1, -1)
    )
    path = folder / "probe.png"
    plots.save_heat_map(
        path,
        {
            f"vector: {form}": pd.DataFrame(
                [one.changes for one in effects.values()], index=[f"+ {name}" for name in effects]
            )
            for form, effects in added.items()
        },
        label="mean change (probability; deviations)",
        title="what the probe reads (columns) once an attribute (row) is added",
    )
    return Edits(skill, readable, added, removed), path
