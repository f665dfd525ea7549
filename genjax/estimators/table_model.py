"""Train a model on encoded rows, and draw from it: programs are shared by equal configurations."""

from contextlib import ExitStack
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.algorithm import Algorithm, TrainState
from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.fit import Hook, NonFiniteError, fit
from genjax.hooks import ProgressLine
from genjax.models.gan_config import GANConfig
from genjax.models.vae_config import VAEConfig

BLOCK = 4096  # rows of every call that draws: the same shape, and so the same program
TableModelConfig = VAEConfig | GANConfig


@lru_cache(maxsize=32)
def _algorithm(config: TrainingConfig) -> Algorithm:
    """Return one algorithm for equal configurations, since programs are kept by algorithm."""
    return config.algorithm()


def shuffled_copies(labels: np.ndarray, least: int, *, seed: int) -> np.ndarray:
    """Return rows to train on, as many of each label, and of a number that many tables share.

    Programs are compiled for a number of rows. With a power of two the folds of a cross-validation
    share theirs; rows are repeated to get there, none once more than twice another of its label.

    Args:
        labels: (n,) int from 0; all 0 where there are none.
        least: rows, such as those of a batch.
        seed: of the order.

    Returns:
        (rows,) int, places in `labels`.

    Example:
        >>> rows = shuffled_copies(np.array([0, 0, 0, 0, 0, 1]), 4, seed=0)
        >>> len(rows), int((rows == 5).sum())
        (8, 4)
    """
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    size = 2 ** int(np.ceil(np.log2(max(len(labels), least, len(groups)))))
    shares = np.array_split(np.arange(size), len(groups))
    chosen = []
    for rows, share in zip(groups, shares, strict=True):
        times = -(-len(share) // len(rows))
        copies = np.concatenate([rng.permutation(rows) for _ in range(times)])
        chosen.append(copies[: len(share)])
    return rng.permutation(np.concatenate(chosen))


def learn(
    config: TrainingConfig,
    encoded: np.ndarray,
    labels: np.ndarray | None,
    *,
    seed: int,
    verbose: bool = False,
) -> TrainState:
    """Return the trained state of `config.model`.

    Args:
        config: model and optimiser; `steps` are taken.
        encoded: (n, width) rows of `TableTransform.transform`; n may be less than a batch.
        labels: (n,) int from 0, for a model of classes; each is learnt from as many rows.
        seed: of all that is random.
        verbose: show the progress on standard error.

    Raises:
        InputError: training diverged.
    """
    assert config.steps is not None
    whole = np.zeros(len(encoded), int) if labels is None else labels
    rows = shuffled_copies(whole, config.batch_size, seed=seed)
    data = {"x": encoded[rows]}
    if labels is not None:
        data["y"] = labels[rows].astype(np.int32)
    hooks: list[Hook] = []
    with ExitStack() as stack:
        if verbose:
            line = ProgressLine(config.batch_size, lambda step: step / config.steps, unit="rows")
            hooks.append(stack.enter_context(line))
        try:
            return fit(
                _algorithm(config),
                data,
                steps=config.steps,
                key=jax.random.key(seed),
                batch_size=config.batch_size,
                chunk=config.chunk,
                hooks=hooks,
            )
        except NonFiniteError as error:
            raise InputError(f"training diverged, {error}: take a lower learning_rate") from error


def draw(
    config: TableModelConfig, state: TrainState, n: int, labels: np.ndarray | None, *, seed: int
) -> np.ndarray:
    """Return n new encoded rows, (n, width) float32; the first ones do not depend on n.

    Args:
        config: of the trained model.
        state: its state.
        n: rows, 0 or more.
        labels: (n,) int, for a model of classes.
        seed: the same one gives the same rows.
    """
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
def _draw_block(config: TableModelConfig, state: TrainState, key: Array, labels: Array) -> Array:
    model = config.build()
    return model.draw(state, key, BLOCK, y=jnp.asarray(labels) if model.classes else None)
