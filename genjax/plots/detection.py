"""Pictures of a detector of frauds: its scores, its curves, its latent space."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from genjax.errors import InputError, needs_extra
from genjax.metrics.thresholds import checked_labels, checked_scores, labelled

with needs_extra("scripts", "pictures"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
with needs_extra("tables", "detectors' pictures"):
    from sklearn.decomposition import PCA
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

_GENUINE, _FRAUD = "0.45", "tab:red"
_BARS = 50
_MOST_DOTS = 20_000
# A legend that hides no row.
_BENEATH: dict[str, Any] = {"loc": "outside lower center", "ncols": 3, "fontsize": 8}


def save_score_histogram(
    path: str | Path,
    scores: ArrayLike,
    y: ArrayLike,
    threshold: float,
    *,
    name: str = "log reconstruction probability",
) -> None:
    """Draw the scores of both classes, as shares of the class on a logarithmic axis.

    The axis goes beyond the scores of 99 % of the genuine rows on the anomalous side, by one and a
    half times their width, and beyond the threshold. Scores further out are counted in the end
    bars, and the title says how many. A bar ends at the threshold.

    Args:
        path: of the PNG file.
        scores: (n,) high for normal rows.
        y: (n,) 1 of frauds, 0 of genuine rows.
        threshold: below which rows are flagged, finite.
        name: of the scores, with their unit.

    Raises:
        InputError: scores or a threshold that is not finite, labels of one class.
    """
    values, is_fraud = labelled(scores, y)
    if not np.isfinite(threshold):
        raise InputError(f"a threshold that is drawn must be finite, not {threshold}")
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    outside = _histogram(axes, values, is_fraud, "tab:blue", include=threshold)
    axes.axvline(threshold, color="red", label=f"threshold {threshold:.4g}: anomalies lie below")
    axes.set_xlabel(f"{name}, high is normal")
    axes.set_title(f"Scores of genuine rows and frauds{outside}", fontsize=10)
    figure.legend(**_BENEATH)
    figure.savefig(str(path), dpi=110)


def _histogram(
    axes: Axes,
    values: np.ndarray,
    is_fraud: np.ndarray,
    fraud_colour: str,
    *,
    include: float | None = None,
) -> str:
    """Draw two classes' shares and return in words what the end bars hold besides."""
    least, most = np.quantile(values[~is_fraud], [0.01, 0.999])
    width = (most - least) or 1.0
    low = max(least - 1.5 * width, values.min())
    high = min(most + 0.25 * width, values.max())
    if include is not None:
        low, high = min(low, include), max(high, include)
    step = (high - low) / _BARS or 1.0
    start = low if include is None else include  # no bar has rows of both sides of a threshold
    first, last = np.floor((low - start) / step) - 1, np.ceil((high - start) / step) + 1
    edges = start + step * np.arange(first, last + 1)
    for chosen, label, colour in (
        (~is_fraud, "genuine rows", _GENUINE),
        (is_fraud, "frauds", fraud_colour),
    ):
        counts, _ = np.histogram(np.clip(values[chosen], edges[0], edges[-1]), edges)
        label = f"{label} ({chosen.sum():,})"
        axes.stairs(counts / chosen.sum(), edges, color=colour, linewidth=1.2, label=label)
        axes.stairs(counts / chosen.sum(), edges, color=colour, fill=True, alpha=0.3)
    axes.set_yscale("log")
    axes.set_ylim(0.5 / len(values), 1.5)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylabel("share of the class in each bar")
    beyond = (values < edges[0]) | (values > edges[-1])
    return _shares(beyond, is_fraud, ", and in the end bars")


def _shares(beyond: np.ndarray, is_fraud: np.ndarray, where: str = "") -> str:
    """Return a second line of a title that says how many rows are out of sight, if any."""
    if not beyond.any():
        return ""
    genuine, frauds = (
        f"{beyond[chosen].sum():,} ({beyond[chosen].mean():.2%})"
        for chosen in (~is_fraud, is_fraud)
    )
    return f"\nbeyond the axes{where}: genuine rows {genuine}, frauds {frauds}"


