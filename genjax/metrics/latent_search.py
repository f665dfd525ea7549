"""Which input of a generator comes closest? A search by gradients, from several starts.

References:
    Schlegl, Seeböck, Waldstein, Schmidt-Erfurth and Langs, "Unsupervised anomaly detection with
    generative adversarial networks to guide marker discovery", IPMI 2017, section 2.2.
    Lipton and Tripathi, "Precise recovery of latent vectors from generative adversarial networks",
    ICLR workshop 2017.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from genjax.errors import InputError


class LatentSearch(NamedTuple):
    """What a search found.

    Attributes:
        z: (size,), the best input that was seen.
        loss: () its loss; infinite if no input had a number.
    """

    z: Array
    loss: Array


def search_latents(
    loss: Callable[[Array], Array], starts: Array, *, steps: int, rate: float
) -> LatentSearch:
    """Return the best input of all that Adam passes on its way from each start.

    One row's search; `jax.vmap` makes it that of many, each with moments of its own. The best is
    never worse than the best start, however large the rate, and never one whose loss is NaN.

    Args:
        loss: z (size,) -> () float, what is to be small for this row.
        starts: (restarts, size) float, the same for all rows if a row's result is to depend on
            that row alone.
        steps: of Adam from each start, 0 or more.
        rate: its learning rate.

    Raises:
        InputError: no starts, or steps below 0.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> rows = jnp.array([[1.0, 2.0], [3.0, 4.0]])
        >>> def search(row):
        ...     return search_latents(
        ...         lambda z: jnp.sum((row - 2 * z) ** 2), jnp.zeros((1, 2)), steps=200, rate=0.1
        ...     )
        >>> jax.vmap(search)(rows).z.round(2).tolist()
        [[0.5, 1.0], [1.5, 2.0]]
    """
    if starts.ndim != 2 or not len(starts) or steps < 0:
        raise InputError(
            f"{steps} steps from {starts.shape}: 0 steps or more, (restarts, size) starts"
        )
    adam, value_and_slope = optax.adam(rate), jax.value_and_grad(loss)

    def from_one(start: Array) -> LatentSearch:
        def step(
            carry: tuple[Array, optax.OptState, LatentSearch], _: None
        ) -> tuple[tuple[Array, optax.OptState, LatentSearch], None]:
            z, moments, best = carry
            value, slope = value_and_slope(z)
            updates, moments = adam.update(slope, moments)
            best = _better(best, LatentSearch(z, value))
            return (z + updates, moments, best), None

        nothing = LatentSearch(start, jnp.asarray(jnp.inf, start.dtype))
        (z, _, best), _ = jax.lax.scan(step, (start, adam.init(start), nothing), length=steps)
        return _better(best, LatentSearch(z, loss(z)))

    found = jax.vmap(from_one)(starts)
    best = jnp.argmin(found.loss)
    return LatentSearch(found.z[best], found.loss[best])


def _better(one: LatentSearch, other: LatentSearch) -> LatentSearch:
    """Return the one with the lower loss; the first of equals, and beside one that is NaN."""
    is_other = other.loss < one.loss
    return LatentSearch(*(jnp.where(is_other, b, a) for a, b in zip(one, other, strict=True)))
