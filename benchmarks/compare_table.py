"""What is made of two sides' turns: how many steps a turn has, ratios, a table, differences."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.table import Table

_TOLERANCE = 1e-4  # relative, of what follows from equal parameters
_TOLERANCE_OF_STEPS = 0.02  # of what steps change: Adam makes a whole step of rounding's sign


class Spread(NamedTuple):
    """The middle and the ends of some numbers."""

    median: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of one number or more.

    Example:
        >>> spread([3.0, 1.0, 2.0])
        Spread(median=2.0, least=1.0, most=3.0)
    """
    return Spread(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return how many times as fast ours is, of neighbouring turns.

    Args:
        ours: steps a second of each turn.
        theirs: the same of the turn that followed.

    Example:
        >>> ratios([2.0, 4.0, 6.0], [1.0, 4.0, 2.0])
        Spread(median=2.0, least=1.0, most=3.0)
    """
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def steps_a_turn(turn: Callable[[int], float], seconds: float, unit: int = 1) -> int:
    """Return how many steps take about so long; what must be compiled is, on the way.

    Args:
        turn: takes so many steps -> the seconds that they took.
        seconds: to fill.
        unit: steps come in multiples of it.
    """
    turn(unit)
    steps = unit
    while (took := turn(steps)) < seconds / 4:
        steps *= min(8, max(2, int(seconds / 2 / took)))
    return max(1, round(seconds / took * steps / unit)) * unit


def rate(value: float) -> str:
    """Return steps a second, to three digits.

    Example:
        >>> rate(12345.6), rate(1.2345)
        ('12,300', '1.23')
    """
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{round(value, 2 - math.floor(math.log10(value))):,.{digits}f}"


def table_of(families: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """Return the table of `benchmarks.compare`'s results."""
    names = ("family", "mode", "threads", "genjax", "torch", "ratio", "least to most")
    table = Table(title=title, caption="steps a second; ratio: ours over theirs, of next turns")
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index < 2 else "right", no_wrap=True)
    for name, family in families.items():
        for mode, theirs in family["modes"].items():
            if "error" in theirs:
                table.add_row(name, mode, "", "", theirs["error"])
                continue
            middle, least, most = theirs["ratio"]
            table.add_row(
                name,
                mode,
                f"{family['ours']['threads']}, {theirs['threads']}",
                rate(statistics.median(family["ours"]["rates"])),
                rate(statistics.median(theirs["rates"])),
                f"{middle:.2f}",
                f"{least:.2f} to {most:.2f}",
            )
    return table


def difference(ours: float, theirs: float, least: float = 0.1) -> float:
    """Return the difference, relative to the larger number, or to the least that counts.

    Example:
        >>> round(difference(2.0, 1.0), 3), round(difference(0.02, 0.01), 3)
        (0.5, 0.1)
    """
    return abs(ours - theirs) / max(abs(ours), abs(theirs), least)


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, float]:
    """Return the relative differences of what both sides' `check` found, by name.

    A name that one side lacks is infinitely different. Of the losses of several steps the changes
    from the first one are compared, since that is what an optimiser does.

    Example:
        >>> found = {"loss": {"vae": 1.0}, "losses": {"vae": [1.0, 0.5]}}
        >>> differences(found, found)
        {'loss/vae': 0.0, 'change/vae/0': 0.0}
    """
    left, right = _flat(_changes(ours)), _flat(_changes(theirs))
    return {
        name: difference(left[name], right[name], 1e-3 if name.startswith("change") else 0.1)
        if name in left and name in right
        else math.inf
        for name in left | right
    }


def is_same(name: str, difference: float) -> bool:
    """Whether a difference, of this name in `differences`, is rounding; a NaN is not."""
    return difference <= (_TOLERANCE_OF_STEPS if name.startswith("change") else _TOLERANCE)


def _changes(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was found, with the losses' changes instead of the losses."""
    losses = found.get("losses", {})
    changes = {phase: [each - first for each in rest] for phase, (first, *rest) in losses.items()}
    return {**{name: found[name] for name in found if name != "losses"}, "change": changes}


def _flat(found: Any, name: str = "") -> dict[str, float]:
    """Return the numbers of nested dicts and lists, their names joined by slashes."""
    if not isinstance(found, Mapping | list):
        return {} if found is None else {name: float(found)}
    parts = found.items() if isinstance(found, Mapping) else enumerate(found)
    prefix = f"{name}/" if name else ""
    return {k: v for key, part in parts for k, v in _flat(part, f"{prefix}{key}").items()}
