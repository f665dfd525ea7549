"""Draw from a trained run, as one sheet or as a file each.

python scripts/sample.py RUN [--n 64] [--label 7] [--seed 0] [--out samples.png | --out FOLDER/]
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

import genjax
from command_line import report_errors
from genjax import plots
from genjax.errors import needs_extra

with needs_extra("scripts", "command lines"):
    import tyro


@dataclass(frozen=True)
class Arguments:
    """What to draw, and where to put it."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    n: int = 64
    """How many pictures."""
    label: str | None = None
    """A model's class, by name or number; by default all of them in turn."""
    seed: int = 0
    """The same one gives the same pictures."""
    out: Path | None = None
    """A file of one sheet, or a folder (it exists, or has no suffix) of a file each; by default
    figures/samples_SEED.png of the run."""


def main() -> int:
    """Load, sample, write."""
    arguments = tyro.cli(Arguments, description=__doc__)
    if arguments.n < 1:
        raise genjax.InputError(f"--n must be 1 or more, got {arguments.n}")
    trained = genjax.load(arguments.run)
    out = arguments.out or arguments.run / "figures" / f"samples_{arguments.seed}.png"
    y = _labels(trained, arguments.label, arguments.n)
    pictures = trained.sample(arguments.n, y=y, seed=arguments.seed)
    try:
        if out.is_dir() or not out.suffix:
            out.mkdir(parents=True, exist_ok=True)
            for index, picture in enumerate(pictures):
                plots.save_image(out / f"{index:06}.png", plots.image_grid(picture[None], gap=0))
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            plots.save_image(out, plots.image_grid(pictures))
    except (OSError, ValueError, KeyError) as error:
        raise genjax.InputError(f"cannot write to {out}: {error}") from error
    print(out, file=sys.stdout)
    return 0


def _labels(trained: genjax.Trained, label: str | None, n: int) -> str | np.ndarray | None:
    """Return what is asked for: one class, or all in turn of a model that knows classes."""
    classes = getattr(trained.model, "classes", 0)
    if label is None:
        return np.arange(n) % classes if classes else None
    named = label in getattr(trained.config.model, "class_names", ())
    return np.full(n, int(label)) if label.isdecimal() and not named else label


if __name__ == "__main__":
    report_errors(main)
