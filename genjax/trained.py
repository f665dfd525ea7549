"""A trained model in use: arrays in, arrays out, in blocks that fit on the device."""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from genjax.algorithm import TrainState
from genjax.config import TrainingConfig
from genjax.errors import InputError
from genjax.models.labels import check_given, check_labels, shares_of
from genjax.models.vae import ACTIVE


class Trained:
    """A trained model: `load` returns it.

    Pictures go in and come out as uint8, (n, height, width, channels); other data as floats.

    Attributes:
        model: the model.
        state: its state.
        config: the run's configuration.
    """

    def __init__(self, config: TrainingConfig, state: TrainState):
        self.config = config
        self.state = state
        self.model = config.model.build()
        self.batch = config.model.block(config.batch_size)
        self._compiled: dict[object, Callable[..., Array]] = {}

    def sample(self, n: int, *, y: ArrayLike | None = None, seed: int = 0) -> np.ndarray:
        """Return n new examples; the first ones do not depend on n.

        Args:
            n: examples, 0 or more.
            y: labels of a model that knows classes: (n,) names of classes, or their places from 0
                in the order of the model's `class_names`, or one for all.
            seed: in [0, 2^32); the same one gives the same examples.

        Returns:
            (n, *event_shape), uint8 where they are pictures, else float32.

        Raises:
            InputError: n or the seed is out of range, the model has no prior to sample from, or
                the labels are not its classes.
        """
        if n < 0:
            raise InputError(f"draw 0 or more examples, not {n}")
        key, sample = _key(seed), self._verb("sample", n=self.batch)
        labels = self._labels(y, n)
        blocks = []
        for block in range(-(-n // self.batch)):
            own = {}
            if labels is not None:
                part = labels[block * self.batch :][: self.batch]
                own["y"] = np.pad(part, (0, self.batch - len(part)))
            blocks.append(np.asarray(sample(self.state, jax.random.fold_in(key, block), **own)))
        empty = np.zeros((0, *self.config.model.event_shape), np.float32)
        return self._to_data(np.concatenate([empty, *blocks])[:n])

    def reconstruct(self, images: np.ndarray, *, y: ArrayLike | None = None) -> np.ndarray:
        """Return what the model makes of each example, of the same shape.

        Args:
            images: as the model was trained on.
            y: labels of a model that knows classes, as `sample` takes them.
        """
        return self._to_data(self._labelled(self._verb("reconstruct"), images, y))

    def encode(self, images: np.ndarray, *, y: ArrayLike | None = None) -> np.ndarray:
        """Return the code of each example (a VAE's mean latent), (n, latent) float32.

        Args:
            images: as the model was trained on.
            y: labels of a model that knows classes, as `sample` takes them.
        """
        return self._labelled(self._verb("code"), images, y)

    def latents(self, n: int, *, seed: int = 0) -> np.ndarray:
        """Return n draws of what `decode` takes, (n, latent) float32, from the model's prior.

        Args:
            n: draws, 0 or more.
            seed: in [0, 2^32); the same one gives the same draws.
        """
        return np.asarray(self._verb("latents", n=n)(self.state, _key(seed)))

    def decode(self, latents: np.ndarray, *, y: ArrayLike | None = None) -> np.ndarray:
        """Return the example of each latent.

        Args:
            latents: (n, latent).
            y: of a model that knows classes: labels as `sample` takes them, or shares of classes
                that sum to 1, (n, classes) float, for what lies between classes.
        """
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.config.model.latent_size:
            size = self.config.model.latent_size
            raise InputError(f"latents are (n, {size}), these are {latents.shape}")
        decode, model = self._verb("decode"), self.config.model
        classes = getattr(self.model, "classes", 0)
        check_given(y, classes)
        if not classes:
            return self._to_data(self._in_blocks(decode, latents))
        shares = shares_of(y, len(latents), classes, getattr(model, "class_names", ()))
        outputs = self._in_blocks(lambda state, z, y: decode(state, z, y=y), latents, shares)
        return self._to_data(outputs)

    def log_prob(
        self,
        images: np.ndarray,
        *,
        y: ArrayLike | None = None,
        samples: int = 5000,
        seed: int = 0,
    ) -> np.ndarray:
        """Return a lower bound of each example's log p(x), (n,) nats, by importance sampling.

        Args:
            images: as the model was trained on.
            y: labels of a model that knows classes, as `sample` takes them.
            samples: draws for each example; more make the bound tighter.
            seed: in [0, 2^32), of the noises, which all examples share.

        Raises:
            InputError: the model or its likelihood gives no density, or the seed is out of range.
        """
        log_prob, key = self._verb("log_prob", samples=samples), _key(seed)
        return self._labelled(partial(log_prob, key=key), images, y)

    def score(self, x: np.ndarray, *, y: ArrayLike | None = None) -> np.ndarray:
        """Return the discriminator's logit of each example, (n,): higher is more real.

        Args:
            x: as the model was trained on.
            y: labels of a model that knows classes, as `sample` takes them.

        Raises:
            InputError: the model has no discriminator, or the labels are not its classes.
        """
        return self._labelled(self._verb("score"), x, y)

    def decision(self, x: np.ndarray, *, y: ArrayLike | None = None) -> np.ndarray | None:
        """Return the discriminator's decision on each example, (n,): 0 to 1, .5 is a guess.

        None where its loss does not make its logits a decision (Wasserstein, hinge).

        Args:
            x: as the model was trained on.
            y: labels of a model that knows classes, as `sample` takes them.
        """
        return self.decide(self.score(x, y=y))

    def decide(self, logits: np.ndarray) -> np.ndarray | None:
        """Return the decisions that logits of `score` stand for, as `decision`."""
        decision = self._verb("decision")(logits)
        return None if decision is None else np.asarray(decision)

    def kl_per_dimension(self, images: np.ndarray) -> np.ndarray:
        """Return the mean KL of each latent dimension from the prior, (latent,) nats."""
        kl = self._in_blocks(self._verb("kl_per_dimension"), self._checked(images))
        return kl.mean(axis=0)

    def active_units(self, images: np.ndarray) -> int:
        """Return in how many dimensions the code varies over these images, by more than 0.01.

        References:
            Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section
            5.2.
        """
        return int(np.sum(np.var(self.encode(images), axis=0) > ACTIVE))

    def _verb(self, name: str, **settings: int) -> Callable[..., Array]:
        """Return a verb of the model with these settings, compiled once."""
        if not hasattr(self.model, name):
            raise InputError(f"{type(self.model).__name__} has no {name}")
        key = (name, *settings.items())
        if key not in self._compiled:
            self._compiled[key] = jax.jit(partial(getattr(self.model, name), **settings))
        return self._compiled[key]

    def _labelled(
        self, verb: Callable[..., Array], x: np.ndarray, y: ArrayLike | None
    ) -> np.ndarray:
        """Return the verb of examples, with their labels where the model knows classes."""
        x = self._checked(x)
        labels = self._labels(y, len(x))
        if labels is None:
            return self._in_blocks(verb, x)
        return self._in_blocks(lambda state, x, y: verb(state, x, y=y), x, labels)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        self.model.check_examples(images)
        return images

    def _labels(self, y: ArrayLike | None, n: int) -> np.ndarray | None:
        """Return (n,) labels, checked; None for a model without classes."""
        classes = getattr(self.model, "classes", 0)
        check_given(y, classes)
        names = getattr(self.config.model, "class_names", ())
        return check_labels(y, n, classes, names) if classes else None

    def _in_blocks(self, function: Callable[..., Array], *inputs: np.ndarray) -> np.ndarray:
        """Apply to blocks of one size (the last one filled up): one program serves any n."""
        outputs = []
        for start in range(0, max(len(inputs[0]), 1), self.batch):
            blocks = [array[start : start + self.batch] for array in inputs]
            count = len(blocks[0])
            # By the same rows again, so that a layer that sees all of them sees the like.
            padded = [np.resize(block, (self.batch, *block.shape[1:])) for block in blocks]
            outputs.append(np.asarray(function(self.state, *padded))[:count])
        return np.concatenate(outputs)

    def _to_data(self, x: np.ndarray) -> np.ndarray:
        if len(self.config.model.event_shape) != 3:
            return x
        return np.rint(np.clip(np.nan_to_num(x), 0, 1) * 255).astype(np.uint8)


def _key(seed: int) -> Array:
    if not 0 <= seed < 2**32:
        raise InputError(f"a seed lies in [0, 2^32), not {seed}")
    return jax.random.key(seed)
