"""MNIST and its kin (Fashion-MNIST, KMNIST, EMNIST) from their idx files, gzipped or not.

An idx file is two zero bytes, the values' type, the number of axes, each axis' length as a
big-endian 32-bit number, and the values.

References:
    Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
"""

import gzip
import math
import os
import re
import zlib
from pathlib import Path

import numpy as np

from genjax.data.config import Split
from genjax.data.source import DataError, few, shown

_UINT8 = 0x08
_KINDS = {3: "pictures", 1: "labels"}
_FILES = {3: "images-idx3-ubyte", 1: "labels-idx1-ubyte"}
# MNIST's kin may put their own name before it; an unpacker may have made the hyphen a dot.
_NAME = re.compile(r"(.*?)(train|t10k|test)-(?:images[-.]idx(3)|labels[-.]idx(1))-ubyte(?:\.gz)?")

# One set's files, by part ("train" or "t10k") and number of axes.
_Set = dict[tuple[str, int], Path]


def read_idx(path: str | os.PathLike[str], axes: int) -> np.ndarray:
    """Read an idx file of unsigned bytes.

    Args:
        path: the file; whether it is gzipped is seen from its first bytes.
        axes: how many its array has to have: 3 for pictures, 1 for labels.

    Returns:
        The array, uint8, as many axes as asked for.

    Raises:
        DataError: if the file cannot be read, begins with another magic number, or has fewer or
            more values than its head announces.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> file = Path(folder.name, "labels")
        >>> _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
        >>> read_idx(file, 1).tolist()
        [7, 9]
        >>> folder.cleanup()
    """
    where = shown(str(path))
    try:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except EOFError as error:
        raise DataError(f"{where} is cut short: its gzip stream has no end") from error
    except (OSError, zlib.error) as error:
        raise DataError(f"cannot read {where}: {error}") from error
    magic, expected = content[:4], bytes([0, 0, _UINT8, axes])
    if magic != expected:
        raise DataError(
            f"{where} begins with {magic.hex() or 'nothing'}; an idx file of "
            f"{_KINDS.get(axes, f'{axes} axes')} begins with {expected.hex()}"
        )
    head = 4 + 4 * axes
    if len(content) < head:
        raise DataError(f"{where} is cut short within its head of {head} bytes")
    shape = tuple(np.frombuffer(content, ">u4", axes, 4).tolist())
    values = np.frombuffer(content, np.uint8, offset=head)
    if len(values) != math.prod(shape):
        what = "is cut short" if len(values) < math.prod(shape) else "is too long"
        raise DataError(
            f"{where} {what}: it announces {shape}, {math.prod(shape):,} bytes, and holds "
            f"{len(values):,}"
        )
    return values.reshape(shape)


def _sets(folder: Path) -> dict[str, _Set]:
    """The sets whose files lie in a folder, by what is before "train" and "t10k" in their names."""
    found: dict[str, _Set] = {}
    names = os.listdir(folder) if folder.is_dir() else []
    # Of a file in several spellings: not gzipped before gzipped, a hyphen before a dot.
    for name in sorted(names, key=lambda name: (name.endswith(".gz"), name)):
        match = _NAME.fullmatch(name)
        if match and (folder / name).is_file():
            before, part, *axes = match.groups("")
            place = "train" if part == "train" else "t10k", int("".join(axes))
            found.setdefault(before, {}).setdefault(place, folder / name)
    return found


def _find(root: Path) -> dict[str, _Set]:
    """The sets in a folder or, as torchvision has them, in `raw` or `MNIST/raw`, or any `*/raw`."""
    for below in ("", "raw", "MNIST/raw"):
        if found := _sets(root / below):
            return found
    others = sorted(root.glob("*/raw")) if root.is_dir() else []
    return {
        f"{folder.parent.name}/raw/{before}": files
        for folder in others
        for before, files in _sets(folder).items()
    }


def is_mnist(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds any of MNIST's four files, or is torchvision's folder above them.

    Example:
        >>> is_mnist("no such folder")
        False
    """
    try:
        return bool(_find(Path(os.path.expanduser(path))))
    except OSError:
        return False


def _read(path: Path, files: _Set, part: str) -> tuple[np.ndarray, np.ndarray]:
    arrays = []
    for axes, kind in _KINDS.items():
        file = files.get((part, axes))
        if file is None:
            name = f"{part}-{_FILES[axes]}"
            raise DataError(f"{shown(str(path))} lacks the {kind} {name} (or {name}.gz)")
        arrays.append(read_idx(file, axes))
    pixels, labels = arrays
    if len(pixels) != len(labels):
        raise DataError(
            f"{shown(str(path))}: {len(pixels):,} pictures and {len(labels):,} labels of {part}"
        )
    return pixels[..., np.newaxis], labels.astype(np.int64)


def load_mnist(
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    split: Split = "train",
) -> tuple[np.ndarray, np.ndarray]:
    """Load a part of MNIST.

    Args:
        path: a folder with the files of one set as they are distributed, gzipped or not.
        image_shape: that of the files' pictures; they are not resized.
        split: "train" is the training file's first five sixths (50,000), "validation" its last
            sixth (10,000), "test" the test file.

    Returns:
        Pictures (n, 28, 28, 1) uint8, white on black; labels (n,) int64.

    Raises:
        DataError: if a file is missing or is none of MNIST's, or the shape is another.

    Example:
        >>> pixels, labels = load_mnist("data/mnist", split="test")  # doctest: +SKIP
        >>> pixels.shape  # doctest: +SKIP
        (10000, 28, 28, 1)

    References:
        Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
    """
    root = Path(os.path.expanduser(path))
    try:
        found = _find(root)
    except OSError as error:
        raise DataError(f"cannot read {shown(str(path))}: {error.strerror}") from error
    if len(found) > 1 and "" not in found:
        raise DataError(f"{shown(str(path))} holds several sets of idx files: {few([*found])}")
    files = found.get("") or next(iter(found.values()), {})  # MNIST's own names before others
    parts = {"test": ("t10k",), "all": ("train", "t10k")}.get(split, ("train",))
    read = [_read(root, files, part) for part in parts]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*read, strict=True))
    if pixels.shape[1:] != tuple(image_shape):
        raise DataError(
            f"{shown(str(path))} holds pictures of {pixels.shape[1:]}, not {tuple(image_shape)}: "
            f"set event_shape to the former, or name a folder of pictures, which are resized"
        )
    cut = len(pixels) - len(pixels) // 6
    rows = {"train": slice(cut), "validation": slice(cut, None)}.get(split, slice(None))
    return pixels[rows], labels[rows]
