"""What a step made NaN or infinite: one reduction for all arrays of a form, a bit for each."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax
from jax.sharding import Mesh

from genjax.algorithm import Metrics
from genjax.packing import Packed, Packing

_PARTS = {"params": "parameters", "extra": "state", "opt": "optimiser state"}
_BITS = 8  # of a byte: large arrays are looked through byte by byte


class _Watched(NamedTuple):
    """An array among the packed ones, and what is said of it."""

    place: int
    name: str


class Guard:
    """Looks for what was finite and no longer is; what an optimiser starts at infinity may stay.

    An array by itself would cost a step three small kernels. A network's parameters and its
    optimiser's moments are of one shape: here they are looked through together, each with a bit of
    its own, so that what broke can be named.

    Args:
        packing: of the states.
        like: one of them, packed: arrays, or what is traced in their place.
        mesh: the devices over which arrays may be split.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from genjax.sharding import data_mesh
        >>> state = {"params": {"a": jnp.zeros(3), "b": jnp.zeros(2)}}
        >>> packing = Packing(state, lambda path: tuple(part.key for part in path))
        >>> old = packing.pack(state)
        >>> guard = Guard(packing, old, data_mesh(jax.devices()[:1]))
        >>> new = packing.pack({"params": {"a": jnp.full(3, jnp.nan), "b": jnp.zeros(2)}})
        >>> {name: bool(found) for name, found in guard.named(guard.look(old, new), {}).items()}
        {'parameters of a': True, 'parameters of b': False}
    """

    def __init__(self, packing: Packing, like: Packed, mesh: Mesh):
        self._mesh = mesh
        alike: dict[tuple[int, ...], list[_Watched]] = {}
        for place, ((key, _), array) in enumerate(zip(packing.groups, like.arrays, strict=True)):
            if key[0] in _PARTS and jnp.issubdtype(array.dtype, jnp.inexact):
                watched = _Watched(place, f"{_PARTS[key[0]]} of {key[1]}")
                alike.setdefault(array.shape, []).append(watched)
        self._bytes = [
            watched[start : start + _BITS]
            for watched in alike.values()
            for start in range(0, len(watched), _BITS)
        ]

    def look(self, old: Packed, new: Packed) -> Array:
        """Return (bytes,) uint8, each bit of which is set if its array was spoilt."""
        found = []
        for watched in self._bytes:
            bits = jnp.uint8(0)
            for bit, (place, _) in enumerate(watched):
                spoilt = ~jnp.isfinite(new.arrays[place]) & jnp.isfinite(old.arrays[place])
                if self._mesh.size > 1:  # devices reduce flags between them, but no bytes
                    spoilt = jnp.any(spoilt)
                bits = bits | (spoilt.astype(jnp.uint8) << bit)
            found.append(lax.reduce_or(bits, tuple(range(bits.ndim))))
        return jnp.stack(found) if found else jnp.zeros(0, jnp.uint8)

    def named(self, found: Array, metrics: Metrics) -> Metrics:
        """Return name -> () bool, of what `look` returned and of the metrics of the same step."""
        names = not_finite(metrics)
        for byte, watched in zip(found, self._bytes, strict=True):
            for bit, (_, name) in enumerate(watched):
                is_set = (byte >> bit) & 1 == 1
                names[name] = names.get(name, False) | is_set
        return names


def not_finite(metrics: Metrics) -> Metrics:
    """Return name -> () bool, of metrics of one step."""
    return {name: jnp.any(~jnp.isfinite(value)) for name, value in metrics.items()}
