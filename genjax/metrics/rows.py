"""How near generated rows of numbers are to real ones, a column at a time and as a whole."""

from functools import partial

import numpy as np

from genjax.metrics.protocol import Score
from genjax.metrics.two_sample import two_sample_auc
from genjax.metrics.univariate import Distribution, kolmogorov_smirnov, wasserstein_1
from genjax.trained import Trained

_MANY = 1_000_000  # draws held against a distribution that is known


def score_rows(
    trained: Trained,
    real: np.ndarray,
    columns: tuple[str, ...],
    *,
    split: str,
    truth: Distribution | None = None,
    seed: int = 0,
) -> list[Score]:
    """Return the scores of as many samples as there are real rows.

    Args:
        trained: a GAN of rows.
        real: (n, columns) real rows, which it may have been trained on: say so by `split`.
        columns: their names.
        split: what the rows are.
        truth: the distribution of a single column, where it is known: a million draws are held
            against it.
        seed: of the samples.

    Returns:
        For each column mean, standard deviation, Kolmogorov-Smirnov statistic and Wasserstein-1
        distance; for the rows a new classifier's AUC, and the discriminator's mean decisions.
    """
    fake = trained.sample(len(real), seed=seed)
    about = partial(Score, split=split, n_real=len(real), n_fake=len(real), seed=seed)
    scores = []
    for index, name in enumerate(columns):
        x, z = real[:, index].astype(float), fake[:, index].astype(float)
        scores += [
            about("mean", float(z.mean()), name),
            about("mean_of_real", float(x.mean()), name),
            about("standard_deviation", float(z.std()), name),
            about("standard_deviation_of_real", float(x.std()), name),
            about("kolmogorov_smirnov", kolmogorov_smirnov(z, x), name),
            about("wasserstein_1", wasserstein_1(z, x), name),
        ]
    if truth is not None:
        many = trained.sample(_MANY, seed=seed)[:, 0]
        statistic = kolmogorov_smirnov(many, truth)
        note = "against the distribution itself"
        scores.append(
            about(
                "kolmogorov_smirnov_one_sample", statistic, columns[0], n_real=0, n_fake=_MANY,
                note=note,
            )
        )  # fmt: skip
    scores.append(about("two_sample_auc", two_sample_auc(real, fake, seed=seed), "rows"))
    for name, rows in (("real", real), ("fake", fake)):
        if (decision := trained.decision(rows)) is not None:
            scores.append(about(f"decision_on_{name}", float(decision.mean()), "rows"))
    return scores
