"""What over-samplers share: imbalanced-learn's conventions, any kind of table in and out."""

import abc
from collections.abc import Hashable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse

from genjax.config import TrainingConfig
from genjax.data.table import TableTransform
from genjax.errors import InputError, needs_extra
from genjax.estimators.table_model import TableModelConfig, draw, learn
from genjax.losses import Column

with needs_extra("tables", "estimators"):
    from imblearn.over_sampling.base import BaseOverSampler
    from imblearn.utils import check_target_type
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils._param_validation import Interval, StrOptions
    from sklearn.utils.validation import validate_data

_COUNT = [Interval(Integral, 1, None, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]


class TableOverSampler(BaseOverSampler, abc.ABC):
    """An over-sampler that learns a table and draws new rows of the classes that need some.

    A subclass stores its parameters, of which these are read here: `sampling_strategy`,
    `categorical_features`, `numeric`, `steps`, `batch_size`, `learning_rate`, `verbose`,
    `random_state`; and says which model it trains (`_model`).
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseOverSampler._parameter_constraints,
        "categorical_features": [StrOptions({"auto"}), "array-like"],
        "numeric": [StrOptions({"quantile", "modes"})],
        "hidden": [tuple, list],
        "latent_size": _COUNT,
        "steps": _COUNT,
        "batch_size": _COUNT,
        "learning_rate": _POSITIVE,
        "verbose": ["boolean"],
        "random_state": ["random_state"],
    }

    categorical_features: Any
    numeric: Any
    hidden: tuple[int, ...]
    steps: int
    batch_size: int
    learning_rate: float
    verbose: bool
    random_state: Any

    @abc.abstractmethod
    def _model(self, columns: tuple[Column, ...], classes: int) -> TableModelConfig:
        """Return the model of encoded rows; of `classes` labels, or of 0."""

    @abc.abstractmethod
    def _conditional(self) -> bool:
        """Whether one model learns all classes; else each class that needs rows has its own."""

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Return the given rows, followed by new ones of the classes that need some.

        Args:
            X: (n, columns): an array or list of numbers, a sparse matrix of numbers, or a DataFrame
                of numbers, text, categories, booleans and dates, with missing values in any.
            y: (n,), classes.
            **params: none are known.

        Returns:
            (X, y), longer, each of the type and dtypes that was given. The same `random_state`
            gives the same rows.

        Raises:
            ValueError: rows, classes or parameters that cannot be used, in one line.
        """
        if missing := int(pd.isna(np.asarray(y, dtype=object)).sum()):
            raise InputError(f"the target y has {missing} missing values: drop these rows")
        return super().fit_resample(X, y, **params)

    def _check_X_y(self, X: Any, y: Any) -> tuple[Any, np.ndarray, bool]:
        y, binarize = check_target_type(y, indicate_one_vs_all=True)
        if isinstance(X, pd.DataFrame):
            if repeated := X.columns[X.columns.duplicated()].tolist():
                raise InputError(f"two columns are named {repeated[0]!r}")
            validate_data(self, X=X, y=y, reset=True, skip_check_array=True)
            return X, y, binarize
        X = validate_data(
            self,
            X,
            reset=True,
            dtype=None,
            accept_sparse=["csr", "csc"],
            ensure_all_finite=False,  # the table says which column is infinite
        )
        return X, y, binarize

    def _fit_resample(self, X: Any, y: np.ndarray, **params: Any) -> tuple[Any, np.ndarray]:
        frame = _as_frame(X)
        wanted = {label: count for label, count in self.sampling_strategy_.items() if count}
        classes, places, counts = np.unique(y, return_inverse=True, return_counts=True)
        for label, count in zip(classes, counts, strict=True):
            if label in wanted and count < 2:
                raise InputError(f"class {label!r} has one row: two or more are needed to learn it")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.transform_ = TableTransform(
            numeric=self.numeric, categorical=self._categorical(frame)
        ).fit(frame, seed=seed)
        if not wanted:
            return X, y
        encoded = self.transform_.transform(frame, seed=seed)
        numbers = [int(np.flatnonzero(classes == label)[0]) for label in wanted]
        sizes = list(wanted.values())
        if self._conditional():
            config = self._config(len(classes))
            state = learn(config, encoded, places, seed=seed, verbose=self.verbose)
            labels = np.repeat(numbers, sizes)
            drawn = draw(config.model, state, len(labels), labels, seed=seed)
        else:
            config = self._config(0)
            parts = []
            for number, size in zip(numbers, sizes, strict=True):
                own = seed + number
                rows = encoded[places == number]
                state = learn(config, rows, None, seed=own, verbose=self.verbose)
                parts.append(draw(config.model, state, size, None, seed=own))
            drawn = np.concatenate(parts)
        new = self.transform_.inverse(drawn, seed=seed)
        return _joined(X, new), np.concatenate([y, np.repeat(classes[numbers], sizes)])

    def _config(self, classes: int) -> TrainingConfig:
        config = TrainingConfig(
            model=self._model(self.transform_.columns_, classes),
            learning_rate=self.learning_rate,
            decay_steps=self.steps,
            steps=self.steps,
            batch_size=self.batch_size,
            chunk=min(self.steps, 500),
            **self._optimizer(),
        )
        config.check()
        return config

    def _optimizer(self) -> dict[str, float]:
        """Return the optimizer's settings that are not the default."""
        return {}

    def _categorical(self, frame: pd.DataFrame) -> list[Hashable] | str:
        """Return the names of the columns that are named as categorical, in any of the ways."""
        if isinstance(self.categorical_features, str):
            return "auto"
        given = np.asarray(self.categorical_features)
        columns = list(frame.columns)
        if given.dtype == bool:
            if given.shape != (len(columns),):
                raise InputError(f"a mask of categorical_features has {len(columns)} entries")
            return [name for name, is_one in zip(columns, given, strict=True) if is_one]
        named = []
        for one in given.tolist():
            if one in columns and (isinstance(one, str) or one == columns.index(one)):
                named.append(one)
            elif isinstance(one, int) and -len(columns) <= one < len(columns):
                named.append(columns[one])
            else:
                raise InputError(f"categorical_features names {one!r}: there is no such column")
        return named

    def __sklearn_tags__(self) -> Any:
        """Missing values, text and sparse matrices are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags


def _as_frame(X: Any) -> pd.DataFrame:
    """Return any table as a dense DataFrame; columns of an array are numbered."""
    if isinstance(X, pd.DataFrame):
        dense = {
            name: column.sparse.to_dense() if isinstance(column.dtype, pd.SparseDtype) else column
            for name, column in X.items()
        }
        return pd.DataFrame(dense).reset_index(drop=True)
    array = X.toarray() if sparse.issparse(X) else X
    if array.dtype.kind in "OUS":
        return pd.DataFrame(array.astype(object)).infer_objects()
    return pd.DataFrame(check_array(array, ensure_all_finite=False))


def _joined(X: Any, new: pd.DataFrame) -> Any:
    """Return X with new rows below, as what X is."""
    if isinstance(X, pd.DataFrame):
        return pd.concat([_as_frame(X), new], ignore_index=True)
    if sparse.issparse(X):
        below = sparse.csr_matrix(new.to_numpy(X.dtype))
        return sparse.vstack([X, below], format=X.format)
    return np.concatenate([X, new.to_numpy(X.dtype)])
