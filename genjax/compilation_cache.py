"""What a script keeps for its next start: compiled programs and drawn pictures, in a user's folder.

Importing the library keeps nothing, because a library must not write to disk unasked: scripts call
`keep_programs` and `kept`. The folder is `$GENJAX_CACHE`, else `genjax` in `$XDG_CACHE_HOME` or in
`~/.cache`; an empty GENJAX_CACHE keeps nothing. It may be emptied at any time.

A program that is found is the one that was compiled, byte for byte: JAX's key is of its code, the
versions of JAX and XLA, the compiler's options and the devices. The instructions that a CPU has are
checked by XLA only as it loads a program, so they are a part of the folder's name here.

References:
    JAX, "Persistent compilation cache", https://docs.jax.dev/en/latest/persistent_compilation_cache.html.
    freedesktop.org, "XDG base directory specification".
"""

import hashlib
import os
import platform
import shutil
import warnings
from pathlib import Path

import jax
import jaxlib

_GIB = 2**30
PARTIAL = ".partial-"  # in the name of what is being written
MOST = {"programs": _GIB // 2, "faces": 2 * _GIB}  # bytes that are kept of each


def user_folder() -> Path | None:
    """Return where the user's scripts keep what they made; None where nothing is to be kept."""
    own, given = os.environ.get("GENJAX_CACHE"), Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        if own is not None:
            return Path(own).expanduser().absolute() if own else None
        if given.is_absolute():  # the specification says to ignore another one
            return given / "genjax"
        return Path.home() / ".cache" / "genjax"
    except RuntimeError as error:  # a user without a home, or one whom nobody knows
        if own is not None:
            warnings.warn(f"nothing is kept in {own} for the next start: {error}", stacklevel=2)
        return None


def kept(name: str) -> Path | None:
    """Return a folder of what this machine can use again, no larger than it may be.

    Args:
        name: what is kept, of `MOST`.

    Returns:
        The folder, made if it was not there; None, after a warning where that was not asked for,
        if nothing can be kept.

    Example:
        >>> kept("programs")  # doctest: +SKIP
        PosixPath('/home/user/.cache/genjax/programs/4f0c2e1d9a7b')
    """
    root = user_folder()
    if root is None:
        return None
    folder = root / name / machine()
    try:
        # Private: a program that is found there is run.
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(None, "it cannot be written to")
        _forget_oldest(folder, MOST[name])
    except OSError as error:
        warnings.warn(
            f"nothing is kept in {root} for the next start: {error.strerror}", stacklevel=2
        )
        return None
    return folder


def keep_programs() -> Path | None:
    """Let JAX keep every program that it compiles, and find it there in the next process.

    What the user set by JAX's own means (JAX_COMPILATION_CACHE_DIR, JAX_ENABLE_COMPILATION_CACHE)
    is left as it is. Call it before the first program.

    Returns:
        The folder, or None where this changes nothing.
    """
    settings = jax.config.values
    if settings["jax_compilation_cache_dir"] or not settings["jax_enable_compilation_cache"]:
        return None
    folder = kept("programs")
    if folder is None:
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        # A start compiles dozens of small programs, which together take seconds.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    return folder


def machine() -> str:
    """Return a name for the processor's instructions and the version of XLA, 12 hex digits."""
    about = [jaxlib.__version__, platform.system(), platform.machine()]
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        about.append(platform.processor())
    else:
        wanted = ("model name", "flags", "CPU part", "Features")
        about += sorted({line for line in lines if line.startswith(wanted)})
    return hashlib.blake2b("\n".join(about).encode(), digest_size=6).hexdigest()


def _forget_oldest(folder: Path, most: int) -> None:
    """Remove what was used longest ago until no more than so many bytes are left.

    JAX's own limit needs a package for locks. Only this kind of machine's folder is looked at, for
    a file that another host has mapped over a network must not go; here a process that reads one
    goes on reading it. What another process is writing is left alone.
    """
    entries = []
    for path in folder.iterdir():
        try:
            files = [each.stat() for each in (path, *path.rglob("*")) if each.is_file()]
        except FileNotFoundError:  # another process was first
            continue
        size = sum(each.st_size for each in files)
        if size and PARTIAL not in path.name:  # a lock has no size
            used = max(max(each.st_atime, each.st_mtime) for each in files)
            entries.append((used, size, path))
    size = sum(entry_size for _, entry_size, _ in entries)
    for _, entry_size, path in sorted(entries):
        if size <= most:
            return
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        size -= entry_size
