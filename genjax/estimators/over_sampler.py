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
from genjax.estimators.table_model import TableModelConfig, draw, learn
from genjax.estimators.table_rows import allot, size_for
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
    latent_size: int = 32
    steps: int = 2000
    batch_size: int = 256
    learning_rate: float = 4e-3
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

    _decays: ClassVar[tuple[float, float]] = (0.9, 0.999)  # of Adam's moments

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
            **params: none are known.

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

    def _fit_resample(self, X: Any, y: np.ndarray, **params: Any) -> tuple[Any, np.ndarray]:
        frame = _as_frame(X)
        wanted = {label: count for label, count in self.sampling_strategy_.items() if count}
        classes, places, counts = np.unique(y, return_inverse=True, return_counts=True)
        for label, count in zip(classes, counts, strict=True):
            if label in wanted and count < 2:
                raise InputError(f"class {label} has one row: two or more are needed to learn it")
        # One seed of the table and of a model of all, and one of each class.
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=1 + len(classes))
        seed, *own = seeds.tolist()
        self.transform_ = TableTransform(
            numeric=self.numeric, categorical=self._categorical(frame)
        ).fit(frame, seed=seed)
        model = self._model(self.transform_.columns_, len(classes) if self._conditional() else 0)
        config = self._config(model)
        if not wanted:
            return _copy(X), y.copy()
        encoded = self.transform_.transform(frame, seed=seed)
        numbers = [int(np.flatnonzero(classes == label)[0]) for label in wanted]
        sizes = list(wanted.values())
        labels = np.repeat(numbers, sizes)
        if self._conditional():
            groups = [np.flatnonzero(places == number) for number in range(len(classes))]
            data = self._training_data(encoded, groups, seed)
            state = learn(config, data, seed=seed, verbose=self.verbose)
            drawn = draw(model, state, len(labels), labels, seed=seed)
        else:
            parts = []
            for number, size in zip(numbers, sizes, strict=True):
                data = self._training_data(encoded, [np.flatnonzero(places == number)], own[number])
                state = learn(config, data, seed=own[number], verbose=self.verbose)
                parts.append(draw(model, state, size, None, seed=own[number]))
            drawn = np.concatenate(parts)
        new = self.transform_.inverse(drawn, seed=seed)
        return _joined(X, new), np.concatenate([y, classes[labels]])

    def _training_data(
        self, encoded: np.ndarray, groups: list[np.ndarray], seed: int
    ) -> dict[str, np.ndarray]:
        """Return rows to learn from, as many of each group, and which they are if several."""
        size = size_for(sum(map(len, groups)), self.batch_size)
        rows, which = allot(groups, np.ones(len(groups)), size, seed=seed)
        labels = {"y": which.astype(np.int32)} if len(groups) > 1 else {}
        return {"x": encoded[rows]} | labels

    def _config(self, model: TableModelConfig) -> TrainingConfig:
        config = TrainingConfig(
            model=model,
            learning_rate=self.learning_rate,
            decay_steps=self.steps,
            steps=self.steps,
            batch_size=self.batch_size,
            chunk=min(self.steps, 500),
            b1=self._decays[0],
            b2=self._decays[1],
        )
        config.check()
        return config

    def _categorical(self, frame: pd.DataFrame) -> list[Hashable] | str:
        """Return the names of the columns that are named as categorical, in any of the ways."""
        if isinstance(self.categorical_features, str):
            return "auto"
        given, columns = list(self.categorical_features), list(frame.columns)
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
    if array.dtype.kind in "OUS":
        return pd.DataFrame(array.astype(object)).infer_objects()
    return pd.DataFrame(array)


def _dense(column: pd.Series) -> pd.Series:
    dtype = column.dtype
    return column.astype(dtype.subtype) if isinstance(dtype, pd.SparseDtype) else column


def _copy(X: Any) -> Any:
    return _as_frame(X) if isinstance(X, pd.DataFrame) else X.copy()


def _joined(X: Any, new: pd.DataFrame) -> Any:
    """Return X with new rows below, as what X is."""
    if isinstance(X, pd.DataFrame):
        return pd.concat([_as_frame(X), new], ignore_index=True)
    below = new.to_numpy(X.dtype)
    if X.dtype == object:
        nulls = [next(iter(column[pd.isna(column)]), None) for column in X.T]
        below = np.where(pd.isna(below), np.array([nulls], object), below)
    if sparse.issparse(X):
        return sparse.vstack([X, sparse.csr_matrix(below)], format=X.format)
    return np.concatenate([X, below])
