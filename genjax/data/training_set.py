"""The pictures that a configuration asks for, and a few that it does not train on, to look at."""

from typing import NamedTuple

import numpy as np

from genjax.config import DataConfig
from genjax.data.celeba import Split, has_partition, load_any
from genjax.data.drawn_faces import drawn_faces
from genjax.data.source import DataError
from genjax.errors import InputError


class TrainingSet(NamedTuple):
    """Pictures to train on and to look at.

    Attributes:
        pixels: (n, height, width, channels) uint8.
        shown: up to 32 pictures for reconstructions, held out where that is possible.
        held_out: whether `shown` are held out.
        notes: what to tell the user, a line each.
    """

    pixels: np.ndarray
    shown: np.ndarray
    held_out: bool
    notes: tuple[str, ...]


def load_training_set(
    config: DataConfig, image_shape: tuple[int, int, int], *, seed: int = 0, shown: int = 32
) -> TrainingSet:
    """Load or draw what a configuration asks for.

    Args:
        config: where from, and how many.
        image_shape: (height, width, channels) of the result.
        seed: of drawn faces.
        shown: pictures to look at.

    Raises:
        InputError: the path holds no pictures, or not the split that is asked for.
    """
    n = config.drawn if config.limit is None else min(config.drawn, config.limit)
    if n < 1:
        raise InputError(f"1 or more pictures: got drawn={config.drawn}, limit={config.limit}")
    if config.path is None:
        # Rows beyond the last are new faces of the same seed.
        pixels, _ = drawn_faces(n + shown, seed=seed, image_shape=image_shape)
        return TrainingSet(pixels[:n], pixels[n:], True, (f"drew {n:,} faces",))
    partitioned = has_partition(config.path)
    split = config.split or ("train" if partitioned else "all")
    pictures = load_any(
        config.path,
        image_shape=image_shape,
        crop=config.crop,
        split=split,
        strict=config.strict,
        limit=config.limit,
    )
    notes = [f"{len(pictures.pixels):,} pictures from {config.path} (split {split!r})"]
    if pictures.converted:
        modes = ", ".join(f"{count:,} {mode}" for mode, count in pictures.converted.items())
        notes.append(f"converted: {modes}")
    if pictures.skipped:
        named = "; ".join(f"{name} ({reason})" for name, reason in pictures.skipped[:5])
        more = f" and {len(pictures.skipped) - 5:,} more" if len(pictures.skipped) > 5 else ""
        notes.append(f"skipped {len(pictures.skipped):,} broken files: {named}{more}")
    notes += pictures.notes
    others: dict[str, Split] = {"train": "validation", "validation": "test"}
    if partitioned and split in others:
        try:
            held_out = load_any(
                config.path,
                image_shape=image_shape,
                crop=config.crop,
                split=others[split],
                limit=shown,
                progress=False,
            )
            return TrainingSet(pictures.pixels, held_out.pixels, True, tuple(notes))
        except DataError as error:
            notes.append(f"reconstructions are of training pictures: {error}")
    return TrainingSet(pictures.pixels, pictures.pixels[:shown], False, tuple(notes))
