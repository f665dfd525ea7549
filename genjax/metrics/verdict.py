"""How is the game going? A verdict on an adversarial training, from what is measured.

    diverged            something is not finite, or samples lie ten times as far out as the data
                        and the discriminator does not tell, or a thousand times
    mode collapse       all samples are alike; or they lie among the data and leave a third bare
    discriminator won   samples lie off the data, and it tells most of them
    generator won       samples lie off the data, and it does not: it is too weak to teach
    healthy             samples lie among the data, and cover it

Lying among the data and covering it are measured between neighbours (precision and coverage), not
by the discriminator: a player is not its own referee. A verdict is of a moment: a discriminator
that has won after a hundred steps may lose its lead. How close samples are, a distance says.

References:
    Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models",
    NeurIPS 2019 (precision).
    Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML 2020
    (coverage).
"""

from enum import StrEnum
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.algorithm import TrainState
from genjax.errors import InputError
from genjax.losses.adversarial import accuracy
from genjax.metrics.coverage import density_coverage, precision_recall
from genjax.models.gan import GAN

_K = 5
FAR, LOST, ALIKE, AMONG, COVERED, TELLS = 10.0, 1e3, 0.05, 0.5, 2 / 3, 0.75


class Verdict(StrEnum):
    """How an adversarial training is going."""

    HEALTHY = "healthy"
    MODE_COLLAPSE = "mode collapse"
    DISCRIMINATOR_WON = "discriminator won"
    GENERATOR_WON = "generator won"
    DIVERGED = "diverged"


class Signals(NamedTuple):
    """What a verdict is made of; NaN where samples or logits are not finite.

    Attributes:
        accuracy: of the discriminator, cut halfway between its median logits; .5 is a guess.
        precision: share of samples that lie among the data.
        coverage: share of the data that samples lie beside.
        spread: median distance of samples from their own middle, in units of the data's.
        distance: median distance of samples from the data's middle, in units of the data's.
    """

    accuracy: float
    precision: float
    coverage: float
    spread: float
    distance: float

    @property
    def verdict(self) -> Verdict:
        """The verdict.

        Example:
            >>> signals = Signals(accuracy=0.97, precision=0.1, coverage=0, spread=0.8, distance=2)
            >>> signals.verdict
            <Verdict.DISCRIMINATOR_WON: 'discriminator won'>
        """
        if not np.isfinite(self).all() or self.distance > LOST:
            return Verdict.DIVERGED
        tells = self.accuracy >= TELLS
        if self.distance > FAR:
            # A generator that was left behind at its start is no runaway.
            return Verdict.DISCRIMINATOR_WON if tells else Verdict.DIVERGED
        if self.spread < ALIKE:
            return Verdict.MODE_COLLAPSE
        if self.precision < AMONG:
            return Verdict.DISCRIMINATOR_WON if tells else Verdict.GENERATOR_WON
        return Verdict.MODE_COLLAPSE if self.coverage < COVERED else Verdict.HEALTHY


def judge(
    gan: GAN, state: TrainState, x: np.ndarray, key: Array, *, y: np.ndarray | None = None
) -> Signals:
    """Return the signals of a GAN in training, from as many samples as there are real rows.

    Args:
        gan: the model.
        state: its state, of any step.
        x: (n, *event_shape) real rows, about a thousand.
        key: random key of the samples.
        y: (n,) int labels, for a model of classes; the samples have the same.

    Example:
        >>> import jax, optax
        >>> from genjax import fit
        >>> from genjax.models import GANConfig
        >>> gan, x = GANConfig(latent_size=1).build(), np.random.default_rng(0).normal(size=(99, 1))
        >>> algorithm = gan.algorithm(optax.adam(1e-3))
        >>> state = fit(algorithm, {"x": x}, steps=0, key=jax.random.key(0), batch_size=32)
        >>> judge(gan, state, x, jax.random.key(1)).verdict in Verdict
        True
    """
    fake = gan.sample(state, key, len(x), y=y)
    sets = jnp.asarray(x), fake
    rows = (np.asarray(gan.head.observe(one, state.extra["scale"])) for one in sets)
    return measure(*rows, *(np.asarray(gan.score(state, one, y=y)) for one in sets))


