"""Grids put every picture where it belongs."""

import numpy as np
import pytest

from genjax import plots


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
