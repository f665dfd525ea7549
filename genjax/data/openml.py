"""Tables of OpenML's, which is not waited for where there is no network."""

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

import pandas as pd

from genjax.data.source import DataError
from genjax.data.table_files import one_line
from genjax.errors import needs_extra

with needs_extra("tables", "OpenML's tables"):
    from sklearn.datasets import fetch_openml

TIMEOUT = 5.0  # seconds without an answer


def fetch_table(name: str, *, version: int = 1) -> pd.DataFrame:
    """Return a table of OpenML's, or of scikit-learn's cache, with its target.

    Args:
        name: of the data set.
        version: of those that have this name.

    Raises:
        DataError: it cannot be had; the message is the reason.
    """
    try:
        with _no_long_waits():
            # One retry, at once, is the least that it can be told.
            bunch = fetch_openml(name, version=version, as_frame=True, n_retries=1, delay=0.1)
    except (OSError, EOFError, HTTPException, ValueError) as error:
        raise DataError(one_line(error)) from error
    return bunch.frame


@contextmanager
def _no_long_waits() -> Iterator[None]:
    """Within, a connection that is silent for `TIMEOUT` seconds fails; retries are not said."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        socket.setdefaulttimeout(before)
