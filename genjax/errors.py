"""What a caller gave cannot be used; the message is one line and says what to change."""

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """Settings, data or a folder that cannot be used, said in one line."""


@contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """Around imports: name the extra that brings a missing package.

    Args:
        extra: of the distribution.
        what: needs it.

    Example:
        >>> with needs_extra("scripts", "pictures"):
        ...     import no_such_package
        Traceback (most recent call last):
        ImportError: pictures need no_such_package: pip install 'genjax-models[scripts]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{what} need {error.name}: pip install 'genjax-models[{extra}]'"
        ) from error
