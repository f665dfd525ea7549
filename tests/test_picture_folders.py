"""What folders tell besides pixels: classes by sub-folders, and sizes that differ."""

import zipfile

import pytest
from making_pictures import encoded, noise
from PIL import Image

from genjax.data.pictures import DataError, load_pictures


def load(path, **options):
    return load_pictures(path, **{"image_shape": (8, 8, 3), "progress": False, **options})


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def test_sub_folders_are_classes_in_a_folder_and_in_a_zip_with_a_folder_of_its_own(
    folder, tmp_path
):
    names = ["dog/1.png", "cat/old/2.png", "cat/3.png", "birds of prey/4.png"]
    (folder / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            noise(0).save(folder / name)
            archive.writestr(f"all/of it/{name}", encoded(noise(0)))
        archive.writestr("__MACOSX/all/dog/._1.png", b"")
    want = ["birds of prey", "cat", "cat", "dog"]
    for path in (folder, tmp_path / "p.zip"):
        pictures = load(path)
        assert pictures.attributes["class"].tolist() == want
        assert tuple(pictures.attributes.index) == pictures.names
        assert list(pictures.attributes) == ["class"]
    (folder / "cat" / "3.png").write_text("broken")
    assert load(folder).attributes["class"].tolist() == ["birds of prey", "cat", "dog"]
    assert load(folder, limit=3).attributes["class"].tolist() == ["birds of prey", "cat"]
    noise(0).save(folder / "x.png")
    assert load(folder).attributes["class"].tolist() == ["birds of prey", "cat", "dog", ""]


def test_pictures_of_one_folder_have_no_classes(folder):
    for name in ("1.png", "2.png"):
        noise(0).save(folder / name)
    assert load(folder).attributes is None
    assert load(folder.parent).attributes is None  # one folder that holds everything


def test_pictures_of_several_proportions_are_noted_or_refused(folder):
    for name, width, height in (("a", 30, 20), ("b", 60, 40), ("c", 64, 48), ("d", 90, 60)):
        noise(0, width, height).save(folder / f"{name}.png")
    (folder / "0.png").write_text("broken")
    note = load(folder).notes
    assert note == (
        "4 sizes, 20x30 to 60x90 (height x width): stretched to 8x8; --data.crop square keeps "
        "proportions",
    )
    assert load(folder, crop="square").notes == ()
    assert (
        "4 sizes, 20x30 to 60x90 (height x width): a crop of 20" in load(folder, crop=20).notes[0]
    )
    (folder / "0.png").unlink()
    with pytest.raises(
        DataError, match=r"^pictures .* proportions: a\.png is 20x30, c\.png 48x64 \(.*$"
    ):
        load(folder, strict=True)
    load(folder, strict=True, crop="square")
    assert load(folder, strict=True, names=["a.png", "b.png", "d.png"]).notes == ()


def test_a_turned_picture_is_of_the_size_that_it_is_seen_in(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(0, 30, 20).save(folder / "turned.jpg", exif=exif)
    noise(0, 20, 30).save(folder / "upright.png")
    assert load(folder, strict=True).notes == ()