def measure(
    real: np.ndarray,
    fake: np.ndarray,
    real_logits: np.ndarray,
    fake_logits: np.ndarray,
    *,
    ranks: bool = False,
) -> Signals:
    """Return the signals of samples and of what the discriminator says.

    Args:
        real: (n, d) rows or features, about a thousand; columns of about one scale, unless `ranks`.
        fake: (m, d) samples, or their features, likewise.
        real_logits: (n,) the discriminator's, of the real rows.
        fake_logits: (m,) of the samples.
        ranks: look for neighbours by each column's rank among the real rows: for tables, where a
            few rows in a long tail would make all others one point.

    Raises:
        InputError: the real rows are not finite, or the sets not of this form.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, z = rng.normal(size=(2, 500, 2))
        >>> guess = rng.normal(size=500)
        >>> measure(x, z, guess, guess).verdict.value
        'healthy'
        >>> measure(x, np.tile(x[:1], (500, 1)), guess, guess).verdict.value
        'mode collapse'
    """
    real = _flat(real)
    fake = _flat(fake)
    if not np.isfinite(real).all():
        raise InputError("real rows must be finite")
    logits = [np.asarray(logits, float) for logits in (real_logits, fake_logits)]
    nan = float("nan")
    if not all(np.isfinite(values).all() for values in (fake, *logits)):
        return Signals(nan, nan, nan, nan, nan)
    # Half of a column lies within a quarter to three quarters of it, however long its tail.
    low, middle, high = np.quantile(real, [0.25, 0.5, 0.75], axis=0)
    width = np.where(high > low, high - low, np.std(real, axis=0))
    width = np.where(width > 0, width, 1.0)
    off_real, off_fake = (real - middle) / width, (fake - middle) / width
    unit = _typical(off_real)
    real, fake = _untied(real, fake)
    if ranks:
        real, fake = _rank(real, real), _rank(real, fake)
    # Medians: a critic without bounds has outliers.
    cut = sum(float(np.median(values)) for values in logits) / 2
    return Signals(
        accuracy=float(accuracy(jnp.asarray(logits[0]), jnp.asarray(logits[1]), cut)),
        precision=precision_recall(real, fake, k=_K).precision,
        coverage=density_coverage(real, fake, k=_K).coverage,
        spread=_typical(off_fake - np.median(off_fake, axis=0)) / unit,
        distance=_typical(off_fake) / unit,
    )


def _flat(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, float)
    return x.reshape(len(x), -1)


def _rank(real: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the share of real rows below each number, 0 to 1, those equal to it counted half."""
    columns = []
    for known, column in zip(np.sort(real, axis=0).T, rows.T, strict=True):
        sides = (np.searchsorted(known, column, side) for side in ("left", "right"))
        columns.append(sum(sides) / (2 * len(known)))
    return np.stack(columns, axis=1)


def _untied(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both sets with noise as wide as a step in the columns that are rounded.

    Rounded rows have neighbours at no distance, among which no unrounded sample could lie.
    """
    rng, steps = np.random.default_rng(0), np.zeros(real.shape[1])
    for index, column in enumerate(real.T):
        numbers, counts = np.unique(column, return_counts=True)
        heaps = numbers[counts > _K]  # whose k-th neighbours are at no distance
        if len(heaps) > 1:
            steps[index] = np.median(np.diff(heaps))
    real, fake = (rows + steps * rng.uniform(-0.5, 0.5, rows.shape) for rows in (real, fake))
    return real, fake


def _typical(offsets: np.ndarray) -> float:
    """Return the median length of vectors; a millionth where it is 0."""
    return max(float(np.median(np.linalg.norm(offsets, axis=1))), 1e-6)
