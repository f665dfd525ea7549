"""What keeps a discriminator smooth: penalties on its gradient at single rows, and clipped weights.

    gradient penalty   λ (|∇_x̂ D(x̂)| - 1)²,   x̂ = ε x + (1 - ε) G(z),  ε ~ U(0, 1)
    R1                 γ/2 |∇_x D(x)|²  at real rows
    R2                 γ/2 |∇_x D(x)|²  at generated rows

each per example, the norm over all of an example's axes. D is the logit. A penalty compares the
discriminator at one row with itself beside that row, so a discriminator whose output for a row
depends on the rest of the batch (batch normalisation, minibatch discrimination) has no such
gradient, and `GAN` refuses it.

References:
    Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017, eq. 3 and section 4.
    Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually converge?", ICML
    2018, eq. 9 and 10.
    Arjovsky, Chintala and Bottou, "Wasserstein GAN", ICML 2017, algorithm 1 (clipping).
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import optax
from jax import Array

from genjax.algorithm import PyTree
from genjax.errors import InputError
from genjax.optimizers import clip_weights
from genjax.threefry import draw

Critic = Callable[[Array, PyTree], Array]
"""(one row (*event_shape), what goes along with it: its label, a key, or None) -> () logit."""


@dataclass(frozen=True)
class Penalty(abc.ABC):
    """Something that a discriminator pays for, or is held to.

    Attributes:
        weight: λ, γ or, of clipped weights, their limit; positive.
    """

    weight: float | Array = 10.0

    name: ClassVar[str]
    of_gradient: ClassVar[bool] = True

    @abc.abstractmethod
    def __call__(self, critic: Critic, real: Array, fake: Array, y: PyTree, key: Array) -> Array:
        """Return the penalty of each row, (batch,).

        Args:
            critic: the discriminator at a single row.
            real: (batch, *event_shape).
            fake: (batch, *event_shape).
            y: what goes along with each row of both, leaves (batch, ...), or None.
            key: random key.
        """

    def constrain(self, tx: optax.GradientTransformation) -> optax.GradientTransformation:
        """Return the discriminator's optimiser, held to what no loss can say."""
        return tx


@dataclass(frozen=True)
class GradientPenalty(Penalty):
    """WGAN-GP's: the slope between real and generated rows is drawn to 1; the paper's λ is 10.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> steep = lambda x, y: 3 * x[0] + 4 * x[1]
        >>> x = jnp.ones((2, 2))
        >>> GradientPenalty(10.0)(steep, x, 2 * x, None, jax.random.key(0)).tolist()
        [160.0, 160.0]
    """

    name: ClassVar[str] = "gradient_penalty"

    def __call__(self, critic: Critic, real: Array, fake: Array, y: PyTree, key: Array) -> Array:
        """Return λ (slope - 1)² at a place between each pair of rows, (batch,)."""
        share = draw(jax.random.uniform, key, (len(real), *[1] * (real.ndim - 1)))
        square = _squared_slope(critic, share * real + (1 - share) * fake, y)
        # The root's derivative at 0 is infinite: a flat critic would give NaN.
        slope = jnp.sqrt(jnp.where(square > 0, square, 1.0)) * (square > 0)
        return self.weight * (slope - 1) ** 2


@dataclass(frozen=True)
class R1(Penalty):
    """The slope at real rows is drawn to 0.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> x = jnp.array([[1.0], [3.0]])
        >>> R1(1.0)(lambda x, y: x[0] ** 2, x, x, None, jax.random.key(0)).tolist()
        [2.0, 18.0]
    """

    name: ClassVar[str] = "r1"

    def __call__(self, critic: Critic, real: Array, fake: Array, y: PyTree, key: Array) -> Array:
        """Return γ/2 slope² at each real row, (batch,)."""
        return self.weight / 2 * _squared_slope(critic, real, y)


@dataclass(frozen=True)
class R2(Penalty):
    """The slope at generated rows is drawn to 0."""

    name: ClassVar[str] = "r2"

    def __call__(self, critic: Critic, real: Array, fake: Array, y: PyTree, key: Array) -> Array:
        """Return γ/2 slope² at each generated row, (batch,)."""
        return self.weight / 2 * _squared_slope(critic, fake, y)


@dataclass(frozen=True)
class WeightClipping(Penalty):
    """WGAN's: each of the discriminator's parameters stays in [-weight, weight]; no cost."""

    weight: float | Array = 0.01
    name: ClassVar[str] = "weight_clipping"
    of_gradient: ClassVar[bool] = False

    def __call__(self, critic: Critic, real: Array, fake: Array, y: PyTree, key: Array) -> Array:
        """Return no cost, (batch,)."""
        return jnp.zeros(len(real))

    def constrain(self, tx: optax.GradientTransformation) -> optax.GradientTransformation:
        """Return the optimiser, followed by the clipping."""
        return optax.chain(tx, clip_weights(self.weight))


PENALTIES: dict[str, type[Penalty]] = {
    kind.name: kind for kind in (GradientPenalty, R1, R2, WeightClipping)
}


def penalty(name: str, weight: float | Array | None = None) -> Penalty:
    """Return a penalty by its name.

    Args:
        name: "gradient_penalty", "r1", "r2" or "weight_clipping".
        weight: the paper's, or 10 for R1 and R2, where it is None.

    Raises:
        InputError: there is none of this name; the message lists them.

    Example:
        >>> penalty("weight_clipping")
        WeightClipping(weight=0.01)
    """
    if name not in PENALTIES:
        raise InputError(f"no penalty {name!r}: there are {', '.join(PENALTIES)}")
    kind = PENALTIES[name]
    return kind() if weight is None else kind(weight)


def _squared_slope(critic: Critic, x: Array, y: PyTree) -> Array:
    """Return |∇ critic|² at each row, (batch,), over all axes of an example."""
    slopes = jax.vmap(jax.grad(critic))(x, y)
    return jnp.sum(slopes**2, axis=tuple(range(1, x.ndim)))
