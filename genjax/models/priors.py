"""Where a generator's input comes from."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from genjax.errors import InputError
from genjax.threefry import draw, split

PyTree = Any


def _signed(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    return jax.random.uniform(key, shape, dtype, minval=-1.0)


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
        return draw(jax.random.normal, key, (n, self.size))


@dataclass(frozen=True)
class Uniform(Normal):
    """Uniform in [-1, 1) in each dimension."""

    name: ClassVar[str] = "uniform"

    def draw(self, kept: PyTree, key: Array, n: int) -> Array:
        """Return (n, size)."""
        return draw(_signed, key, (n, self.size))


@dataclass(frozen=True)
class Coins(Normal):
    """-1 or 1, as likely, in the first half of the dimensions, N(0, 1) in the rest.

    For data in clusters: a continuous generator of a connected prior draws bridges between them,
    one of a prior in pieces need not.

    References:
        Mukherjee, Asnani, Lin and Kannan, "ClusterGAN", AAAI 2019, section 3 (there one-hot).
    """

    name: ClassVar[str] = "coins"

    def draw(self, kept: PyTree, key: Array, n: int) -> Array:
        """Return (n, size)."""
        keys = split(key)
        coins = draw(jax.random.rademacher, keys[0], (n, self.size // 2))
        normal = draw(jax.random.normal, keys[1], (n, self.size - self.size // 2))
        return jnp.concatenate([coins, normal], axis=1)


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


PRIORS: dict[str, type[Normal]] = {kind.name: kind for kind in (Normal, Uniform, Coins, Rows)}
