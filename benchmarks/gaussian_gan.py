"""25 Gaussians on a grid: modes covered and share of good samples, ten seeds as one program.

    python -m benchmarks.gaussian_gan [--config configs/gaussians_wgan_gp.py] [--members 10]
        [--points grid | ring | roll] [--steps N]

2,500 draws; a mode is covered by one of them within 3 deviations, and a draw is good that is so
near to a mode. The truth itself has 98.9 % there.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

from benchmarks.members import read_config, report, sample_members, train_members
from genjax.data.drawn_points import gaussian_grid, gaussian_ring, swiss_roll
from genjax.metrics.modes import mode_coverage

_ROWS, _DRAWS = 200_000, 2_500


@dataclass(frozen=True)
class Arguments:
    """What to train."""

    config: Path = Path("configs/gaussians_wgan_gp.py")
    """Of points in the plane."""
    members: int = 10
    """Seeds."""
    points: Literal["grid", "ring", "roll"] = "grid"
    """25 Gaussians, 8 on a circle, or the Swiss roll."""
    steps: int | None = None
    """Of training and of the rate's decay, where they are not the configuration's."""


def main() -> None:
    """Train, measure, print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    draw = {"grid": gaussian_grid, "ring": gaussian_ring, "roll": swiss_roll}[arguments.points]
    points, _, truth = draw(_ROWS)
    config = read_config(arguments.config)
    if arguments.steps is not None:
        config = replace(config, steps=arguments.steps, decay_steps=arguments.steps)
    trained = train_members(config, {"x": points}, arguments.members)
    found = [mode_coverage(drawn, truth) for drawn in sample_members(trained, _DRAWS)]
    about = f"{arguments.config.stem}, {arguments.points}"
    title = f"{about}: {arguments.members} seeds in {trained.seconds:.0f} s"
    figures = {
        f"modes of {len(truth.centers)}": [float(one.covered) for one in found],
        "share of good samples": [one.high_quality for one in found],
        "discriminator's accuracy": trained.metrics["discriminator/accuracy"].mean(axis=1).tolist(),
    }
    report(title, figures)


if __name__ == "__main__":
    main()
