"""What the evaluations of many seeds share: train them as one program, tell the spread."""

import runpy
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from rich.console import Console
from rich.table import Table

from genjax import TrainState, fit_many
from genjax.algorithm import PyTree
from genjax.config import TrainingConfig
from genjax.models import GAN


class Members(NamedTuple):
    """Trainings of one configuration that differ in their seeds.

    Attributes:
        model: the model.
        states: theirs, with a leading axis.
        seconds: that training took, compilation included.
        metrics: the last chunk's, name -> (members, steps).
    """

    model: GAN
    states: TrainState
    seconds: float
    metrics: dict[str, np.ndarray]


def read_config(path: Path) -> TrainingConfig:
    """Return a configuration file's CONFIG."""
    config = runpy.run_path(str(path))["CONFIG"]
    assert isinstance(config, TrainingConfig)
    return config


def train_members(config: TrainingConfig, data: PyTree, members: int) -> Members:
    """Train seeds 0, 1, ... as one program."""
    assert config.steps is not None
    metrics: dict[str, np.ndarray] = {}
    began = time.perf_counter()
    states = fit_many(
        lambda _: config.algorithm(),
        data,
        steps=config.steps,
        keys=jax.vmap(jax.random.key)(np.arange(members)),
        batch_size=config.batch_size,
        chunk=config.chunk,
        hooks=[lambda progress: metrics.update(progress.metrics)],
    )
    jax.block_until_ready(states)
    model = config.model.build()
    assert isinstance(model, GAN)
    return Members(model, states, time.perf_counter() - began, metrics)


def sample_members(trained: Members, n: int) -> np.ndarray:
    """Return (members, n, *event_shape)."""
    keys = jax.random.split(jax.random.key(2**31), len(trained.states.step))
    draw: Callable[[TrainState, Array], Array] = jax.vmap(
        lambda state, key: trained.model.sample(state, key, n)
    )
    return np.asarray(jax.jit(draw)(trained.states, keys))


def report(title: str, figures: Mapping[str, Sequence[float]]) -> None:
    """Print each figure's median and spread over the members."""
    table = Table("figure", "median", "least", "most", title=title)
    for name, values in figures.items():
        numbers = (np.median(values), np.min(values), np.max(values))
        table.add_row(name, *(f"{number:.4f}" for number in numbers))
    Console(width=110).print(table)
