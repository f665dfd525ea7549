"""What the plain values of every model have: the form of its examples."""

from dataclasses import dataclass

import jax
import numpy as np

from genjax.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
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

    def example(self, n: int) -> dict[str, jax.ShapeDtypeStruct]:
        """Return the form of n rows of the data."""
        return {"x": jax.ShapeDtypeStruct((n, *self.event_shape), np.float32)}
