"""Train a variational autoencoder on faces, and go on with a run that exists.

    python scripts/train_celeba_vae.py [--config FILE] [--data PATH] [--run DIR]
        [--steps N | --minutes M] [--batch-size B] [--seed S] [--dry-run]

Every setting of the configuration is an option too: see --help.
"""

import shlex
import sys
from dataclasses import replace

from command_line import kept_pictures, parse_training, report_errors
from genjax import sharding
from genjax.config import TrainingConfig
from genjax.data.training_set import load_split, load_training_set
from genjax.dry_run import forecast, show
from genjax.observers.pictures import train_on_pictures
from genjax.start import Start
from genjax.train import check


def main() -> int:
    """Parse, load, train, report."""
    start = Start()
    sharding.start()
    config, folder, dry_run = parse_training(default="celeba_vae", description=__doc__)
    if dry_run:
        return _forecast(config)
    if sharding.is_main():
        check(config, folder)
    data = load_training_set(*kept_pictures(config), seed=config.seed, labelled=False)
    start.loaded()
    if sharding.is_main():
        print(*data.notes, sep="\n", file=sys.stderr)
    outcome = train_on_pictures(config, data, folder, start)
    if not sharding.is_main():
        return 0
    print(f"trained to step {outcome.step:,} in {outcome.seconds:,.0f} s; saved in {folder}")
    for figure in outcome.figures:
        print(f"  {figure}")
    print(f"go on:  python scripts/train_celeba_vae.py --run {shlex.quote(str(folder))}")
    print(f"use it: genjax.load({str(folder)!r}).sample(16, seed=0)")
    return 128 + outcome.interrupted if outcome.interrupted else 0


def _forecast(config: TrainingConfig) -> int:
    source, shape = config.pictures()
    few = min(config.batch_size, source.limit or config.batch_size)
    data = load_split(
        replace(source, cache=None),
        shape,
        source.split or "train",
        seed=config.seed,
        limit=few,
    )
    rows = min(data.available, source.limit or data.available)
    outcome = forecast(config, {"x": data.pixels}, rows)
    if sharding.is_main():
        show(outcome, config)
    return 0


if __name__ == "__main__":
    report_errors(main)
