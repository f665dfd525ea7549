"""A hook that writes what TensorBoard shows: curves, histograms, pictures."""

from pathlib import Path

import numpy as np

from genjax.errors import needs_extra
from genjax.fit import Progress


class TensorBoard:
    """Write metrics and pictures, by step, for `tensorboard --logdir FOLDER`.

    A metric's mean over a chunk is a point of a curve; one with several numbers a step is a
    histogram of their means.

    Args:
        folder: where to, made if it is not there.
        start: the step that is gone on from; what an earlier process wrote of later ones, which
            are taken again now, is hidden.

    Raises:
        ImportError: tensorboardX is missing.
    """

    def __init__(self, folder: str | Path, *, start: int = 0):
        with needs_extra("tensorboard", "TensorBoard logs"):
            from tensorboardX import SummaryWriter

        # The first pictures are of step 0, and those of a later start are there already.
        first = start + 1 if start else 0
        # Files are named by the second: a suffix keeps two short runs' apart.
        self._writer = SummaryWriter(str(folder), purge_step=first, filename_suffix=f".{first}")

    def __call__(self, progress: Progress) -> None:
        """Write the metrics of a chunk."""
        for name, values in progress.metrics.items():
            mean = np.mean(values, axis=0)
            write = self._writer.add_histogram if mean.ndim else self._writer.add_scalar
            write(name, mean, progress.step)

    def add_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Write a picture, (height, width, 3) uint8."""
        self._writer.add_image(name, image, step, dataformats="HWC")

    def close(self) -> None:
        """Write what has not been written."""
        self._writer.close()
