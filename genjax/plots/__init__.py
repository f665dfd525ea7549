"""Pictures of what was learnt; the only package that imports matplotlib."""

from genjax.plots.charts import (
    save_curves,
    save_heat_map,
    save_histograms,
    save_maps,
    save_planes,
)
from genjax.plots.densities import save_densities
from genjax.plots.grids import image_grid, save_image, save_sheet, side_by_side

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
