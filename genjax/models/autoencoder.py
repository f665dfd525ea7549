"""The plain autoencoder: one player, who minimises the reconstruction loss alone.

    loss = -log p(x | z),    z = encoder(x)

in nats per example, or in the units of a loss that is no density. Nothing shapes the space of
codes: between them lie gaps, and there is no distribution of codes to sample from.

References:
    Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science
    2006.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from genjax.algorithm import Aux, Context, Params, PyTree, TrainState
from genjax.errors import InputError
from genjax.losses import Bernoulli
from genjax.models.coder import Coder
from genjax.models.networks import AnyLikelihood, NetworkConfig
from genjax.threefry import split


class Autoencoder(Coder):
    """An encoder that gives the code, a decoder, a likelihood; see `Coder`.

    Example:
        >>> import jax, jax.numpy as jnp, optax
        >>> from genjax import fit
        >>> from genjax.models import AutoencoderConfig
        >>> config = AutoencoderConfig(event_shape=(6,), network="mlp", latent_size=2)
        >>> autoencoder = config.build()
        >>> data = {"x": jax.random.bernoulli(jax.random.key(0), 0.2, (64, 6)).astype(float)}
        >>> algorithm = autoencoder.algorithm(optax.adam(1e-2))
        >>> state = fit(algorithm, data, steps=50, key=jax.random.key(1), batch_size=32, chunk=50)
        >>> autoencoder.encode(state, data["x"]).shape
        (64, 2)
    """

    name: ClassVar[str] = "autoencoder"
    has_prior: ClassVar[bool] = False

    def loss(self, params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        """Return the reconstruction loss, () per example."""
        keys = split(context.key)
        x = self.likelihood.observe(batch["x"])
        code, encoder = self._apply("encoder", params, context.extra, x, train=True, key=keys[0])
        outputs, decoder = self._apply(
            "decoder", params, context.extra, code, train=True, key=keys[1]
        )
        loss = jnp.mean(self.likelihood.loss(outputs, x))
        return loss, Aux(self._scale(outputs), {"encoder": encoder, "decoder": decoder})

    def encode(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the codes, (batch, latent_size), of raw x (batch, *event_shape)."""
        return self._encoded(state, x, self._given(y))

    code = encode

    def sample(self, state: TrainState, key: Array, n: int, *, y: Array | None = None) -> Array:
        """Raise InputError: nothing says which codes are likely."""
        raise InputError(
            "an autoencoder has no prior to sample from: decode codes of your own, or train a VAE"
        )


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig(NetworkConfig):
    """Plain values that make an `Autoencoder`: the networks', and this.

    Attributes:
        likelihood: of the data.
    """

    likelihood: AnyLikelihood = field(default_factory=Bernoulli)

    def build(self) -> Autoencoder:
        """Return the model.

        Raises:
            InputError: settings of the networks that make none (`NetworkConfig.coder`).
        """
        encoder, decoder = self.coder(self.latent_size, self.likelihood)
        return Autoencoder(
            encoder=encoder,
            decoder=decoder,
            likelihood=self.likelihood,
            event_shape=self.event_shape,
            latent_size=self.latent_size,
        )
