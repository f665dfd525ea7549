"""Where a generator's input comes from."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from genjax.errors import InputError

PyTree = Any


@dataclass(frozen=True)
class Normal:
    """N(0, 1) in each dimension.

    Attributes:
        size: dimensions.
    """

    size: int
    name: ClassVar[str] = "normal"

    def init(self, x: Array) -> PyTree:
        """Return what the state keeps of real rows x (rows, *event_shape): nothing."""
        return {}

    def draw(self, kept: PyTree, key: Array, n: int) -> Array:
        """Return (n, size)."""
        return jax.random.normal(key, (n, self.size))


@dataclass(frozen=True)
class Uniform(Normal):
    """Uniform in [-1, 1) in each dimension."""

    name: ClassVar[str] = "uniform"

    def draw(self, kept: PyTree, key: Array, n: int) -> Array:
        """Return (n, size)."""
        return jax.random.uniform(key, (n, self.size), minval=-1.0)


@dataclass(frozen=True)
class Rows(Normal):
    """Real rows, flattened, as the networks see them: a thousand that the state keeps.

    A generator that is the identity is then perfect: offered because an article did it.
    """

    name: ClassVar[str] = "rows"

    def init(self, x: Array) -> PyTree:
        """Return {"rows": (1024, size)} of x (rows, *event_shape), spread over them."""
        flat = x.reshape(x.shape[0], -1)
        if flat.shape[1] != self.size:
            raise InputError(
                f"rows of {flat.shape[1]} numbers are the generator's input: "
                f"latent_size must be {flat.shape[1]}, not {self.size}"
            )
        return {"rows": flat[jnp.arange(1024) * len(flat) // 1024]}

    def draw(self, kept: PyTree, key: Array, n: int) -> Array:
        """Return (n, size), with replacement."""
        rows = kept["rows"]
        return rows[jax.random.randint(key, (n,), 0, len(rows))]


PRIORS: dict[str, type[Normal]] = {kind.name: kind for kind in (Normal, Uniform, Rows)}
