"""What the plain values of every generator and discriminator have, and their checks."""

import abc
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_args

from flax import linen as nn

from genjax.errors import InputError
from genjax.nets.norm import ACTIVATIONS, NormName
from genjax.nets.players import ConditionName


@dataclass(frozen=True, kw_only=True)
class PlayerConfig(abc.ABC):
    """Plain values of one player's network."""

    @abc.abstractmethod
    def build(
        self, event_shape: tuple[int, ...], classes: int, condition: ConditionName
    ) -> nn.Module:
        """Return the network.

        Args:
            event_shape: of one row.
            classes: of the labels; 0 without any.
            condition: how labels enter.
        """

    @abc.abstractmethod
    def check(self) -> None:
        """Raise InputError if a value is out of its range."""

    @property
    def couples_rows(self) -> bool:
        """Whether a row's result depends on the others of its batch even when not training."""
        return False


def check_range(name: str, value: float, least: float, most: float = math.inf) -> None:
    """Raise InputError unless least <= value < most."""
    if not (isinstance(value, Real) and least <= value < most):
        raise InputError(f"{name} is {value!r}: out of its range")


def check_sizes(config: Any, *sizes: int) -> None:
    """Raise InputError unless all sizes, of this configuration, are 1 or more."""
    if min(sizes, default=0) < 1:
        raise InputError(f"sizes must be 1 or more in {type(config).__name__}: got {sizes}")


def check_name(name: str, given: str, known: Sequence[str]) -> None:
    """Raise InputError, with what there is, unless the given name is known."""
    if given not in known:
        raise InputError(f"no {name} {given!r}: there are {', '.join(known)}")


def check_layers(player: str, norm: str, activation: str) -> None:
    """Raise InputError unless a player's normalisation and activation have known names."""
    check_name(f"{player}'s norm", norm, get_args(NormName))
    check_name(f"{player}'s activation", activation, tuple(ACTIVATIONS))


def picture_shape(network: str, event_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return (height, width, channels); InputError if the rows are no pictures."""
    if len(event_shape) != 3:
        raise InputError(f"{network} is of pictures, (height, width, channels), not {event_shape}")
    height, width, channels = event_shape
    return height, width, channels
