"""Synthetic tables: learn any DataFrame, draw another one like it."""

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import jax
import numpy as np
import pandas as pd

from genjax.checkpoint import Checkpoints
from genjax.config import TrainingConfig, read_config, to_plain
from genjax.data.table import TableTransform
from genjax.errors import InputError, needs_extra
from genjax.estimators.conditions import ConditionOn, Conditions
from genjax.estimators.table_configs import gan_of_rows, training_of, vae_of_rows
from genjax.estimators.table_model import TableModelConfig, draw, learn
from genjax.losses import Column, RowLayout
from genjax.run import Run

with needs_extra("tables", "estimators"):
    from sklearn.base import BaseEstimator
    from sklearn.utils.validation import check_is_fitted

FORMAT = 1  # of a saved generator
_MODELS = ("vae", "gan", "wgan_gp")
# model -> loss, penalty, its weight, turns of the discriminator, steps, learning rate
_GANS = {
    "gan": ("relativistic_average", "r1", 0.1, 1, 3000, 2e-3),
    "wgan_gp": ("wasserstein", "gradient_penalty", 3.0, 2, 2000, 4e-3),
}


class TabularGenerator(BaseEstimator):
    """Learns a table of numbers, categories, text, booleans, dates and gaps, and draws new rows.

    Args:
        model: "vae", "gan" (relativistic, with R1) or "wgan_gp".
        condition_on: columns of categories whose values can be asked for, together; or "any", with
            which one value of any such column can be (the "conditional vector"; not of "vae").
        categorical: see `TableTransform`.
        numeric: see `TableTransform`.
        hidden: units of the layers of each network.
        latent_size: dimensions of the latent; None takes 5 for "vae", 32 for the others.
        packing: rows that a discriminator judges together; not of "vae".
        steps: of the optimizer, whose rate falls to 0; None takes 5000, 3000 and 2000.
        batch_size: rows a step; where there are fewer, they are repeated.
        learning_rate: at the start; None takes 4e-3, 2e-3 and 4e-3.
        verbose: show the progress on standard error.
        seed: of all that is random in fitting.

    Attributes:
        transform_: the fitted `TableTransform`.
        conditions_: what can be asked for.
        config_: of the run.
        state_: the trained state.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"age": range(20, 70), "sex": ["f", "m"] * 25})
        >>> generator = TabularGenerator(condition_on=("sex",), steps=20).fit(frame)
        >>> rows = generator.sample(3, conditions={"sex": "f"})
        >>> list(rows.columns), rows["sex"].tolist()
        (['age', 'sex'], ['f', 'f', 'f'])

    References:
        Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling tabular data using
        conditional GAN", NeurIPS 2019 (TVAE; the conditional vector; packing).
        Lin, Khetan, Fanti and Oh, "PacGAN", NeurIPS 2018.
    """

    def __init__(
        self,
        *,
        model: str = "vae",
        condition_on: ConditionOn = (),
        categorical: Any = "auto",
        numeric: Literal["quantile", "modes"] = "quantile",
        hidden: tuple[int, ...] = (128, 128),
        latent_size: int | None = None,
        packing: int = 1,
        steps: int | None = None,
        batch_size: int = 256,
        learning_rate: float | None = None,
        verbose: bool = False,
        seed: int = 0,
    ):
        self.model = model
        self.condition_on = condition_on
        self.categorical = categorical
        self.numeric = numeric
        self.hidden = hidden
        self.latent_size = latent_size
        self.packing = packing
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.verbose = verbose
        self.seed = seed

    def fit(self, frame: pd.DataFrame, y: Any = None) -> Self:
        """Learn a table.

        Args:
            frame: (n, columns), n 2 or more.
            y: ignored; a target is a column like the others.

        Raises:
            InputError: a table or settings that cannot be used; then nothing is changed.
        """
        self._check_settings()
        transform = TableTransform(numeric=self.numeric, categorical=self.categorical)
        encoded = transform.fit(frame, seed=self.seed).transform(frame, seed=self.seed)
        conditions = self._conditions(transform, encoded)
        config = self._config(transform.columns_, conditions.labels)
        data = conditions.training_data(encoded, self.batch_size, seed=self.seed)
        state = learn(config, data, seed=self.seed, verbose=self.verbose)
        self.transform_, self.conditions_, self.config_ = transform, conditions, config
        self.state_ = jax.tree.map(np.asarray, state)
        return self

    def sample(
        self, n: int, *, conditions: Mapping[Hashable, Any] | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Return n new rows, with the names, the order and the dtypes of the fitted columns.

        Args:
            n: rows, 0 or more; the first ones do not depend on n, without conditions.
            conditions: column -> value that all rows have. Columns of `condition_on` that are left
                out have values by their shares in the training rows.
            seed: the same one gives the same rows.

        Raises:
            InputError: n is negative, or conditions that were not fitted.
        """
        check_is_fitted(self)
        if n < 0:
            raise InputError(f"draw 0 or more rows, not {n}")
        labels = self.conditions_.draw(n, conditions or {}, self.transform_, seed=seed)
        rows = draw(self.config_.model, self.state_, n, labels, seed=seed)
        layout = RowLayout(self.transform_.columns_)
        return self.transform_.inverse(self.conditions_.impose(rows, labels, layout), seed=seed)

    def save(self, folder: str | Path) -> None:
        """Write all that was learnt to a new or empty folder; it holds no training rows.

        Raises:
            InputError: the folder is not empty, or cannot be written to.
        """
        check_is_fitted(self)
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError(f"{folder} is not empty: name a new folder")
            with Checkpoints(folder / "checkpoints") as checkpoints:
                checkpoints.save(jax.tree.map(jax.numpy.asarray, self.state_))
            (folder / "config.json").write_text(json.dumps(to_plain(self.config_), indent=2))
            (folder / "transform.json").write_text(self.transform_.to_json())
            table = {
                "format": FORMAT,
                "places": self.conditions_.places.tolist(),
                "shares": self.conditions_.shares.tolist(),
                "parameters": self.get_params(),
            }
            (folder / "table.json").write_text(json.dumps(table, indent=2))
        except OSError as error:
            raise InputError(f"cannot write to {folder}: {error}") from error

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return a saved generator.

        Raises:
            InputError: the folder holds none, or one of another version.
        """
        folder = Path(folder)
        try:
            table = json.loads((folder / "table.json").read_text())
            transform = TableTransform.from_json((folder / "transform.json").read_text())
        except (OSError, ValueError) as error:
            raise InputError(f"no saved generator in {folder}: {error}") from error
        if table.get("format") != FORMAT:
            raise InputError(f"{folder} holds a generator of another version of genjax")
        # JSON has lists where parameters are tuples.
        parameters: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in table["parameters"].items()
        }
        generator = cls(**parameters)
        generator.transform_ = transform
        places = np.array(table["places"], int).reshape(len(table["shares"]), -1)
        generator.conditions_ = Conditions(places, np.array(table["shares"]))
        generator.config_ = read_config(folder / "config.json")
        run = Run(folder, generator.config_, read_only=True)
        with run.checkpoints:
            generator.state_ = jax.tree.map(np.asarray, run.restore())
        return generator

    def _conditions(self, transform: TableTransform, encoded: np.ndarray) -> Conditions:
        if self.condition_on == "any":
            return Conditions.of_any(transform, encoded)
        if len(self.condition_on):
            return Conditions.of_columns(list(self.condition_on), transform, encoded)
        return Conditions.none()

    def _config(self, columns: tuple[Column, ...], labels: int) -> TrainingConfig:
        model: TableModelConfig
        if self.model == "vae":
            steps, rate = 5000, 4e-3
            model = vae_of_rows(
                columns, classes=labels, hidden=self.hidden, latent_size=self.latent_size or 5
            )
        else:
            loss, penalty, weight, n_critic, steps, rate = _GANS[self.model]
            model = gan_of_rows(
                columns,
                classes=labels,
                hidden=self.hidden,
                latent_size=self.latent_size or 32,
                loss=loss,
                penalties=(penalty,),
                penalty_weights=(weight,),
                n_critic=n_critic,
                packing=self.packing,
                conditional_vector=self.condition_on == "any",
            )
        return training_of(
            model,
            steps=self.steps or steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate or rate,
        )

    def _check_settings(self) -> None:
        if self.model not in _MODELS:
            raise InputError(f"model is one of {_MODELS}, not {self.model!r}")
        if isinstance(self.condition_on, str) and self.condition_on != "any":
            raise InputError(f"condition_on is a list of columns, or 'any': {self.condition_on!r}")
        if self.model == "vae" and (self.packing != 1 or self.condition_on == "any"):
            raise InputError("packing and a conditional vector are of 'gan' and 'wgan_gp'")
        for name in ("steps", "batch_size", "latent_size", "packing", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} must be positive, not {value!r}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"a seed lies in [0, 2^32), not {self.seed}")
