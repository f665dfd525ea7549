"""Turn a folder or a zip of pictures into one uint8 array.

One `Source` (names, and a way to read one) stands for folders and zips alike; one function decodes
a picture; one loop fills the array. Pillow decodes in threads: it lets go of Python's lock while it
decompresses and resizes. Spawned processes are no faster and need a guarded `__main__`; forked ones
are, by a quarter, but a fork of a process that runs JAX may hang.
"""

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.data.cache import open_or_make
from genjax.data.decode import DECODER, MODES, Crop, Image, decode
from genjax.data.progress import Progress, reporter
from genjax.data.sizes import note_sizes, refuse_sizes, sizes_of
from genjax.data.source import DataError, Source, digest, few, open_source, shown, sub_folders

__all__ = ["DataError", "Pictures", "load_pictures", "read_pictures"]

CLASS = "class"
"""The column of the sub-folders that pictures lie in."""
_CHUNK = 32


class Pictures(NamedTuple):
    """Decoded pictures and what is known of them, in one order."""

    pixels: np.ndarray
    """(n, height, width, channels) uint8."""
    names: tuple[str, ...]
    """File names relative to the folder or zip, with forward slashes."""
    converted: dict[str, int]
    """How many pictures came from another mode than the one asked for: {"L": 3, "CMYK": 1}."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of the files that are no whole pictures."""
    attributes: pd.DataFrame | None = None
    """One row a picture, indexed by `names`: CelebA's attributes, or `CLASS`, a sub-folder."""
    partition: np.ndarray | None = None
    """(n,) int8: 0 train, 1 validation, 2 test."""
    notes: tuple[str, ...] = ()
    """What was tolerated, a line each."""
    available: int = 0
    """How many files were there to choose from, before `limit`."""


def _check(image_shape: tuple[int, int, int], crop: Crop, limit: int | None) -> None:
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in image_shape)
    if len(image_shape) != 3 or not whole or image_shape[2] not in MODES:
        raise DataError(f"image_shape must be (height, width, 1, 3 or 4), not {image_shape}")
    number = isinstance(crop, int) and not isinstance(crop, bool) and crop > 0
    if not (crop is None or crop == "square" or number):
        raise DataError(f"crop must be None, 'square' or a number of pixels, not {crop!r}")
    if limit is not None and limit < 1:
        raise DataError(f"limit must be at least 1, not {limit}")


def read_pictures(
    source: Source,
    names: Sequence[str],
    *,
    image_shape: tuple[int, int, int] = (128, 128, 3),
    crop: Crop = None,
    strict: bool = False,
    limit: int | None = None,
    cache: str | None = None,
    progress: Progress = True,
) -> Pictures:
    """Decode `names` of an open `Source`, or find them decoded; see `load_pictures`."""
    _check(image_shape, crop, limit)
    available, names = len(names), names[:limit]
    total = len(names)
    if not total:
        raise DataError(f"no pictures chosen from {shown(str(source.path))}")
    shape = (total, *image_shape)

    def fill(pixels: np.ndarray) -> dict[str, Any]:
        return _decode_all(source, names, pixels, crop, progress)

    def readable(name: str) -> bool:
        try:
            decode(source.read(name), image_shape, crop)
        except Exception:
            return False
        return True

    def sound(about: dict[str, Any]) -> bool:
        # A repaired zip has the same list of contents; an older cache knows no sizes.
        return "sizes" in about and not any(readable(names[index]) for index, _ in about["skipped"])

    if cache is not None:
        height, width, channels = image_shape
        key = f"{height}x{width}x{channels}-{digest(source, names, str((crop, DECODER)))}"
        pixels, about = open_or_make(cache, key, shape, fill, sound)
    else:
        try:
            pixels = np.empty(shape, np.uint8)
        except MemoryError as error:
            size = np.prod(shape, dtype=float) / 2**30
            raise DataError(f"{total:,} pictures of {image_shape} need {size:,.1f} GiB") from error
        about = fill(pixels)
    broken = tuple((names[index], reason) for index, reason in about["skipped"])
    listed = few([f"{shown(name)} ({reason})" for name, reason in broken])
    if broken and strict:
        raise DataError(f"{len(broken):,} of {total:,} files are broken: {listed}")
    if len(broken) == total:
        raise DataError(f"no readable picture in {shown(str(source.path))}: {listed}")
    if strict and crop is None:
        refuse_sizes(about["sizes"], names)
    skipped = {index for index, _ in about["skipped"]}
    kept = tuple(name for index, name in enumerate(names) if index not in skipped)
    notes = note_sizes(about["sizes"], image_shape, crop)
    return Pictures(
        pixels[: len(kept)], kept, about["converted"], broken, notes=notes, available=available
    )


