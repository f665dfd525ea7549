"""The picture of a GAN of numbers: densities and decision, losses, the fit over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genjax.errors import needs_extra

with needs_extra("scripts", "pictures"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def save_densities(
    path: str | Path,
    columns: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    decision: tuple[np.ndarray, np.ndarray] | None = None,
    losses: Sequence[dict[str, Any]] = (),
    fit: Sequence[dict[str, Any]] = (),
    most: int = 12,
) -> None:
    """Draw true and generated densities, and beside them how the training went.

    Args:
        path: of the PNG file.
        columns: name with its unit -> (true (n,), generated (m,)) numbers; the first `most` are
            drawn.
        decision: (k,) places and the discriminator's mean decision there, in [0, 1], of a single
            column: on the right-hand axis.
        losses: the run's records of metrics.
        fit: the run's records of signals.
        most: columns drawn.
    """
    shown = dict(list(columns.items())[:most])
    panels = len(shown) + bool(losses) + bool(fit)
    across = min(panels, 3)
    down = -(-panels // across)
    figure = Figure(figsize=(5.0 * across, 3.6 * down), layout="constrained")
    places = iter(figure.subplots(down, across, squeeze=False).ravel())
    for name, (real, fake) in shown.items():
        _density(next(places), name, real, fake, decision)
    if losses:
        _lines(next(places), losses, ("discriminator/loss", "generator/loss"), "loss", "a row")
    if fit:
        axes = next(places)
        _lines(axes, fit, ("kolmogorov_smirnov", "wasserstein_1"), "fit", "worst column")
        if all(line.get_ydata().size and (line.get_ydata() > 0).all() for line in axes.lines):
            axes.set_yscale("log")
    for unused in places:
        unused.set_axis_off()
    figure.savefig(str(path), dpi=100)


def _density(
    axes: Axes,
    name: str,
    real: np.ndarray,
    fake: np.ndarray,
    decision: tuple[np.ndarray, np.ndarray] | None,
) -> None:
    low, high = np.quantile(real, [0.0005, 0.9995])
    margin = 0.15 * (high - low) or 1.0
    bins = np.linspace(low - margin, high + margin, 61).tolist()
    for numbers, label, colour in ((real, "true", "0.35"), (fake, "generated", "tab:blue")):
        # Of all numbers, those out of the picture too: a tail that is missing must show.
        heights, edges = np.histogram(numbers, bins)
        heights = heights / (len(numbers) * np.diff(edges))
        axes.stairs(heights, edges, label=label, color=colour, linewidth=1.5)
    axes.set_xlabel(name)
    axes.set_ylabel("density")
    handles, labels = axes.get_legend_handles_labels()
    if decision is not None:
        right = axes.twinx()
        (line,) = right.plot(*decision, color="tab:red", linewidth=1.2, label="decision")
        right.axhline(0.5, color="tab:red", linewidth=0.5, linestyle=":")
        right.set_ylim(0, 1)
        right.set_ylabel("discriminator's decision: share real")
        handles, labels = [*handles, line], [*labels, "decision"]
    axes.legend(handles, labels, fontsize=8)


def _lines(
    axes: Axes, records: Sequence[dict[str, Any]], names: Sequence[str], title: str, unit: str
) -> None:
    for name in names:
        known = [record for record in records if record.get(name) is not None]
        label = name.replace("/", " ").replace("_", " ")
        axes.plot([r["step"] for r in known], [r[name] for r in known], label=label, linewidth=1.2)
    axes.set_title(title)
    axes.set_xlabel("step")
    axes.set_ylabel(unit)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
