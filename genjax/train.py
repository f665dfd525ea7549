"""Train into a run's folder: `fit` with a progress line, logs, figures and checkpoints."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import jax
from jax.sharding import Mesh

from genjax import sharding
from genjax.algorithm import Algorithm, PyTree, TrainState
from genjax.config import TrainingConfig
from genjax.errors import needs_extra
from genjax.fit import NonFiniteError, Progress, check_data, fit, init
from genjax.hooks import Every, Interrupt, MetricsLog, ProgressLine, TimeLimit
from genjax.observers.observer import Observer
from genjax.run import Run, digest
from genjax.start import Start
from genjax.tensorboard import TensorBoard
from genjax.trained import Trained

_CHECKPOINT_SECONDS = 30.0  # then 60, 120, ... up to five minutes apart
_CHECKPOINT_LONGEST = 300.0


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


def train(
    config: TrainingConfig,
    examples: PyTree,
    folder: str | Path,
    observer: Observer,
    start: Start | None = None,
) -> Outcome:
    """Train into a folder, or go on with the run that is there.

    Args:
        config: what to train, and until when.
        examples: what it learns from, as `fit` takes it.
        folder: of the run.
        observer: looks at it between chunks.
        start: prints how long the process took to its first step.

    Returns:
        How it ended.

    Raises:
        InputError: data, settings and folder do not fit together.
        NonFiniteError: training diverged; the last good state is saved.
    """
    mesh = sharding.data_mesh()
    algorithm = config.algorithm()
    check_data(algorithm, examples, config.batch_size, config.chunk)
    sharding.check_divides(config.batch_size, mesh)
    with ExitStack() as stack:
        run, first = _open(config, algorithm, examples, folder)
        stack.enter_context(closing(run))
        state = run.restore(mesh)
        if state is None:
            # Placed as the states to come are, so that each look at one is the same program.
            state = sharding.replicate(first or _init(config, algorithm, examples), mesh)
        board = None
        if start and sharding.is_main():
            start.goes_on_from(int(state.step))
        if sharding.is_main():
            run.drop_records_after(int(state.step))
            if config.tensorboard:
                board = TensorBoard(run.folder / "tensorboard", start=int(state.step))
                stack.enter_context(closing(board))
        return _train(run, algorithm, examples, state, mesh, observer, board, start)


def _open(
    config: TrainingConfig, algorithm: Algorithm, examples: PyTree, folder: str | Path
) -> tuple[Run, TrainState | None]:
    """Open the run; a core hashes the data while another one makes a new run's first state."""
    if sharding.is_main():
        Run.check(folder, config)  # before work that takes minutes
    with ThreadPoolExecutor(1) as pool:
        hashed = pool.submit(digest, examples).result if sharding.is_main() else None
        is_new = not (Path(folder) / "config.json").exists()
        state = _init(config, algorithm, examples) if is_new else None
        return Run.open(folder, config, examples, hashed), state


def _init(config: TrainingConfig, algorithm: Algorithm, examples: PyTree) -> TrainState:
    key = jax.random.key(config.seed)
    return init(algorithm, examples, key=key, batch_size=config.batch_size)


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
    examples: PyTree,
    state: TrainState,
    mesh: Mesh,
    observer: Observer,
    board: TensorBoard | None,
    clock: Start | None,
) -> Outcome:
    config = run.config
    start = int(state.step)
    steps = config.steps_of(len(jax.tree.leaves(examples)[0]))
    examples_a_step = config.batch_size * algorithm.minibatches
    time_limit, interrupt = TimeLimit(config.minutes), Interrupt()
    trained = Trained(config, state)  # once, so that its programs are compiled once

    def look(state: TrainState, *, final: bool = False) -> list[Path]:
        if not sharding.is_main():
            return []
        trained.state = sharding.local(state)
        return observer.look(trained, run, board, final=final)

    if start >= steps:
        print(f"step {start:,} of {steps:,} is reached already: ask for more with --steps")
    elif sharding.is_main():
        print(f"{'going on from' if start else 'starting at'} step {start:,}", file=sys.stderr)

    # The first look is at the state before the first step, and waits until that has been taken.
    unseen = [state] if start == 0 else []

    def look_first(progress: Progress) -> None:
        if unseen:
            look(unseen.pop())

    def fraction(step: int) -> float:
        return max((step - start) / (steps - start), time_limit.fraction)

    began = time.perf_counter()
    metrics_log = MetricsLog(run, examples_a_step, every_seconds=observer.log_seconds)
    with interrupt, ProgressLine(examples_a_step, fraction, unit=observer.unit) as line:
        try:
            state = fit(
                algorithm,
                examples,
                steps=steps,
                key=jax.random.key(config.seed),
                batch_size=config.batch_size,
                state=state,
                chunk=config.chunk,
                mesh=mesh,
                stream=config.data.stream,
                hooks=[
                    *((clock,) if clock and sharding.is_main() else ()),
                    *((line, metrics_log) if sharding.is_main() else ()),
                    *((board,) if board else ()),
                    look_first,
                    Every(look, observer.seconds, growth=observer.growth),
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
    figures = tuple(look(state, final=True))
    return Outcome(
        int(state.step), time.perf_counter() - began, int(interrupt.signal or 0), figures
    )
