"""Pictures of what was learnt; the only package that imports matplotlib.

A second's import: it happens when the first picture is drawn.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from genjax.errors import needs_extra

if TYPE_CHECKING:
    from genjax.plots.charts import (
        save_curves,
        save_heat_map,
        save_histograms,
        save_maps,
        save_planes,
    )
    from genjax.plots.densities import save_densities
    from genjax.plots.grids import image_grid, save_image, save_sheet, side_by_side

if find_spec("matplotlib") is None:  # said before hours of training, not at their first picture
    with needs_extra("scripts", "pictures"):
        import matplotlib  # noqa: F401

_FILES = {
    "charts": ("save_curves", "save_heat_map", "save_histograms", "save_maps", "save_planes"),
    "densities": ("save_densities",),
    "grids": ("image_grid", "save_image", "save_sheet", "side_by_side"),
}

__all__ = [
    "image_grid",
    "save_curves",
    "save_densities",
    "save_heat_map",
    "save_histograms",
    "save_image",
    "save_maps",
    "save_planes",
    "save_sheet",
    "side_by_side",
]


def __getattr__(name: str) -> Any:
    for file, names in _FILES.items():
        if name in names:
            return getattr(import_module(f"genjax.plots.{file}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
