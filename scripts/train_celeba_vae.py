"""Train a variational autoencoder on faces, and go on with a run that exists.

    python scripts/train_celeba_vae.py [--config FILE] [--data PATH] [--run DIR]
        [--steps N | --minutes M] [--batch-size B] [--seed S]

Every setting of the configuration is an option too: see --help.
"""

import shlex
import sys

from command_line import parse_training, report_errors
from genjax import sharding
from genjax.data.training_set import load_training_set
from genjax.run import Run
from genjax.train import train


def main() -> int:
    """Parse, load, train, report."""
    sharding.start()
    config, folder = parse_training(default="celeba_vae", description=__doc__)
    if sharding.is_main():
        Run.check(folder, config)
    data = load_training_set(config.data, config.model.picture_shape, seed=config.seed)
    if sharding.is_main():
        print(*data.notes, sep="\n", file=sys.stderr)
    outcome = train(config, data, folder)
    if not sharding.is_main():
        return 0
    print(f"trained to step {outcome.step:,} in {outcome.seconds:,.0f} s; saved in {folder}")
    for figure in outcome.figures:
        print(f"  {figure}")
    print(f"go on:  python scripts/train_celeba_vae.py --run {shlex.quote(str(folder))}")
    print(f"use it: genjax.load({str(folder)!r}).sample(16, seed=0)")
    return 128 + outcome.interrupted if outcome.interrupted else 0


if __name__ == "__main__":
    report_errors(main)
