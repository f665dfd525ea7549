"""A detector of outliers by variational autoencoders, with scikit-learn's interface.

Several members are trained as one program (`fit_many`) and their scores averaged. Each sees the
scaled rows through its view, an invertible matrix: the columns as they are, or whitened (as close
to the columns as uncorrelated ones can be, so that each still belongs to its column). What is
unlikely under either is an outlier; a small latent cannot learn full correlations by itself.
"""

from functools import partial
from typing import Any, get_args

import jax
import numpy as np
from numpy.typing import ArrayLike

from genjax.errors import InputError, needs_extra
from genjax.estimators.members import VIEWS, Members, codes, explain, score, train
from genjax.estimators.outliers import LOWEST, OutlierDetector
from genjax.losses import Gaussian, StudentT, WeightedSquaredError
from genjax.losses.likelihood import Likelihood
from genjax.metrics.anomaly import AnomalyScores, fixed_noise
from genjax.models import VAEConfig
from genjax.nets.norm import ActivationName
from genjax.optimizers import OptimizerName, build_optimizer, learning_rate

with needs_extra("tables", "estimators"):
    from sklearn.utils.validation import check_is_fitted

_LIKELIHOODS: dict[str, Any] = {
    # Of scaled rows, whose variance is about 1: no column is known better than to .61 or worse than
    # to 1.42 deviations anywhere, which keeps the scale from going astray between the data.
    "student_t": StudentT(8.0, least_log_variance=-1.0, greatest_log_variance=0.5),
    "gaussian": Gaussian(None),
    "gaussian_fixed": Gaussian(1.0),
    "root_mean_squared_error": WeightedSquaredError(1.0, root=True, bounded=False),
}


