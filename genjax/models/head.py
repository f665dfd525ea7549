"""Between the data's units and the networks': what a generator's last layer can reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError

HeadName = Literal["linear", "tanh", "sigmoid"]
ScalingName = Literal["none", "standard", "range"]

_RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}

Affine = dict[str, Array]
"""{"shift", "scale"}, each (*event_shape): data = networks' * scale + shift."""


@dataclass(frozen=True)
class Head:
    """The generator's output function, and an affine map to the data's units.

    Pictures as uint8 are data in [0, 1] (value / 255), and are always scaled to the head's range.

    Attributes:
        name: "linear" reaches any number, "tanh" [-1, 1], "sigmoid" [0, 1].
        scaling: "none": the data is in the head's range as it is; "standard": the networks see
            each column at mean 0 and deviation 1; "range": the data's least and greatest value
            of each column are the ends of the head's range, or of [-1, 1].
    """

    name: HeadName = "linear"
    scaling: ScalingName = "none"

    def fit(self, x: Array) -> Affine:
        """Return the map of the data's units, from raw rows x (rows, *event_shape)."""
        shape = x.shape[1:]
        low, high = _RANGES.get(self.name, (-1.0, 1.0))
        if x.dtype == jnp.uint8:
            least, most = jnp.zeros(shape), jnp.ones(shape)
        elif self.scaling == "range":
            least, most = jnp.min(x, axis=0), jnp.max(x, axis=0)
        elif self.scaling == "standard":
            return {"shift": jnp.mean(x, axis=0), "scale": _positive(jnp.std(x, axis=0))}
        else:
            return {"shift": jnp.zeros(shape), "scale": jnp.ones(shape)}
        scale = _positive((most - least) / (high - low))
        return {"shift": least - low * scale, "scale": scale}

    def observe(self, x: Array, affine: Affine) -> Array:
        """Return raw rows x as the networks see them, float32."""
        x = x / 255 if x.dtype == jnp.uint8 else x
        return (x - affine["shift"][None]) / affine["scale"][None]

    def activate(self, raw: Array) -> Array:
        """Return a generator's raw output as the networks see rows."""
        return {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}.get(self.name, lambda x: x)(raw)

    def produce(self, x: Array, affine: Affine) -> Array:
        """Return what the networks see in the data's units."""
        return x * affine["scale"][None] + affine["shift"][None]

    def mismatch(self, raw: Array, labels: list[Array]) -> Array:
        """Return what a row pays for not being as its label asks: nothing."""
        return jnp.zeros(())

    def check(self, x: np.ndarray, labels: Sequence[np.ndarray] = ()) -> None:
        """Raise InputError if raw data x cannot be reached by this head; labels may be any."""
        if x.dtype == np.uint8:
            return
        if not np.issubdtype(x.dtype, np.number):
            raise InputError(f"rows are numbers or uint8 pictures, not {x.dtype}")
        if not np.isfinite(x).all():
            raise InputError("rows must be finite: fill or drop missing values first")
        if self.name == "linear" or self.scaling == "range":
            return
        low, high = _RANGES[self.name]
        least, most = float(x.min()), float(x.max())
        if self.scaling == "standard":
            raise InputError(
                f"standardised data leaves the range [{low:g}, {high:g}] of a {self.name} head: "
                "use a linear head, or scaling 'range'"
            )
        if least < low or most > high:
            raise InputError(
                f"the data is in [{least:g}, {most:g}], a {self.name} head reaches "
                f"[{low:g}, {high:g}]: use a linear head, or scaling 'range'"
            )
        if low < 0 <= least:
            raise InputError(
                f"the data is in [{least:g}, {most:g}], half of what a {self.name} head reaches: "
                "use scaling 'range', or a sigmoid head"
            )


def _positive(scale: Array) -> Array:
    """Return the scale, 1 where it is 0: a constant column."""
    return jnp.where(scale > 0, scale, 1.0)
