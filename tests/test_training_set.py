"""What a configuration asks for is what is trained on; what is looked at is held out."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from genjax.data.celeba_lists import ATTRIBUTES
from genjax.data.conditions import condition_of
from genjax.data.config import DataConfig
from genjax.data.drawn_faces import drawn_faces
from genjax.data.training_set import load_split, load_training_set
from genjax.errors import InputError

SHAPE = (16, 16, 3)


@pytest.mark.slow
def test_drawn_faces_and_others_to_look_at():
    data = load_training_set(DataConfig(drawn=40), SHAPE, seed=1)
    assert data.pixels.shape == (40, *SHAPE)
    assert data.shown.shape == (4, *SHAPE)
    assert data.held_out
    both = np.concatenate([data.pixels, data.shown]).reshape(44, -1)
    assert len(np.unique(both, axis=0)) == 44
    few = load_training_set(DataConfig(drawn=40, limit=9), SHAPE, seed=1)
    np.testing.assert_array_equal(few.pixels, data.pixels[:9])
    np.testing.assert_array_equal(few.shown, data.shown)
    assert (load_training_set(DataConfig(drawn=40), SHAPE, seed=2).pixels != data.pixels).any()


def test_the_parts_of_drawn_faces_are_rows_of_one_sequence_with_their_factors():
    pixels, factors = drawn_faces(48, seed=1, image_shape=SHAPE)
    ends = {
        "train": (0, 40), "validation": (40, 44), "test": (44, 48),
        "train+validation": (0, 44), "all": (0, 48),
    }  # fmt: skip
    for split, (start, end) in ends.items():
        part = load_split(DataConfig(drawn=40), SHAPE, split, seed=1)
        np.testing.assert_array_equal(part.pixels, pixels[start:end])
        pd.testing.assert_frame_equal(part.labels, factors[start:end].reset_index(drop=True))
    part = load_split(DataConfig(drawn=40), SHAPE, "test", seed=1, limit=3)
    np.testing.assert_array_equal(part.pixels, pixels[44:47])
    assert len(load_split(DataConfig(drawn=3), SHAPE, "test").pixels) == 1


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
    rows = [f"{name} {1 - 2 * (i % 2)} " + " ".join(["-1"] * 39) for i, name in enumerate(names)]
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
    grey = data.pixels.mean((1, 2, 3)).round() // 20
    np.testing.assert_array_equal(data.labels[ATTRIBUTES[0]], grey % 2 == 0)
    np.testing.assert_array_equal(data.labels.to_numpy()[:, 1:], False)
    condition = condition_of(data.labels, ATTRIBUTES[0])
    np.testing.assert_array_equal(condition.y, grey % 2 == 0)
    assert condition.names == (f"no {ATTRIBUTES[0]}", ATTRIBUTES[0])
    part = load_split(DataConfig(path=str(tmp_path), limit=1), SHAPE, "validation")
    np.testing.assert_array_equal(part.pixels, data.shown)
    assert list(part.labels.index) == ["000011.jpg", "000012.jpg"]
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
    assert len(load_split(DataConfig(path=str(tmp_path)), SHAPE, "train").pixels) == 12
    with pytest.raises(InputError, match=r"no validation part.* another folder"):
        load_split(DataConfig(path=str(tmp_path)), SHAPE, "validation")


def test_sub_folders_are_labels_and_sizes_are_noted(tmp_path):
    for name, size in (("10/a.png", (8, 8)), ("10/b.png", (8, 8)), ("9/c.png", (8, 16))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", size).save(tmp_path / name)
    data = load_training_set(DataConfig(path=str(tmp_path)), SHAPE)
    condition = condition_of(data.labels)
    assert (condition.y.tolist(), condition.names) == ([1, 1, 0], ("9", "10"))
    assert any(note.startswith("2 sizes, 8x8 to 16x8") for note in data.notes)
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match=r"^1 picture lies in no sub-folder \(first: x\.png\)"):
        condition_of(load_training_set(DataConfig(path=str(tmp_path)), SHAPE).labels)
    with pytest.raises(InputError, match=r"10/a\.png is 8x8, 9/c\.png 16x8"):
        load_training_set(DataConfig(path=str(tmp_path), strict=True), SHAPE)
