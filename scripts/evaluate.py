"""Score a trained run on held-out pictures; the scores are also added to RUN/scores.jsonl.

    python scripts/evaluate.py RUN [--split test] [--n 1000] [--seed 0] [--data PATH]
        [--features pixels pca classifier] [--log-likelihood K] [--faces]

Samples are compared with held-out pictures, and so are training pictures: what a perfect model
would score. Features are fitted on other training pictures, and kept in RUN/features; a classifier
from a file may have learnt them all, so that beside it stands another held-out part. Blurred
pictures lie in the middle of all others, where precision and density are high, above all in pixels
and their principal components: judge sharpness in the classifier's features.

A model that knows classes is asked for those of the held-out pictures. Where the features are of a
classifier of the same classes (--features FILE, of scripts/train_classifier.py), it is also scored
by class: whether samples are what was asked for, and whether they are all that the class has.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np

import genjax
from class_scores import (
    labels_for,
    load_mixed,
    print_scores_by_class,
    rows_of,
    score_classes,
)
from command_line import report_errors
from genjax.data.celeba import Split
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
_HELD_OUT, _TRAINING = "held-out pictures", "training pictures"
_UNSEEN: dict[str, Split] = {"test": "validation", "validation": "test"}


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
    held = load_mixed(place, shape, arguments.split, seed=config.seed, limit=arguments.n)
    tables, sets = {_HELD_OUT: held.labels}, dict[str, np.ndarray]()
    if arguments.features:
        home = home if arguments.split == "all" else place
        many = min(home.limit or sys.maxsize, _FITTED_ON + 2 * arguments.n)
        training = load_mixed(home, shape, home.split or "train", seed=config.seed, limit=many)
        if (arguments.split, place.path) == (home.split or "train", home.path):
            training = rows_of(training, slice(len(held.pixels), None))
            if not len(training.pixels):
                raise InputError(
                    f"--n {arguments.n} leaves no pictures to compare with: take fewer"
                )
        # Others than those that features are fitted on, which these would know; of few, half.
        cut = max(len(training.pixels) - arguments.n, len(training.pixels) // 2)
        others, fitted_on = (rows_of(training, part) for part in (slice(cut, None), slice(cut)))
        sets[_TRAINING], tables[_TRAINING] = others.pixels, others.labels
    if any(name not in _KINDS for name in arguments.features) and arguments.split in _UNSEEN:
        # A classifier from a file may have learnt all of the training pictures.
        with suppress(InputError):
            part = _UNSEEN[arguments.split]
            unseen = load_split(place, shape, part, seed=config.seed, limit=arguments.n)
            name = f"{part} pictures"
            sets[name], tables[name] = unseen.pixels, unseen.labels
    names, labels = labels_for(trained, tables)
    real = held.pixels
    about = partial(
        Score, split=arguments.split, n_real=len(real), n_fake=len(real), seed=arguments.seed
    )
    scores = list(_of_model(trained, real, about, arguments))
    if getattr(trained.model, "has_prior", hasattr(trained.model, "sample")):
        if names:
            labels["samples"] = np.resize(labels[_HELD_OUT], arguments.n)
        y = labels.get("samples")
        sets["samples"] = trained.sample(arguments.n, y=y, seed=arguments.seed)
    if arguments.features:
        for feature in _features(arguments, fitted_on):
            scores += _in(feature, {_HELD_OUT: real, **sets}, labels, names, arguments)
    if arguments.faces:
        for subject, pictures in ((_HELD_OUT, real), *sets.items()):
            share, by = faces.share_with_face(pictures), faces.detector()
            scores.append(
                about("share_with_face", share, subject, n_fake=len(pictures), features=by)
            )
    print_scores_by_class(scores)
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


def _in(
    feature: features.Features,
    sets: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    names: tuple[str, ...],
    arguments: Arguments,
) -> Iterator[Score]:
    """How held-out pictures compare with the other sets; by class where the features know these."""
    about = partial(
        compare, split=arguments.split, features=feature.name, features_hash=feature.hash,
        seed=arguments.seed,
    )  # fmt: skip
    vectors = {subject: feature(pictures) for subject, pictures in sets.items()}
    real, *others = vectors
    for subject in others:
        yield from about(vectors[real], vectors[subject], subject=subject)
    if names:
        split, seed = arguments.split, arguments.seed
        yield from score_classes(feature, vectors, labels, names, split=split, seed=seed)


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
            fitted = features.leading_components(fitted_on.pixels)
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
