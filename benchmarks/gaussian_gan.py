"""25 Gaussians on a grid: modes covered and share of good samples, ten seeds as one program.

    python -m benchmarks.gaussian_gan [--config configs/gaussians_wgan_gp.py] [--members 10]

2,500 draws; a mode is covered by one of them within 3 deviations, and a draw is good that is so
near to a mode. The truth itself has 98.9 % there.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.members import read_config, report, sample_members, train_members
from genjax.data.drawn_points import gaussian_grid
from genjax.metrics.modes import mode_coverage

_ROWS, _DRAWS = 200_000, 2_500


@dataclass(frozen=True)
class Arguments:
    """What to train."""

    config: Path = Path("configs/gaussians_wgan_gp.py")
    """Of points in the plane."""
    members: int = 10
    """Seeds."""


def main() -> None:
    """Train, measure, print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    points, _, truth = gaussian_grid(_ROWS)
    trained = train_members(read_config(arguments.config), {"x": points}, arguments.members)
    found = [mode_coverage(drawn, truth) for drawn in sample_members(trained, _DRAWS)]
    title = f"{arguments.config.stem}: {arguments.members} seeds in {trained.seconds:.0f} s"
    figures = {
        "modes of 25": [float(one.covered) for one in found],
        "share of good samples": [one.high_quality for one in found],
        "discriminator's accuracy": trained.metrics["discriminator/accuracy"].mean(axis=1).tolist(),
    }
    report(title, figures)


if __name__ == "__main__":
    main()
