"""What a configuration asks for is what is trained on; what is looked at is held out."""

import numpy as np
import pytest
from PIL import Image

from genjax.config import DataConfig
from genjax.data.training_set import load_training_set
from genjax.errors import InputError

SHAPE = (16, 16, 3)


def test_drawn_faces_and_others_to_look_at():
    data = load_training_set(DataConfig(drawn=40), SHAPE, seed=1)
    assert data.pixels.shape == (40, *SHAPE)
    assert data.shown.shape == (32, *SHAPE)
    assert data.held_out
    both = np.concatenate([data.pixels, data.shown]).reshape(72, -1)
    assert len(np.unique(both, axis=0)) == 72
    np.testing.assert_array_equal(
        load_training_set(DataConfig(drawn=40, limit=9), SHAPE, seed=1).pixels, data.pixels[:9]
    )
    assert (load_training_set(DataConfig(drawn=40), SHAPE, seed=2).pixels != data.pixels).any()


@pytest.mark.parametrize("settings", [{"drawn": 0}, {"drawn": -3}, {"limit": 0}])
def test_no_faces_are_refused(settings):
    with pytest.raises(InputError, match="1 or more"):
        load_training_set(DataConfig(**settings), SHAPE)


def celeba(folder, partition):
    """CelebA's layout with 12 pictures, of which every one is of its number's grey."""
    images = folder / "img_align_celeba"
    images.mkdir()
    names = [f"{number:06}.jpg" for number in range(1, 13)]
    for number, name in enumerate(names):
        Image.new("RGB", (178, 218), (number * 20,) * 3).save(images / name)
    rows = [f"{name} " + " ".join(["-1"] * 40) for name in names]
    from genjax.data.celeba_lists import ATTRIBUTES

    text = "\n".join(["12", " ".join(ATTRIBUTES), *rows])
    (folder / "list_attr_celeba.txt").write_text(text + "\n")
    if partition:
        parts = [f"{name} {max(0, number - 8) // 2}" for number, name in enumerate(names)]
        (folder / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")


def test_celeba_trains_on_its_training_part_and_shows_the_validation_part(tmp_path):
    celeba(tmp_path, partition=True)
    data = load_training_set(DataConfig(path=str(tmp_path)), SHAPE)
    assert (len(data.pixels), len(data.shown), data.held_out) == (10, 2, True)
    assert data.pixels.max() < data.shown.min()
    both = load_training_set(DataConfig(path=str(tmp_path), split="all"), SHAPE)
    assert (len(both.pixels), both.held_out) == (12, False)


def test_celeba_without_validation_pictures_shows_training_pictures(tmp_path):
    celeba(tmp_path, partition=True)
    for name in ("000011.jpg", "000012.jpg"):
        (tmp_path / "img_align_celeba" / name).unlink()
    data = load_training_set(DataConfig(path=str(tmp_path)), SHAPE)
    assert (len(data.pixels), len(data.shown), data.held_out) == (10, 10, False)
    assert "training pictures" in data.notes[-1]


def test_celeba_without_a_partition_is_taken_whole(tmp_path):
    celeba(tmp_path, partition=False)
    data = load_training_set(DataConfig(path=str(tmp_path)), SHAPE)
    assert (len(data.pixels), data.held_out) == (12, False)
    with pytest.raises(InputError, match="partition"):
        load_training_set(DataConfig(path=str(tmp_path), split="train"), SHAPE)
