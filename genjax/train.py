"""Train on pictures into a run's folder: `fit` with a progress line, logs and checkpoints."""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import jax
from jax.sharding import Mesh

from genjax import plots, sharding
from genjax.algorithm import Algorithm, TrainState
from genjax.config import TrainingConfig
from genjax.data.training_set import TrainingSet
from genjax.fit import NonFiniteError, check_data, fit, init
from genjax.hooks import Every, Interrupt, MetricsLog, ProgressLine, TimeLimit
from genjax.run import Run
from genjax.trained import Trained

_SAMPLES = 64
_CHECKPOINT_SECONDS = 30.0  # then 60, 120, ... up to five minutes apart
_CHECKPOINT_LONGEST = 300.0
_PICTURE_SECONDS = 15.0  # then 30, 60, ... up to ten minutes apart


class Outcome(NamedTuple):
    """How a training ended.

    Attributes:
        step: reached and saved.
        seconds: spent in `fit`.
        interrupted: 0, or the number of the signal that stopped it.
        figures: the newest pictures.
    """

    step: int
    seconds: float
    interrupted: int
    figures: tuple[Path, ...]


def train(config: TrainingConfig, data: TrainingSet, folder: str | Path) -> Outcome:
    """Train into a folder, or go on with the run that is there.

    Args:
        config: what to train, and until when.
        data: what it learns from.
        folder: of the run.

    Returns:
        How it ended.

    Raises:
        InputError: data, settings and folder do not fit together.
        NonFiniteError: training diverged; the last good state is saved.
    """
    mesh = sharding.data_mesh()
    batch = {"x": data.pixels}
    algorithm = config.algorithm()
    check_data(algorithm, batch, config.batch_size, config.chunk)
    sharding.check_divides(config.batch_size, mesh)
    with closing(Run.open(folder, config, batch)) as run:
        return _train(run, algorithm, data, mesh)


def _train(run: Run, algorithm: Algorithm, data: TrainingSet, mesh: Mesh) -> Outcome:
    config, batch = run.config, {"x": data.pixels}
    key = jax.random.key(config.seed)
    state = run.restore(mesh) or init(algorithm, batch, key=key, batch_size=config.batch_size)
    start = int(state.step)
    if sharding.is_main():
        run.drop_metrics_after(start)
    steps = config.steps_of(len(data.pixels))
    examples = config.batch_size * algorithm.minibatches
    time_limit, interrupt = TimeLimit(config.minutes), Interrupt()
    draw = _pictures(run, data, state)
    if start >= steps:
        print(f"step {start:,} of {steps:,} is reached already: ask for more with --steps")
    elif sharding.is_main():
        print(f"{'going on from' if start else 'starting at'} step {start:,}", file=sys.stderr)

    if start == 0:
        draw(state)

    def fraction(step: int) -> float:
        return max((step - start) / (steps - start), time_limit.fraction)

    began = time.perf_counter()
    metrics_log = MetricsLog(run, examples)
    with interrupt, ProgressLine(examples, fraction) as line:
        try:
            state = fit(
                algorithm,
                batch,
                steps=steps,
                key=key,
                batch_size=config.batch_size,
                state=state,
                chunk=config.chunk,
                mesh=mesh,
                hooks=[
                    *((line, metrics_log) if sharding.is_main() else ()),
                    Every(draw, _PICTURE_SECONDS, growth=2.0),
                    Every(
                        run.checkpoints.save,
                        _CHECKPOINT_SECONDS,
                        growth=2.0,
                        longest=_CHECKPOINT_LONGEST,
                    ),
                    time_limit,
                    interrupt,
                ],
            )
        except NonFiniteError as error:
            run.checkpoints.save(error.state)
            kept = f"the last good state, of step {error.step}, is saved in {run.folder}"
            error.args = (f"{error}; {kept}; try a lower learning rate in a new run",)
            raise
        finally:
            metrics_log.close()
        run.checkpoints.save(state)
    figures = tuple(draw(state))
    return Outcome(
        int(state.step), time.perf_counter() - began, int(interrupt.signal or 0), figures
    )


def _pictures(run: Run, data: TrainingSet, state: TrainState) -> Callable[[TrainState], list[Path]]:
    """Return a function that draws samples, reconstructions and curves of a state."""
    which = "held-out" if data.held_out else "training"
    trained = Trained(run.config, state)  # once, so that its programs are compiled once

    def draw(state: TrainState) -> list[Path]:
        if not sharding.is_main():
            return []
        trained.state = sharding.local(state)
        step = int(state.step)
        figures = run.folder / "figures"
        sheets = {
            f"samples_{step:07}.png": plots.image_grid(trained.sample(_SAMPLES)),
            f"reconstructions_{which}_{step:07}.png": plots.side_by_side(
                data.shown, trained.reconstruct(data.shown)
            ),
        }
        for name, sheet in sheets.items():
            plots.save_image(figures / name, sheet)
        plots.save_curves(figures / "curves.png", run.metrics())
        return [*(figures / name for name in sheets), figures / "curves.png"]

    return draw
