"""A score and what it means only together with: the data, the numbers, the features, the seed."""

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from genjax.errors import InputError
from genjax.metrics import by_class
from genjax.metrics.coverage import density_coverage, precision_recall
from genjax.metrics.distance import frechet_distance, kernel_distance, sliced_wasserstein


class Score(NamedTuple):
    """One line of a report.

    Attributes:
        name: of the score.
        value: a number, or one for each latent dimension or class; NaN where it is not known.
        subject: what was scored: "samples", "held-out pictures", ...
        split: of the real data that it was held against.
        n_real: how many of these.
        n_fake: how many there were of the subject.
        seed: of whatever is drawn, the samples too.
        standard_error: of the value, where it is known.
        features: their name, where pictures were compared in any.
        features_hash: theirs.
        settings: of the score: k, order, ...
        note: what a reader must know.
        classes: the names of those that a list of values is of.
    """

    name: str
    value: float | list[float]
    subject: str
    split: str
    n_real: int
    n_fake: int
    seed: int
    standard_error: float | None = None
    features: str | None = None
    features_hash: str | None = None
    settings: Mapping[str, float] = {}
    note: str = ""
    classes: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return JSON's types (NaN is null), with this library's version.

        Example:
            >>> score = Score("precision", 0.5, "samples", "test", 100, 100, 0, settings={"k": 3})
            >>> [score.to_plain()[name] for name in ("name", "value", "settings")]
            ['precision', 0.5, {'k': 3}]
        """
        value = self.value
        plain = self._asdict() | {
            "value": [_known(x) for x in value] if isinstance(value, list) else _known(value),
            "settings": dict(self.settings),
            "classes": list(self.classes),
        }
        return plain | {"version": version("genjax-models")}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


class Judged(NamedTuple):
    """Pictures as a classifier sees them.

    Attributes:
        features: (n, d), of its penultimate layer.
        logits: (n, classes).
        labels: (n,) int, the classes that they are of, or that were asked for.
    """

    features: np.ndarray
    logits: np.ndarray
    labels: np.ndarray


def compare(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    subject: str,
    split: str,
    features: str,
    features_hash: str,
    seed: int = 0,
) -> list[Score]:
    """Return the distances between two sets of feature vectors, and what covers what.

    Args:
        real: (n, d), 20 vectors or more.
        fake: (m, d), likewise; compare scores of the same n and m alone.
        subject: what `fake` are.
        split: of `real`.
        features: their name.
        features_hash: theirs.
        seed: of the subsets and the directions.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x, y = np.random.default_rng(0).normal(size=(2, 60, 4))
        >>> about = dict(subject="samples", split="test", features="none", features_hash="0")
        >>> print(*(score.name for score in compare(x, y, **about)), sep=", ")
        frechet_distance, kernel_distance, sliced_wasserstein, precision, recall, density, coverage
    """
    subsets, projections, order, k_recall, k_coverage = 10, 256, 2, 3, 5
    kernel, kernel_error = kernel_distance(real, fake, subsets=subsets, seed=seed)
    sliced = sliced_wasserstein(real, fake, projections=projections, order=order, seed=seed)
    precision, recall = precision_recall(real, fake, k=k_recall)
    density, coverage = density_coverage(real, fake, k=k_coverage)
    few = (
        "fewer vectors than dimensions: biased"
        if min(len(real), len(fake)) <= real.shape[1]
        else ""
    )
    rows: list[tuple[str, float, float | None, dict[str, float], str]] = [
        ("frechet_distance", frechet_distance(real, fake), None, {}, few),
        ("kernel_distance", kernel, kernel_error, {"subsets": subsets}, ""),
        ("sliced_wasserstein", sliced, None, {"projections": projections, "order": order}, ""),
        ("precision", precision, None, {"k": k_recall}, ""),
        ("recall", recall, None, {"k": k_recall}, ""),
        ("density", density, None, {"k": k_coverage}, ""),
        ("coverage", coverage, None, {"k": k_coverage}, ""),
    ]
    return [
        Score(
            name, value, subject, split, len(real), len(fake), seed,
            standard_error, features, features_hash, settings, note,
        )
        for name, value, standard_error, settings, note in rows
    ]  # fmt: skip


def judge_classes(
    fake: Judged,
    classes: Sequence[str],
    *,
    subject: str,
    split: str,
    n_real: int,
    features: str,
    features_hash: str,
    seed: int = 0,
) -> list[Score]:
    """Return the conditional accuracy, of all pictures and by class.

    Args:
        fake: what is scored; real pictures show how far the classifier can be trusted.
        classes: the classes' names.
        subject: what `fake` is.
        split: of the real pictures whose labels were asked for.
        n_real: how many these are.
        features: the classifier's name.
        features_hash: its hash.
        seed: of the samples.

    Raises:
        InputError: labels or logits are of other classes.
    """
    if fake.logits.ndim != 2 or fake.logits.shape[1] != len(classes):
        raise InputError(f"logits of {len(classes)} classes, not {fake.logits.shape}")
    value, error = by_class.conditional_accuracy(fake.logits, fake.labels)
    each = by_class.accuracy_by_class(fake.logits, fake.labels)
    score = Score(
        "conditional_accuracy", value, subject, split, n_real, len(fake.labels), seed,
        error, features, features_hash,
    )  # fmt: skip
    by_each = score._replace(
        name="conditional_accuracy_by_class", value=each, standard_error=None,
        classes=tuple(classes),
    )  # fmt: skip
    return [score, by_each]


def compare_classes(
    real: Judged,
    fake: Judged,
    classes: Sequence[str],
    *,
    subject: str,
    split: str,
    features: str,
    features_hash: str,
    seed: int = 0,
) -> list[Score]:
    """Return `judge_classes`, and each class of `fake` against the same class of `real`.

    Args:
        real: real pictures.
        fake: what is scored.
        classes: the classes' names.
        subject: what `fake` is.
        split: of `real`.
        features: the classifier's name.
        features_hash: its hash.
        seed: of the samples.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x, labels = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2
        >>> both = Judged(x, x, labels)
        >>> about = dict(subject="samples", split="test", features="none", features_hash="0")
        >>> for score in compare_classes(both, both, ("cat", "dog"), **about)[2:]:
        ...     print(score.name, score.classes)
        coverage_by_class ('cat', 'dog')
        least_coverage_by_class ()
        frechet_distance_by_class ('cat', 'dog')
    """
    k, names = 5, tuple(classes)
    accuracies = judge_classes(
        fake, names, subject=subject, split=split, n_real=len(real.labels), features=features,
        features_hash=features_hash, seed=seed,
    )  # fmt: skip
    about = accuracies[-1]
    sets = real.features, real.labels, fake.features, fake.labels
    coverage = by_class.coverage_by_class(*sets, classes=len(names), k=k)
    frechet = by_class.frechet_by_class(*sets, classes=len(names))
    known = {name: x for name, x in zip(names, coverage, strict=True) if not math.isnan(x)}
    missing = [name for name in names if name not in known]
    few = f"no coverage by class of {', '.join(missing)}: too few pictures" if missing else ""
    least = min(known, key=lambda name: known[name], default=None)
    named = f"least coverage of {subject}: class {least}" if least is not None else few
    smallest = min(np.bincount(labels, minlength=len(names)).min() for labels in sets[1::2])
    biased = smallest <= real.features.shape[1]
    return [
        *accuracies,
        about._replace(name="coverage_by_class", value=coverage, settings={"k": k}, note=few),
        about._replace(
            name="least_coverage_by_class", value=math.nan if least is None else known[least],
            settings={"k": k}, note=named, classes=(),
        ),
        about._replace(
            name="frechet_distance_by_class", value=frechet,
            note="by class fewer vectors than dimensions: biased" if biased else "",
        ),
    ]  # fmt: skip
