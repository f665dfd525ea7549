"""The credit study's two generative models of delinquents, as published; see the study's `FAULTS`.

References:
    Blumenstock, Fan and Tian, "Generative models", a blog of the Seminar Information Systems,
    Humboldt-Universität zu Berlin, 2019, and the notebook of its authors.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax import Array

from genjax import fit
from genjax.algorithm import Algorithm, Aux, Context, Params, Phase, PyTree, from_phases
from genjax.losses import kl_standard_normal
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig
from genjax.models.gan import GAN

_LATENTS = 6
_SMOOTH_LABEL = 0.9
_TINY = 1e-12  # eight ReLUs that are all off leave the untrained second head at 0
_GLOROT = nn.initializers.glorot_uniform()


class Encoder(nn.Module):
    """x (batch, columns) -> the latents' mean and the second head, (batch, 6) each."""

    @nn.compact
    def __call__(self, x: Array) -> tuple[Array, Array]:
        """Return (mean, head)."""
        x = nn.relu(nn.Dense(8, kernel_init=_GLOROT)(x))
        return nn.Dense(_LATENTS, kernel_init=_GLOROT)(x), nn.Dense(_LATENTS, kernel_init=_GLOROT)(
            x
        )


class Decoder(nn.Module):
    """z (batch, 6) -> x (batch, columns) in [-1, 1]."""

    columns: int

    @nn.compact
    def __call__(self, z: Array) -> Array:
        """Return rows."""
        z = nn.relu(nn.Dense(8, kernel_init=_GLOROT)(z))
        return jnp.tanh(nn.Dense(self.columns, kernel_init=_GLOROT)(z))


def published_draw(mean: Array, head: Array, noise: Array) -> Array:
    """Return z = mean + head² noise, as published: the deviation is the second head's square."""
    return mean + head**2 * noise


def published_kl(mean: Array, head: Array) -> Array:
    """Return Σ (mean² + head² - 1 - log head²) / 2, (batch,): here the deviation is the head."""
    return kl_standard_normal(mean, jnp.log(head**2 + _TINY))


def vae_algorithm(columns: int) -> Algorithm:
    """Return the published autoencoder of rows {"x": (n, columns)}: columns-8-6-8-columns."""
    encoder, decoder = Encoder(), Decoder(columns)

    def init(key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        keys = jax.random.split(key)
        first = encoder.init(keys[0], batch["x"])["params"]
        second = decoder.init(keys[1], jnp.zeros((1, _LATENTS)))["params"]
        return {"encoder": first, "decoder": second}, {}

    def loss(params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        mean, head = _apply(encoder, params["encoder"], batch["x"])
        z = published_draw(mean, head, jax.random.normal(context.key, mean.shape))
        made = _apply(decoder, params["decoder"], z)
        error, kl = jnp.mean((made - batch["x"]) ** 2), jnp.mean(published_kl(mean, head))
        return error + kl, Aux({"squared_error": error, "kl": kl})

    return from_phases(init, [Phase("vae", ("encoder", "decoder"), loss, optax.adam(1e-3))])


def published_gan(columns: int) -> GAN:
    """Return the published networks, 100-6-columns and columns-6-1, as the library builds them.

    Unlike `configs/credit_gan.py` hidden layers are ReLUs and columns are not scaled to [0, 1].
    """
    return GANConfig(
        event_shape=(columns,),
        latent_size=100,
        generator=GeneratorConfig(hidden=(6,), activation="relu"),
        discriminator=DiscriminatorConfig(hidden=(6,), activation="relu"),
        head="sigmoid",
        scaling="none",
        ema=None,
    ).build()


def gan_algorithm(gan: GAN) -> Algorithm:
    """Return the published game of rows {"x"}: the discriminator turns twice, real and made rows.

    Both turns share one optimiser's moments. The library's own `GAN.algorithm` adds the two losses
    up, and refuses columns that its output cannot reach: that check is left out here.
    """

    def init(key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        params, extra = gan.init(key, batch)
        return params, {**extra, "is_real": jnp.ones((), bool)}

    def judge(params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        is_real = context.extra["is_real"]
        z = jax.random.normal(context.key, (len(batch["x"]), gan.prior.size))
        made = gan.head.activate(_apply(gan.generator, params["generator"], z))
        rows, label = jnp.where(is_real, batch["x"], made), jnp.where(is_real, _SMOOTH_LABEL, 0.0)
        logits = _apply(gan.discriminator, params["discriminator"], rows).logits
        loss = jnp.mean(optax.sigmoid_binary_cross_entropy(logits, label))
        return loss, Aux({}, {"is_real": ~is_real})

    tx = optax.adam(1e-4)
    discriminator = Phase("discriminator", ("discriminator",), judge, tx, repeats=2)
    return from_phases(
        init, [discriminator, Phase("generator", ("generator",), gan.generator_loss, tx)]
    )


def vae_rows(x: np.ndarray, n: int, *, epochs: int, seed: int) -> np.ndarray:
    """Return n rows (n, columns) of an autoencoder that learnt x: decoded draws of N(0, I).

    Args:
        x: (rows, columns), standardised delinquents.
        n: rows to draw.
        epochs: of 6 rows a step.
        seed: of all that is random.
    """
    batch, keys = 6, jax.random.split(jax.random.key(seed))
    steps = -(-epochs * len(x) // batch)
    algorithm = vae_algorithm(x.shape[1])
    state = fit(algorithm, {"x": x}, steps=steps, key=keys[0], batch_size=batch, chunk=1000)
    z = jax.random.normal(keys[1], (n, _LATENTS))
    return np.asarray(_apply(Decoder(x.shape[1]), state.params["decoder"], z))


def gan_rows(x: np.ndarray, n: int, *, epochs: int, seed: int) -> np.ndarray:
    """Return n rows (n, columns) of a generator that played against x.

    Args:
        x: (rows, columns), standardised delinquents, 64 or more.
        n: rows to draw.
        epochs: of 64 rows a step; what is left of an epoch is not used.
        seed: of all that is random.
    """
    batch, keys = 64, jax.random.split(jax.random.key(seed))
    gan = published_gan(x.shape[1])
    steps = epochs * (len(x) // batch)
    state = fit(
        gan_algorithm(gan), {"x": x}, steps=steps, key=keys[0], batch_size=batch, chunk=1000
    )
    return np.asarray(gan.sample(state, keys[1], n))


def _apply(network: nn.Module, params: PyTree, x: Array) -> Any:
    return network.apply({"params": params}, x)
