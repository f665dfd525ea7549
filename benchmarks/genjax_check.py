"""What our side computes from given parameters, a given batch and given noise: losses, slopes.

The other side is given the same and must find the same (`benchmarks.torch_check`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import Array

from benchmarks import given_noise
from benchmarks.families import draw_data
from genjax import TrainState, threefry
from genjax.algorithm import Context, Phase, PyTree
from genjax.config import TrainingConfig, from_plain
from genjax.models import GANConfig

_ROWS = 64  # of the data, so that its scale is of more than one batch
_MOVED = 0.02  # deviation that each parameter is moved by


def comparable(config: TrainingConfig, batch_size: int) -> TrainingConfig:
    """Return the configuration with constant rates, no dropout and batches of this size at most.

    Masks of dropout are drawn by each framework in its own way.
    """
    model = config.model
    if isinstance(model, GANConfig):
        players = {
            name: replace(player, dropout=0.0)
            for name in ("generator", "discriminator")
            if hasattr(player := getattr(model, name), "dropout")
        }
        model = replace(model, **players)
    return replace(
        config,
        model=model,
        warmup_steps=0,
        decay_steps=None,
        stair_steps=None,
        batch_size=min(batch_size, config.batch_size),
    )


def check(*, config: dict[str, Any], folder: str, steps: int) -> dict[str, Any]:
    """Write parameters and a batch to `given.npz`, and return what follows from them.

    Args:
        config: `to_plain` of a configuration that is `comparable`.
        folder: to write to.
        steps: to take on the one batch, so that the optimisers are compared too.

    Returns:
        {"parameters": network -> how many, "loss": phase -> of the given parameters, "slope":
        phase -> norm of the gradient by each network, "losses": phase -> of each step, "average":
        norm of the moving average, or None}.
    """
    training: TrainingConfig = from_plain(config)
    data = jax.tree.map(jnp.asarray, draw_data(training, max(training.batch_size, _ROWS)))
    batch = {name: values[: training.batch_size] for name, values in data.items()}
    algorithm, model = training.algorithm(), training.model.build()
    state = _moved(jax.jit(algorithm.init)(jax.random.key(0), data))
    given = {"params": state.params, "extra": _plain(state.extra), "batch": batch}
    arrays: dict[str, Any] = {
        "/".join(path): np.asarray(leaf) for path, leaf in flatten_dict(given).items()
    }
    np.savez(Path(folder) / "given.npz", **arrays)
    batches = jax.tree.map(lambda leaf: jnp.stack([leaf] * algorithm.minibatches), batch)
    losses: dict[str, list[float]] = {phase.name: [] for phase in model.phases(training.tx())}
    with (
        mock.patch.multiple(jax.random, normal=_normal, uniform=_uniform, randint=_randint),
        mock.patch.object(threefry, "_drawn", _in_its_shape),
    ):
        found = {phase.name: _evaluate(phase, state, batch) for phase in model.phases(optax.sgd(0))}
        step = jax.jit(algorithm.step)
        for _ in range(steps):
            state, metrics = step(state, batches, jax.random.key(0))
            for name in losses:
                losses[name].append(float(metrics[f"{name}/loss"]))
    average = state.extra["ema"]["params"] if "ema" in state.extra else None
    return {
        "parameters": {name: count(network) for name, network in state.params.items()},
        "loss": {name: loss for name, (loss, _) in found.items()},
        "slope": {name: slopes for name, (_, slopes) in found.items()},
        "losses": losses,
        "average": None if average is None else float(optax.tree.norm(average)),
    }


def _in_its_shape(
    sampler: threefry.Sampler, key: Array, shape: tuple[int, ...], dtype: Any
) -> Array:
    """Draw in the shape that is asked for, of which the given noise is a function."""
    return sampler(key, shape, dtype)


def count(network: PyTree) -> int:
    """Return how many numbers a network's parameters are."""
    return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(network))


def _evaluate(phase: Phase, state: TrainState, batch: PyTree) -> tuple[float, dict[str, float]]:
    """Return a phase's loss, and the norm of its gradient by each network that it trains."""
    context = Context(jax.random.key(0), state.step, state.extra)

    def loss(trained: PyTree) -> Array:
        return phase.loss({**state.params, **trained}, batch, context)[0]

    trained = {name: state.params[name] for name in phase.trains}
    value, slope = jax.jit(jax.value_and_grad(loss))(trained)
    return float(value), {name: float(optax.tree.norm(part)) for name, part in slope.items()}


def _moved(state: TrainState) -> TrainState:
    """Move all parameters a little, so that what starts at zero hides no other error.

    Power iterations are brought to their end, where it does not matter how a step of them is taken.
    """
    rng = np.random.default_rng(1)
    params = jax.tree.map(
        lambda leaf: leaf + _MOVED * rng.standard_normal(leaf.shape, np.float32), state.params
    )
    extra = dict(state.extra)
    if "ema" in extra:
        extra["ema"] = {**extra["ema"], "params": params["generator"]}
    if "spectral_norm" in extra.get("discriminator", {}):
        kernels = flatten_dict(params["discriminator"], sep="/")
        vectors = flatten_dict(extra["discriminator"]["spectral_norm"])
        for path in vectors:
            name = "/".join(part for part in path if not part.startswith("SpectralNorm"))
            if name.endswith("/u"):
                kernel = kernels[name.removesuffix("/u")]
                _, _, right = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), False)
                vectors[path] = jnp.asarray(right[:1])
        of_discriminator = {**extra["discriminator"], "spectral_norm": unflatten_dict(vectors)}
        extra["discriminator"] = of_discriminator
    return state._replace(params=params, extra=extra)


def _plain(extra: dict[str, PyTree]) -> dict[str, PyTree]:
    """Return what the other side must know besides parameters: the scale and the prior's rows."""
    return {name: extra[name] for name in ("scale", "prior") if extra.get(name)}


def _normal(key: Array, shape: Any = (), dtype: Any = None) -> Array:
    return jnp.asarray(given_noise.normal(shape))


def _uniform(
    key: Array, shape: Any = (), dtype: Any = None, minval: float = 0.0, maxval: float = 1.0
) -> Array:
    return jnp.asarray(given_noise.uniform(shape, minval, maxval))


def _randint(key: Array, shape: Any, minval: int, maxval: int, dtype: Any = None) -> Array:
    return jnp.asarray(given_noise.integers(shape, minval, maxval))
