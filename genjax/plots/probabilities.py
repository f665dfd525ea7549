"""One picture of probabilities of two classes: how they rank, and whether they can be believed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from genjax.errors import InputError, needs_extra
from genjax.metrics.probabilities import calibration_bins, score_probabilities

with needs_extra("scripts", "pictures"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
with needs_extra("tables", "curves"):
    from sklearn.metrics import roc_curve

# Okabe and Ito, "Color universal design", 2008: told apart by colour-blind readers too; grey is in
# the place of yellow, which is pale on white; brown is added.
_COLOURS = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7", "#888888",
    "#7A4A21",
)  # fmt: skip
_MARKS = "os^Dv<>PX*"
_BINS = 10
_TICKS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


def save_roc_and_calibration(
    path: str | Path,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    *,
    title: str,
    positive: str = "class 1",
) -> None:
    """Draw ROC curves, and beside them observed shares against probabilities.

    Probabilities are grouped in bins of equal numbers, before recalibration (dashed) and after it
    (solid). The axes are those of square roots: probabilities of a rare class are small.

    Args:
        path: of the PNG file.
        curves: name -> (y, probability of class 1, recalibrated probability), (n,) each.
        title: above both.
        positive: name of the rows of class 1.

    Raises:
        InputError: no curve, or what are no probabilities of two classes.
    """
    if not curves:
        raise InputError("there are no probabilities that could be drawn")
    figure = Figure(figsize=(12.0, 5.8), layout="constrained")
    roc, calibration = figure.subplots(1, 2)
    ends = np.zeros(2)  # of both axes
    for number, (name, (y, before, after)) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        area = score_probabilities(y, before).auc
        false_alarms, hits, _ = roc_curve(np.asarray(y), np.asarray(before))
        mark: dict[str, Any] = {"marker": _MARKS[number % len(_MARKS)], "markersize": 4}
        mark |= {"color": colour, "linewidth": 1.2, "alpha": 0.85}
        roc.plot(false_alarms, hits, markevery=0.1, label=f"{name}: {area:.3f}", **mark)
        for probability, style in ((before, "--"), (after, "-")):
            predicted, observed, _ = calibration_bins(y, probability, bins=_BINS)
            calibration.plot(predicted, observed, linestyle=style, **mark)
            ends = np.maximum(ends, [predicted.max(), observed.max()])
    roc.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="chance: 0.500")
    roc.set_xlabel("false alarms, share of the other rows")
    roc.set_ylabel(f"hits, share of {positive}")
    roc.set_title("ROC, all test folds together", fontsize=10)
    roc.legend(title="area, folds pooled", fontsize=8, title_fontsize=8, loc="lower right")
    roc.set_xlim(-0.01, 1.01)
    roc.set_ylim(-0.01, 1.01)
    roc.grid(alpha=0.3)
    _finish(calibration, np.minimum(1.05 * ends, 1.0).tolist(), positive)
    figure.suptitle(title, fontsize=11)
    figure.savefig(str(path), dpi=110)


def _finish(axes: Axes, ends: list[float], positive: str) -> None:
    """Give the calibration's panel its axes, its diagonal and its legend."""
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":")
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set_yscale("function", functions=(_root, np.square))
    axes.set_xlim(0, ends[0])
    axes.set_ylim(0, ends[1])
    for axis, end in zip((axes.xaxis, axes.yaxis), ends, strict=True):
        ticks = [tick for tick in _TICKS if tick <= end]
        axis.set_ticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.set_xlabel("mean probability in a bin of equal numbers (axis of square roots)")
    axes.set_ylabel(f"share of {positive} in the bin (axis of square roots)")
    axes.set_title("Calibration, all test folds together", fontsize=10)
    axes.grid(alpha=0.3)
    styles = [
        Line2D([], [], color="0.3", linestyle="--", label="before recalibration"),
        Line2D([], [], color="0.3", linestyle="-", label="after recalibration"),
        Line2D([], [], color="0.6", linestyle=":", label="perfect"),
    ]
    how: dict[str, Any] = {"fontsize": 8, "title_fontsize": 8, "loc": "upper left"}
    axes.legend(handles=styles, title="colours and marks as beside", **how)


def _root(values: Any) -> Any:
    return np.sqrt(np.maximum(values, 0))
