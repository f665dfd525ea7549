"""How is the game going? A verdict on an adversarial training, from what is measured.

    diverged            something is not finite, or samples lie ten times as far out as the data
                        and the discriminator does not tell, or a thousand times
    mode collapse       all samples are alike; or they lie among the data and leave half of it bare
    discriminator won   samples lie off the data, and it tells nearly all of them
    generator won       samples lie off the data, and it can tell hardly any: too weak to teach
    healthy             none of these: the game goes on, or has ended well

Lying among the data and covering it are measured between neighbours (precision and coverage), not
by the discriminator: a player is not its own referee. Healthy says that the game is sound; how
close the samples are is for a distance to say.

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

from genjax.errors import InputError
from genjax.losses.adversarial import accuracy
from genjax.metrics.coverage import density_coverage, precision_recall

_K = 5
FAR, LOST, ALIKE, HALF, TELLS, GUESSES = 10.0, 1e3, 0.05, 0.5, 0.9, 0.6


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
        accuracy: of the discriminator, cut halfway between its mean logits; .5 is a guess.
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
        if self.distance > FAR:
            # A generator that was left behind at its start is no runaway.
            tells = self.accuracy >= TELLS
            return Verdict.DISCRIMINATOR_WON if tells else Verdict.DIVERGED
        if self.spread < ALIKE:
            return Verdict.MODE_COLLAPSE
        if self.precision < HALF:
            if self.accuracy >= TELLS:
                return Verdict.DISCRIMINATOR_WON
            return Verdict.GENERATOR_WON if self.accuracy <= GUESSES else Verdict.HEALTHY
        return Verdict.MODE_COLLAPSE if self.coverage < HALF else Verdict.HEALTHY


def measure(
    real: np.ndarray, fake: np.ndarray, real_logits: np.ndarray, fake_logits: np.ndarray
) -> Signals:
    """Return the signals of samples and of what the discriminator says.

    Args:
        real: (n, d) rows or features, about a thousand; columns of about one scale.
        fake: (m, d) samples, or their features, likewise.
        real_logits: (n,) the discriminator's, of the real rows.
        fake_logits: (m,) of the samples.

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
    middle = np.median(real, axis=0)
    unit = _typical(real - middle)
    return Signals(
        accuracy=float(accuracy(*map(jnp.asarray, logits))),
        precision=precision_recall(real, fake, k=_K).precision,
        coverage=density_coverage(real, fake, k=_K).coverage,
        spread=_typical(fake - np.median(fake, axis=0)) / unit,
        distance=_typical(fake - middle) / unit,
    )


def _flat(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, float)
    return x.reshape(len(x), -1)


def _typical(offsets: np.ndarray) -> float:
    """Return the median length of vectors; a millionth where it is 0."""
    return max(float(np.median(np.linalg.norm(offsets, axis=1))), 1e-6)