class VAEDetector(OutlierDetector):
    """Outliers are what variational autoencoders that learnt usual rows find unlikely.

    Args:
        hidden: units of the encoder's layers; the decoder has them backwards.
        latent_size: dimensions of the latent.
        likelihood: "student_t" or "gaussian", whose mean and scale the decoder predicts;
            "gaussian_fixed" of scale 1; "root_mean_squared_error", which is trained and then
            scored as "gaussian_fixed"; or a likelihood of `genjax.losses`.
        activation: of the hidden layers.
        views: of the scaled rows, "columns" or "whitened" each. The default suits columns that are
            hardly correlated, such as principal components; where they are, more latents or
            ("whitened",) alone do better.
        members: models a view, trained from seeds of their own.
        steps: of the optimiser.
        batch_size: rows a step; all of them, if there are fewer.
        optimizer: "adam", "adamw", "nadam" or "sgd".
        learning_rate: at the start; a cosine takes it to 0 if `decay`.
        decay: whether it does.
        beta: weight of the KL.
        warmup_share: of the steps, in which the weight of the KL rises to `beta`.
        scored_by: "mean_log_likelihood", "reconstruction_probability", "elbo", "log_likelihood",
            "kl" or "reconstruction_error"; see `genjax.metrics.anomaly`.
        draws: from the posterior of each row.
        scaling: "quantile" (to a normal distribution, see `NormalQuantiles`), "standard" or
            "none".
        impute: allow missing values, which become the training rows' median.
        threshold: where outliers begin: "contamination" (a quantile of the training scores),
            "robust" (`deviations` robust deviations below their median), or "tail" (a tail that is
            fitted to them, for rates of false alarms below one in n).
        contamination: share of the training rows that are flagged, in (0, 0.5]; of new usual rows
            it is a little more, as those were not learnt from.
        deviations: of the robust threshold.
        random_state: seed; None draws one.

    Attributes:
        members_: what was learnt.
        scaler_: the fitted pipeline before it.
        offset_: the threshold of `score_samples`.
        n_features_in_, feature_names_in_: of the rows.

    Example:
        >>> import numpy as np
        >>> rows = np.random.default_rng(0).normal(size=(200, 3))
        >>> detector = VAEDetector(steps=50, random_state=0).fit(rows)
        >>> detector.predict([[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]]).tolist()
        [1, -1]

    References:
        An and Cho, "Variational autoencoder based anomaly detection using reconstruction
        probability", 2015.
        Kessy, Lewin and Strimmer, "Optimal whitening and decorrelation", The American Statistician,
        2018 (ZCA whitening).
    """

    def __init__(
        self,
        *,
        hidden: tuple[int, ...] = (64, 64),
        latent_size: int = 2,
        likelihood: str | Likelihood = "student_t",
        activation: ActivationName = "silu",
        views: tuple[str, ...] = ("columns", "whitened"),
        members: int = 2,
        steps: int = 3000,
        batch_size: int = 128,
        optimizer: OptimizerName = "adam",
        learning_rate: float = 1e-3,
        decay: bool = True,
        beta: float = 1.0,
        warmup_share: float = 0.33,
        scored_by: str = "mean_log_likelihood",
        draws: int = 100,
        scaling: str = "quantile",
        impute: bool = False,
        threshold: str = "contamination",
        contamination: float = 0.01,
        deviations: float = 5.0,
        random_state: Any = None,
    ):
        self.hidden = hidden
        self.latent_size = latent_size
        self.likelihood = likelihood
        self.activation = activation
        self.views = views
        self.members = members
        self.steps = steps
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.decay = decay
        self.beta = beta
        self.warmup_share = warmup_share
        self.scored_by = scored_by
        self.draws = draws
        self.scaling = scaling
        self.impute = impute
        self.threshold = threshold
        self.contamination = contamination
        self.deviations = deviations
        self.random_state = random_state

    def explain(self, X: ArrayLike) -> np.ndarray:
        """Return each column's part of the log-likelihood, (n, columns): the lowest is to blame.

        A part is the mean of log p(x_d|z) over draws and members, less its mean in the training
        rows, in nats: 0 is as usual. Up to a constant a row's parts add up to its mean
        log-likelihood, which is also what the other scores of likelihood consist of mostly.

        Args:
            X: (n, columns), the columns of `fit`.

        Raises:
            InputError: the score is the KL, which is of latents and not of columns.
        """
        check_is_fitted(self)
        if self.scored_by == "kl":
            raise InputError("explain is of likelihoods and errors: the KL has no columns")
        scaled = self._scaled(self._validated(X, reset=False))
        parts = self._in_blocks(self._explain_block, scaled)
        return np.where(np.isfinite(parts), parts, LOWEST) - self.usual_parts_

    def encode(self, X: ArrayLike) -> np.ndarray:
        """Return the first member's mean code of each row, (n, latent_size).

        Args:
            X: (n, columns), the columns of `fit`.
        """
        check_is_fitted(self)
        scaled = self._scaled(self._validated(X, reset=False))
        first = jax.tree.map(lambda leaf: leaf[0], self.members_)
        return self._in_blocks(partial(codes, self._scoring_config(), first), scaled)

    def _train(self, rows: np.ndarray, seed: int) -> None:
        vae = self._config(rows.shape[1], self._likelihood()).build()
        views = np.repeat([VIEWS[name](rows) for name in self.views], self.members, axis=0)
        rate = learning_rate(self.learning_rate, decay_steps=self.steps if self.decay else None)
        algorithm = vae.algorithm(build_optimizer(self.optimizer, rate))
        states = train(
            algorithm, rows, views, steps=self.steps, batch_size=self.batch_size, seed=seed
        )
        if broken := int((np.asarray(states.step) < self.steps).sum()):
            raise InputError(f"{broken} of {len(views)} members met numbers that are not finite")
        self.members_ = Members(
            jax.tree.map(np.asarray, states._replace(opt={})),
            views,
            np.linalg.slogdet(views.astype(np.float64))[1].astype(np.float32),
        )
        # Of a seed of their own: the members' keys are split from `seed`.
        self.noise_ = np.asarray(fixed_noise(self.draws, self.latent_size, seed=seed ^ 1))
        self.usual_parts_ = self._in_blocks(self._explain_block, rows).mean(0)

    def _likelihood(self) -> Any:
        if not isinstance(self.likelihood, str):
            if getattr(self.likelihood, "bounded", False):
                raise InputError(
                    f"{self.likelihood} is of pictures: its reconstructions are sigmoids; "
                    "bounded=False is of rows"
                )
            return self.likelihood
        if self.likelihood not in _LIKELIHOODS:
            raise InputError(f"likelihood is one of {tuple(_LIKELIHOODS)}: {self.likelihood!r}")
        return _LIKELIHOODS[self.likelihood]

    def _config(self, columns: int, likelihood: Any) -> VAEConfig:
        return VAEConfig(
            event_shape=(columns,),
            network="mlp",
            hidden=tuple(self.hidden),
            latent_size=self.latent_size,
            activation=self.activation,
            likelihood=likelihood,
            beta=self.beta,
            beta_warmup_steps=int(self.warmup_share * self.steps),
        )

    def _scoring_config(self) -> VAEConfig:
        """Return the model's, with a density: a trained error stands for a Gaussian's mean."""
        likelihood = self._likelihood()
        if not likelihood.is_density:
            likelihood = Gaussian(1.0)
        return self._config(self.n_features_in_, likelihood)

    def _score_block(self, rows: np.ndarray) -> Any:
        return score(self._scoring_config(), self.scored_by, self.members_, self.noise_, rows)

    def _explain_block(self, rows: np.ndarray) -> Any:
        return explain(self._scoring_config(), self.members_, self.noise_, rows)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        self._likelihood()
        for name, least in (("beta", 0.0), ("warmup_share", 0.0), ("learning_rate", 0.0)):
            if not least <= getattr(self, name) < np.inf:
                raise InputError(f"{name} is {least:g} or more, not {getattr(self, name)}")
        for name, known in (
            ("optimizer", get_args(OptimizerName)),
            ("activation", get_args(ActivationName)),
        ):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is one of {known}, not {getattr(self, name)!r}")
        if min(self.hidden, default=1) < 1:
            raise InputError(f"hidden layers have 1 or more units, not {self.hidden}")
        if self.scored_by not in AnomalyScores._fields:
            raise InputError(f"scored_by is one of {AnomalyScores._fields}, not {self.scored_by!r}")
        if not self.views or not set(self.views) <= set(VIEWS):
            raise InputError(f"views are some of {tuple(VIEWS)}, not {self.views!r}")
        for name in ("members", "steps", "batch_size", "draws", "latent_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is 1 or more, not {getattr(self, name)}")
