"""Over-samplers by generative models: they drop in where SMOTE stands.

Each learns the rows of the classes that need more and draws new ones. Columns may be numbers with
spikes, whole numbers, caps and missing values, categories, booleans and dates; new rows have all of
these as the given ones do, since a column's kinds are learnt beside its numbers (`TableTransform`).
"""

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, ClassVar, Literal

from genjax.errors import needs_extra
from genjax.estimators.over_sampler import COUNT, TableOverSampler
from genjax.estimators.table_configs import VAE, WGAN_GP, gan_of_rows, vae_of_rows
from genjax.losses import Column
from genjax.models import GANConfig, VAEConfig

with needs_extra("tables", "estimators"):
    from sklearn.utils._param_validation import Interval, StrOptions


@dataclass(kw_only=True, eq=False, repr=False)
class VAEOverSampler(TableOverSampler):
    """Rows drawn from variational autoencoders, of one class each or of all (`conditional`).

    Args:
        sampling_strategy: as everywhere in imbalanced-learn: "auto" brings all classes but the
            largest to its size; a share of it, a name of classes, a dict, or a function of y.
        conditional: one model learns all classes, told which; else each class that needs rows has
            a model of its own.
        categorical_features: "auto" (text, categories and booleans), or which columns are
            categorical, besides these: their names, places, or a mask.
        numeric: what lies between a column's spikes is encoded by its "quantile", or by a mode of
            a Gaussian mixture ("modes"); see `TableTransform`.
        hidden: units of the encoder's layers; the decoder has them backwards.
        latent_size: dimensions of the latent.
        beta: weight of the KL.
        steps: of the optimizer (Adam), whose rate falls to 0 as a cosine.
        batch_size: rows a step; where there are fewer, they are repeated.
        learning_rate: at the start.
        verbose: show the progress on standard error.
        random_state: seed; None draws one.

    Attributes:
        transform_: the fitted `TableTransform`.
        sampling_strategy_: class -> rows that were drawn.
        n_features_in_, feature_names_in_: of the rows.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
        >>> X_more, y_more = VAEOverSampler(steps=20, random_state=0).fit_resample(X, y)
        >>> X_more.shape, int((y_more == 1).sum())
        ((100, 2), 50)

    References:
        Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014.
        Sohn, Lee and Yan, "Learning structured output representation using deep conditional
        generative models", NeurIPS 2015.
    """

    conditional: bool = False
    beta: float = VAE.beta
    latent_size: int = VAE.latent_size
    steps: int = VAE.steps
    learning_rate: float = VAE.learning_rate

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TableOverSampler._parameter_constraints,
        "conditional": ["boolean"],
        "beta": [Interval(Real, 0, None, closed="left")],
    }

    def _conditional(self) -> bool:
        return self.conditional

    def _model(self, columns: tuple[Column, ...], classes: int) -> VAEConfig:
        return vae_of_rows(
            columns,
            classes=classes,
            hidden=self.hidden,
            latent_size=self.latent_size,
            beta=self.beta,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class GANOverSampler(TableOverSampler):
    """Rows drawn from generative adversarial networks, one for each class that needs some.

    Args:
        sampling_strategy: see `VAEOverSampler`.
        categorical_features: see `VAEOverSampler`.
        numeric: see `VAEOverSampler`.
        hidden: units of the layers of both networks.
        latent_size: dimensions of the generator's input.
        loss: a name of `genjax.losses.adversarial`.
        penalties: names of `genjax.losses.penalty`.
        penalty_weights: one for each of them; none takes the papers'.
        n_critic: turns of the discriminator a step.
        packing: rows that the discriminator judges together.
        steps: of the generator's optimizer (Adam), whose rate falls to 0 as a cosine.
        batch_size: rows a turn; where there are fewer, they are repeated.
        learning_rate: at the start.
        verbose: show the progress on standard error.
        random_state: seed; None draws one.

    Attributes:
        transform_: the fitted `TableTransform`.
        sampling_strategy_: class -> rows that were drawn.
        n_features_in_, feature_names_in_: of the rows.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
        >>> X_more, y_more = GANOverSampler(steps=20, random_state=0).fit_resample(X, y)
        >>> X_more.shape, int((y_more == 1).sum())
        ((100, 2), 50)

    References:
        Gulrajani et al., "Improved training of Wasserstein GANs", NeurIPS 2017.
        Lin, Khetan, Fanti and Oh, "PacGAN", NeurIPS 2018.
    """

    loss: str = WGAN_GP.loss
    penalties: tuple[str, ...] = WGAN_GP.penalties
    penalty_weights: tuple[float, ...] = WGAN_GP.penalty_weights
    n_critic: int = WGAN_GP.n_critic
    packing: int = 1

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TableOverSampler._parameter_constraints,
        "loss": [str],
        "penalties": [tuple, list],
        "penalty_weights": [tuple, list],
        "n_critic": COUNT,
        "packing": COUNT,
    }

    def _conditional(self) -> bool:
        return False

    def _model(self, columns: tuple[Column, ...], classes: int) -> GANConfig:
        return gan_of_rows(
            columns,
            classes=classes,
            hidden=self.hidden,
            latent_size=self.latent_size,
            loss=self.loss,
            penalties=self.penalties,
            penalty_weights=self.penalty_weights,
            n_critic=self.n_critic,
            packing=self.packing,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class CGANOverSampler(GANOverSampler):
    """Rows drawn from one conditional adversarial network, which learns all classes, told which.

    Args:
        condition: how the class enters: "concatenate", "embed" or "project".
        sampling_strategy: see `VAEOverSampler`.
        categorical_features: see `VAEOverSampler`.
        numeric: see `VAEOverSampler`.
        hidden: see `GANOverSampler`, as all that follow.
        latent_size: dimensions of the generator's input.
        loss: a name of `genjax.losses.adversarial`.
        penalties: names of `genjax.losses.penalty`.
        penalty_weights: one for each of them; none takes the papers'.
        n_critic: turns of the discriminator a step.
        packing: rows, of any classes, that the discriminator judges together.
        steps: of the generator's optimizer.
        batch_size: rows a turn, as many of each class.
        learning_rate: at the start.
        verbose: show the progress on standard error.
        random_state: seed; None draws one.

    Attributes:
        transform_: the fitted `TableTransform`.
        sampling_strategy_: class -> rows that were drawn.
        n_features_in_, feature_names_in_: of the rows.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
        >>> X_more, y_more = CGANOverSampler(steps=20, random_state=0).fit_resample(X, y)
        >>> X_more.shape, int((y_more == 1).sum())
        ((100, 2), 50)

    References:
        Mirza and Osindero, "Conditional generative adversarial nets", 2014.
        Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.
    """

    condition: Literal["concatenate", "embed", "project"] = "concatenate"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **GANOverSampler._parameter_constraints,
        "condition": [StrOptions({"concatenate", "embed", "project"})],
    }

    def _conditional(self) -> bool:
        return True

    def _model(self, columns: tuple[Column, ...], classes: int) -> GANConfig:
        return replace(super()._model(columns, classes), condition=self.condition)
