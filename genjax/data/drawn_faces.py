"""Drawn faces: any number of colour portraits, each drawn from twenty independent named factors.

The library's embedded data set: no download, no licence, and the truth known. A face is a stack
of anti-aliased layers (`drawn_parts`) in coordinates relative to the picture, x to the right and
y downwards, -1 to 1 over the shorter side; the eyes stand at 45 % of the height, as in aligned
CelebA. Yaw turns the features about a cylinder, tilt turns the head in the plane, and a height
field of soft hills under one lamp shades the skin. Binary factors carry CelebA's attribute names.

References:
    Z. Liu, P. Luo, X. Wang, X. Tang, "Deep learning face attributes in the wild", ICCV 2015.
    L. Matthey, I. Higgins, D. Hassabis, A. Lerchner, "dSprites", DeepMind 2017 (known factors).
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.data.drawn_parts import PARTS
from genjax.data.drawn_shapes import paint, scene_of
from genjax.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

BATCH = 64  # pictures a call: bounds the memory, and one compilation serves every n
ROWS = 1024  # rows of factors a call
VMAPPED = 4  # pictures side by side in a call: their planes stay in the processor's cache


class Factor(NamedTuple):
    """One cause of variation: uniform on [low, high], or on the whole numbers between them."""

    name: str
    kind: Literal["binary", "continuous", "categorical"]
    low: float
    high: float
    meaning: str


FACTORS: tuple[Factor, ...] = (
    Factor("Smiling", "binary", 0, 1, "corners of the mouth up, cheeks raised"),
    Factor("Mouth_Slightly_Open", "binary", 0, 1, "lips apart, upper teeth seen"),
    Factor("Eyeglasses", "binary", 0, 1, "dark frames"),
    Factor("Wearing_Hat", "binary", 0, 1, "a knitted hat in the colour of the clothing"),
    Factor("Bangs", "binary", 0, 1, "a fringe over the forehead"),
    Factor("Bushy_Eyebrows", "binary", 0, 1, "thick eyebrows"),
    Factor("Big_Nose", "binary", 0, 1, "a wide nose"),
    Factor("Mustache", "binary", 0, 1, "hair on the upper lip"),
    Factor("Wearing_Lipstick", "binary", 0, 1, "red lips"),
    Factor("Rosy_Cheeks", "binary", 0, 1, "pink cheeks"),
    Factor("yaw", "continuous", -1, 1, "head turned to the picture's left .. right, 15 degrees"),
    Factor("tilt", "continuous", -1, 1, "head turned in the plane, 9 degrees, clockwise positive"),
    Factor("light", "continuous", -1, 1, "lamp to the picture's left .. right"),
    Factor("skin_tone", "continuous", 0, 1, "dark .. pale"),
    Factor("hair_colour", "continuous", 0, 1, "black, brown, auburn, blond"),
    Factor("hair_length", "continuous", 0, 1, "above the ears .. on the shoulders"),
    Factor("face_width", "continuous", 0, 1, "narrow .. chubby"),
    Factor("eye_colour", "continuous", 0, 1, "brown, green, blue"),
    Factor("background", "continuous", 0, 1, "dark blue, sage, cream"),
    Factor("clothing", "categorical", 0, 3, "red, green, blue, ochre"),
)


@partial(jax.jit, static_argnames=("height", "width"))
def _draw(factors: dict[str, Array], height: int, width: int) -> Array:
    def one(f: dict[str, Array]) -> Array:
        colours = paint(PARTS, scene_of(f, height, width))
        return jnp.round(255.0 * colours).astype(jnp.uint8)

    return jax.lax.map(one, factors, batch_size=VMAPPED)


@jax.jit
def _uniforms(key: Array, rows: Array) -> Array:
    def one(number: Array, row: Array) -> Array:
        return jax.random.uniform(jax.random.fold_in(jax.random.fold_in(key, number), row))

    over_rows = jax.vmap(one, in_axes=(None, 0))
    return jax.vmap(over_rows, in_axes=(0, None))(jnp.arange(len(FACTORS)), rows)


def sample_factors(seed: int, n: int, start: int = 0) -> dict[str, np.ndarray]:
    """Draw the factors of rows `start` to `start + n`, each from its own key, folded with the row.

    A value depends on the seed, the factor's place in `FACTORS` and the row's number, alone.

    Args:
        seed: The data set's seed.
        n: Rows to draw, 0 or more.
        start: The first row's number; `start + n` is at most 2³².

    Returns:
        Factor name -> (n,) values: float32 where continuous, int32 otherwise.

    Raises:
        InputError: Where a row's number is negative or does not fit in 32 bits.

    Example:
        >>> sample_factors(0, 100)["Smiling"][7] == sample_factors(0, 1, start=7)["Smiling"][0]
        np.True_
    """
    if n < 0 or start < 0 or start + n > 2**32:
        raise InputError(f"rows {start} to {start + n} must lie in 0 to 2**32")
    # Whole blocks, the last one cut: one compilation, whatever n is.
    firsts = range(start, start + n, ROWS)
    blocks = [np.arange(first, first + ROWS).astype(np.uint32) for first in firsts]
    key = jax.random.key(seed)
    drawn = [np.zeros((len(FACTORS), 0), np.float32), *(_uniforms(key, rows) for rows in blocks)]
    uniforms = np.concatenate(drawn, 1)[:, :n]
    values: dict[str, np.ndarray] = {}
    for factor, uniform in zip(FACTORS, uniforms, strict=True):
        if factor.kind == "continuous":
            values[factor.name] = factor.low + (factor.high - factor.low) * uniform
        else:
            steps = np.floor((factor.high - factor.low + 1) * uniform)
            values[factor.name] = (factor.low + steps).astype(np.int32)
    return values


def draw_faces(
    factors: Mapping[str, Array | np.ndarray], image_shape: tuple[int, int, int] = (128, 128, 3)
) -> Array:
    """Draw one face for each row of the factors.

    Every face is drawn alone and by the same executable, so that a picture does not depend on its
    neighbours. Values between a binary factor's two draw half a smile, or faint glasses.

    Args:
        factors: Factor name -> (n,) values, every name of `FACTORS`, in its range.
        image_shape: (height, width, 3).

    Returns:
        (n, height, width, 3) uint8.

    Raises:
        InputError: Where a factor is missing or the pictures are not of three channels.

    Example:
        >>> draw_faces(sample_factors(0, 2), (32, 32, 3)).shape
        (2, 32, 32, 3)
    """
    missing = [factor.name for factor in FACTORS if factor.name not in factors]
    if missing:
        raise InputError(f"factors lack {missing}")
    height, width, channels = image_shape
    if channels != 3:
        raise InputError(f"faces are drawn in three channels, not {channels}: {image_shape}")
    # By numpy: each small operation of JAX would be a program to compile.
    chosen = {factor.name: np.asarray(factors[factor.name], np.float32) for factor in FACTORS}
    chex.assert_rank(list(chosen.values()), 1)
    chex.assert_equal_shape(list(chosen.values()))
    n = len(chosen["yaw"])
    # Whole batches only: one compilation an image shape, whatever n is.
    padded = {name: np.pad(value, (0, -n % BATCH)) for name, value in chosen.items()}
    parts = [
        _draw({name: value[first : first + BATCH] for name, value in padded.items()}, height, width)
        for first in range(0, n, BATCH)
    ]
    return jnp.asarray(np.concatenate([np.zeros((0, *image_shape), np.uint8), *parts])[:n])


def drawn_faces(
    n: int, *, seed: int = 0, image_shape: tuple[int, int, int] = (128, 128, 3), start: int = 0
) -> tuple[np.ndarray, "pd.DataFrame"]:
    """Draw n faces of a seed, and the factors that they were drawn from.

    Args:
        n: Faces to draw; row i is the same whatever n is.
        seed: The data set's seed.
        image_shape: (height, width, 3).
        start: The first row's number.

    Returns:
        Pictures, (n, height, width, 3) uint8; and a table, a row a picture and a column a factor.

    Example:
        >>> pictures, table = drawn_faces(4, seed=1, image_shape=(32, 32, 3))
        >>> pictures.shape, pictures.dtype, len(table)
        ((4, 32, 32, 3), dtype('uint8'), 4)
    """
    import pandas as pd

    factors = sample_factors(seed, n, start)
    pictures = np.empty((n, *image_shape), np.uint8)
    draw_into(pictures, factors)
    return pictures, pd.DataFrame(factors)


def draw_into(pictures: np.ndarray, factors: Mapping[str, np.ndarray]) -> None:
    """Draw faces on all cores.

    Args:
        pictures: (n, height, width, 3) uint8, written to.
        factors: as `draw_faces` takes them.
    """
    height, width, channels = pictures.shape[1:]

    def draw(first: int) -> None:
        rows = slice(first, first + BATCH)
        part = {name: values[rows] for name, values in factors.items()}
        pictures[rows] = draw_faces(part, (height, width, channels))

    starts = range(0, len(pictures), BATCH)
    for first in starts[:1]:  # alone, so that one thread compiles
        draw(first)
    # XLA draws one batch on one core; a batch a core keeps all of them busy.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(draw, starts[1:]))
