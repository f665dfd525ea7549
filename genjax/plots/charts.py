"""Numbers as pictures: curves, maps, distributions, tables, planes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genjax.errors import needs_extra
from genjax.plots.grids import image_grid

with needs_extra("scripts", "pictures"):
    from matplotlib.figure import Figure

_UNITS = {
    "loss": "per example",
    "kl": "nats per example",
    "kl_per_dimension": "nats, a line each",
    "bits_per_dimension": "bits",
    "accuracy": "share that is told apart",
    "precision": "share of samples",
    "coverage": "share of real ones",
    "spread": "of the real ones'",
    "distance": "of the real ones'",
    "frechet_distance": "squared, features' units",
    "frechet_distance_of_real": "squared, features' units",
    "conditional_accuracy": "share of samples",
    "conditional_accuracy_of_real": "share of real ones",
}


def save_curves(path: str | Path, records: Sequence[dict[str, Any]]) -> None:
    """Draw each logged metric against the step, an axis each; an array as a line for each number.

    Args:
        path: of the PNG file.
        records: the lines of `metrics.jsonl`.
    """
    names = [name for name in records[0] if name not in ("step", "seconds")] if records else []
    if not names:
        return
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.8 * rows), layout="constrained")
    for index, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, index + 1)
        known = [record for record in records if record.get(name) is not None]
        values = np.array([record[name] for record in known])
        width = 0.5 if values.ndim > 1 else 1.5
        axes.plot([record["step"] for record in known], values, linewidth=width)
        label = name.rpartition("/")[2]
        axes.set_title(label.replace("_", " "))
        axes.set_xlabel("step")
        axes.set_ylabel(_UNITS.get(label, ""))
        axes.grid(alpha=0.3)
    figure.savefig(str(path), dpi=110)


def save_maps(
    path: str | Path, points: np.ndarray, groups: Mapping[str, np.ndarray], names: Sequence[str]
) -> None:
    """Draw points in the plane, a panel an attribute, coloured by it.

    Args:
        path: of the PNG file.
        points: (n, 2).
        groups: attribute -> (n,) bool; without any, one panel of one colour.
        names: of the two axes.
    """
    columns = min(3, max(len(groups), 1))
    rows = -(-max(len(groups), 1) // columns)
    figure = Figure(figsize=(4.2 * columns, 4.0 * rows), layout="constrained")
    parted = {
        name: [("with", has, "tab:orange"), ("without", ~has, "tab:blue")]
        for name, has in groups.items()
    } or {"": [("all", np.ones(len(points), bool), "tab:blue")]}
    for index, (title, parts) in enumerate(parted.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        for name, chosen, colour in sorted(parts, key=lambda part: -part[1].sum()):  # few on top
            x, y = points[chosen].T
            label = f"{name} ({chosen.sum():,})"
            axes.scatter(x, y, c=colour, s=7, alpha=0.6, linewidths=0, label=label)
        axes.set_title(title)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.legend(fontsize=8, markerscale=2)
    figure.savefig(str(path), dpi=110)


def save_histograms(
    path: str | Path, panels: Mapping[str, Mapping[str, np.ndarray]], *, title: str
) -> None:
    """Draw distributions of numbers on top of each other, a panel a unit.

    Args:
        path: of the PNG file.
        panels: name of the axis -> name of the numbers -> (n,) numbers.
        title: above all.
    """
    figure = Figure(figsize=(5.0 * len(panels), 3.4), layout="constrained")
    for index, (label, parts) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), index + 1)
        bins = np.histogram_bin_edges(np.concatenate(list(parts.values())), 30).tolist()
        for name, numbers in parts.items():
            axes.hist(numbers, bins, density=True, histtype="step", linewidth=1.5, label=name)
        axes.set_xlabel(label)
        axes.set_ylabel("density")
        axes.legend(fontsize=8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(str(path), dpi=110)


def save_heat_map(
    path: str | Path, tables: Mapping[str, pd.DataFrame], *, label: str, title: str
) -> None:
    """Draw tables of numbers about zero, their values written in, one below the other.

    Args:
        path: of the PNG file.
        tables: name -> rows and columns with names; all have the same columns.
        label: of the numbers, with their unit.
        title: above all.
    """
    most = max(np.abs(table.to_numpy()).max() for table in tables.values())
    lengths = [len(table) for table in tables.values()]
    width = max(len(table.columns) for table in tables.values())
    size = max(0.42 * width + 3.0, 6.5), 0.26 * sum(lengths) + 1.9 * len(tables) + 0.6
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(tables), squeeze=False, height_ratios=lengths)[:, 0]
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        shown = axes.imshow(table.to_numpy(), cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
        axes.set_xticks(range(len(table.columns)), table.columns, rotation=45, ha="right")
        axes.set_yticks(range(len(table)), table.index)
        axes.tick_params(labelsize=8)
        axes.set_title(name, fontsize=9)
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            shade = "white" if abs(value) > 0.6 * most else "black"
            where = {"ha": "center", "va": "center", "fontsize": 6, "color": shade}
            axes.text(column, row, f"{value:.2f}", **where)
    figure.colorbar(shown, ax=panels, label=label, shrink=0.8)
    figure.suptitle(title, fontsize=10)
    figure.savefig(str(path), dpi=110)


def save_planes(
    path: str | Path, planes: Mapping[str, tuple[np.ndarray, ...]], *, legend: str
) -> None:
    """Draw spaces of two latents side by side: above the codes by label, below what is decoded.

    Args:
        path: of the PNG file.
        planes: title -> (codes (n, 2), labels (n,) int from 0 to 9, decoded values of latent 1
            (columns,) and latent 2 (rows,), pictures (rows * columns, h, w, c) uint8).
        legend: what the labels are.
    """
    figure = Figure(figsize=(6.5 * len(planes), 12.0), layout="constrained")
    panels = figure.subplots(2, len(planes), squeeze=False).T
    for (above, below), (title, (codes, labels, x, y, pictures)) in zip(
        panels, planes.items(), strict=True
    ):
        dots = above.scatter(codes[:, 0], codes[:, 1], c=labels, cmap="tab10", s=3, vmin=0, vmax=9)
        above.legend(
            *dots.legend_elements(num=np.unique(labels).tolist()), title=legend, fontsize=8
        )
        above.set_title(f"{title}: {len(codes):,} codes")
        below.imshow(image_grid(pictures, columns=len(x), gap=0))
        height, width = pictures.shape[1:3]
        for axis, values, size in ((below.xaxis, x, width), (below.yaxis, y, height)):
            some = np.linspace(0, len(values) - 1, 7).round().astype(int)
            axis.set_ticks((some + 0.5) * size - 0.5, [f"{values[index]:.2g}" for index in some])
        below.set_title(f"{title}: decoded")
        for axes in (above, below):
            axes.set_xlabel("latent 1")
            axes.set_ylabel("latent 2")
    figure.savefig(str(path), dpi=80)
