"""scikit-learn's detectors of outliers, as peers to compare with: they learn and score alike.

Each comes after scaling to deviations of 1, as it is usually used. Two that believe in normal
distributions come a second time after scikit-learn's quantile transform to these.
Missing values become the training rows' medians.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from genjax.errors import needs_extra

with needs_extra("tables", "peers"):
    from sklearn.covariance import EmpiricalCovariance
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.impute import SimpleImputer
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import NearestNeighbors
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import QuantileTransformer, StandardScaler

_COMPONENTS, _NEIGHBOURS, _GAUSSIANS = 10, 10, 8
_QUANTILES = 1000


@dataclass
class Peer:
    """A detector: a scaler, a model of scaled rows, and how that scores them.

    Attributes:
        model: of scikit-learn, not fitted yet.
        score: of the fitted model and scaled rows, (n, columns), returns (n,), high for usual rows.
        quantiles: scale to normal distributions, instead of to deviations of 1.
    """

    model: Any
    score: Callable[[Any, np.ndarray], np.ndarray]
    quantiles: bool = False
    _fitted: Pipeline = field(init=False, repr=False)

    def fit(self, x: ArrayLike) -> Self:
        """Learn from usual rows, (n, columns)."""
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        scaler = StandardScaler()
        if self.quantiles:
            quantiles = min(_QUANTILES, np.shape(x)[0])
            scaler = QuantileTransformer(
                n_quantiles=quantiles, output_distribution="normal", subsample=None
            )
        self._fitted = make_pipeline(imputer, scaler, self.model).fit(x)
        return self

    def score_samples(self, x: ArrayLike) -> np.ndarray:
        """Return how usual each row is, (n,); x is (n, columns) of the columns of `fit`."""
        return self.score(self._fitted[-1], self._fitted[:-1].transform(x))


def principal_components(seed: int) -> Peer:
    """Return the squared error of the first 10 components, or of half of them if those are fewer.

    Args:
        seed: of no effect.
    """

    def score(pca: Any, x: np.ndarray) -> np.ndarray:
        first = pca.components_[: min(_COMPONENTS, x.shape[1] // 2)]
        centred = x - pca.mean_
        return -np.square(centred - centred @ first.T @ first).sum(axis=1)

    return Peer(PCA(), score)


def isolation_forest(seed: int) -> Peer:
    """Return the depth at which random trees part a row from the others."""
    return Peer(IsolationForest(random_state=seed), _own_score)


def nearest_neighbours(seed: int) -> Peer:
    """Return the mean distance to the 10 nearest training rows.

    Args:
        seed: of no effect.
    """
    nearest = NearestNeighbors(n_neighbors=_NEIGHBOURS)
    return Peer(nearest, lambda model, x: -model.kneighbors(x)[0].mean(axis=1))


def mahalanobis(seed: int, *, quantiles: bool = False) -> Peer:
    """Return the squared Mahalanobis distance from the training rows' mean.

    Args:
        seed: of no effect.
        quantiles: of the scaling.
    """
    return Peer(EmpiricalCovariance(), lambda model, x: -model.mahalanobis(x), quantiles)


def gaussian_mixture(seed: int, *, quantiles: bool = False) -> Peer:
    """Return the log-density of a mixture of 8 Gaussians with full covariances."""
    mixture = GaussianMixture(_GAUSSIANS, max_iter=200, random_state=seed)
    return Peer(mixture, _own_score, quantiles)


def _own_score(model: Any, x: np.ndarray) -> np.ndarray:
    return model.score_samples(x)


# name -> of a seed, the detector
PEERS: dict[str, Callable[[int], Peer]] = {
    "principal components": principal_components,
    "isolation forest": isolation_forest,
    "nearest neighbours": nearest_neighbours,
    "Mahalanobis": mahalanobis,
    "Mahalanobis, quantiles": lambda seed: mahalanobis(seed, quantiles=True),
    "Gaussian mixture": gaussian_mixture,
    "Gaussian mixture, quantiles": lambda seed: gaussian_mixture(seed, quantiles=True),
}
