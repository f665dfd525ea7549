"""The likelihood of a table's row: groups of columns, each with a likelihood of its own."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError
from genjax.losses.likelihood import Likelihood, shares_scale


@dataclass(frozen=True)
class Mixed:
    """Independent likelihoods of groups of columns: a table's row.

    Attributes:
        parts: (likelihood, columns) in the order of the data's last axis; data is (batch, columns).

    Example:
        >>> from genjax.losses import Categorical, Gaussian
        >>> row = Mixed(((Gaussian(None), 2), (Categorical(3), 3)))
        >>> row.width(5)
        7
    """

    parts: tuple[tuple[Likelihood, int], ...]

    is_density: ClassVar[bool] = True

    def width(self, size: int) -> int:
        """Return the sum of the parts' widths."""
        if size != (columns := sum(size for _, size in self.parts)):
            raise InputError(f"Mixed describes {columns} columns, but the data has {size}")
        if any(shares_scale(part) for part, _ in self.parts):
            raise InputError("Mixed takes Gaussian(None) or a fixed scale, not a shared one")
        return sum(part.width(size) for part, size in self.parts)

    def _cut(self, x: Any, sizes: list[int]) -> list[Any]:
        ends = np.cumsum(sizes)
        return [x[..., end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def _columns(self, x: Any) -> list[Any]:
        return self._cut(x, [size for _, size in self.parts])

    def _outputs(self, outputs: Array) -> list[Array]:
        return self._cut(outputs, [part.width(size) for part, size in self.parts])

    def observe(self, x: Array) -> Array:
        """Floats as they are."""
        columns = zip(self.parts, self._columns(x), strict=True)
        return jnp.concatenate([part.observe(column) for (part, _), column in columns], -1)

    def check(self, x: np.ndarray | Array) -> None:
        """Check each part's own range."""
        self.width(x.shape[-1])
        for (part, _), column in zip(self.parts, self._columns(x), strict=True):
            part.check(column)

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return the losses of the parts' columns."""
        pairs = zip(self.parts, self._outputs(outputs), self._columns(x), strict=True)
        return jnp.concatenate([part.elementwise(out, col) for (part, _), out, col in pairs], -1)

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return the sum of the parts' losses."""
        pairs = zip(self.parts, self._outputs(outputs), self._columns(x), strict=True)
        return jnp.stack([part.loss(out, column) for (part, _), out, column in pairs]).sum(0)

    def mean(self, outputs: Array) -> Array:
        """Return each part's mean."""
        pairs = zip(self.parts, self._outputs(outputs), strict=True)
        return jnp.concatenate([part.mean(out) for (part, _), out in pairs], -1)

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw each part."""
        keys = jax.random.split(key, len(self.parts))
        pairs = zip(self.parts, keys, self._outputs(outputs), strict=True)
        return jnp.concatenate([part.sample(key, out) for (part, _), key, out in pairs], -1)
