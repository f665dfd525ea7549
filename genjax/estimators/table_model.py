"""Train a model on encoded rows, and draw from it: programs are shared by equal configurations."""

from contextlib import ExitStack
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.algorithm import Algorithm, TrainState
from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.fit import Hook, NonFiniteError, fit
from genjax.hooks import ProgressLine
from genjax.models import GANConfig, VAEConfig
from genjax.models.model_config import ModelConfig
from genjax.programs import FewPrograms

BLOCK = 4096  # rows of every call that draws: the same shape, and so the same program
TableModelConfig = VAEConfig | GANConfig


@lru_cache(maxsize=16)
def _algorithm(config: TrainingConfig) -> Algorithm:
    """Return one algorithm for equal configurations, since programs are kept by algorithm."""
    return config.algorithm()


def learn(
    config: TrainingConfig, data: dict[str, np.ndarray], *, seed: int, verbose: bool = False
) -> TrainState:
    """Return the trained state of `config.model`.

    Args:
        config: model and optimiser; `steps` are taken.
        data: {"x": (rows, width)} as `TableTransform` encodes them, and {"y": (rows,)} labels of a
            model that knows some.
        seed: of all that is random.
        verbose: show the progress on standard error.

    Raises:
        InputError: training diverged.
    """
    steps = config.steps
    assert steps is not None
    hooks: list[Hook] = []
    with ExitStack() as stack:
        if verbose:
            line = ProgressLine(config.batch_size, lambda step: step / steps, unit="rows")
            hooks.append(stack.enter_context(line))
        try:
            return fit(
                _algorithm(config),
                data,
                steps=steps,
                key=jax.random.key(seed),
                batch_size=config.batch_size,
                chunk=config.chunk,
                hooks=hooks,
            )
        except NonFiniteError as error:
            raise InputError(f"training diverged, {error}: take a lower learning_rate") from error


def draw(
    config: ModelConfig, state: TrainState, n: int, labels: np.ndarray | None, *, seed: int
) -> np.ndarray:
    """Return n new encoded rows, (n, width) float32; the first ones do not depend on n.

    Args:
        config: of the trained model, one that can `draw`.
        state: its state.
        n: rows, 0 or more.
        labels: (n,) int, for a model of classes.
        seed: the same one gives the same rows.
    """
    _programs.note(config)
    key = jax.random.key(seed)
    given = np.zeros(n, np.int32) if labels is None else labels.astype(np.int32)
    padded = np.pad(given, (0, -n % BLOCK))
    # All blocks are dispatched before the first is waited for.
    blocks = [
        _draw_block(config, state, jax.random.fold_in(key, at), padded[at : at + BLOCK])
        for at in range(0, n, BLOCK)
    ]
    empty = np.zeros((0, config.event_shape[0]), np.float32)
    return np.concatenate([empty, *map(np.asarray, blocks)])[:n]


@partial(jax.jit, static_argnums=0)
def _draw_block(config: ModelConfig, state: TrainState, key: Array, labels: Array) -> Array:
    model: Any = config.build()
    return model.draw(state, key, BLOCK, y=jnp.asarray(labels) if model.classes else None)


_programs = FewPrograms(_draw_block)