def save_roc_and_precision_recall(
    path: str | Path, curves: Mapping[str, ArrayLike], y: ArrayLike
) -> None:
    """Draw detectors' ROC curves, and beside them precision against recall, with their areas.

    Args:
        path: of the PNG file.
        curves: detector -> (n,) scores, high for normal rows; one or more, the first in front.
        y: (n,) 1 of frauds, 0 of genuine rows.

    Raises:
        InputError: no detector, scores that are not finite, labels of one class.
    """
    if not curves:
        raise InputError("there is no detector whose curves could be drawn")
    figure = Figure(figsize=(11.0, 5.0), layout="constrained")
    roc, trade = figure.subplots(1, 2)
    for index, (name, scores) in enumerate(curves.items()):
        how: dict[str, Any] = {"linewidth": 1.2 if index else 2.4, "zorder": 2 if index else 3}
        values, is_fraud = labelled(scores, y)
        rates, recalls, _ = roc_curve(is_fraud, -values)
        area = roc_auc_score(is_fraud, -values)
        roc.plot(rates, recalls, label=f"{name}: area {area:.3f}", **how)
        precisions, recalls, _ = precision_recall_curve(is_fraud, -values, drop_intermediate=True)
        average = average_precision_score(is_fraud, -values)
        # As steps, from the first fraud found: the area beneath is the average precision.
        found = recalls > 0
        recalls, precisions = np.append(recalls[found], 0), precisions[found]
        trade.plot(
            recalls,
            np.append(precisions, precisions[-1]),
            label=f"{name}: average precision {average:.3f}",
            drawstyle="steps-post",
            **how,
        )
    share = is_fraud.mean()
    chance = {"color": "0.4", "linestyle": ":", "linewidth": 1.2}
    roc.plot([0, 1], [0, 1], label="chance: area 0.500", **chance)
    trade.plot([0, 1], [share, share], label=f"chance: {share:.3g}", **chance)
    roc.set_title("ROC: frauds found against false alarms", fontsize=10)
    roc.set_xlabel("false alarms, share of genuine rows")
    roc.set_ylabel("recall, share of frauds found")
    title = f"Precision against recall, where frauds are {share:.3%} of the rows"
    trade.set_title(title, fontsize=10)
    trade.set_xlabel("recall, share of frauds found")
    trade.set_ylabel("precision, share of frauds among alarms")
    for axes in (roc, trade):
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.01, 1.02)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(str(path), dpi=110)


def save_latent_space(path: str | Path, latents: ArrayLike, y: ArrayLike) -> None:
    """Draw where frauds lie among genuine rows in a latent space.

    Of more than two latents their two principal components are drawn, of all rows; a single latent
    as a histogram. Of more than 20,000 genuine rows that many are drawn, by chance, always the
    same. Few rows far out do not turn the components, nor shrink the others to a dot: latents count
    for them up to Tukey's outer fences, and the title says how many are out of sight.

    Args:
        path: of the PNG file.
        latents: (n, d), such as posterior means.
        y: (n,) 1 of frauds, 0 of genuine rows.

    Raises:
        InputError: latents that are not (n, d) or not finite, labels of one class.

    References:
        Tukey, "Exploratory data analysis", Addison-Wesley 1977 (fences).
    """
    codes = np.asarray(latents, np.float64)
    if codes.ndim != 2 or not codes.size:
        raise InputError(f"latents are (n, d), a row each, not {codes.shape}")
    checked_scores(codes.ravel())
    is_fraud = checked_labels(y, len(codes))
    figure = Figure(figsize=(6.5, 5.5), layout="constrained")
    axes = figure.add_subplot()
    if codes.shape[1] == 1:
        outside = _histogram(axes, codes[:, 0], is_fraud, _FRAUD)
        axes.set_xlabel("latent 1")
        axes.set_title(f"The latent of genuine rows and frauds{outside}", fontsize=10)
    else:
        _plane(axes, codes, is_fraud)
    figure.legend(markerscale=2, **_BENEATH)
    figure.savefig(str(path), dpi=110)


def _plane(axes: Axes, codes: np.ndarray, is_fraud: np.ndarray) -> None:
    names = ["latent 1", "latent 2"]
    if codes.shape[1] > 2:
        pca = PCA(2, random_state=0).fit(np.clip(codes, *_fences(codes)))
        names = [
            f"principal component {index} ({share:.0%} of the variance)"
            for index, share in enumerate(pca.explained_variance_ratio_, 1)
        ]
        codes = pca.transform(codes)
    genuine = np.flatnonzero(~is_fraud)
    some = genuine
    if len(genuine) > _MOST_DOTS:
        some = np.random.default_rng(0).choice(genuine, _MOST_DOTS, replace=False)
    drawn = f"{len(some):,} of {len(genuine):,}" if len(some) < len(genuine) else f"{len(some):,}"
    frauds = np.flatnonzero(is_fraud)
    for chosen, label, colour, size, alpha in (
        (some, f"genuine rows ({drawn})", _GENUINE, 4, 0.3),
        (frauds, f"frauds ({len(frauds):,})", _FRAUD, 12, 0.8),
    ):
        x, y = codes[chosen].T
        axes.scatter(x, y, c=colour, s=size, alpha=alpha, linewidths=0, label=label)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    # Of each class, or frauds, which are few, would count for nothing.
    limits = [_fences(codes[chosen]) for chosen in (~is_fraud, is_fraud)]
    low, high = np.min(limits, axis=(0, 1)), np.max(limits, axis=(0, 1))
    margin = np.where(high > low, 0.05 * (high - low), 1.0)
    low, high = low - margin, high + margin
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    beyond = ((codes < low) | (codes > high)).any(axis=1)
    title = f"Genuine rows and frauds in the latent space{_shares(beyond, is_fraud)}"
    axes.set_title(title, fontsize=10)


def _fences(codes: np.ndarray) -> np.ndarray:
    """Return (2, d) the least and the largest number of each column that is not far out."""
    low, high = np.quantile(codes, [0.25, 0.75], axis=0)
    reach = 3 * (high - low)
    near = (codes >= low - reach) & (codes <= high + reach)
    least = codes.min(axis=0, where=near, initial=np.inf)
    return np.stack([least, codes.max(axis=0, where=near, initial=-np.inf)])
