"""What is looked at: pictures, their encodings, and the vectors of their attributes."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd

from genjax.data.attributes import attributes_of, choose_attributes, factors_of, others_than
from genjax.data.celeba import Split
from genjax.data.config import DataConfig
from genjax.data.training_set import Examples, load_split
from genjax.errors import InputError
from genjax.latent import attribute_vectors
from genjax.trained import Trained

FORMS = {"difference": False, "regressed": True}
"""The forms of an attribute's vector, and whether it is regressed: see `attribute_vectors`."""

_HELD_OUT = 2_000  # pictures, at most
_NEXT: dict[str, Split] = {
    "train": "validation", "validation": "test", "train+validation": "test",
}  # fmt: skip


class Encoded(NamedTuple):
    """Pictures, n of them, and what stands for them.

    Attributes:
        pixels: (n, height, width, channels) uint8.
        latents: (n, latent) float32.
        factors: n rows, see `factors_of`; without columns where the pictures have no labels.
    """

    pixels: np.ndarray
    latents: np.ndarray
    factors: pd.DataFrame

    def first(self, n: int) -> "Encoded":
        """Return the first n of them."""
        return Encoded(self.pixels[:n], self.latents[:n], self.factors[:n])


class Exploration(NamedTuple):
    """What every part of the exploration starts from.

    Attributes:
        trained: the model.
        training: pictures that it was trained on.
        held_out: others, in random order; the training pictures where there are none.
        is_held_out: whether `held_out` are.
        names: of the attributes that are looked at.
        vectors: form (`FORMS`) -> a row an attribute, (attributes, latent).
        notes: what to tell the user, a line each.
    """

    trained: Trained
    training: Encoded
    held_out: Encoded
    is_held_out: bool
    names: list[str]
    vectors: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def explore(
    trained: Trained,
    data: DataConfig,
    *,
    names: Sequence[str] = (),
    limit: int = 20_000,
    seed: int = 0,
) -> Exploration:
    """Load and encode pictures, and find the attributes' vectors in the training ones.

    Args:
        trained: a model of pictures that has latents.
        data: what it was trained on.
        names: of the attributes to look at; see `choose_attributes`.
        limit: training pictures, at most.
        seed: of the order of the held-out pictures.

    Raises:
        InputError: the model has no encoder or decoder, the data no pictures or attributes of
            these names.
    """
    for verb in ("code", "decode"):
        if not hasattr(trained.model, verb):
            raise InputError(f"a {type(trained.model).__name__} has no latents: no {verb}")
    shape, drawn = trained.config.model.picture_shape, trained.config.seed
    split = data.split or "train"
    notes: list[str] = []
    training = load_split(data, shape, split, seed=drawn, limit=min(limit, data.limit or limit))
    held_out = training
    if split in _NEXT:
        try:
            held_out = load_split(data, shape, _NEXT[split], seed=drawn, limit=_HELD_OUT)
        except InputError as error:
            notes.append(str(error))
    is_held_out = held_out is not training
    if not is_held_out:
        notes.append("no held-out pictures: training pictures stand in for them")
    labels = [part.labels for part in (training, held_out)]
    if any(table is None for table in labels):
        notes.append("no labels: no attributes, no colours in the map, no probe")
        factors = pd.DataFrame(index=range(len(training.pixels) + len(held_out.pixels)))
    else:  # together, so that both have a column for every value
        factors = factors_of(pd.concat(labels, ignore_index=True))
    split_at = len(training.pixels)
    chosen = choose_attributes(factors[:split_at], names)
    order = np.random.default_rng(seed).permutation(len(held_out.pixels))
    encoded = _encoded(trained, training, factors[:split_at], slice(None))
    others = _encoded(trained, held_out, factors[split_at:], order)
    vectors = {
        form: vectors_of(encoded.latents, encoded.factors, regressed=regressed)
        for form, regressed in FORMS.items()
    }
    return Exploration(trained, encoded, others, is_held_out, chosen, vectors, tuple(notes))


def vectors_of(latents: np.ndarray, factors: pd.DataFrame, *, regressed: bool) -> pd.DataFrame:
    """Return the attributes' vectors, a row each.

    The regressed vector of an attribute holds all other factors constant, also the measured ones,
    but for the classes of its own column, which cannot be: it leads to a class from the others'
    mean.

    Args:
        latents: (n, latent).
        factors: n rows, see `factors_of`.
        regressed: see `attribute_vectors`.
    """
    rows = {}
    for name in map(str, attributes_of(factors)):
        others = factors[others_than(name, map(str, factors)) if regressed else []]
        measured = others.select_dtypes("float")
        unit = (measured - measured.mean()) / measured.std(ddof=0)
        design = factors[[name]].join(others.assign(**unit.fillna(0.0)))  # 0 / 0: a constant
        arrays = jnp.asarray(latents), jnp.asarray(design.to_numpy(np.float32))
        rows[name] = np.asarray(attribute_vectors(*arrays, regressed=regressed)[0])
    return pd.DataFrame.from_dict(rows, orient="index")


def _encoded(
    trained: Trained, data: Examples, factors: pd.DataFrame, order: np.ndarray | slice
) -> Encoded:
    pixels = data.pixels[order]
    return Encoded(pixels, trained.encode(pixels), factors.iloc[order].reset_index(drop=True))
