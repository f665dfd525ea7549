"""Train a GAN on heights, or on any columns of numbers, and say how well it learnt them.

    python scripts/train_height_gan.py [--config FILE] [--data TABLE.csv] [--run DIR]
        [--steps N] [--seed S]

Without --data, true heights are drawn: normal, mean 69 inches, deviation 3. Of a csv the column is
`height`; another one with --data.columns NAME, some of its rows with --data.where COLUMN=VALUE.
"""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

from scipy import stats

import genjax
from command_line import parse_training, report_errors
from genjax import Run, sharding
from genjax.config import TrainingConfig
from genjax.data.config import TableConfig
from genjax.data.rows import DEVIATION, MEAN, Rows, draw_heights, load_table
from genjax.metrics.rows import score_rows
from genjax.models import GANConfig
from genjax.observers.rows import RowsObserver
from genjax.permutation import spread
from genjax.start import Start
from genjax.train import check, train
from report_scores import report_scores

_COMPARED = 10_000  # rows, at most


def main() -> int:
    """Parse, load, train, report."""
    start = Start()
    sharding.start()
    config, folder, _ = parse_training(default="height_gan", description=__doc__, data=TableConfig)
    assert isinstance(config.data, TableConfig)
    if not isinstance(config.model, GANConfig):
        raise genjax.InputError(f"a GAN is trained here, not a {type(config.model).__name__}")
    rows = load_table(config.data, seed=config.seed)
    start.loaded()
    config = _fitting(config, config.model, len(rows.columns))
    if sharding.is_main():
        check(config, folder)
        print(*rows.notes, sep="\n", file=sys.stderr)
    outcome = train(config, {"x": rows.x}, folder, RowsObserver(rows), start)
    if not sharding.is_main():
        return 0
    print(f"trained to step {outcome.step:,} in {outcome.seconds:,.1f} s; saved in {folder}")
    for figure in outcome.figures:
        print(f"  {figure}")
    _score(config, folder, rows)
    print(f"go on:  python scripts/train_height_gan.py --run {shlex.quote(str(folder))}")
    print(f"use it: genjax.load({str(folder)!r}).sample(10_000, seed=1)")
    return 128 + outcome.interrupted if outcome.interrupted else 0


def _score(config: TrainingConfig, folder: Path, rows: Rows) -> None:
    """Print the verdict and the scores: drawn heights are held against new ones."""
    trained, real, split, truth = genjax.load(folder), rows.x, "train", None
    if config.data.path is None:
        real, split = draw_heights(_COMPARED, seed=config.seed + 1), "new draws"
        truth = stats.norm(MEAN, DEVIATION)
    scores = score_rows(
        trained, real[spread(len(real), _COMPARED)], rows.columns, split=split, truth=truth
    )
    report_scores(scores, folder, {"step": int(trained.state.step), "data": config.data.path})
    signals = Run(folder, config, read_only=True).records("signals")
    print(f"verdict: {signals[-1]['verdict']}")


def _fitting(config: TrainingConfig, model: GANConfig, columns: int) -> TrainingConfig:
    """Return the configuration with a model of so many columns."""
    size = columns if model.prior == "rows" else model.latent_size
    model = replace(model, event_shape=(columns,), latent_size=size)
    return replace(config, model=model)


if __name__ == "__main__":
    report_errors(main)
