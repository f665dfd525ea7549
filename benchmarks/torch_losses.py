"""What the peer's players minimise, per example, by the names that our configurations have."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.functional import relu, softplus

Plain = dict[str, Any]


def reconstruction_loss(likelihood: Plain, outputs: Tensor, x: Tensor) -> Tensor:
    """Return a likelihood's loss.

    Args:
        likelihood: its plain values.
        outputs: (draws, batch, ...) of a decoder.
        x: (1, batch, ...), in the likelihood's range.

    Returns:
        (draws, batch).
    """
    kind = likelihood["kind"]
    if kind == "Bernoulli":
        target = x.expand_as(outputs)
        loss = functional.binary_cross_entropy_with_logits(outputs, target, reduction="none")
        return loss.flatten(2).sum(2)
    if kind == "Gaussian" and isinstance(likelihood["scale"], float | int):
        variance = likelihood["scale"] ** 2
        square = (x - outputs).square().flatten(2)
        constant = square.shape[2] * math.log(2 * math.pi * variance)
        return 0.5 * (square.sum(2) / variance + constant)
    if kind == "WeightedSquaredError":
        made = outputs.sigmoid() if likelihood["bounded"] else outputs
        error = (x - made).square().flatten(2).mean(2)
        return likelihood["weight"] * ((error + 1e-12).sqrt() if likelihood["root"] else error)
    raise NotImplementedError(f"the peer knows no {likelihood}")


class Pair(NamedTuple):
    """Two players' losses.

    Attributes:
        discriminator: (real logits, fake logits, label of real rows) -> (batch,).
        generator: (real logits or None, fake logits) -> (batch,).
        compares: whether the generator's loss looks at real rows.
    """

    discriminator: Callable[[Tensor, Tensor, float], Tensor]
    generator: Callable[[Any, Tensor], Tensor]
    compares: bool = False


def _cross_entropy(real: Tensor, fake: Tensor, label: float) -> Tensor:
    return softplus(real) - label * real + softplus(fake)


def _relativistic(real: Tensor, fake: Tensor, label: float = 1.0) -> Tensor:
    return softplus(fake.mean() - real) + softplus(fake - real.mean())


PAIRS = {
    "minimax": Pair(_cross_entropy, lambda real, fake: -softplus(fake)),
    "non_saturating": Pair(_cross_entropy, lambda real, fake: softplus(-fake)),
    "least_squares": Pair(
        lambda real, fake, label: ((real - label).square() + fake.square()) / 2,
        lambda real, fake: (fake - 1).square() / 2,
    ),
    "hinge": Pair(
        lambda real, fake, label: relu(1 - real) + relu(1 + fake), lambda real, fake: -fake
    ),
    "wasserstein": Pair(lambda real, fake, label: fake - real, lambda real, fake: -fake),
    "relativistic_average": Pair(
        _relativistic, lambda real, fake: _relativistic(fake, real), compares=True
    ),
    "boundary_seeking": Pair(_cross_entropy, lambda real, fake: fake.square() / 2),
}


def squared_slope(critic: Callable[[Tensor], Tensor], x: Tensor, *, traced: bool) -> Tensor:
    """Return |∇ critic|² at each row, (batch,), which can itself be differentiated.

    Args:
        critic: rows -> logits, each of its own row alone.
        x: (batch, ...), without a gradient of its own.
        traced: in a function that is compiled, where autograd differentiates but once.
    """
    if traced:
        slope = torch.func.grad(lambda x: critic(x).sum())(x)
    else:
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return slope.square().flatten(1).sum(1)


def penalty_at(name: str, weight: float, squares: Tensor) -> Tensor:
    """Return a penalty's cost of squared slopes, (batch,)."""
    if name == "gradient_penalty":
        return weight * (squares.sqrt() - 1).square()
    if name in ("r1", "r2"):
        return weight / 2 * squares
    raise NotImplementedError(f"the peer knows no penalty {name}")
