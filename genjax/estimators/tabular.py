"""Synthetic tables: learn any DataFrame, draw another one like it."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import jax
import numpy as np
import pandas as pd

from genjax.checkpoint import Checkpoints
from genjax.config import TrainingConfig, read_config, to_plain
from genjax.data.table import TableTransform
from genjax.data.table_categories import levels
from genjax.data.table_files import one_line
from genjax.errors import InputError, needs_extra
from genjax.estimators.conditions import ConditionOn, Conditions
from genjax.estimators.table_configs import RECIPES, training_of
from genjax.estimators.table_model import BLOCK, draw, learn
from genjax.losses import Column, RowLayout
from genjax.models import GANConfig
from genjax.run import Run

with needs_extra("tables", "estimators"):
    from sklearn.base import BaseEstimator
    from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
    from sklearn.utils.validation import check_is_fitted

FORMAT = 2  # of a saved generator
_SEEDS = 2**32
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
        config = _config(settings, transform.columns_, conditions.labels)
        data = conditions.training_data(encoded, config.batch_size, seed=seed)
        state = learn(config, data, seed=seed, verbose=self.verbose)
        imposed = 0.0
        if (labels := conditions.draw(BLOCK, {}, transform, seed=seed)) is not None:
            rows = draw(config.model, state, BLOCK, labels, seed=seed)
            asked = conditions.impose(rows, labels, RowLayout(transform.columns_))
            imposed = float((rows != asked).any(axis=1).mean())
        self.transform_, self.conditions_, self.config_ = transform, conditions, config
        self.state_, self.imposed_ = jax.tree.map(np.asarray, state), imposed
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
        labels = _labels(self.conditions_, self.transform_, n, conditions, seed)
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
        table = {
            "format": FORMAT,
            "parameters": self._settings(),
            "imposed": self.imposed_,
            "conditions": {name: part.tolist() for name, part in self.conditions_._asdict().items()},
        }
        # The table's file comes last: without it a folder is not read.
        texts = {
            "config.json": json.dumps(to_plain(self.config_), indent=2),
            "transform.json": self.transform_.to_json(),
            "table.json": json.dumps(table, indent=2),
        }
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty: name a new folder")
            with Checkpoints(folder / "checkpoints") as checkpoints:
                checkpoints.save(jax.tree.map(jax.numpy.asarray, self.state_))
            for name, text in texts.items():
                (folder / name).write_text(text)
        except OSError as error:
            raise InputError(f"cannot save a generator in {folder}: {one_line(error)}") from error

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return a saved generator, which draws the rows that the saved one would; see `save`.

        Raises:
            InputError: the folder holds none, one of another version, or a damaged one.
        """
        folder = Path(folder)
        try:
            table = json.loads((folder / "table.json").read_text())
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"no saved generator in {folder}: {one_line(error)}") from error
        if not isinstance(table, dict) or table.get("format") != FORMAT:
            raise InputError(f"{folder} holds a generator of another version of genjax")
        try:
            # JSON has lists where parameters are tuples.
            parameters: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in table["parameters"].items()
            }
            generator = cls(**parameters)
            generator._settings()
            generator.imposed_ = float(table["imposed"])
            generator.transform_ = TableTransform.from_json((folder / "transform.json").read_text())
            generator.config_ = read_config(folder / "config.json")
            generator.conditions_ = _read_conditions(table["conditions"])
            _check_parts(generator.transform_, generator.conditions_, generator.config_)
            run = Run(folder, generator.config_, read_only=True)
            with run.checkpoints:
                state = run.restore()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"the generator in {folder} is damaged: {one_line(error)}") from error
        if state is None:
            raise InputError(f"the generator in {folder} is damaged: it has no checkpoint")
        generator.state_ = jax.tree.map(np.asarray, state)
        return generator
