"""A fitted generator of tables as a folder, and back."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from genjax.algorithm import TrainState
from genjax.checkpoint import Checkpoints
from genjax.config import TrainingConfig, read_config, to_plain
from genjax.data.table import TableTransform
from genjax.data.table_files import one_line
from genjax.errors import InputError
from genjax.estimators.conditions import Conditions
from genjax.losses import RowLayout
from genjax.models import GANConfig
from genjax.run import Run

FORMAT = 2
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


class FittedTable(NamedTuple):
    """All that was learnt of a table.

    Attributes:
        parameters: of the generator, plain values.
        transform: of the table.
        conditions: what can be asked for.
        imposed: share of rows that were made otherwise than asked for.
        config: of the run.
        state: the trained state.
    """

    parameters: dict[str, Any]
    transform: TableTransform
    conditions: Conditions
    imposed: float
    config: TrainingConfig
    state: TrainState


def write_table(folder: Path, fitted: FittedTable) -> None:
    """Write to a new or empty folder.

    Raises:
        InputError: the folder is not empty, or cannot be written to.
    """
    conditions = fitted.conditions._asdict()
    table = {
        "format": FORMAT,
        "parameters": fitted.parameters,
        "imposed": fitted.imposed,
        "conditions": {name: part.tolist() for name, part in conditions.items()},
    }
    texts = {
        "config.json": json.dumps(to_plain(fitted.config), indent=2),
        "transform.json": fitted.transform.to_json(),
        "table.json": json.dumps(table, indent=2),  # the last: a folder without it is not read
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder} is not empty: name a new folder")
        with Checkpoints(folder / "checkpoints") as checkpoints:
            checkpoints.save(jax.tree.map(jnp.asarray, fitted.state))
        for name, text in texts.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise InputError(f"cannot save all of it in {folder}: {one_line(error)}") from error


def read_table(folder: Path) -> FittedTable:
    """Return what `write_table` wrote.

    Raises:
        InputError: the folder holds none, one of another version, or a damaged one.
    """
    try:
        table = json.loads((folder / "table.json").read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"no saved generator in {folder}: {one_line(error)}") from error
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise InputError(f"{folder} holds a generator of another version of genjax")
    try:
        transform = TableTransform.from_json((folder / "transform.json").read_text())
        config = read_config(folder / "config.json")
        conditions = _conditions(table["conditions"])
        _check(transform, conditions, config)
        run = Run(folder, config, read_only=True)
        with run.checkpoints:
            state = run.restore()
        if state is None:
            raise InputError("it has no checkpoint")
        state = jax.tree.map(np.asarray, state)
        imposed = float(table["imposed"])
        return FittedTable(
            _tuples(table["parameters"]), transform, conditions, imposed, config, state
        )
    except _DAMAGE as error:
        raise InputError(f"the generator in {folder} is damaged: {one_line(error)}") from error


def _tuples(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with tuples, which JSON has as lists."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in parameters.items()
    }


def _conditions(plain: dict[str, list[Any]]) -> Conditions:
    # Of no labels, a list has lost the second axis and the type.
    parts = {name: np.array(part, float) for name, part in plain.items()}
    places = parts["places"].astype(int)
    return Conditions(**parts | {"places": places if len(places) else Conditions.none().places})


def _check(transform: TableTransform, conditions: Conditions, config: TrainingConfig) -> None:
    """Raise InputError, or what is an error of damage too, if these are not of one table."""
    model: Any = config.model
    columns = model.columns if isinstance(model, GANConfig) else model.likelihood.columns
    layout, (places, shares, weights) = RowLayout(transform.columns_), conditions
    if columns != transform.columns_ or model.classes != len(places):
        raise InputError("its parts are of different tables")
    if len(places):
        one_each = places.ndim == 2 and shares.shape == weights.shape == (len(places),)
        in_place = one_each and ((places >= 0) & (places < layout.kinds)).all()
        if not in_place or not (shares >= 0).all() or not np.isclose(shares.sum(), 1):
            raise InputError("its conditions are none")
    transform.inverse(np.zeros((1, layout.width)))  # which reads all of it
