"""What detectors of outliers share: checks, scaling, scores in chunks, a threshold.

A detector learns from usual rows and scores others; as everywhere in scikit-learn, scores are high
for usual rows, `decision_function` is the score less `offset_`, and `predict` says 1 or -1.
"""

import abc
import numbers
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from genjax.errors import InputError, needs_extra
from genjax.estimators.quantiles import NormalQuantiles
from genjax.metrics import thresholds

with needs_extra("tables", "estimators"):
    from sklearn.base import BaseEstimator, OutlierMixin
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data

FORMAT = 1  # of what a fitted detector holds: a file of another one cannot be used
BLOCK = 1024  # rows of every call of a scoring program: the same shape, and so the same bits
_TAIL = 0.05  # share of the scores that a tail is fitted to
LOWEST = -float(np.finfo(np.float32).max)  # the score of what overflows: no row is stranger


class OutlierDetector(OutlierMixin, BaseEstimator, abc.ABC):
    """A detector whose model sees scaled rows; see `VAEDetector` for the parameters.

    A subclass stores its parameters, of which these are read here: `contamination`, `threshold`,
    `deviations`, `scaling`, `impute`, `random_state`; it trains on scaled rows (`_train`) and
    scores a block of them (`_score_block`).
    """

    contamination: float
    threshold: str
    deviations: float
    scaling: str
    impute: bool
    random_state: Any

    @abc.abstractmethod
    def _train(self, rows: np.ndarray, seed: int) -> None:
        """Learn from scaled rows, (n, columns) float32."""

    @abc.abstractmethod
    def _score_block(self, rows: np.ndarray) -> Any:
        """Return the scores, (BLOCK,), of scaled rows, (BLOCK, columns) float32."""

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn from usual rows, and where outliers begin.

        Args:
            X: (n, columns), an array or a DataFrame of numbers; n is 2 or more.
            y: ignored.

        Raises:
            ValueError: rows or parameters that cannot be used, in one line.
        """
        self._check_parameters()
        rows = self._validated(X, reset=True)
        self.scaler_ = self._scaler().fit(rows)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._train(self._scaled(rows), seed)
        self.offset_ = self._threshold(self._score(rows))
        if self.offset_ <= LOWEST:
            raise InputError("the training rows' scores overflow: scale the rows, or learn slower")
        self.format_ = FORMAT
        return self

    def score_samples(self, X: ArrayLike) -> np.ndarray:
        """Return how usual each row is, (n,) float64: a row's score depends on that row alone.

        Args:
            X: (n, columns), the columns of `fit`.
        """
        check_is_fitted(self)
        return self._score(self._validated(X, reset=False))

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return the scores less `offset_`, (n,): negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return 1 for usual rows and -1 for outliers, (n,) int64."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def choose_threshold(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        false_alarm: float,
        miss: Any,
        true_alarm: float = 0.0,
        true_pass: float = 0.0,
    ) -> Self:
        """Set `offset_` where labelled rows cost least: the matrix of costs of four decisions.

        Args:
            X: (n, columns), rows that were not trained on.
            y: (n,), 1 for the rows that are to be found, 0 for the others.
            false_alarm: cost of a usual row that is flagged.
            miss: cost of an outlier that is not, one number or (n,), such as a transaction's sum.
            true_alarm: cost of an outlier that is flagged.
            true_pass: cost of a usual row that is not.
        """
        self.offset_ = thresholds.least_cost(
            self.score_samples(X),
            y,
            false_alarm=false_alarm,
            miss=miss,
            true_alarm=true_alarm,
            true_pass=true_pass,
        )
        return self

    def _check_parameters(self) -> None:
        if not (isinstance(self.contamination, numbers.Real) and 0 < self.contamination <= 0.5):
            raise InputError(f"contamination is a share in (0, 0.5], not {self.contamination!r}")
        for name, known in (
            ("threshold", ("contamination", "robust", "tail")),
            ("scaling", ("quantile", "standard", "none")),
        ):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is one of {known}, not {getattr(self, name)!r}")
        if self.threshold == "tail" and self.contamination >= _TAIL:
            raise InputError(
                f"threshold 'tail' is for a contamination below {_TAIL}, not {self.contamination}"
            )
        if not 0 < self.deviations < np.inf:
            raise InputError(f"deviations are above 0, not {self.deviations}")

    def _validated(self, X: ArrayLike, *, reset: bool) -> np.ndarray:
        # float64 first: a float32 of 1e39 would be infinite before it could be refused.
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_min_samples=2 if reset else 1,
            ensure_all_finite="allow-nan" if self.impute else True,
        )

    def _scaler(self) -> Pipeline:
        """Return what comes before the model; it learns from the training rows alone."""
        steps: list[Any] = []
        if self.impute:
            steps.append(SimpleImputer(strategy="median", keep_empty_features=True))
        if self.scaling == "quantile":
            steps.append(NormalQuantiles())
        if self.scaling != "none":  # after quantiles: for columns of few values
            steps.append(StandardScaler())
        return make_pipeline(*steps, "passthrough")

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        scaled = np.asarray(self.scaler_.transform(rows), np.float32)
        if not np.isfinite(scaled).all():
            raise InputError("numbers too large for float32: scale them first")
        return scaled

    def _score(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores of valid rows, a block at a time."""
        scores = self._in_blocks(self._score_block, self._scaled(rows))
        # Far from all data a network may overflow, and a NaN would not be below any threshold.
        return np.where(np.isfinite(scores), scores, LOWEST)

    def _in_blocks(self, function: Any, scaled: np.ndarray) -> np.ndarray:
        """Return the function of blocks of rows of one shape, one after the other, float64."""
        padded = np.pad(scaled, ((0, -len(scaled) % BLOCK), (0, 0)))
        # All blocks are dispatched before the first is waited for.
        parts = [function(padded[at : at + BLOCK]) for at in range(0, len(padded), BLOCK)]
        return np.concatenate([np.asarray(part, np.float64) for part in parts])[: len(scaled)]

    def _threshold(self, scores: np.ndarray) -> float:
        if self.threshold == "robust":
            return thresholds.robust(scores, deviations=self.deviations)
        if self.threshold == "tail":
            return thresholds.tail(scores, self.contamination, share=_TAIL)
        return thresholds.at_quantile(scores, self.contamination)

    def __sklearn_tags__(self) -> Any:
        """Missing values are allowed where they are imputed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = bool(self.impute)
        return tags
