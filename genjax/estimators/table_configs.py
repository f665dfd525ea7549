"""The models of encoded rows, and how they are trained."""

from collections.abc import Sequence

from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.losses import Column, RowLayout, TableRow
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig, VAEConfig
from genjax.nets.players import ConditionName

CHUNK = 500  # steps a program: a second's worth


def vae_of_rows(
    columns: tuple[Column, ...],
    *,
    classes: int,
    hidden: Sequence[int],
    latent_size: int,
    beta: float = 1.0,
) -> VAEConfig:
    """Return a variational autoencoder of encoded rows; with classes a conditional one."""
    return VAEConfig(
        event_shape=(RowLayout(columns).width,),
        network="mlp",
        hidden=tuple(hidden),
        latent_size=latent_size,
        activation="silu",
        likelihood=TableRow(columns),
        beta=beta,
        classes=classes,
    )


def gan_of_rows(
    columns: tuple[Column, ...],
    *,
    classes: int,
    hidden: Sequence[int],
    latent_size: int,
    loss: str,
    penalties: Sequence[str],
    penalty_weights: Sequence[float],
    n_critic: int,
    packing: int,
    condition: ConditionName = "concatenate",
    conditional_vector: bool = False,
) -> GANConfig:
    """Return an adversarial model of encoded rows; with classes a conditional one."""
    return GANConfig(
        event_shape=(RowLayout(columns).width,),
        columns=columns,
        conditional_vector=conditional_vector,
        latent_size=latent_size,
        generator=GeneratorConfig(hidden=tuple(hidden)),
        discriminator=DiscriminatorConfig(hidden=tuple(hidden)),
        loss=loss,
        penalties=tuple(penalties),
        penalty_weights=tuple(penalty_weights),
        classes=classes,
        condition=condition,
        n_critic=n_critic,
        packing=packing,
    )


def training_of(
    model: VAEConfig | GANConfig, *, steps: int, batch_size: int, learning_rate: float
) -> TrainingConfig:
    """Return a whole run: Adam, whose rate falls to 0 as a cosine over the steps.

    Raises:
        InputError: settings that cannot be used.
    """
    packing = model.packing if isinstance(model, GANConfig) else 1
    if packing < 1 or batch_size % packing:
        raise InputError(f"batch_size must be a multiple of packing: {batch_size}, {packing}")
    b1, b2 = (0.0, 0.99) if isinstance(model, GANConfig) else (0.9, 0.999)
    config = TrainingConfig(
        model=model,
        learning_rate=learning_rate,
        decay_steps=steps,
        steps=steps,
        batch_size=batch_size,
        chunk=min(steps, CHUNK),
        b1=b1,
        b2=b2,
    )
    config.check()
    return config