def _decode_all(
    source: Source, names: Sequence[str], pixels: np.ndarray, crop: Crop, progress: Progress
) -> dict[str, Any]:
    """Decode into the first rows of `pixels`.

    Returns:
        converted: how many of which other mode; skipped: [index, reason] of what is no picture;
            sizes: see `sizes_of`.
    """
    total, image_shape = len(pixels), pixels.shape[1:]
    modes: Counter[str] = Counter()
    skipped: dict[int, str] = {}
    sizes: list[tuple[int, int] | None] = [None] * total

    def work(start: int) -> list[tuple[int, str | None, str | None]]:
        results = []
        for index in range(start, min(start + _CHUNK, total)):
            mode = reason = None
            try:
                pixels[index], mode, sizes[index] = decode(
                    source.read(names[index]), image_shape, crop
                )
            except Exception as error:  # Pillow raises nearly anything on a hostile file
                text = getattr(error, "strerror", None) or str(error) or type(error).__name__
                reason = " ".join(text.split())
            results.append((index, mode, reason))
        return results

    Image.init()  # Pillow loads its plugins lazily, which threads should not do at once
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with warnings.catch_warnings(), reporter(progress, total) as report:
        # Odd EXIF and palettes are Pillow's to warn of; size is checked in `decode`.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        with ThreadPoolExecutor(cores) as pool:
            try:
                done = 0
                for results in pool.map(work, range(0, total, _CHUNK)):
                    for index, mode, reason in results:
                        modes.update([mode] if mode else [])
                        skipped.update({index: reason} if reason else {})
                    done += len(results)
                    report(done, total)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    kept = [index for index in range(total) if index not in skipped]
    for to, index in enumerate(kept):  # close the gaps in place: a copy could outgrow the memory
        if to != index:
            pixels[to] = pixels[index]
    return {
        "converted": dict(sorted(modes.items())),
        "skipped": [*map(list, skipped.items())],
        "sizes": sizes_of(sizes),
    }


def load_pictures(
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int, int] = (128, 128, 3),
    crop: Crop = None,
    strict: bool = False,
    names: Sequence[str] | None = None,
    limit: int | None = None,
    cache: str | None = None,
    progress: Progress = True,
) -> Pictures:
    """Load a folder or a zip of pictures into one array, on all cores.

    Files whose extension is a picture's are read, in the order of their names (by code point);
    hidden ones and macOS's `__MACOSX` are not. What cannot be decoded whole (truncated, empty,
    encrypted, above Pillow's limit of pixels) is skipped and named in the result. Sub-folders, two
    or more, are classes.

    Args:
        path: a folder, searched with all that is below it, or a zip file, which is not unpacked.
        image_shape: (height, width, channels); 1 channel is grey, 3 RGB, 4 RGBA. With fewer than
            four, transparent pictures are laid on white.
        crop: None stretches the whole picture to the shape; "square" first takes the largest
            central square, a number the central square of that side in pixels (the largest where
            the picture is smaller).
        strict: refuse if any picture is broken, rather than skip it, and pictures of different
            proportions where none are cropped, rather than note that they are stretched.
        names: only these, in this order; relative to the folder or zip.
        limit: only the first so many.
        cache: a folder to keep the decoded pictures in, and to find them in when the same files
            are asked for again in the same way; the pixels are then mapped from there, read-only.
        progress: show a bar on a terminal (with rich), or a function of (done, total).

    Returns:
        The `Pictures`: pixels of shape (n, *image_shape), uint8; `attributes` are of one column,
        `CLASS` (str), or None where there are no sub-folders.

    Raises:
        DataError: if there is no such folder or zip, or nothing in it can be used.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> Image.new("L", (8, 6), 200).save(f"{folder.name}/grey.png")
        >>> pictures = load_pictures(folder.name, image_shape=(4, 4, 3), crop="square")
        >>> pictures.pixels.shape, pictures.names, pictures.converted
        ((1, 4, 4, 3), ('grey.png',), {'L': 1})
        >>> folder.cleanup()
    """
    with open_source(path) as source:
        if names is not None and (missing := sorted(set(names) - set(source.names))):
            raise DataError(f"not in {shown(str(source.path))}: {few(missing)}")
        chosen = source.names if names is None else tuple(names)
        pictures = read_pictures(
            source, chosen, image_shape=image_shape, crop=crop, strict=strict, limit=limit,
            cache=cache, progress=progress,
        )  # fmt: skip
        classes = sub_folders(source.names)
    if classes is None:
        return pictures
    column = {CLASS: [classes[name] for name in pictures.names]}
    return pictures._replace(attributes=pd.DataFrame(column, index=list(pictures.names)))
