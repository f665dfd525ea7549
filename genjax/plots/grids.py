"""Many pictures as one: grids, and sheets whose rows and columns have names."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genjax.errors import needs_extra

with needs_extra("scripts", "pictures"):
    from matplotlib.figure import Figure
    from matplotlib.image import imsave


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
    imsave(str(path), image)


def side_by_side(originals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Return a grid whose rows alternate: originals, and beneath each its reconstruction."""
    columns = min(8, len(originals))
    missing = -len(originals) % columns
    pairs = np.stack([originals, reconstructions])
    white = np.full_like(pairs[:, :1], 255)
    pairs = np.concatenate([pairs, *[white] * missing], axis=1)
    rows = pairs.reshape(2, -1, columns, *originals.shape[1:]).swapaxes(0, 1)
    return image_grid(rows.reshape(-1, *originals.shape[1:]), columns=columns)


def save_sheet(
    path: str | Path,
    images: np.ndarray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    captions: Sequence[Sequence[str]] | None = None,
) -> None:
    """Draw a table of pictures whose rows and columns have names.

    Args:
        path: of the PNG file.
        images: (rows, columns, height, width, channels) uint8.
        rows: their names.
        columns: their names.
        title: above all.
        captions: beneath each picture, (rows, columns).
    """
    height, width = images.shape[2:4]
    gap = max(2, height // 32) if captions is None else height // 5 + 1
    sheet = image_grid(images.reshape(-1, *images.shape[2:]), columns=len(columns), gap=gap)
    inches = 0.85 / height  # a pixel
    size = sheet.shape[1] * inches + 1.6, sheet.shape[0] * inches + 0.9
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(sheet, interpolation="nearest")
    centres = gap + np.arange(len(columns)) * (width + gap) + width / 2 - 0.5
    middles = gap + np.arange(len(rows)) * (height + gap) + height / 2 - 0.5
    axes.set_xticks(centres, columns, fontsize=8)
    axes.set_yticks(middles, rows, fontsize=8)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    axes.spines[:].set_visible(False)
    for row, line in enumerate(captions or ()):
        for column, text in enumerate(line):
            below = middles[row] + height / 2 + 0.5
            axes.text(centres[column], below, text, ha="center", va="top", fontsize=7)
    figure.suptitle(title, fontsize=10)
    figure.savefig(str(path), dpi=110)
