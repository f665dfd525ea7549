"""OpenML's tables are not waited for where there is no network."""

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from genjax.data.source import DataError
from genjax.data.table_files import one_line

TIMEOUT = 5.0  # seconds without an answer


@contextmanager
def no_long_waits(seconds: float = TIMEOUT) -> Iterator[None]:
    """Around scikit-learn's `fetch_openml`: retries are not said, and failures are of one line.

    Args:
        seconds: after which a connection that is silent fails.

    Raises:
        DataError: the table cannot be had; the message is the reason.

    Example:
        >>> with no_long_waits():
        ...     raise OSError("no such host")
        Traceback (most recent call last):
        genjax.data.source.DataError: no such host
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (OSError, EOFError, HTTPException, ValueError) as error:
        raise DataError(one_line(error)) from error
    finally:
        socket.setdefaulttimeout(before)
