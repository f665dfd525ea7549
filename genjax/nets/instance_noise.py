"""Instance noise: the discriminator sees real and generated rows through noise that fades.

References:
    Sønderby, Caballero, Theis, Shi and Huszár, "Amortised MAP inference for image
    super-resolution", ICLR 2017, section 3.2.
    Arjovsky and Bottou, "Towards principled methods for training GANs", ICLR 2017, section 3.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

from genjax.nets.network import dropout_key
from genjax.threefry import draw


class InstanceNoise(nn.Module):
    """Add normal noise while training; its deviation falls linearly to 0.

    Attributes:
        deviation: at the start, in the networks' units.
        turns: of the discriminator until it is 0; None keeps it. A turn is two calls while
            training, of real and of generated rows, which are noised alike.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> x = jnp.zeros((2, 3))
        >>> InstanceNoise(0.1).init_with_output(jax.random.key(0), x)[0].tolist()[0]
        [0.0, 0.0, 0.0]
    """

    deviation: float = 0.1
    turns: int | None = None

    @nn.compact
    def __call__(self, x: Array, *, train: bool = False) -> Array:
        """Return x, with noise drawn from the `dropout` key while training."""
        calls = self.variable("noise", "calls", lambda: jnp.zeros((), jnp.int32))
        if not train:
            return x
        deviation = jnp.asarray(self.deviation)
        if self.turns is not None:
            deviation *= jnp.maximum(0.0, 1 - (calls.value // 2) / self.turns)
        if self.is_mutable_collection("noise"):
            calls.value += 1
        return x + deviation * draw(jax.random.normal, dropout_key(self), x.shape)
