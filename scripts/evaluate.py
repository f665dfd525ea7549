"""Score a trained run on held-out pictures; the scores are also added to RUN/scores.jsonl.

    python scripts/evaluate.py RUN [--split test] [--n 1000] [--seed 0] [--data PATH]
        [--features pixels pca classifier] [--log-likelihood K] [--faces]

Samples are compared with held-out pictures, and so are training pictures: what a perfect model
would score. Features are fitted on other training pictures, and kept in RUN/features. Blurred
pictures lie in the middle of all others, where precision and density are high, above all in pixels
and their principal components: judge sharpness in the classifier's features.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np

import genjax
from command_line import report_errors
from genjax.data.config import DataConfig
from genjax.data.training_set import Examples, load_split
from genjax.errors import InputError, needs_extra
from genjax.losses import bits_per_dimension
from genjax.metrics import faces, features
from genjax.metrics.classifier import targets
from genjax.metrics.protocol import Score, compare
from genjax.metrics.reconstruction import squared_errors
from report_scores import report_scores

with needs_extra("scripts", "command lines"):
    import tyro

_KINDS = ("pixels", "pca", "classifier")
_FITTED_ON = 10_000  # training pictures at most
_HELD_OUT = "held-out pictures"


@dataclass(frozen=True)
class Arguments:
    """What to score, and how."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    split: Literal["validation", "test", "train", "all"] = "test"
    """The real pictures; "all" is of --data, which then holds others than the run's."""
    n: int = 1000
    """How many samples, and at most so many real pictures."""
    seed: int = 0
    """Of the samples and of all else that is drawn."""
    data: Path | None = None
    """Where the pictures are now; by default where the run found them."""
    features: tuple[str, ...] = _KINDS
    """What to compare pictures in: these, or files from RUN/features of an earlier evaluation."""
    log_likelihood: int | None = None
    """Draws a picture for the bound of the log-likelihood, such as 5000."""
    faces: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Also the share of pictures in which OpenCV finds a face."""


def main() -> int:
    """Load, score, write."""
    arguments = tyro.cli(Arguments, description=__doc__)
    _check(arguments)
    trained = genjax.load(arguments.run)
    config = trained.config
    home, shape = config.pictures()
    place = home
    if arguments.data is not None:
        place = replace(place, path=str(arguments.data.expanduser().resolve()))
    real = load_split(place, shape, arguments.split, seed=config.seed, limit=arguments.n).pixels
    about = partial(
        Score, split=arguments.split, n_real=len(real), n_fake=len(real), seed=arguments.seed
    )
    scores = list(_of_model(trained, real, about, arguments))
    sets = {}
    if getattr(trained.model, "has_prior", hasattr(trained.model, "sample")):
        sets["samples"] = trained.sample(arguments.n, seed=arguments.seed)
    if arguments.features:
        home = home if arguments.split == "all" else place
        others, fitted_on = _training_pictures(home, shape, config.seed, arguments.n)
        sets["training pictures"] = others
        for feature in _features(arguments, fitted_on):
            of_real = feature(real)
            for subject, pictures in sets.items():
                scores += compare(
                    of_real, feature(pictures), subject=subject, split=arguments.split,
                    features=feature.name, features_hash=feature.hash, seed=arguments.seed,
                )  # fmt: skip
    if arguments.faces:
        for subject, pictures in ((_HELD_OUT, real), *sets.items()):
            share, by = faces.share_with_face(pictures), faces.detector()
            scores.append(
                about("share_with_face", share, subject, n_fake=len(pictures), features=by)
            )
    report_scores(scores, arguments.run, {"step": int(trained.state.step), "data": place.path})
    return 0


def _check(arguments: Arguments) -> None:
    """Raise InputError for what would fail only after minutes."""
    if arguments.n < 1:
        raise InputError(f"--n must be 1 or more, got {arguments.n}")
    if arguments.log_likelihood is not None and arguments.log_likelihood < 1:
        raise InputError(f"--log-likelihood takes 1 draw or more, not {arguments.log_likelihood}")
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"--seed lies in [0, 2^32), not {arguments.seed}")
    if arguments.split == "all" and arguments.data is None:
        raise InputError("--split all is of other pictures than the run's: name them with --data")
    for name in arguments.features:
        if name not in _KINDS and not Path(name).is_file():
            raise InputError(f"--features takes {', '.join(_KINDS)} and files, not {name}")
    if arguments.faces:
        faces.detector()


def _of_model(
    trained: genjax.Trained, real: np.ndarray, about: Callable[..., Score], arguments: Arguments
) -> Iterator[Score]:
    """What the model makes of real pictures, as far as it has the verbs."""
    model = trained.model

    def mean(name: str, values: np.ndarray, **settings: int) -> Score:
        values = np.asarray(values, np.float64)
        error = float(values.std() / np.sqrt(len(values)))
        return about(name, float(values.mean()), _HELD_OUT, standard_error=error, settings=settings)

    if hasattr(model, "reconstruct"):
        errors = squared_errors(real, trained.reconstruct(real))
        yield mean("mean_squared_error", errors)
    if hasattr(model, "kl_per_dimension"):
        nats = trained.kl_per_dimension(real)
        yield about("kl", float(nats.sum()), _HELD_OUT)
        yield about("kl_per_dimension", nats.tolist(), _HELD_OUT)
    if hasattr(model, "code"):
        yield about("active_units", trained.active_units(real), _HELD_OUT)
    likelihood = getattr(model, "likelihood", None)
    if hasattr(model, "log_prob") and getattr(likelihood, "is_density", True):
        for draws in sorted({1, arguments.log_likelihood or 1}):
            nats = trained.log_prob(real, samples=draws, seed=arguments.seed)
            yield mean("negative_log_likelihood_bound", -nats, draws=draws)
            if likelihood is not None:
                bits = bits_per_dimension(likelihood, jnp.asarray(nats), jnp.asarray(real))
                yield mean("bits_per_dimension", np.asarray(bits), draws=draws)


def _training_pictures(
    config: DataConfig, shape: tuple[int, int, int], seed: int, n: int
) -> tuple[np.ndarray, Examples]:
    """Return n training pictures (of few, half), and others to fit features on.

    A feature would know those that it was fitted on.
    """
    limit = min(config.limit or sys.maxsize, _FITTED_ON + n)
    examples = load_split(config, shape, config.split or "train", seed=seed, limit=limit)
    pixels, labels = examples.pixels, examples.labels
    cut = max(len(pixels) - n, len(pixels) // 2)
    fitted_on = examples._replace(
        pixels=pixels[:cut], labels=None if labels is None else labels[:cut]
    )
    return pixels[cut:], fitted_on


def _features(arguments: Arguments, fitted_on: Examples) -> Iterator[features.Features]:
    """What to compare pictures in; features that are fitted here are kept in the run's folder."""
    folder = arguments.run / "features"
    for name in arguments.features:
        fitted = None
        if name in ("pca", "classifier"):
            print(f"fitting {name} on {len(fitted_on.pixels):,} pictures", file=sys.stderr)
        if name == "pixels":
            yield features.pixels()
        elif name == "pca":
            fitted = features.pca(fitted_on.pixels, components=min(64, len(fitted_on.pixels) - 1))
        elif name != "classifier":
            yield features.load(name)
        elif (labels := targets(fitted_on.labels)) is not None:
            fitted = features.classifier(fitted_on.pixels, labels)
        else:
            print("no classifier: the pictures have no labels to learn", file=sys.stderr)
        if fitted is not None:
            folder.mkdir(exist_ok=True)
            features.save(folder / f"{name}.npz", fitted)
            yield fitted


if __name__ == "__main__":
    report_errors(main)
