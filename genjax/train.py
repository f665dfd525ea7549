"""Train on pictures into a run's folder: `fit` with a progress line, logs and checkpoints."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import jax
from jax.sharding import Mesh

from genjax import plots, sharding
from genjax.algorithm import Algorithm, TrainState
from genjax.config import TrainingConfig
from genjax.data.training_set import TrainingSet
from genjax.errors import needs_extra
from genjax.fit import NonFiniteError, check_data, fit, init
from genjax.hooks import Every, Interrupt, MetricsLog, ProgressLine, TimeLimit
from genjax.run import Run
from genjax.tensorboard import TensorBoard
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
    with ExitStack() as stack:
        run = stack.enter_context(closing(Run.open(folder, config, batch)))
        key = jax.random.key(config.seed)
        state = run.restore(mesh) or init(algorithm, batch, key=key, batch_size=config.batch_size)
        board = None
        if sharding.is_main():
            run.drop_metrics_after(int(state.step))
            if config.tensorboard:
                board = TensorBoard(run.folder / "tensorboard", start=int(state.step))
                stack.enter_context(closing(board))
        return _train(run, algorithm, data, state, mesh, board)


def check(config: TrainingConfig, folder: str | Path) -> None:
    """Raise what `train` would, whatever the data; call it before loading, which may take minutes.

    Args:
        config: what to train.
        folder: of the run; nothing in it changes.

    Raises:
        InputError: the folder holds something else, or cannot be written to.
        ImportError: a package is missing that the configuration asks for.
    """
    Run.check(folder, config)
    if config.data.stream:
        with needs_extra("stream", "streams"):
            import grain  # noqa: F401
    if config.tensorboard:
        with needs_extra("tensorboard", "TensorBoard logs"):
            import tensorboardX  # noqa: F401


def _train(
    run: Run,
    algorithm: Algorithm,
    data: TrainingSet,
    state: TrainState,
    mesh: Mesh,
    board: TensorBoard | None,
) -> Outcome:
    config, batch = run.config, {"x": data.pixels}
    start = int(state.step)
    steps = config.steps_of(len(data.pixels))
    examples = config.batch_size * algorithm.minibatches
    time_limit, interrupt = TimeLimit(config.minutes), Interrupt()
    draw = _pictures(run, data, state, board)
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
                key=jax.random.key(config.seed),
                batch_size=config.batch_size,
                state=state,
                chunk=config.chunk,
                mesh=mesh,
                stream=config.data.stream,
                hooks=[
                    *((line, metrics_log) if sharding.is_main() else ()),
                    *((board,) if board else ()),
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


def _pictures(
    run: Run, data: TrainingSet, state: TrainState, board: TensorBoard | None
) -> Callable[[TrainState], list[Path]]:
    """Return a function that draws samples, reconstructions and curves of a state."""
    which = "held-out" if data.held_out else "training"
    trained = Trained(run.config, state)  # once, so that its programs are compiled once

    def draw(state: TrainState) -> list[Path]:
        if not sharding.is_main():
            return []
        trained.state = sharding.local(state)
        step = int(state.step)
        figures = run.folder / "figures"
        reconstructions = plots.side_by_side(data.shown, trained.reconstruct(data.shown))
        sheets = {f"reconstructions_{which}": reconstructions}
        if trained.model.has_prior:
            sheets["samples"] = plots.image_grid(trained.sample(_SAMPLES))
        paths = [figures / f"{name}_{step:07}.png" for name in sheets]
        for (name, sheet), path in zip(sheets.items(), paths, strict=True):
            plots.save_image(path, sheet)
            if board:
                board.add_image(name, sheet, step)
        plots.save_curves(figures / "curves.png", run.metrics())
        return [*paths, figures / "curves.png"]

    return draw
