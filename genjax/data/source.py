"""Where pictures come from: a folder or a zip, as names and a way to read one."""

import hashlib
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from genjax.errors import InputError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_MAX_BYTES = 1 << 30


class DataError(InputError):
    """Data that cannot be used; the message is one line that says what and where."""


class Source(NamedTuple):
    """Where pictures come from; both functions may be called from several threads.

    `fingerprint` changes with a file's bytes, and not with where the source lies.
    """

    path: Path
    names: tuple[str, ...]
    read: Callable[[str], bytes]
    fingerprint: Callable[[str], str]


def shown(name: str) -> str:
    """`name` on one printable line."""
    return name if name.isprintable() else repr(name)


def few(items: Sequence[str], limit: int = 5) -> str:
    """The first of many names, for a message of one line."""
    more = f" and {len(items) - limit:,} more" if len(items) > limit else ""
    return ", ".join(shown(item) for item in items[:limit]) + more


def sub_folders(names: Sequence[str]) -> dict[str, str] | None:
    """Return the sub-folder that each picture lies in, "" for one that lies beside them.

    Folders that hold everything, such as an archive's own, are passed through: what counts are the
    first ones in which pictures differ.

    Args:
        names: of all pictures of a `Source`.

    Returns:
        A folder for each name; None where there are no sub-folders.

    Example:
        >>> sub_folders(["all/cat/1.png", "all/dog/old/1.png"])
        {'all/cat/1.png': 'cat', 'all/dog/old/1.png': 'dog'}
        >>> sub_folders(["all/1.png", "all/2.png"])
    """
    folders = {
        name: [part for part in name.split("/")[:-1] if part not in ("", ".", "..")]
        for name in names
    }
    levels = zip(*folders.values(), strict=False)
    depth = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    classes = {name: (parts[depth:] or [""])[0] for name, parts in folders.items()}
    return classes if any(classes.values()) else None


def digest(source: Source, names: Sequence[str], how: str = "") -> str:
    """A hash of files' names and content, in order, and of what is done with them."""

    def fingerprint(name: str) -> str:
        try:
            return f"{name}\0{source.fingerprint(name)}\0"
        except OSError as error:  # once it can be read, it is another set
            return f"{name}\0{error.strerror or error}\0"

    total = hashlib.blake2b(how.encode(), digest_size=16)
    with ThreadPoolExecutor() as pool:
        for text in pool.map(fingerprint, names):
            total.update(text.encode(errors="surrogateescape"))
    return total.hexdigest()


def _is_picture(name: str) -> bool:
    """Whether a relative name is a picture's, neither hidden nor the junk that macOS adds."""
    parts = name.split("/")
    hidden = any(part.startswith(".") and part.strip(".") for part in parts)
    return name.lower().endswith(EXTENSIONS) and not hidden and "__MACOSX" not in parts


def _folder(root: Path) -> Source:
    def refuse(error: OSError) -> None:
        raise DataError(f"cannot list {shown(str(error.filename))}: {error.strerror}")

    names, seen = [], set()
    for folder, inner, files in os.walk(root, onerror=refuse, followlinks=True):
        identity = os.stat(folder)
        if (identity.st_dev, identity.st_ino) in seen:  # a link led back: read each folder once
            inner.clear()
            continue
        seen.add((identity.st_dev, identity.st_ino))
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        names += [(Path(folder) / file).relative_to(root).as_posix() for file in files]

    def read(name: str) -> bytes:
        status = (root / name).stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise OSError("not a regular file")
        if status.st_size > _MAX_BYTES:
            raise OSError(f"{status.st_size:,} bytes are too many for a picture")
        return (root / name).read_bytes()

    def fingerprint(name: str) -> str:
        # Reading is little beside decoding, and a file's date may lie.
        return hashlib.blake2b(read(name), digest_size=16).hexdigest()

    return Source(root, tuple(sorted(filter(_is_picture, names))), read, fingerprint)


def _zip(path: Path, archive: zipfile.ZipFile) -> Source:
    # Some Windows programs write backslashes.
    infos = {i.filename.replace("\\", "/"): i for i in archive.infolist() if not i.is_dir()}
    lock = threading.Lock()  # a ZipFile is one file position and a count of readers

    def read(name: str) -> bytes:
        info = infos[name]
        if info.flag_bits & 0x1:
            raise OSError("encrypted")
        if info.file_size > _MAX_BYTES:
            raise OSError(f"{info.file_size:,} bytes are too many for a picture")
        with lock:
            return archive.read(info)

    def fingerprint(name: str) -> str:  # the archive's own checksum: nothing is read
        return f"{infos[name].CRC:08x} {infos[name].file_size} {infos[name].flag_bits & 0x1}"

    return Source(path, tuple(sorted(filter(_is_picture, infos))), read, fingerprint)


@contextmanager
def open_source(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The pictures below a folder, or in a zip, by name; nothing is read yet.

    Args:
        path: a folder, searched with all that is below it, or a zip file, which is not unpacked.

    Yields:
        A `Source` whose names are sorted; valid within the `with` block.

    Raises:
        DataError: if there is no such folder or zip, or no picture in it.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> _ = Path(folder.name, "a.png").write_bytes(b"...")
        >>> with open_source(folder.name) as source:
        ...     print(source.names, source.read("a.png"))
        ('a.png',) b'...'
        >>> folder.cleanup()
    """
    path = Path(os.path.expanduser(path))  # unlike Path's, leaves an unknown ~name alone
    where = shown(str(path))
    with ExitStack() as stack:
        try:
            if path.is_dir():
                source = _folder(path)
            elif path.is_file():
                source = _zip(path, stack.enter_context(zipfile.ZipFile(path)))
            else:
                raise DataError(f"no such folder or zip: {where}")
        except DataError:
            raise
        except OSError as error:
            raise DataError(f"cannot read {where}: {error.strerror or error}") from error
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DataError(f"{where} is neither a folder nor a readable zip: {error}") from error
        if not source.names:
            raise DataError(f"no pictures in {where} (looked for {' '.join(EXTENSIONS)})")
        yield source
