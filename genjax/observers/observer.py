"""What `train` asks of an observer."""

from pathlib import Path
from typing import Protocol

from genjax.run import Run
from genjax.tensorboard import TensorBoard
from genjax.trained import Trained


class Observer(Protocol):
    """Draws figures, and logs what the training's own metrics cannot say.

    Attributes:
        unit: of the examples, in the plural.
        seconds: between looks, at first.
        growth: the interval is multiplied by this after each look, up to ten minutes.
        log_seconds: between lines of the log; 0 writes one for each chunk.
    """

    @property
    def unit(self) -> str:
        """Of the examples, in the plural."""

    @property
    def seconds(self) -> float:
        """Between looks, at first."""

    @property
    def growth(self) -> float:
        """Of the interval, after each look."""

    @property
    def log_seconds(self) -> float:
        """Between lines of the log."""

    def look(
        self, trained: Trained, run: Run, board: TensorBoard | None, *, final: bool
    ) -> list[Path]:
        """Look at a model in training; return the pictures that it drew.

        Args:
            trained: the model, in its newest state.
            run: to log to and to draw into.
            board: TensorBoard's, where it is asked for.
            final: whether the training has ended.
        """
