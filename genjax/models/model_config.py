"""What the plain values of every model have: the form of its examples."""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import optax

from genjax.algorithm import Algorithm
from genjax.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ModelConfig(abc.ABC):
    """The form of the examples.

    Attributes:
        event_shape: of one example: (height, width, channels), or (columns,).
    """

    event_shape: tuple[int, ...]

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(height, width, channels); InputError if the examples are no pictures."""
        if len(self.event_shape) != 3:
            raise InputError(f"pictures have (height, width, channels), not {self.event_shape}")
        height, width, channels = self.event_shape
        return height, width, channels

    @abc.abstractmethod
    def build(self) -> Any:
        """Return the model."""

    def algorithm(self, tx: Callable[[int], optax.GradientTransformation]) -> Algorithm:
        """Return what `fit` trains.

        Args:
            tx: updates a step -> optimiser.
        """
        return self.build().algorithm(tx(1))

    def block(self, batch_size: int) -> int:
        """Return how many examples a call of the trained model takes, so that any number fits.

        Args:
            batch_size: in training.
        """
        return 64

    def example(self, n: int) -> dict[str, jax.ShapeDtypeStruct]:
        """Return the form of n rows of the data, with labels where the model has classes."""
        x = {"x": jax.ShapeDtypeStruct((n, *self.event_shape), np.float32)}
        labels = {"y": jax.ShapeDtypeStruct((n,), np.int32)}
        return x | labels if getattr(self, "classes", 0) else x
