"""Grids put every picture where it belongs."""

import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from genjax import plots


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were written."""
    figures = []
    write = Figure.savefig

    def keep(self, *args, **options):
        figures.append(self)
        write(self, *args, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_grid_holds_each_picture_in_its_place(channels):
    images = np.random.default_rng(0).integers(0, 255, (5, 4, 6, channels), np.uint8)
    sheet = plots.image_grid(images, columns=3, gap=1)
    assert sheet.shape == (2 * 5 + 1, 3 * 7 + 1, 3)
    fourth = images[4] if channels >= 3 else np.repeat(images[4, ..., :1], 3, -1)
    np.testing.assert_array_equal(sheet[6:10, 8:14], fourth[..., :3])
    assert (sheet[6:10, 15:21] == 255).all()


def test_reconstructions_stand_beneath_their_originals():
    originals = np.zeros((10, 2, 2, 3), np.uint8)
    originals[9] = 7
    reconstructions = originals + np.uint8(100)
    sheet = plots.side_by_side(originals, reconstructions)
    assert sheet.shape == (4 * 4 + 2, 8 * 4 + 2, 3)
    assert (sheet[10:12, 6:8] == 7).all()
    assert (sheet[14:16, 6:8] == 107).all()


def test_curves_of_metrics_with_gaps(tmp_path):
    records = [
        {"step": 1, "seconds": 0.1, "examples_per_second": None, "vae/loss": 3.0},
        {"step": 2, "seconds": 0.2, "examples_per_second": 9.0, "vae/loss": 2.0},
    ]
    plots.save_curves(tmp_path / "curves.png", records)
    assert (tmp_path / "curves.png").stat().st_size > 1000
    plots.save_curves(tmp_path / "none.png", [])
    assert not (tmp_path / "none.png").exists()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_names_the_picture_in_its_place(tmp_path, drawn, channels):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 10, channels), np.uint8)
    captions = [["a", "b", "c"], ["d", "e", "f"]]
    names = {"rows": ["up", "down"], "columns": ["x", "y", "z"], "title": "all"}
    plots.save_sheet(tmp_path / "sheet.png", images, **names, captions=captions)
    assert mpl.image.imread(tmp_path / "sheet.png").ndim == 3
    (axes,) = drawn[0].axes
    assert [label.get_text() for label in axes.get_xticklabels()] == names["columns"]
    assert [label.get_text() for label in axes.get_yticklabels()] == names["rows"]
    assert drawn[0].get_suptitle() == "all"
    assert texts(axes) == ["a", "b", "c", "d", "e", "f"]
    # A tick stands at its pictures' middle: the sheet holds that very picture around it.
    sheet = axes.get_images()[0].get_array()
    middle = round(axes.get_yticks()[1] - 3.5), round(axes.get_xticks()[2] - 4.5)
    found = sheet[middle[0] : middle[0] + 8, middle[1] : middle[1] + 10]
    np.testing.assert_array_equal(found[..., :channels], images[1, 2])
    below = axes.texts[-1].get_position()
    assert below[0] == axes.get_xticks()[2]
    assert below[1] > axes.get_yticks()[1] + 3.5


def test_maps_part_the_points_by_attribute_and_lay_the_fewer_on_top(tmp_path, drawn):
    points = np.random.default_rng(0).normal(size=(30, 2))
    has = points[:, 0] > 0
    plots.save_maps(tmp_path / "m.png", points, {"Hat": has, "Bald": ~has}, ["one", "two"])
    plots.save_maps(tmp_path / "n.png", points, {}, ["one", "two"])
    hat, bald = drawn[0].axes
    assert (hat.get_title(), hat.get_xlabel(), hat.get_ylabel()) == ("Hat", "one", "two")
    for axes, with_it in ((hat, has), (bald, ~has)):
        dots = {found.get_label(): found for found in axes.collections}
        assert list(dots) == sorted(dots, key=lambda label: -int(re.sub(r"\D", "", label)))
        for label, chosen in (("with", with_it), ("without", ~with_it)):
            found = dots[f"{label} ({chosen.sum()})"]
            np.testing.assert_array_equal(found.get_offsets(), points[chosen])
        colours = [tuple(found.get_facecolors()[0]) for found in dots.values()]
        assert colours[0] != colours[1]
    (alone,) = drawn[1].axes
    assert len(alone.get_legend().get_texts()) == 1


def test_histograms_are_densities_over_the_same_bins(tmp_path, drawn):
    numbers = {"one": np.arange(100.0), "other": np.arange(50.0, 250.0)}
    plots.save_histograms(tmp_path / "h.png", {"metres": numbers, "feet": numbers}, title="far")
    axes = drawn[0].axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("metres", "density")
    outlines = [patch.get_path().vertices for patch in axes.patches]
    np.testing.assert_array_equal(outlines[0][:, 0], outlines[1][:, 0])
    assert axes.patches[0].get_label() == "one"


def test_a_heat_map_writes_its_values_in_their_cells(tmp_path, drawn):
    table = pd.DataFrame([[0.5, -1.0], [0.25, 0.0]], index=["+ a", "+ b"], columns=["a", "b"])
    plots.save_heat_map(tmp_path / "h.png", {"t": table, "u": -table}, label="change", title="all")
    first, second, bar = drawn[0].axes
    assert [label.get_text() for label in first.get_xticklabels()] == ["a", "b"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["+ a", "+ b"]
    cells = {text.get_position(): text.get_text() for text in first.texts}
    assert cells == {(0, 0): "0.50", (1, 0): "-1.00", (0, 1): "0.25", (1, 1): "0.00"}
    assert second.get_images()[0].get_clim() == (-1, 1)
    assert bar.get_ylabel() == "change"
