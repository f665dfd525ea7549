"""Look into the latent space of a run: walks, attributes, neighbours, a map, a probe.

    python scripts/explore_latents.py RUN [--data PATH] [--attributes Smiling Eyeglasses]
        [--pictures 8] [--map tsne] [--out FOLDER]

Into RUN/figures/latents/ it writes interpolations of held-out pictures; walks along the latents of
the largest KL; attributes added and removed; the training pictures nearest to samples, and whether
any is copied; a map of the encodings; and what a probe reads where an attribute is added. Pictures
without labels go without the attributes.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import genjax
from command_line import report_errors
from genjax.data.source import few
from genjax.errors import InputError, needs_extra
from genjax.explore import measures, sheets
from genjax.explore.exploration import Exploration, explore

with needs_extra("scripts", "command lines"):
    import tyro
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

_CONSOLE = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 100)


@dataclass(frozen=True)
class Arguments:
    """What to look at."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    data: Path | None = None
    """Where its pictures are, if not where the run found them."""
    out: Path | None = None
    """A folder; by default figures/latents of the run."""
    seed: int = 0
    """Of the choice of pictures, the samples, the map and the probe."""
    attributes: tuple[str, ...] = ()
    """Names: Smiling Eyeglasses Male, or label=3 where labels are whole numbers."""
    pictures: int = 8
    """Held-out pictures, or samples, in a sheet."""
    latents: int = 10
    """How many to walk along."""
    samples: int = 500
    """Drawn to be compared with the training pictures."""
    limit: int = 20_000
    """Look at so many training pictures at most."""
    map: Literal["pca", "tsne"] = "pca"
    """How encodings are brought to the plane."""


def main() -> int:
    """Load, encode, then one part after the other."""
    arguments = tyro.cli(Arguments, description=__doc__)
    for name, least in (("pictures", 2), ("latents", 1), ("samples", 1), ("limit", 2)):
        if getattr(arguments, name) < least:
            raise InputError(f"--{name} must be {least} or more, got {getattr(arguments, name)}")
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"--seed lies in [0, 2^32), not {arguments.seed}")
    trained = genjax.load(arguments.run)
    data, _ = trained.config.pictures()
    if arguments.data is not None:
        data = replace(data, path=str(arguments.data.expanduser().resolve()))
    it = explore(
        trained, data, names=arguments.attributes, limit=arguments.limit, seed=arguments.seed
    )
    there = min(len(it.training.pixels), len(it.held_out.pixels))
    if there < arguments.pictures:
        raise InputError(f"--pictures {arguments.pictures} of {there}: ask for fewer")
    for note in it.notes:
        _CONSOLE.print(note)
    folder = arguments.out or arguments.run / "figures" / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    many, seed = arguments.pictures, arguments.seed
    parts: list[Callable[[], Iterable[Path]]] = [
        lambda: [sheets.interpolations(it, folder, pictures=many)],
        lambda: [sheets.walks(it, folder, latents=arguments.latents)],
        lambda: [sheets.encoding_map(it, folder, kind=arguments.map, seed=seed)],
        lambda: sheets.attributes(it, folder, pictures=many),
        lambda: _copies(it, folder, samples=arguments.samples, pictures=many, seed=seed),
        lambda: _edits(it, folder, seed=seed) if it.names else [],
    ]
    for part in parts:
        try:
            for path in part():
                _CONSOLE.print(path)
        except InputError as error:  # of this part alone: no prior to sample from, say
            _CONSOLE.print(f"left out: {error}")
    return 0


def _copies(it: Exploration, folder: Path, **how: Any) -> list[Path]:
    found, paths = measures.copies(it, folder, **how)
    table = _table("Distance to the nearest training picture")
    for name in ("in", "of", "median", "ratio to held-out", "nearer than held-out's 1 %"):
        table.add_column(name, justify="left" if name in ("in", "of") else "right")
    for space, rows in found.nearness.items():
        for name, row in rows.items():
            table.add_row(
                space, name, f"{row.median:.3g}", f"{row.ratio:.2f}", f"{row.share_below:.1%}"
            )
    _CONSOLE.print(table)
    for space, share in found.share.items():
        _CONSOLE.print(
            f"the picture nearest to a sample, in {space}, is a training one in {share:.1%} "
            f"({found.expected:.1%} ± {found.error:.1%} if nothing is copied)"
        )
    return [*paths, _save(folder / "nearest.json", found)]


def _edits(it: Exploration, folder: Path, *, seed: int) -> list[Path]:
    found, path = measures.edits(it, folder, seed=seed)
    skill = found.skill["reconstructions"]
    table = _table("Attributes added and removed: success, and what else a probe reads changed")
    table.caption = (
        "skill of the probe on held-out reconstructions: 1 perfect, 0 chance; leak and other "
        "changes (mean size) when added: of a probability, or in deviations"
    )
    for name in ("attribute", "vector", "skill", "added", "removed", "largest leak", "others"):
        table.add_column(name, justify="left" if name in ("attribute", "vector") else "right")
    for attribute in next(iter(found.added.values())):
        for form, effects in found.added.items():
            one = effects[attribute]
            leak = f"{one.leak} {one.changes[one.leak]:+.2f}" if one.leak else ""
            table.add_row(
                attribute,
                form,
                f"{skill[attribute]:.2f}",
                f"{one.success:.1%}",
                f"{found.removed[form][attribute].success:.1%}",
                leak,
                f"{one.disturbance:.3f}",
            )
    _CONSOLE.print(table)
    unread = sorted(set(skill) - set(found.readable), key=lambda name: -skill[name])
    named = few([f"{name} {skill[name]:.2f}" for name in unread]) or "nothing"
    _CONSOLE.print(f"not judged, for want of skill on reconstructions: {named}")
    return [path, _save(folder / "probe.json", found)]


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )


def _save(path: Path, figures: Any) -> Path:
    path.write_text(json.dumps(_plain(figures), indent=2) + "\n")
    return path


def _plain(figures: Any) -> Any:
    """Return JSON's types, in which there is no NaN."""
    if hasattr(figures, "_asdict"):
        figures = figures._asdict()
    if isinstance(figures, dict):
        return {name: _plain(value) for name, value in figures.items()}
    return None if isinstance(figures, float) and math.isnan(figures) else figures


if __name__ == "__main__":
    report_errors(main)
