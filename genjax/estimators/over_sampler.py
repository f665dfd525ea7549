"""What over-samplers share: imbalanced-learn's conventions, any kind of table in and out."""

import abc
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from genjax.config import TrainingConfig
from genjax.data.table import TableTransform
from genjax.errors import InputError, needs_extra
from genjax.estimators.table_configs import WGAN_GP, training_of
from genjax.estimators.table_model import TableModelConfig, draw, learn
from genjax.estimators.table_rows import training_rows
from genjax.losses import Column

with needs_extra("tables", "estimators"):
    from imblearn.over_sampling.base import BaseOverSampler
    from imblearn.utils import check_target_type
    from sklearn.utils import check_consistent_length, check_random_state
    from sklearn.utils._param_validation import Interval, StrOptions
    from sklearn.utils.validation import validate_data

COUNT = [Interval(Integral, 1, None, closed="left")]
POSITIVE = [Interval(Real, 0, None, closed="neither")]


# A dataclass writes the constructor that scikit-learn reads the parameters from.
@dataclass(kw_only=True, eq=False, repr=False)
class TableOverSampler(BaseOverSampler, abc.ABC):
    """An over-sampler that learns a table and draws new rows of the classes that need some.

    A subclass says which model it trains (`_model`), on all classes or on one (`_conditional`).
    """

    sampling_strategy: Any = "auto"
    categorical_features: Any = "auto"
    numeric: Literal["quantile", "modes"] = "quantile"
    hidden: tuple[int, ...] = (128, 128)
    latent_size: int = WGAN_GP.latent_size
    steps: int = WGAN_GP.steps
    batch_size: int = 256
    learning_rate: float = WGAN_GP.learning_rate
    verbose: bool = False
    random_state: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseOverSampler._parameter_constraints,
        "categorical_features": [StrOptions({"auto"}), "array-like"],
        "numeric": [StrOptions({"quantile", "modes"})],
        "hidden": [tuple, list],
        "latent_size": COUNT,
        "steps": COUNT,
        "batch_size": COUNT,
        "learning_rate": POSITIVE,
        "verbose": ["boolean"],
        "random_state": ["random_state"],
    }

    @abc.abstractmethod
    def _model(self, columns: tuple[Column, ...], classes: int) -> TableModelConfig:
        """Return the model of encoded rows; of `classes` labels, or of 0."""

    @abc.abstractmethod
    def _conditional(self) -> bool:
        """Whether one model learns all classes; else each class that needs rows has its own."""

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Return the given rows, followed by new ones of the classes that need some.

        Args:
            X: (n, columns): an array or list of numbers, text, booleans and dates, a sparse matrix
                of numbers, or a DataFrame of these and of categories; with missing values in any.
            y: (n,), classes.
            **params: none are known; others raise TypeError.

        Returns:
            (X, y), longer, each of the type and dtypes that was given. The same `random_state`
            gives the same rows.

        Raises:
            ValueError: rows, classes or parameters that cannot be used, in one line; nothing is
                changed then.
        """
        if y is not None and (missing := int(pd.isna(np.asarray(y, dtype=object)).sum())):
            raise InputError(f"the target y is missing in {missing} rows: drop these")
        with _kept_on_error(self):
            return super().fit_resample(X, y, **params)

    def _check_X_y(self, X: Any, y: Any) -> tuple[Any, np.ndarray, bool]:  # noqa: N802
        y, binarize = check_target_type(y, indicate_one_vs_all=True)
        if isinstance(X, pd.DataFrame):
            if repeated := X.columns[X.columns.duplicated()].tolist():
                raise InputError(f"more than one column is called {repeated[0]!r}")
            validate_data(self, X=X, y=y, reset=True, skip_check_array=True)
        else:
            if isinstance(X, list | tuple) and np.asarray(X).dtype.kind in "US":
                X = np.asarray(X, dtype=object)  # so that numbers stay numbers beside text
            X = validate_data(
                self,
                X,
                reset=True,
                dtype=None,
                accept_sparse=["csr", "csc"],
                ensure_all_finite=False,  # the table says which column is infinite
            )
        check_consistent_length(X, y)
        return X, y, binarize

    def _fit_resample(self, X: Any, y: np.ndarray) -> tuple[Any, np.ndarray]:
        given = _as_frame(X)
        frame = given.apply(_inferred)
        classes, places, counts = np.unique(y, return_inverse=True, return_counts=True)
        wanted = np.array([self.sampling_strategy_.get(label, 0) for label in classes])
        for label in classes[(wanted > 0) & (counts < 2)]:
            raise InputError(f"class {label} has one row: two or more are needed to learn it")
        if not all(isinstance(units, Integral) and units > 0 for units in self.hidden):
            raise InputError(
                f"hidden is a whole number, 1 or more, for each layer, not {self.hidden!r}"
            )
        # One seed of the table and of a model of all, and one of each class.
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=1 + len(classes))
        seed, *own = seeds.tolist()
        categorical = self._categorical(list(frame.columns))
        # No category is pooled: one that is rare in all may be of one class alone.
        transform = TableTransform(numeric=self.numeric, categorical=categorical, rare=1)
        self.transform_ = transform.fit(frame, seed=seed)
        config = training_of(
            self._model(transform.columns_, len(classes) if self._conditional() else 0),
            steps=self.steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
        )
        if not wanted.any():
            return (given if isinstance(X, pd.DataFrame) else X.copy()), y.copy()
        groups = [np.flatnonzero(places == place) for place in range(len(classes))]
        labels = np.repeat(np.arange(len(classes)), wanted)
        if self._conditional():
            encoded = transform.transform(frame, seed=seed)
            new = self._new_rows(config, encoded, groups, len(labels), labels, seed)
        else:
            parts = []
            for place in np.flatnonzero(wanted):
                encoded = transform.transform(frame.iloc[groups[place]], seed=own[place])
                whole = [np.arange(len(encoded))]
                parts.append(
                    self._new_rows(config, encoded, whole, wanted[place], None, own[place])
                )
            new = np.concatenate(parts)
        drawn = transform.inverse(new, seed=seed)
        return _joined(X, given, drawn), np.concatenate([y, classes[labels]])

    def _new_rows(
        self,
        config: TrainingConfig,
        encoded: np.ndarray,
        groups: list[np.ndarray],
        n: int,
        labels: np.ndarray | None,
        seed: int,
    ) -> np.ndarray:
        """Learn groups of rows, as much of each, and return n new ones, of the groups `labels`."""
        data = training_rows(encoded, groups, np.ones(len(groups)), self.batch_size, seed)
        state = learn(config, data, seed=seed, verbose=self.verbose)
        return draw(config.model, state, n, labels, seed=seed)

    def _categorical(self, columns: list[Hashable]) -> list[Hashable] | Literal["auto"]:
        """Return the names of the columns that are named as categorical, in any of the ways."""
        if isinstance(self.categorical_features, str):
            return "auto"
        given = list(self.categorical_features)
        if given and all(isinstance(one, bool | np.bool_) for one in given):
            if len(given) != len(columns):
                raise InputError(
                    f"a mask of categorical_features has {len(columns)} entries, not {len(given)}"
                )
            return [name for name, is_one in zip(columns, given, strict=True) if is_one]
        named: list[Hashable] = []
        for one in given:
            if isinstance(one, Integral) and -len(columns) <= int(one) < len(columns):
                named.append(columns[int(one)])
            elif isinstance(one, str) and one in columns:
                named.append(one)
            else:
                raise InputError(f"categorical_features names {one!r}: there is no such column")
        return named

    def __sklearn_tags__(self) -> Any:
        """Missing values, text and sparse matrices are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags


