"""Draw the README's picture from a run on drawn faces.

python scripts/demo_picture.py [--run runs/demo] [--out docs/images/demo.png]
"""

from dataclasses import dataclass
from pathlib import Path

import genjax
from command_line import report_errors
from genjax import plots
from genjax.data.training_set import load_split
from genjax.errors import needs_extra

with needs_extra("scripts", "command lines"):
    import tyro
    from PIL import Image


@dataclass(frozen=True)
class Arguments:
    """Where from, and where to."""

    run: Path = Path("runs/demo")
    """A run that drew its faces."""
    out: Path = Path("docs/images/demo.png")
    """The picture's file."""


def main() -> int:
    """Load, draw, write."""
    arguments = tyro.cli(Arguments, description=__doc__)
    trained = genjax.load(arguments.run)
    config = trained.config
    source, shape = config.pictures()
    if source.path is not None:
        raise genjax.InputError(f"{arguments.run} learnt from {source.path}, not drawn faces")
    faces = load_split(source, shape, "validation", seed=config.seed, limit=16).pixels
    pairs = plots.side_by_side(faces, trained.reconstruct(faces))
    samples = plots.image_grid(trained.sample(24, seed=1))
    sheet = Image.new("RGB", (pairs.shape[1], pairs.shape[0] + samples.shape[0] + 8), "white")
    sheet.paste(Image.fromarray(pairs), (0, 0))
    sheet.paste(Image.fromarray(samples), (0, pairs.shape[0] + 8))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(256).save(arguments.out, optimize=True)
    print(arguments.out)
    return 0


if __name__ == "__main__":
    report_errors(main)
