"""One way to initialise and to apply a linen module, with or without statistics of its own.

A module's variables are cut in two: parameters, which an optimiser changes, and the rest (batch
statistics), which the state's `extra` holds. A module without the rest has an empty one.
"""

from typing import Any

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from genjax.errors import InputError
from genjax.threefry import one_pass

PyTree = Any
_ONE_PASS = "dropout in one pass"


def init_network(net: nn.Module, key: Array, *inputs: Array) -> tuple[PyTree, dict[str, PyTree]]:
    """Return (params, statistics) for these inputs."""
    variables = dict(net.init(key, *inputs, train=False))
    return variables.pop("params", {}), variables


def apply_network(
    net: nn.Module,
    params: PyTree,
    statistics: dict[str, PyTree],
    *inputs: Array,
    train: bool = False,
    key: Array | None = None,
) -> tuple[Any, dict[str, PyTree]]:
    """Return (outputs, statistics).

    Args:
        net: a module whose call takes `train`.
        params: its parameters.
        statistics: the rest of its variables.
        inputs: its inputs.
        train: use the batch's statistics and update the running ones, draw dropout from `key`;
            otherwise both are frozen.
        key: for dropout.
    """
    variables = {"params": params, **statistics}
    if not train:
        return net.apply(variables, *inputs, train=False), statistics
    rngs = {} if key is None else {"dropout": key, _ONE_PASS: one_pass(key)}
    outputs, updated = net.apply(
        variables, *inputs, train=True, mutable=list(statistics), rngs=rngs
    )
    return outputs, dict(updated)


def dropout_key(layer: nn.Module) -> Array:
    """Return a key for what a layer draws while training: `layer.make_rng("dropout")`'s bits.

    It is turned (`threefry.one_pass`) in `apply_network`, so that linen derives it, and the layer
    draws with it, without loops. A layer that wants a key of JAX's own kind calls `make_rng`
    instead: a call of each would give the same key.
    """
    return layer.make_rng(_ONE_PASS if layer.has_rng(_ONE_PASS) else "dropout")


def couples_batch(net: nn.Module, *inputs: ArrayLike) -> str | None:
    """Return the kind of a layer that lets the rows of a batch see each other, or None.

    Batch normalisation does, and any layer that says so: `couples_batch: ClassVar[bool] = True`.

    Args:
        net: a module whose call takes `train`.
        inputs: its inputs; only their shapes matter.
    """
    found: list[str] = []

    def note(call: Any, args: Any, options: Any, context: Any) -> Any:
        if isinstance(context.module, nn.BatchNorm) or getattr(
            context.module, "couples_batch", False
        ):
            found.append(type(context.module).__name__)
        return call(*args, **options)

    with nn.intercept_methods(note):
        jax.eval_shape(lambda key: net.init(key, *inputs, train=False), jax.random.key(0))
    return found[0] if found else None


def check_single_rows(discriminator: nn.Module, *inputs: ArrayLike) -> None:
    """Raise InputError if a gradient penalty has no meaning for this discriminator.

    Args:
        discriminator: a module whose call takes `train`.
        inputs: its inputs; only their shapes matter.
    """
    if layer := couples_batch(discriminator, *inputs):
        raise InputError(
            f"the discriminator has a {layer}, which makes a row's logit depend on the rest of "
            "the batch: a gradient penalty is of single rows; use layer or spectral "
            "normalisation, or none"
        )
