"""The pictures that a configuration asks for, and a few that it does not train on, to look at."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from genjax.data.binarize import binarize
from genjax.data.config import DataConfig, Split
from genjax.data.drawn_faces import drawn_faces, sample_factors
from genjax.data.idx import is_mnist, load_mnist
from genjax.data.kept_faces import kept_faces
from genjax.data.source import DataError
from genjax.errors import InputError

if TYPE_CHECKING:  # half a second that drawn faces without labels need not wait for
    import pandas as pd


class Examples(NamedTuple):
    """Pictures and what is known of them, in one order.

    Attributes:
        pixels: (n, height, width, channels) uint8.
        labels: n rows, or None where nothing is known or asked for: CelebA's 40 attributes (bool),
            the factors of drawn faces, MNIST's "label" (int), a folder's sub-folders, "class"
            (str).
        available: how many there are without `limit`, counted without reading them.
        notes: what to tell the user, a line each.
    """

    pixels: np.ndarray
    labels: "pd.DataFrame | None"
    available: int
    notes: tuple[str, ...]


class TrainingSet(NamedTuple):
    """Pictures to train on and to look at.

    Attributes:
        pixels: (n, height, width, channels) uint8.
        shown: up to 32 pictures for reconstructions, held out where that is possible.
        held_out: whether `shown` are held out.
        notes: what to tell the user, a line each.
        labels: n rows, see `Examples`.
    """

    pixels: np.ndarray
    shown: np.ndarray
    held_out: bool
    notes: tuple[str, ...]
    labels: "pd.DataFrame | None" = None


def load_training_set(
    config: DataConfig,
    image_shape: tuple[int, int, int],
    *,
    seed: int = 0,
    shown: int = 32,
    labelled: bool = True,
) -> TrainingSet:
    """Load or draw what a configuration asks for.

    Args:
        config: where from, and how many.
        image_shape: (height, width, channels) of the result.
        seed: of drawn faces.
        shown: pictures to look at.
        labelled: the factors of drawn faces are wanted, which takes a second of its own.

    Raises:
        InputError: the path holds no pictures, or not the split that is asked for.
    """
    split = config.split or "train"
    data = load_split(config, image_shape, split, seed=seed, limit=config.limit, labelled=labelled)
    pixels, notes = data.pixels, data.notes
    others: dict[str, Split] = {
        "train": "validation", "validation": "test", "train+validation": "test",
    }  # fmt: skip
    if split in others and _is_partitioned(config):
        try:
            held_out = load_split(
                config, image_shape, others[split], seed=seed, limit=shown, labelled=False
            )
            return TrainingSet(pixels, held_out.pixels, True, notes, data.labels)
        except DataError as error:
            notes = (*notes, f"reconstructions are of training pictures: {error}")
    return TrainingSet(pixels, pixels[:shown], False, notes, data.labels)


def load_split(
    config: DataConfig,
    image_shape: tuple[int, int, int],
    split: Split,
    *,
    seed: int = 0,
    limit: int | None = None,
    labelled: bool = True,
) -> Examples:
    """Load or draw one part of what a configuration describes, to train on or to score on.

    CelebA has its own partition; MNIST's last 10,000 training digits are for validation; drawn
    faces are rows [0, drawn) to train on and a tenth as many new ones (at least 1) each for
    validation and test. Pictures without a partition are all of them to train on.

    Args:
        config: where from; its `split` and `limit` are of what is trained on, and not used here.
        image_shape: (height, width, channels) of the result.
        split: which part.
        seed: of drawn faces.
        limit: only the first so many of the part.
        labelled: the factors of drawn faces are wanted, which takes a second of its own.

    Returns:
        The pictures, with their labels.

    Raises:
        InputError: the path holds no pictures, or not this part.

    Example:
        >>> faces = load_split(DataConfig(drawn=50), (32, 32, 3), "validation")
        >>> faces.pixels.shape, len(faces.labels), "Smiling" in faces.labels
        ((5, 32, 32, 3), 5, True)
    """
    if limit is not None and limit < 1:
        raise InputError(f"1 or more pictures: got limit={limit}")
    if config.path is None:
        data = _drawn(config, image_shape, split, seed, limit, labelled)
    elif is_mnist(config.path):
        import pandas as pd

        pixels, digits = load_mnist(config.path, image_shape=image_shape, split=split)
        available, pixels, digits = len(pixels), pixels[:limit], digits[:limit]
        note = f"{len(pixels):,} pictures from {config.path} (split {split!r})"
        data = Examples(pixels, pd.DataFrame({"label": digits}), available, (note,))
    else:
        data = _pictures(config, image_shape, split, limit)
    return data._replace(pixels=binarize(data.pixels, config.binarize))


def _is_partitioned(config: DataConfig) -> bool:
    if config.path is None or is_mnist(config.path):
        return True
    from genjax.data.celeba import has_partition

    return has_partition(config.path)


def _drawn(
    config: DataConfig,
    image_shape: tuple[int, int, int],
    split: Split,
    seed: int,
    limit: int | None,
    labelled: bool,
) -> Examples:
    n, few = config.drawn, max(config.drawn // 10, 1)
    if n < 1:
        raise InputError(f"1 or more pictures: got drawn={n}")
    ends = {
        "train": (0, n), "validation": (n, n + few), "test": (n + few, n + 2 * few),
        "train+validation": (0, n + few), "all": (0, n + 2 * few),
    }  # fmt: skip
    start, end = ends[split]
    count = end - start if limit is None else min(limit, end - start)
    if config.cache is None:
        pixels, labels = drawn_faces(count, seed=seed, image_shape=image_shape, start=start)
        return Examples(pixels, labels, end - start, (f"drew {count:,} faces",))
    pixels = kept_faces(config.cache, count, seed=seed, image_shape=image_shape, start=start)
    table = None
    if labelled:
        import pandas as pd

        table = pd.DataFrame(sample_factors(seed, count, start))
    return Examples(pixels, table, end - start, (f"{count:,} drawn faces",))


def _pictures(
    config: DataConfig, image_shape: tuple[int, int, int], split: Split, limit: int | None
) -> Examples:
    from genjax.data.celeba import has_partition, load_any

    assert config.path is not None
    if not has_partition(config.path):
        if split not in ("train", "all"):
            raise InputError(
                f"{config.path} has no {split} part: its pictures are all to train on; "
                "name another folder"
            )
        split = "all"
    pictures = load_any(
        config.path,
        image_shape=image_shape,
        crop=config.crop,
        split=split,
        strict=config.strict,
        limit=limit,
        cache=config.cache,
    )
    notes = [f"{len(pictures.pixels):,} pictures from {config.path} (split {split!r})"]
    if pictures.converted:
        modes = ", ".join(f"{count:,} {mode}" for mode, count in pictures.converted.items())
        notes.append(f"converted: {modes}")
    if pictures.skipped:
        named = "; ".join(f"{name} ({reason})" for name, reason in pictures.skipped[:5])
        more = f" and {len(pictures.skipped) - 5:,} more" if len(pictures.skipped) > 5 else ""
        notes.append(f"skipped {len(pictures.skipped):,} broken files: {named}{more}")
    return Examples(
        pictures.pixels, pictures.attributes, pictures.available, (*notes, *pictures.notes)
    )
