"""The generative adversarial network: two players, who take turns.

A discriminator tells rows x of the data from rows G(z) of a generator, z drawn from a prior; the
generator learns to be taken for the data. What each minimises is a pair of `losses/adversarial.py`,
what keeps the discriminator smooth are penalties of `losses/penalty.py`, and that is all that
tells LSGAN, WGAN, WGAN-GP, hinge GAN and BGAN apart. With labels beside x and z it is the
conditional GAN.

References:
    Goodfellow et al., "Generative adversarial nets", NeurIPS 2014.
    Mirza and Osindero, "Conditional generative adversarial nets", 2014.
    Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017.
    Yazıcı et al., "The unusual effectiveness of averaging in GAN training", ICLR 2019.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from genjax.algorithm import Algorithm, Aux, Context, Params, Phase, PyTree, TrainState, from_phases
from genjax.averaging import moving_average
from genjax.errors import InputError
from genjax.losses.adversarial import LOSSES, AdversarialLoss, Judgement, accuracy
from genjax.losses.penalty import Penalty
from genjax.models.head import Head
from genjax.models.labels import check_labels, check_variety, given_labels, labels_of
from genjax.models.priors import Normal
from genjax.models.table_head import TableHead
from genjax.nets.conditioned import shares
from genjax.nets.network import apply_network, check_single_rows, init_network
from genjax.nets.players import as_judgement
from genjax.threefry import fold_in, split

_G, _D = "generator", "discriminator"


class _Turn(NamedTuple):
    """Real rows x and made ones as the discriminator sees them, what is said of both, and more.

    `labels` are as the discriminator sees them, `mismatch` is what the head asks of the generator,
    `key` one to go on with.
    """

    x: Array
    labels: list[Array]
    made: Array
    mismatch: Array
    real: Judgement
    fake: Judgement
    statistics: dict[str, PyTree]
    key: Array


@dataclass(frozen=True, kw_only=True)
class GAN:
    """Two networks and what they minimise.

    Data is `{"x": (n, *event_shape)}`, floats, or uint8 pictures; with `classes`, also
    `{"y": (n,)}` int from 0. The networks' calls take `train`; they see x through `head`.

    Attributes:
        generator: z (batch, prior.size), and y where there are classes -> raw x.
        discriminator: x, and y -> `Judgement`, or logits (batch,) or (batch, 1).
        event_shape: of one row.
        prior: of z.
        loss: what the two minimise.
        penalties: what the discriminator pays or is held to besides.
        head: the generator's output function, and the data's scale.
        classes: of the labels; 0 without any.
        n_critic: turns of the discriminator a step, each on a minibatch of its own.
        time_scale: the discriminator's learning rate, in units of the generator's.
        packing: rows that the discriminator judges together, which makes it see how alike they
            are (Lin et al., "PacGAN", NeurIPS 2018); a batch is a multiple of it.
        ema: decay a step of the generator's moving average, which is then what is sampled; None
            keeps none. (1 + step) / (10 + step) bounds it, so that the start is forgotten.

    Example:
        >>> import jax, optax
        >>> from genjax import fit
        >>> from genjax.models import GANConfig
        >>> gan = GANConfig(event_shape=(2,), latent_size=3, loss="hinge").build()
        >>> data = {"x": jax.random.normal(jax.random.key(0), (64, 2))}
        >>> algorithm = gan.algorithm(optax.adam(1e-3))
        >>> state = fit(algorithm, data, steps=20, key=jax.random.key(1), batch_size=32, chunk=20)
        >>> gan.sample(state, jax.random.key(2), 5).shape, gan.score(state, data["x"]).shape
        ((5, 2), (64,))
    """

    generator: nn.Module
    discriminator: nn.Module
    event_shape: tuple[int, ...]
    prior: Normal
    loss: AdversarialLoss = LOSSES["non_saturating"]
    penalties: tuple[Penalty, ...] = ()
    head: Head | TableHead = field(default_factory=Head)
    classes: int = 0
    packing: int = 1
    n_critic: int = 1
    time_scale: float | Array = 1.0
    ema: float | Array | None = None

    name: ClassVar[str] = _D
    has_prior: ClassVar[bool] = True
    rows: ClassVar[int] = 2**20  # that the data's scale is taken from

    def init(self, key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
        """Return (params, extra) of both networks, with the data's scale and the average."""
        keys = jax.random.split(key, 3)
        affine = self.head.fit(batch["x"])
        x, labels = self.head.observe(batch["x"][: 2 * self.packing], affine), self._labels(batch)
        kept = self.prior.init(self.head.observe(batch["x"], affine))
        z = self.prior.draw(kept, keys[2], 2)
        labels = [y[: len(x)] for y in labels]
        generator, generator_statistics = init_network(
            self.generator, keys[0], z, *(y[:2] for y in labels)
        )
        discriminator, discriminator_statistics = init_network(
            self.discriminator, keys[1], *self._packed(x, labels)
        )
        extra = {
            _G: generator_statistics, _D: discriminator_statistics, "scale": affine, "prior": kept,
        }  # fmt: skip
        if self.ema is not None:
            extra["ema"] = {"params": generator, "statistics": generator_statistics}
        return {_G: generator, _D: discriminator}, extra

    def phases(
        self,
        tx: optax.GradientTransformation,
        discriminator: optax.GradientTransformation | None = None,
    ) -> tuple[Phase, Phase]:
        """Return the two turns, the discriminator's first."""
        discriminator = optax.chain(discriminator or tx, optax.scale(self.time_scale))
        for penalty in self.penalties:
            discriminator = penalty.constrain(discriminator)
        return (
            Phase(_D, (_D,), self.discriminator_loss, discriminator, self.n_critic),
            Phase(_G, (_G,), self.generator_loss, tx),
        )

    def algorithm(
        self,
        tx: optax.GradientTransformation,
        discriminator: optax.GradientTransformation | None = None,
    ) -> Algorithm:
        """Return what `fit` trains.

        Args:
            tx: the generator's optimiser.
            discriminator: the discriminator's, where it is another one. Schedules count updates,
                of which it makes `n_critic` a step.

        Raises:
            InputError: n_critic is not positive.
        """
        if self.n_critic < 1:
            raise InputError(f"n_critic must be 1 or more, got {self.n_critic}")
        after = None if self.ema is None else self._average
        phases = self.phases(tx, discriminator)
        return from_phases(self.init, phases, after=after, check=self.check, init_rows=self.rows)

    def check(self, data: PyTree) -> None:
        """Raise InputError if the data is not what this model learns from."""
        self.check_examples(data["x"])
        labels = []
        if self.classes:
            labels = [check_labels(data.get("y"), len(data["x"]), self.classes)]
            check_variety(labels[0])
        self.head.check(np.asarray(data["x"]), labels)
        if any(penalty.of_gradient for penalty in self.penalties):
            rows = jnp.zeros((2 * self.packing, *self.event_shape))
            one_class = [jnp.zeros(len(rows), int) for _ in labels]
            check_single_rows(self.discriminator, *self._packed(rows, one_class))

    def check_examples(self, x: Any) -> None:
        """Raise InputError if the rows' shape is not this model's."""
        shape, expected = np.shape(x)[1:], tuple(self.event_shape)
        if shape != expected:
            raise InputError(f"the model is of rows of shape {expected}, the data's are {shape}")

    def discriminator_loss(
        self, params: Params, batch: PyTree, context: Context
    ) -> tuple[Array, Aux]:
        """Return the discriminator's loss, () per row, and how well it tells the two apart."""
        turn = self._turn(params, batch, context)
        real, fake = turn.real.logits, turn.fake.logits
        loss = jnp.mean(self.loss.discriminator(turn.real, turn.fake))
        metrics = {
            "real_logit": jnp.mean(real),
            "fake_logit": jnp.mean(fake),
            "accuracy": accuracy(real, fake),
        }
        for name, logits in (("real", real), ("fake", fake)):
            if (decision := self.decision(logits)) is not None:
                metrics[f"{name}_decision"] = jnp.mean(decision)

        def critic(row: Array, along: tuple[list[Array], Array]) -> Array:
            own, key = [value[None] for value in along[0]], along[1]
            return self._judge(params, context.extra[_D], row[None], own, key)[0].logits[0]

        for index, penalty in enumerate(self.penalties):
            place, rows = split(fold_in(turn.key, index))
            along = turn.labels, split(rows, len(turn.x))  # each row's own noise
            cost = jnp.mean(penalty(critic, turn.x, turn.made, along, place))
            metrics[penalty.name] = cost
            loss += cost
        return loss, Aux(metrics, {_D: turn.statistics[_D]})

    def generator_loss(self, params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
        """Return the generator's loss, () per row."""
        turn = self._turn(params, batch, context)
        loss = jnp.mean(self.loss.generator(turn.real, turn.fake)) + turn.mismatch
        return loss, Aux({}, {_G: turn.statistics[_G]})

    def sample(self, state: TrainState, key: Array, n: int, *, y: ArrayLike | None = None) -> Array:
        """Return n new rows, (n, *event_shape), in the data's units (pictures in [0, 1]).

        Args:
            state: a trained state; the moving average is used where there is one, and running
                batch statistics, which stay as they are.
            key: random key.
            n: rows.
            y: (n,) int labels, for a model of classes.

        Raises:
            InputError: labels are missing, or the model knows none.
        """
        return self.decode(state, self.latents(state, key, n), y=y)

    draw = sample  # there is no noise but the generator's input

    def latents(self, state: TrainState, key: Array, n: int) -> Array:
        """Return n draws of the generator's input, (n, prior.size)."""
        return self.prior.draw(state.extra["prior"], key, n)

    def decode(self, state: TrainState, z: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the row of each input of the generator, as `sample`.

        Args:
            state: as `sample`.
            z: (n, prior.size).
            y: (n,) int labels, for a model of classes, or (n, classes) shares of them: what lies
                between classes.

        Raises:
            InputError: as `sample`.
        """
        labels, extra = self._given(y), state.extra
        averaged = extra.get("ema", {"params": state.params[_G], "statistics": extra[_G]})
        net = self.generator, averaged["params"], averaged["statistics"]
        raw, _ = apply_network(*net, z, *labels)
        return self.head.produce(self.head.activate(raw), extra["scale"])

    def score(self, state: TrainState, x: Array, *, y: ArrayLike | None = None) -> Array:
        """Return the discriminator's logit of each row, (batch,); higher is more real.

        Rows that are judged together have the same.

        Args:
            state: a trained state.
            x: (batch, *event_shape), raw. With minibatch discrimination a row's logit depends on
                the others: score batches of the size that was trained on.
            y: (batch,) int labels, for a model of classes.

        Raises:
            InputError: as `sample`.
        """
        x = self.head.observe(x, state.extra["scale"])
        if len(x) % self.packing:
            raise InputError(f"rows are judged {self.packing} at a time: {len(x)} is no multiple")
        packed, *labels = self._packed(x, self._given(y))
        judgement, _ = self._judge(state.params, state.extra[_D], packed, labels, None)
        return jnp.repeat(judgement.logits, self.packing, total_repeat_length=len(x))

    def decision(self, logits: Array) -> Array | None:
        """Return the share of real rows, 0 to 1, that logits stand for; None where they do not."""
        return None if self.loss.decision is None else self.loss.decision(logits)

    def _turn(self, params: Params, batch: PyTree, context: Context) -> _Turn:
        """Let both networks play; what they show each other is the same in either's turn."""
        keys, extra = split(context.key, 4), context.extra
        labels = self._labels(batch)
        x = self.head.observe(batch["x"], extra["scale"])
        raw, generator = self._generate(params, extra, keys[0], len(x), labels)
        mismatch = self.head.mismatch(raw, labels)
        made, *_ = self._packed(self.head.activate(raw), [])
        x, *labels = self._packed(x, labels)
        real, judged = self._judge(params, extra[_D], x, labels, keys[1])
        fake, judged = self._judge(params, judged, made, labels, keys[2])
        statistics = {_G: generator, _D: judged}
        return _Turn(x, labels, made, mismatch, real, fake, statistics, keys[3])

    def _generate(
        self, params: Params, extra: dict[str, PyTree], key: Array, n: int, labels: list[Array]
    ) -> tuple[Array, dict[str, PyTree]]:
        """Return the raw rows of a training step, float32, and the generator's statistics."""
        keys = split(key)
        net = self.generator, params[_G], extra[_G]
        z = self.prior.draw(extra["prior"], keys[0], n)
        raw, statistics = apply_network(*net, z, *labels, train=True, key=keys[1])
        return raw.astype(jnp.float32), statistics

    def _judge(
        self, params: Params, statistics: PyTree, x: Array, labels: list[Array], key: Array | None
    ) -> tuple[Judgement, dict[str, PyTree]]:
        """Return the judgement, and the discriminator's statistics; without a key, not training."""
        net = self.discriminator, params[_D], statistics
        said, statistics = apply_network(*net, x, *labels, train=key is not None, key=key)
        return as_judgement(said, len(x)), statistics

    def _given(self, y: ArrayLike | None) -> list[Array]:
        return given_labels(y, self.classes)

    def _labels(self, batch: PyTree) -> list[Array]:
        return labels_of(batch, self.classes)

    def _packed(self, x: Array, labels: list[Array]) -> list[Array]:
        """Return rows, and their labels, as the discriminator sees them: several side by side."""
        if self.packing == 1:
            return [x, *labels]
        packs = x.reshape(-1, self.packing, *self.event_shape)
        return [packs, *(shares(y, self.classes).reshape(len(packs), -1) for y in labels)]

    def _average(self, state: TrainState) -> dict[str, PyTree]:
        """Return the moving average after a step, of the running statistics too."""
        assert self.ema is not None
        newest = {"params": state.params[_G], "statistics": state.extra[_G]}
        return {"ema": moving_average(state.extra["ema"], newest, self.ema, state.step)}
