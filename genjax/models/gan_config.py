"""The plain values that make a `GAN`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import optax

from genjax.algorithm import Algorithm
from genjax.errors import InputError
from genjax.losses.adversarial import adversarial_loss, match_features, smooth_labels
from genjax.losses.penalty import penalty
from genjax.losses.table_row import RowLayout
from genjax.models.gan import GAN
from genjax.models.head import Head, HeadName, ScalingName
from genjax.models.labels import check_classes
from genjax.models.mlp_players import (
    DiscriminatorConfig,
    GeneratorConfig,
    PublishedDiscriminatorConfig,
    PublishedGeneratorConfig,
)
from genjax.models.model_config import ModelConfig
from genjax.models.picture_players import (
    DCGANDiscriminatorConfig,
    DCGANGeneratorConfig,
    ResidualDiscriminatorConfig,
    ResidualGeneratorConfig,
)
from genjax.models.player_config import check_name, check_range, check_sizes, picture_shape
from genjax.models.priors import PRIORS
from genjax.models.table_head import TableHead
from genjax.nets.augmentation import AUGMENTATIONS, Augmented
from genjax.nets.players import ConditionName

AnyGenerator = (
    GeneratorConfig | DCGANGeneratorConfig | ResidualGeneratorConfig | PublishedGeneratorConfig
)
AnyDiscriminator = (
    DiscriminatorConfig
    | DCGANDiscriminatorConfig
    | ResidualDiscriminatorConfig
    | PublishedDiscriminatorConfig
)


@dataclass(frozen=True, kw_only=True)
class GANConfig(ModelConfig):
    """Plain values that make a `GAN`.

    Attributes:
        event_shape: of one row.
        latent_size: dimensions of the generator's input.
        prior: of the input: "normal", "uniform", "coins" (half of it -1 or 1, for data in
            clusters), or "rows", actual rows of the data.
        generator: its network.
        discriminator: its network.
        augmentation: of the pictures that the discriminator trains on, real and generated: names
            of `nets.augmentation`.
        loss: a name of `losses.adversarial`.
        label: of real rows; below 1 it is one-sided label smoothing.
        feature_matching: the generator matches the discriminator's features instead.
        penalties: names of `losses.penalty`.
        penalty_weights: one for each of them; none takes the papers'.
        head: the generator's output function.
        scaling: of the data to what the networks see.
        columns: of a table's rows as `TableTransform` encodes them, instead of head and scaling.
        conditional_vector: labels are places of the kinds of columns that rows must have, so
            that classes are the sum of the columns' kinds.
        classes: of labels; 0 without any.
        class_names: theirs, in order; none calls them by number.
        condition: how labels enter.
        packing: rows that the discriminator judges together.
        n_critic: turns of the discriminator a step.
        time_scale: the discriminator's learning rate, in units of the generator's.
        ema: decay a step of the generator's moving average, which is what is sampled; None
            keeps none.
    """

    event_shape: tuple[int, ...] = (1,)
    latent_size: int = 8
    prior: Literal["normal", "uniform", "coins", "rows"] = "normal"
    generator: AnyGenerator = field(default_factory=GeneratorConfig)
    discriminator: AnyDiscriminator = field(default_factory=DiscriminatorConfig)
    augmentation: tuple[str, ...] = ()
    loss: str = "non_saturating"
    label: float = 1.0
    feature_matching: bool = False
    penalties: tuple[str, ...] = ()
    penalty_weights: tuple[float, ...] = ()
    head: HeadName = "linear"
    scaling: ScalingName = "standard"
    columns: tuple[tuple[int, int], ...] = ()
    conditional_vector: bool = False
    classes: int = 0
    class_names: tuple[str, ...] = ()
    condition: ConditionName = "concatenate"
    packing: int = 1
    n_critic: int = 1
    time_scale: float = 1.0
    ema: float | None = 0.999

    def build(self) -> GAN:
        """Return the model.

        Raises:
            InputError: a name that is not known, or a number out of its range.
        """
        self._check()
        loss = adversarial_loss(self.loss)
        loss = loss if self.label == 1 else smooth_labels(loss, self.label)
        weights = self.penalty_weights or (None,) * len(self.penalties)
        form = self.event_shape, self.classes, self.condition
        discriminator = self.discriminator.build(*form)
        if self.augmentation:
            picture_shape("augmentation", self.event_shape)
            discriminator = Augmented(discriminator, self.augmentation)
        return GAN(
            generator=self.generator.build(*form),
            discriminator=discriminator,
            event_shape=self.event_shape,
            prior=PRIORS[self.prior](self.latent_size),
            loss=match_features(loss) if self.feature_matching else loss,
            penalties=tuple(map(penalty, self.penalties, weights)),
            head=self._head(),
            classes=self.classes,
            packing=self.packing,
            n_critic=self.n_critic,
            time_scale=self.time_scale,
            ema=self.ema,
        )

    def algorithm(self, tx: Callable[[int], optax.GradientTransformation]) -> Algorithm:
        """Return what `fit` trains; the discriminator is updated `n_critic` times a step."""
        return self.build().algorithm(tx(1), tx(self.n_critic))

    def block(self, batch_size: int) -> int:
        """Return how many examples a call takes; those that see each other, as when training."""
        if self.discriminator.couples_rows or self.packing > 1:
            return batch_size
        return 64 if len(self.event_shape) == 3 else 4096

    def _head(self) -> Head | TableHead:
        if self.columns:
            return TableHead(self.columns, self.conditional_vector)
        return Head(self.head, self.scaling)

    def _check(self) -> None:
        check_sizes(self, *self.event_shape, self.latent_size)
        self.generator.check()
        self.discriminator.check()
        if self.n_critic < 1:
            raise InputError(f"n_critic must be 1 or more, got {self.n_critic}")
        check_classes(self.classes, self.class_names)
        if self.augmentation and self.head == "sigmoid":
            raise InputError("augmentation is of pictures in [-1, 1]: take a tanh head")
        if self.penalty_weights and len(self.penalty_weights) != len(self.penalties):
            raise InputError(
                f"{len(self.penalties)} penalties have as many weights, or none, not "
                f"{len(self.penalty_weights)}"
            )
        for weight in self.penalty_weights:
            check_range("a penalty's weight", weight, 1e-9)
        kinds = RowLayout(self.columns).kinds
        if self.columns and self.event_shape != (RowLayout(self.columns).width,):
            raise InputError(f"columns and event_shape do not agree: {self.event_shape}")
        if self.conditional_vector and not self.columns:
            raise InputError("a conditional vector is of a table's rows: name their columns")
        if self.conditional_vector and self.classes != kinds:
            raise InputError(
                f"with a conditional vector the classes are the {kinds} kinds of the columns, not "
                f"{self.classes}"
            )
        check_range("packing", self.packing, 1)
        if self.packing > 1 and len(self.event_shape) > 1:
            raise InputError(f"packing is of a table's rows, not of {self.event_shape}")
        check_range("time_scale", self.time_scale, 1e-9)
        check_range("label", self.label, 1e-9, 1.0 + 1e-9)
        check_range("ema", 0.0 if self.ema is None else self.ema, 0.0, 1.0)
        check_range("latent_size", self.latent_size, 2 if self.prior == "coins" else 1)
        check_name("prior", self.prior, tuple(PRIORS))
        check_name("head", self.head, get_args(HeadName))
        check_name("scaling", self.scaling, get_args(ScalingName))
        check_name("condition", self.condition, get_args(ConditionName))
        for name in self.augmentation:
            check_name("augmentation", name, tuple(AUGMENTATIONS))
