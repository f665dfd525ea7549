"""How the game of a GAN of pictures is going: samples by class, and distances as it trains."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genjax import plots
from genjax.data.conditions import Condition
from genjax.data.training_set import TrainingSet
from genjax.errors import InputError
from genjax.metrics.distance import frechet_distance
from genjax.metrics.features import Features
from genjax.metrics.verdict import measure
from genjax.observers.game_sheets import between, by_class, nearest_pictures, samples
from genjax.permutation import spread
from genjax.run import Run
from genjax.tensorboard import TensorBoard
from genjax.trained import Trained

_COMPARED = 2_000  # pictures in each look, at most
_NEIGHBOURS = 1_000  # of them for the verdict
_SEED = 1  # of the samples in every look
_LEAST = 12  # pictures: two halves with five neighbours each
_DISTANCE = "frechet_distance"


@dataclass
class PictureGameObserver:
    """Looks at a GAN of pictures; see `Observer`.

    Each look draws from the same noise, and appends to the run's `signals.jsonl`: the verdict and
    its signals, the Fréchet distance from training pictures in the features' space, and of features
    that classify, the share of pictures that are read as the class that was asked for; beside each
    distance and share what other training pictures have. At the end it draws what lies between
    samples, and the training pictures nearest to them.

    Attributes:
        data: what it learns from.
        features: what pictures are compared in.
        condition: the pictures' classes, for a model of classes.
    """

    data: TrainingSet
    features: Features
    condition: Condition | None = None
    unit: str = "images"
    seconds: float = 15.0
    growth: float = 2.0
    log_seconds: float = 2.0
    _seen: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _logged: int = field(default=-1, repr=False)

    def __post_init__(self) -> None:
        """Raise InputError if there are too few pictures to compare halves of."""
        if len(self.data.pixels) < _LEAST:
            raise InputError(
                f"a GAN is watched on {_LEAST} pictures or more, these are {len(self.data.pixels)}"
            )

    def look(
        self, trained: Trained, run: Run, board: TensorBoard | None, *, final: bool
    ) -> list[Path]:
        """Log the signals and draw the samples; at the end walks and nearest pictures too."""
        step, figures = int(trained.state.step), run.folder / "figures"
        if step != self._logged:
            self._log(trained, run, step)
            self._logged = step
        path = figures / f"samples_{step:07}.png"
        if self.condition is None:
            sheet = samples(trained, path)
        else:
            sheet = by_class(trained, path, self.condition.names)
        if board:
            board.add_image("samples", sheet, step)
        curves = figures / "curves.png", figures / "signals.png"
        plots.save_curves(curves[0], run.records())
        plots.save_curves(curves[1], _numbers(run))
        if not final:
            return [path, *curves]
        names = () if self.condition is None else self.condition.names
        last = figures / f"between_{step:07}.png", figures / f"nearest_{step:07}.png"
        between(trained, last[0], names)
        nearest_pictures(trained, last[1], self.data.pixels, self.features, self.condition)
        return [path, *curves, *last]

    def _log(self, trained: Trained, run: Run, step: int) -> None:
        real, y = self._real()
        fake = trained.sample(len(y), y=None if self.condition is None else y, seed=_SEED)
        of_fake = self.features(fake)
        few = spread(len(y), _NEIGHBOURS)
        labels = None if self.condition is None else y[few]
        logits = (trained.score(x[few], y=labels) for x in (real, fake))
        signals = measure(self._seen["first"][few], of_fake[few], *logits)
        record = {"step": step, "verdict": str(signals.verdict), **signals._asdict()}
        record |= {"features": self.features.name, "features_hash": self.features.hash, "n": len(y)}
        for name, vectors in ((_DISTANCE, of_fake), (f"{_DISTANCE}_of_real", self._seen["second"])):
            record[name] = frechet_distance(self._seen["first"], vectors)
        head = self.features.head
        if self.condition and head and head.classes == self.condition.names:
            other = self.condition.y[self._halves()[1]]
            for name, vectors, asked in (
                ("conditional_accuracy", of_fake, y),
                ("conditional_accuracy_of_real", self._seen["second"], other),
            ):
                record[name] = float((head(vectors).argmax(axis=1) == asked).mean())
        run.log(record, "signals")
        print(
            f"step {step:,}: {record['verdict']}, Fréchet {record[_DISTANCE]:.4g}", file=sys.stderr
        )

    def _real(self) -> tuple[np.ndarray, np.ndarray]:
        """Return training pictures to compare with, and their labels; keep what is seen in them."""
        pixels, (first, second) = self.data.pixels, self._halves()
        if not self._seen:
            self._seen = {
                "first": self.features(pixels[first]), "second": self.features(pixels[second])
            }  # fmt: skip
        y = np.zeros(len(pixels), np.int32) if self.condition is None else self.condition.y
        return pixels[first], y[first]

    def _halves(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which training pictures are compared with, and which are held beside samples."""
        chosen = spread(len(self.data.pixels), 2 * _COMPARED)
        return chosen[::2], chosen[1::2]


def _numbers(run: Run) -> list[dict[str, float]]:
    """Return what of the signals can be drawn."""
    return [
        {
            name: value
            for name, value in record.items()
            if isinstance(value, float) or name == "step"
        }
        for record in run.records("signals")
    ]
