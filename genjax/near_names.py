"""Names like one that was not found, for a message."""

import difflib
from collections.abc import Iterable


def near_names(name: str, known: Iterable[str], most: int = 5) -> str:
    """Return the names most like `name`, without regard to case, else the first ones.

    Args:
        name: what was asked for.
        known: what there is.
        most: how many to list.

    Example:
        >>> near_names("smilling", ["Bald", "Smiling"])
        'Smiling'
        >>> near_names("x", ["Bald", "Smiling"])
        'Bald, Smiling'
    """
    by_lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=most, cutoff=0.5)
    return ", ".join(by_lower[key] for key in near or list(by_lower)[:most]) or "none at all"
