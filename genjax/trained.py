"""A trained model in use: arrays in, arrays out, in blocks that fit on the device."""

from collections.abc import Callable

import jax
import numpy as np
from jax import Array

from genjax.algorithm import TrainState
from genjax.config import TrainingConfig
from genjax.errors import InputError


class Trained:
    """A trained model: `load` returns it.

    Pictures go in and come out as uint8, (n, height, width, channels); other data as floats.

    Attributes:
        model: the model.
        state: its state.
        config: the run's configuration.
    """

    batch = 64  # examples a call of the device, so that any n fits

    def __init__(self, config: TrainingConfig, state: TrainState):
        self.config = config
        self.state = state
        self.model = config.model.build()
        self._sample = jax.jit(self.model.sample, static_argnums=2)
        self._reconstruct = jax.jit(self.model.reconstruct)
        self._encode = jax.jit(lambda state, x: self.model.encode(state, x)[0])
        self._decode = jax.jit(self.model.decode)

    def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
        """Return n new examples; the first ones do not depend on n.

        Args:
            n: examples, 0 or more.
            seed: in [0, 2^32); the same one gives the same examples.

        Returns:
            (n, *event_shape), uint8 where they are pictures, else float32.

        Raises:
            InputError: n or the seed is out of range.
        """
        if n < 0 or not 0 <= seed < 2**32:
            raise InputError(f"draw 0 or more examples with a seed below 2^32: got {n}, {seed}")
        key = jax.random.key(seed)
        blocks = [
            np.asarray(self._sample(self.state, jax.random.fold_in(key, block), self.batch))
            for block in range(-(-n // self.batch))
        ]
        empty = np.zeros((0, *self.config.model.event_shape), np.float32)
        return self._to_data(np.concatenate([empty, *blocks])[:n])

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Return what the model makes of each example, of the same shape."""
        return self._to_data(self._in_blocks(self._reconstruct, self._checked(images)))

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Return the mean latent of each example, (n, latent) float32."""
        return self._in_blocks(self._encode, self._checked(images))

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return the example of each latent, (n, latent)."""
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.config.model.latent_size:
            size = self.config.model.latent_size
            raise InputError(f"latents are (n, {size}), these are {latents.shape}")
        return self._to_data(self._in_blocks(self._decode, latents))

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        self.model.check({"x": images})
        return images

    def _in_blocks(self, function: Callable[..., Array], inputs: np.ndarray) -> np.ndarray:
        """Apply to blocks of one size (the last one padded), so that one program serves any n."""
        outputs = []
        for start in range(0, max(len(inputs), 1), self.batch):
            block = inputs[start : start + self.batch]
            padding = [(0, self.batch - len(block))] + [(0, 0)] * (inputs.ndim - 1)
            outputs.append(np.asarray(function(self.state, np.pad(block, padding)))[: len(block)])
        return np.concatenate(outputs)

    def _to_data(self, x: np.ndarray) -> np.ndarray:
        if len(self.config.model.event_shape) != 3:
            return x
        return np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)
