"""Pictures of what was learnt; the only file that imports matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genjax.errors import needs_extra

with needs_extra("scripts", "pictures"):
    import matplotlib as mpl
    from matplotlib.figure import Figure

mpl.use("Agg")


def image_grid(images: np.ndarray, *, columns: int = 8, gap: int = 2) -> np.ndarray:
    """Return one white-gapped picture of many.

    Args:
        images: (n, height, width, channels) uint8, n 1 or more; of 2 channels the first is shown,
            of 4 the first three.
        columns: pictures a row, at most.
        gap: pixels between them.

    Returns:
        (height', width', 3) uint8.
    """
    n, height, width, channels = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    if channels not in (3, 4):
        images = np.repeat(images[..., :1], 3, axis=-1)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image[..., :3]
    return sheet


def save_image(path: str | Path, image: np.ndarray) -> None:
    """Write a picture, (height, width, 3) uint8, to a PNG file."""
    mpl.image.imsave(str(path), image)


def side_by_side(originals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Return a grid whose rows alternate: originals, and beneath each its reconstruction."""
    columns = min(8, len(originals))
    missing = -len(originals) % columns
    pairs = np.stack([originals, reconstructions])
    white = np.full_like(pairs[:, :1], 255)
    pairs = np.concatenate([pairs, *[white] * missing], axis=1)
    rows = pairs.reshape(2, -1, columns, *originals.shape[1:]).swapaxes(0, 1)
    return image_grid(rows.reshape(-1, *originals.shape[1:]), columns=columns)


def save_curves(path: str | Path, records: Sequence[dict[str, Any]]) -> None:
    """Draw each logged metric against the step, an axis each.

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
    steps = [record["step"] for record in records]
    for index, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.plot(steps, [_number(record.get(name)) for record in records])
        label = name.rpartition("/")[2]
        axes.set_title(label.replace("_", " "))
        axes.set_xlabel("step")
        axes.set_ylabel({"kl": "nats per example", "loss": "per example"}.get(label, ""))
        axes.grid(alpha=0.3)
    figure.savefig(str(path), dpi=110)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
