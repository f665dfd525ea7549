"""How much memory a file of a table takes, said before it is taken."""

import os
from io import BytesIO
from pathlib import Path

import pandas as pd

from genjax.data.source import DataError
from genjax.data.table_files import COMPRESSED, check_text, is_parquet, readable
from genjax.errors import needs_extra

LARGE = 500_000_000  # bytes of a file that is worth a note
_SAMPLE = 1 << 20  # bytes
_COPIES = 3  # of the numbers at once while they are read and checked: 2.8 as measured


def check_memory(path: Path) -> str | None:
    """Return a line about a large file, None about others, before it is read.

    Args:
        path: a parquet file (.parquet or .pq), else csv. What a compressed csv needs is not known.

    Raises:
        InputError: the file needs more memory than is available, or cannot be read.
    """
    needed, free = memory_needed(path), available_memory()
    size = path.stat().st_size
    said = f"{path} has {_megabytes(size)}; to read it takes about {_megabytes(needed)} of memory"
    if free is not None and needed > free:
        raise DataError(f"{said}, but {_megabytes(free)} are available: keep fewer of its rows")
    return said if size > LARGE else None


def memory_needed(path: Path) -> int:
    """Return about how many bytes it takes to read a file whole, from its size and first rows.

    Args:
        path: a parquet file (.parquet or .pq), else csv.

    Returns:
        0 for a compressed csv.

    Raises:
        InputError: a file that cannot be read.
    """
    if path.suffix.lower() in COMPRESSED:
        return 0
    with readable(path):
        if is_parquet(path):
            with needs_extra("parquet", "parquet files"):
                from pyarrow import parquet
            with parquet.ParquetFile(path) as file:
                return _COPIES * 8 * file.metadata.num_rows * file.metadata.num_columns
        check_text(path)
        size = path.stat().st_size
        with path.open("rb") as raw:
            sample = raw.read(_SAMPLE)
        if size > len(sample):
            sample = sample[: sample.rfind(b"\n") + 1] or sample
        frame = pd.read_csv(BytesIO(sample), low_memory=False)
        held = int(frame.memory_usage(deep=True).sum())
        # The reader holds the text and the numbers, before the text is let go.
        return round((len(sample) + _COPIES * held) * size / len(sample))


def available_memory() -> int | None:
    """Return how many bytes this process can still take, None where the system does not say.

    Example:
        >>> free = available_memory()
        >>> free is None or free > 0
        True
    """
    found = [free for free in (_of_system(), _of_container()) if free is not None]
    return min(found, default=None)


def _of_system() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except OSError:  # not Linux
        pass
    try:  # all there is, which is more than is available
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _of_container() -> int | None:
    """Return what is left of a control group's limit; files that are merely cached do not count."""
    group = Path("/sys/fs/cgroup")
    try:
        most, taken = ((group / f"memory.{name}").read_text() for name in ("max", "current"))
        cached = [
            int(line.split()[1])
            for line in (group / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        ]
        return int(most) - int(taken) + sum(cached)
    except (OSError, ValueError):  # no such group, or its limit is "max"
        return None


def _megabytes(size: int) -> str:
    return f"{max(size / 1e6, 0.1):,.1f} MB"
