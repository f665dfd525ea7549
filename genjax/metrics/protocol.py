"""A score and what it means only together with: the data, the numbers, the features, the seed."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from genjax.metrics.coverage import density_coverage, precision_recall
from genjax.metrics.distance import frechet_distance, kernel_distance, sliced_wasserstein


class Score(NamedTuple):
    """One line of a report.

    Attributes:
        name: of the score.
        value: a number, or one for each latent dimension.
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

    def to_plain(self) -> dict[str, Any]:
        """Return JSON's types, with this library's version.

        Example:
            >>> score = Score("precision", 0.5, "samples", "test", 100, 100, 0, settings={"k": 3})
            >>> [score.to_plain()[name] for name in ("name", "value", "settings")]
            ['precision', 0.5, {'k': 3}]
        """
        plain = self._asdict() | {"settings": dict(self.settings)}
        return plain | {"version": version("genjax-models")}


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
