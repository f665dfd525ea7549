"""Decoded pictures in a file that is mapped into memory, so that a second start decodes nothing.

A key is a folder with `pixels.npy` and `about.json`. It is filled under another name and renamed
when whole and on the disk; what a killed writer left is cleared away by the next one.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from genjax.compilation_cache import PARTIAL
from genjax.data.source import DataError, shown

try:
    import fcntl
except ImportError:  # Windows has no such locks: two writers then do the work twice
    fcntl = None  # type: ignore[assignment]

_PIXELS, _ABOUT = "pixels.npy", "about.json"


def open_or_make(
    folder: str | os.PathLike[str],
    key: str,
    shape: tuple[int, ...],
    fill: Callable[[np.ndarray], dict[str, Any]],
    sound: Callable[[dict[str, Any]], bool] = lambda about: True,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the array of a key, and what is known of it; make both if they are not there.

    A process that finds another one writing waits for it.

    Args:
        folder: of the cache, made if it is not there.
        key: stands for everything that the content depends on; a file's name.
        shape: of the array.
        fill: writes the content into a uint8 array of that shape, straight to the disk, and
            returns what is known of it, as JSON's types.
        sound: whether what `fill` returned once still holds.

    Returns:
        The array, uint8, mapped and read-only; what `fill` returned.

    Raises:
        DataError: the folder cannot be written to, or has no room.

    Example:
        >>> import tempfile
        >>> def fill(pixels):
        ...     pixels[...] = 7
        ...     return {"colour": "grey"}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = open_or_make(folder, "grey", (2, 3), fill)
        ...     pixels, about = open_or_make(folder, "grey", (2, 3), lambda pixels: 1 / 0)
        ...     print(int(pixels.sum()), about)
        42 {'colour': 'grey'}
    """
    root = Path(os.path.expanduser(folder))
    place = root / key
    if found := _open(place, shape, sound):
        return found
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root):
            if found := _open(place, shape, sound):  # another process made it meanwhile
                return found
            _make(place, shape, fill)
    except OSError as error:
        size = np.prod(shape, dtype=float) / 2**30
        raise DataError(
            f"cannot keep {size:,.2f} GiB of decoded pictures in {shown(str(root))}: "
            f"{error.strerror or error}"
        ) from error
    found = _open(place, shape, lambda about: True)
    if found is None:
        raise DataError(f"{shown(str(place))} was removed as soon as it was there")
    return found


def _open(
    place: Path, shape: tuple[int, ...], sound: Callable[[dict[str, Any]], bool]
) -> tuple[np.ndarray, dict[str, Any]] | None:
    """What is there, if it is whole: a shorter file than its head announces is refused by numpy."""
    try:
        about = json.loads((place / _ABOUT).read_text())
        pixels = np.load(place / _PIXELS, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    whole = pixels.dtype == np.uint8 and pixels.shape == shape
    return (pixels, about) if whole and sound(about) else None


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Alone in the folder; and without what killed writers left in it."""
    with (root / ".lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in root.glob(f"*{PARTIAL}*"):
                shutil.rmtree(left)
        yield


def _make(
    place: Path, shape: tuple[int, ...], fill: Callable[[np.ndarray], dict[str, Any]]
) -> None:
    partial = place.with_name(f"{place.name}{PARTIAL}{os.getpid()}")
    partial.mkdir()
    try:
        file = partial / _PIXELS
        pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
        if hasattr(os, "posix_fallocate"):  # a full disk would else kill the process as it writes
            with file.open("r+b") as reserved:
                os.posix_fallocate(reserved.fileno(), 0, file.stat().st_size)
        about = fill(pixels)
        pixels.flush()
        with (partial / _ABOUT).open("w") as text:
            json.dump(about, text)
            text.flush()
            os.fsync(text.fileno())
        shutil.rmtree(place, ignore_errors=True)  # what was there was not whole
        with contextlib.suppress(FileExistsError):  # without locks: another writer was first
            partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