@contextmanager
def _kept_on_error(estimator: Any) -> Iterator[None]:
    """Give an estimator its attributes back if what is done within fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _as_frame(X: Any) -> pd.DataFrame:
    """Return any table as a dense DataFrame; columns of an array are numbered."""
    if isinstance(X, pd.DataFrame):
        dense = {name: _dense(column) for name, column in X.items()}
        return pd.DataFrame(dense).reset_index(drop=True)
    array = X.toarray() if sparse.issparse(X) else X
    return pd.DataFrame(array, dtype=object if array.dtype.kind in "OUS" else None)


def _dense(column: pd.Series) -> pd.Series:
    dtype = column.dtype
    return column.astype(dtype.subtype) if isinstance(dtype, pd.SparseDtype) else column


def _inferred(column: pd.Series) -> pd.Series:
    """Return a column of objects as the numbers, booleans or dates that these all are."""
    inferred = column.infer_objects()
    return column if pd.api.types.is_string_dtype(inferred.dtype) else inferred


def _with_null(column: pd.Series, given: pd.Series) -> pd.Series:
    """Return a new column with the sort of missing value that a given one of objects has."""
    if given.dtype != object or not given.isna().any():
        return column
    return column.astype(object).where(column.notna(), given[given.isna()].iloc[0])


def _joined(X: Any, frame: pd.DataFrame, new: pd.DataFrame) -> Any:
    """Return X, which is `frame`, with new rows below, as what X is."""
    new = pd.DataFrame({name: _with_null(column, frame[name]) for name, column in new.items()})
    if isinstance(X, pd.DataFrame):
        return pd.concat([frame, new], ignore_index=True)
    below = new.to_numpy(X.dtype)
    if sparse.issparse(X):
        return sparse.vstack([X, sparse.csr_matrix(below)], format=X.format)
    return np.concatenate([X, below])
