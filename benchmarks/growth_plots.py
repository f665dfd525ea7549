"""The pictures of `growth`."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure


def save_growth(
    path: Path,
    sizes: Sequence[float],
    rates: Sequence[dict[str, float]],
    *,
    label: str,
    title: str,
) -> None:
    """Draw steps a second against size, both axes logarithmic, with the least and the most.

    Args:
        path: of the PNG file.
        sizes: ascending.
        rates: steps a second of each size: "median", "least", "most".
        label: of the sizes, with their unit.
        title: above.
    """
    median, least, most = ([rate[name] for rate in rates] for name in ("median", "least", "most"))
    figure = Figure(figsize=(5.0, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.fill_between(sizes, least, most, alpha=0.3, linewidth=0)
    axes.plot(sizes, median, marker="o", markersize=3, linewidth=1.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    widen = max(1.0, (10 * low / high) ** 0.5)  # a decade at least: less would magnify noise
    axes.set_ylim(low / widen, high * widen)
    axes.set_xlabel(label)
    axes.set_ylabel("steps a second")
    axes.grid(alpha=0.3)
    axes.set_title(title, fontsize=9)
    figure.savefig(str(path), dpi=110)
