"""What lies between a column's spikes, as kinds that come with a number, and back."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from genjax.errors import needs_extra

_MOST_QUANTILES = 2000
_MOST_MODES, _LEAST_WEIGHT, _MOST_FITTED = 10, 0.001, 10_000
_FAR = 8.0  # deviations from all modes: such values have one of their own, so no number is large


@dataclass(frozen=True)
class _Between:
    """How values are rounded.

    Attributes:
        decimals: to how many digits after the point, if at all.
        fractional: none of them is whole.
    """

    decimals: int | None
    fractional: bool

    def _rounded(self, values: np.ndarray) -> np.ndarray:
        if self.decimals is None:
            return values
        rounded = np.round(values, self.decimals)
        if self.fractional and self.decimals:
            # On the side where the value was.
            step = np.copysign(10.0**-self.decimals, values - rounded)
            moved = np.round(rounded + step, self.decimals)
            rounded = np.where(rounded == np.rint(rounded), moved, rounded)
        return rounded


def _shares(rows: int) -> np.ndarray:
    """Return which quantiles are kept: even ones, and ever closer ones to both ends.

    A long tail would else be of one even density from its last quantile to its end.
    """
    even = np.linspace(0, 1, min(rows, _MOST_QUANTILES))
    halvings = int(np.log2((rows - 1) * even[1]) + 1e-9)
    ends = even[1] / 2.0 ** np.arange(halvings, 0, -1)
    return np.concatenate([even[:1], ends, even[1:-1], 1 - ends[::-1], even[-1:]])


@dataclass(frozen=True)
class Quantiles(_Between):
    """Values by their rank, which is normal: the number of a value of rank i is Φ⁻¹((i + ½) / n).

    A value that many rows share has a random one of its ranks, so that numbers are exactly normal.

    Attributes:
        quantiles: from the least to the greatest value, of `_shares`.
        rows: n.

    References:
        Hazen, "Storage to be provided in impounding reservoirs for municipal water supply",
        Transactions of the ASCE 1914, of i + ½.
    """

    quantiles: tuple[float, ...]
    rows: int

    @property
    def kinds(self) -> int:
        """One."""
        return 1

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        *,
        decimals: int | None,
        fractional: bool,
        rng: np.random.Generator,
    ) -> "Quantiles":
        """Return the quantiles of values (n,), n 3 or more."""
        rows = len(values)
        quantiles = np.maximum.accumulate(np.quantile(values, _shares(rows)))  # but for rounding
        return cls(decimals, fractional, tuple(quantiles.tolist()), rows)

    def encode(self, values: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return kinds and numbers, both (n,), of values (n,)."""
        quantiles = np.array(self.quantiles)
        shares = _shares(self.rows)
        # All that is rounded to a value is as good. A little less keeps float32 numbers inside.
        half = 0.0
        if self.decimals is not None:
            values = np.round(values, self.decimals)  # which a float32 is not quite
            half = 0.49 * 10.0**-self.decimals
        least = -np.interp(half - values, -quantiles[::-1], -shares[::-1])
        most = np.interp(values + half, quantiles, shares)
        share = least + (most - least) * rng.uniform(0.001, 0.999, len(values))
        return np.zeros(len(values), int), ndtri((0.5 + share * (self.rows - 1)) / self.rows)

    def decode(self, kinds: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return values (n,) of kinds and numbers (n,)."""
        share = (ndtr(numbers) * self.rows - 0.5) / (self.rows - 1)
        return self._rounded(np.interp(share, _shares(self.rows), np.array(self.quantiles)))


@dataclass(frozen=True)
class Modes(_Between):
    """Values by a mode of a Gaussian mixture, and how many deviations they are from its mean.

    Attributes:
        weights: of the modes.
        means: theirs.
        deviations: theirs.
        low: the least value.
        high: the greatest.

    References:
        Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling tabular data using
        conditional GAN", NeurIPS 2019, section 4.2.
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    low: float
    high: float

    @property
    def kinds(self) -> int:
        """The modes."""
        return len(self.means)

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        *,
        decimals: int | None,
        fractional: bool,
        rng: np.random.Generator,
    ) -> "Modes":
        """Return the modes of values (n,), of 10,000 drawn ones at most, n 3 or more."""
        with needs_extra("tables", "modes of numbers"):
            from sklearn.exceptions import ConvergenceWarning
            from sklearn.mixture import BayesianGaussianMixture
            from threadpoolctl import threadpool_limits
        drawn = values
        if len(values) > _MOST_FITTED:
            drawn = rng.choice(values, _MOST_FITTED, replace=False)
        centre, scale = values.mean(), values.std()
        mixture = BayesianGaussianMixture(
            n_components=min(_MOST_MODES - 1, len(drawn)),
            weight_concentration_prior=0.001,  # so that few modes have all the weight
            # Weak: a mode far from the mean, or narrow beside a long tail, is as wide as it is.
            mean_precision_prior=0.01,
            covariance_prior=np.full((1, 1), 1e-6),
            reg_covar=1e-12,
            random_state=int(rng.integers(2**32)),
        )
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit((drawn[:, None] - centre) / scale)
        kept = mixture.weights_ >= _LEAST_WEIGHT
        weights, means = mixture.weights_[kept], centre + scale * mixture.means_[kept, 0]
        deviations = scale * np.sqrt(mixture.covariances_[kept, 0, 0])
        # No narrower than what is rounded to one value.
        least = 0.0 if decimals is None else 10.0**-decimals / math.sqrt(12)
        deviations = np.maximum(deviations, least)
        distances = np.abs(values[:, None] - means) / deviations
        far = distances.min(axis=1) > _FAR
        if far.any():
            weights = np.append(weights, far.mean())
            means = np.append(means, values[far].mean())
            deviations = np.append(deviations, max(values[far].std(), deviations.min()))
        return cls(
            decimals,
            fractional,
            weights=tuple((weights / weights.sum()).tolist()),
            means=tuple(means.tolist()),
            deviations=tuple(deviations.tolist()),
            low=float(values.min()),
            high=float(values.max()),
        )

    def encode(self, values: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return kinds and numbers, both (n,), of values (n,)."""
        means, deviations = np.array(self.means), np.array(self.deviations)
        numbers = (np.clip(values, self.low, self.high)[:, None] - means) / deviations
        scores = np.log(np.array(self.weights) / deviations) - numbers**2 / 2
        # The highest of scores with Gumbel noise is a draw by their softmax.
        kinds = np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)
        return kinds, np.take_along_axis(numbers, kinds[:, None], axis=1)[:, 0]

    def decode(self, kinds: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return values (n,) of kinds and numbers (n,)."""
        values = np.array(self.means)[kinds] + np.array(self.deviations)[kinds] * numbers
        return self._rounded(np.clip(values, self.low, self.high))
