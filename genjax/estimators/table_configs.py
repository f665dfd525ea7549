"""The models of encoded rows, and how they are trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.losses import Column, RowLayout, TableRow
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig, VAEConfig
from genjax.nets.players import ConditionName

CHUNK = 500  # steps a program: a second's worth


@dataclass(frozen=True, kw_only=True)
class VAERecipe:
    """A variational autoencoder of encoded rows, as it is made where nothing else is said.

    Attributes:
        beta: weight of the KL.
        latent_size: dimensions of the latent.
        steps: of the optimizer.
        learning_rate: at the start.
    """

    beta: float = 1.0
    latent_size: int = 5
    steps: int = 5000
    learning_rate: float = 4e-3

    def model(
        self,
        columns: tuple[Column, ...],
        *,
        classes: int,
        hidden: Sequence[int],
        packing: int = 1,
        conditional_vector: bool = False,
    ) -> VAEConfig:
        """Return the model.

        Raises:
            InputError: packing, or a conditional vector: it has neither.
        """
        if packing != 1 or conditional_vector:
            raise InputError("packing and a conditional vector are of 'gan' and 'wgan_gp'")
        return vae_of_rows(
            columns, classes=classes, hidden=hidden, latent_size=self.latent_size, beta=self.beta
        )


@dataclass(frozen=True, kw_only=True)
class GANRecipe:
    """An adversarial model of encoded rows, as it is made where nothing else is said.

    Attributes:
        loss: a name of `genjax.losses.adversarial`.
        penalties: names of `genjax.losses.penalty`.
        penalty_weights: one for each of them.
        n_critic: turns of the discriminator a step.
        latent_size: dimensions of the generator's input.
        steps: of the generator's optimizer.
        learning_rate: at the start.
    """

    loss: str = "wasserstein"
    penalties: tuple[str, ...] = ("gradient_penalty",)
    penalty_weights: tuple[float, ...] = (3.0,)
    n_critic: int = 2
    latent_size: int = 32
    steps: int = 2000
    learning_rate: float = 4e-3

    def model(
        self,
        columns: tuple[Column, ...],
        *,
        classes: int,
        hidden: Sequence[int],
        packing: int = 1,
        conditional_vector: bool = False,
    ) -> GANConfig:
        """Return the model."""
        return gan_of_rows(
            columns,
            classes=classes,
            hidden=hidden,
            latent_size=self.latent_size,
            loss=self.loss,
            penalties=self.penalties,
            penalty_weights=self.penalty_weights,
            n_critic=self.n_critic,
            packing=packing,
            conditional_vector=conditional_vector,
        )


VAE = VAERecipe()
WGAN_GP = GANRecipe()
RELATIVISTIC = GANRecipe(
    loss="relativistic_average",
    penalties=("r1",),
    penalty_weights=(0.1,),
    n_critic=1,
    steps=3000,
    learning_rate=2e-3,
)
RECIPES: dict[str, VAERecipe | GANRecipe] = {"vae": VAE, "gan": RELATIVISTIC, "wgan_gp": WGAN_GP}


def vae_of_rows(
    columns: tuple[Column, ...],
    *,
    classes: int,
    hidden: Sequence[int],
    latent_size: int,
    beta: float = VAE.beta,
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


def recipe_config(
    model: str,
    columns: tuple[Column, ...],
    *,
    classes: int,
    hidden: Sequence[int],
    packing: int,
    conditional_vector: bool,
    batch_size: int,
    latent_size: int | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
) -> TrainingConfig:
    """Return a whole run of a model by its recipe, but for what is not None.

    Args:
        model: a name of `RECIPES`.
        columns: of the encoded rows.
        classes: labels, 0 without.
        hidden: units of each layer.
        packing: rows that a discriminator judges together.
        conditional_vector: labels are kinds of columns.
        batch_size: rows a step, a multiple of `packing`.
        latent_size: dimensions of the latent.
        steps: of the optimizer.
        learning_rate: at the start.

    Raises:
        InputError: settings that cannot be used.
    """
    recipe = RECIPES[model]
    recipe = replace(
        recipe,
        latent_size=recipe.latent_size if latent_size is None else latent_size,
        steps=recipe.steps if steps is None else steps,
        learning_rate=float(recipe.learning_rate if learning_rate is None else learning_rate),
    )
    return training_of(
        recipe.model(
            columns,
            classes=classes,
            hidden=hidden,
            packing=packing,
            conditional_vector=conditional_vector,
        ),
        steps=recipe.steps,
        batch_size=batch_size,
        learning_rate=recipe.learning_rate,
    )
