"""Synthetic tables: learn any DataFrame, draw another one like it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import jax
import numpy as np
import pandas as pd

from genjax.data.table import TableTransform
from genjax.data.table_files import one_line
from genjax.errors import InputError, needs_extra
from genjax.estimators.conditions import ConditionOn, Conditions
from genjax.estimators.table_asked import labels_asked
from genjax.estimators.table_configs import RECIPES, recipe_config
from genjax.estimators.table_model import BLOCK, draw, learn
from genjax.estimators.table_saved import FittedTable, read_table, write_table
from genjax.losses import RowLayout

with needs_extra("tables", "estimators"):
    from sklearn.base import BaseEstimator
    from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
    from sklearn.utils.validation import check_is_fitted

_SEEDS = 2**32
_OF_RUN = ("model", "hidden", "latent_size", "packing", "steps", "batch_size", "learning_rate")
_COUNT = Interval(Integral, 1, 2**31 - 1, closed="both")
_LIST = (tuple, list, np.ndarray, pd.Index, pd.Series)


# A dataclass writes the constructor that scikit-learn reads the parameters from.
@dataclass(kw_only=True, eq=False, repr=False)
class TabularGenerator(BaseEstimator):
    """Learns a table of numbers, categories, text, booleans, dates and gaps, and draws new rows.

    Args:
        model: "vae", "gan" (relativistic, with R1) or "wgan_gp".
        condition_on: names of columns of categories whose values can be asked for, together; or
            "any", with which one value of any such column can be (the "conditional vector"; not of
            "vae").
        categorical: names of columns of numbers or dates to be taken as categories. Text,
            categories and booleans are such anyway, and alone with "auto".
        numeric: numbers between a column's spikes are encoded by their rank ("quantile"), or by
            the modes of a Gaussian mixture ("modes"); see `TableTransform`.
        hidden: units of the layers of each network, one or more layers.
        latent_size: dimensions of the latent; None takes 5 for "vae", 32 for the others.
        packing: rows that a discriminator judges together; not of "vae".
        steps: of the optimizer, whose rate falls to 0; None takes 5000, 3000 and 2000.
        batch_size: rows a step, a multiple of `packing`; fewer rows are repeated.
        learning_rate: at the start; None takes 4e-3, 2e-3 and 4e-3.
        verbose: show the progress on standard error.
        seed: of all that is random in fitting, in [0, 2^32).

    Attributes:
        transform_: the fitted `TableTransform`.
        conditions_: what can be asked for.
        imposed_: share of drawn rows which the model made with other values than their condition
            has, so that `sample` replaced these: the rows' other columns may not fit such a value.
            Measured after fitting on conditions by their shares; 0 without `condition_on`.
        config_: of the run.
        state_: the trained state.

    Example:
        >>> frame = pd.DataFrame({"age": range(20, 70), "sex": ["f", "m"] * 25})
        >>> generator = TabularGenerator(condition_on=["sex"], steps=2).fit(frame)
        >>> rows = generator.sample(3, conditions={"sex": "f"})
        >>> list(rows.columns), rows["sex"].tolist()
        (['age', 'sex'], ['f', 'f', 'f'])

    References:
        Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling tabular data using
        conditional GAN", NeurIPS 2019 (TVAE; the conditional vector; packing).
        Lin, Khetan, Fanti and Oh, "PacGAN", NeurIPS 2018.
    """

    model: str = "vae"
    condition_on: ConditionOn = ()
    categorical: Any = "auto"
    numeric: Literal["quantile", "modes"] = "quantile"
    hidden: tuple[int, ...] = (128, 128)
    latent_size: int | None = None
    packing: int = 1
    steps: int | None = None
    batch_size: int = 256
    learning_rate: float | None = None
    verbose: bool = False
    seed: int = 0

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "model": [StrOptions(set(RECIPES))],
        "condition_on": [StrOptions({"any"}), *_LIST],
        "categorical": [StrOptions({"auto"}), *_LIST],
        "numeric": [StrOptions({"quantile", "modes"})],
        "hidden": [*_LIST],
        "latent_size": [_COUNT, None],
        "packing": [_COUNT],
        "steps": [_COUNT, None],
        "batch_size": [_COUNT],
        "learning_rate": [Interval(Real, 0, np.inf, closed="neither"), None],
        "verbose": ["boolean"],
        "seed": [Interval(Integral, 0, _SEEDS - 1, closed="both")],
    }

    def fit(self, frame: pd.DataFrame, y: Any = None) -> Self:
        """Learn a table.

        Args:
            frame: (n, columns), n 2 or more. Its index and a name of its columns are not learnt.
            y: ignored; a target is a column like the others.

        Raises:
            InputError: a table or settings that cannot be used; then nothing is changed.
        """
        settings = self._settings()
        seed = settings["seed"]
        transform = TableTransform(numeric=self.numeric, categorical=settings["categorical"])
        encoded = transform.fit(frame, seed=seed).transform(frame, seed=seed)
        conditions = _conditions(settings["condition_on"], transform, encoded)
        config = recipe_config(
            columns=transform.columns_,
            classes=conditions.labels,
            conditional_vector=settings["condition_on"] == "any",
            **{name: settings[name] for name in _OF_RUN},
        )
        data = conditions.training_data(encoded, config.batch_size, seed=seed)
        state = learn(config, data, seed=seed, verbose=self.verbose)
        imposed = 0.0
        if (labels := conditions.draw(BLOCK, {}, transform, seed=seed)) is not None:
            rows = draw(config.model, state, BLOCK, labels, seed=seed)
            asked = conditions.impose(rows, labels, RowLayout(transform.columns_))
            imposed = float((rows != asked).any(axis=1).mean())
        state = jax.tree.map(np.asarray, state)
        self._keep(FittedTable(settings, transform, conditions, imposed, config, state))
        return self

    def sample(
        self, n: int, *, conditions: Mapping[Hashable, Any] | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Return n new rows, with the names, the order and the dtypes of the fitted columns.

        The index is 0, 1, ...; asked values are imposed on rows that the model made otherwise (see
        `imposed_`).

        Args:
            n: rows, 0 or more; the first ones do not depend on n, without conditions.
            conditions: column -> value that all rows have, or n values, one a row; None is a
                missing value. Columns of `condition_on` that are left out have values by their
                shares in the training rows.
            seed: the same one gives the same rows; in [0, 2^32).

        Raises:
            InputError: n or seed out of range, or conditions that were not fitted.
            NotFittedError: there was no `fit`.

        Example:
            >>> frame = pd.DataFrame({"age": range(20, 70), "sex": ["f", "m"] * 25})
            >>> generator = TabularGenerator(condition_on=["sex"], steps=2).fit(frame)
            >>> generator.sample(3, conditions={"sex": ["m", "f", "m"]})["sex"].tolist()
            ['m', 'f', 'm']
        """
        check_is_fitted(self)
        n, seed = _whole("n", n, 2**31), _whole("seed", seed, _SEEDS)
        labels = labels_asked(self.conditions_, self.transform_, n, conditions, seed=seed)
        rows = draw(self.config_.model, self.state_, n, labels, seed=seed)
        layout = RowLayout(self.transform_.columns_)
        return self.transform_.inverse(self.conditions_.impose(rows, labels, layout), seed=seed)

    def save(self, folder: str | Path) -> None:
        """Write all that was learnt to a new or empty folder; it holds no training rows.

        It holds what `TableTransform` does: of each column categories, spikes and quantiles.

        Raises:
            InputError: the folder is not empty, or cannot be written to.
            NotFittedError: there was no `fit`.

        Example:
            >>> import tempfile
            >>> frame = pd.DataFrame({"age": range(20, 70), "sex": ["f", "m"] * 25})
            >>> generator = TabularGenerator(condition_on=["sex"], steps=2).fit(frame)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     generator.save(folder)
            ...     loaded = TabularGenerator.load(folder)
            >>> loaded.sample(4).equals(generator.sample(4))
            True
        """
        check_is_fitted(self)
        learnt = self.transform_, self.conditions_, self.imposed_, self.config_, self.state_
        write_table(Path(folder), FittedTable(self._settings(), *learnt))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return a saved generator, which draws the rows that the saved one would; see `save`.

        Raises:
            InputError: the folder holds none, one of another version, or a damaged one.
        """
        fitted = read_table(Path(folder))
        try:
            generator = cls(**fitted.parameters)
            generator._settings()
        except (TypeError, InputError) as error:
            raise InputError(f"the generator in {folder} is damaged: {one_line(error)}") from error
        generator._keep(fitted)
        return generator

    def _keep(self, fitted: FittedTable) -> None:
        self.transform_, self.conditions_, self.imposed_, self.config_, self.state_ = fitted[1:]

    def _settings(self) -> dict[str, Any]:
        """Return the parameters as plain values, or raise InputError if some cannot be used."""
        try:
            self._validate_params()
        except InvalidParameterError as error:
            raise InputError(one_line(error)) from error
        settings = {name: _plain(value) for name, value in self.get_params(deep=False).items()}
        hidden = settings["hidden"]
        if not hidden or not all(isinstance(units, int) and units >= 1 for units in hidden):
            raise InputError(f"hidden is a whole number, 1 or more, of each layer, not {hidden}")
        for name in ("condition_on", "categorical"):
            if not all(isinstance(one, Hashable) for one in settings[name]):
                raise InputError(f"{name} is a list of columns, not {settings[name]}")
        return settings


def _plain(value: Any) -> Any:
    """Return lists for arrays and tuples, Python's values for NumPy's."""
    if isinstance(value, np.generic | np.ndarray | pd.Index | pd.Series):
        value = value.tolist()
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _whole(name: str, value: Any, end: int) -> int:
    if not isinstance(value, Integral) or not 0 <= int(value) < end:
        raise InputError(f"{name} is a whole number from 0 to {end - 1}, not {value!r}")
    return int(value)


def _conditions(
    condition_on: list[Hashable] | str, transform: TableTransform, encoded: np.ndarray
) -> Conditions:
    if condition_on == "any":
        return Conditions.of_any(transform, encoded)
    if condition_on:
        return Conditions.of_columns(list(dict.fromkeys(condition_on)), transform, encoded)
    return Conditions.none()
