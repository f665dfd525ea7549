"""Sheets of samples and reconstructions, and the curves of the log."""

from dataclasses import dataclass
from pathlib import Path

from genjax import plots
from genjax.config import TrainingConfig
from genjax.data.training_set import TrainingSet
from genjax.run import Run
from genjax.start import Start
from genjax.tensorboard import TensorBoard
from genjax.train import Outcome, train
from genjax.trained import Trained

_SAMPLES = 64


@dataclass(frozen=True)
class PictureObserver:
    """Looks at a model of pictures; see `Observer`.

    Attributes:
        data: whose `shown` pictures are reconstructed.
    """

    data: TrainingSet
    unit: str = "images"
    seconds: float = 15.0
    growth: float = 2.0
    log_seconds: float = 2.0

    def look(
        self, trained: Trained, run: Run, board: TensorBoard | None, *, final: bool
    ) -> list[Path]:
        """Draw into the run's `figures`, and for TensorBoard."""
        step, figures = int(trained.state.step), run.folder / "figures"
        which, shown = "held-out" if self.data.held_out else "training", self.data.shown
        sheets = {}
        if hasattr(trained.model, "reconstruct"):
            pairs = plots.side_by_side(shown, trained.reconstruct(shown))
            sheets[f"reconstructions_{which}"] = pairs
        if trained.model.has_prior:
            sheets["samples"] = plots.image_grid(trained.sample(_SAMPLES))
        paths = [figures / f"{name}_{step:07}.png" for name in sheets]
        for (name, sheet), path in zip(sheets.items(), paths, strict=True):
            plots.save_image(path, sheet)
            if board:
                board.add_image(name, sheet, step)
        plots.save_curves(figures / "curves.png", run.records())
        return [*paths, figures / "curves.png"]


def train_on_pictures(
    config: TrainingConfig, data: TrainingSet, folder: str | Path, start: Start | None = None
) -> Outcome:
    """Train a model of pictures into a folder; see `train`."""
    return train(config, {"x": data.pixels}, folder, PictureObserver(data), start)
