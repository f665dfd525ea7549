"""Decoded pictures kept on disk are those that decoding gives, or they are made anew."""

import json
import os
import shutil
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from making_pictures import encoded, noise

from genjax.data import pictures as pictures_module
from genjax.data.cache import open_or_make
from genjax.data.pictures import load_pictures
from genjax.errors import InputError

SHAPE = (6, 5, 3)


@pytest.fixture
def folder(tmp_path):
    """Six pictures, one of them grey, and a broken one in the midst."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(6):
        image = noise(index).convert("L") if index == 2 else noise(index)
        image.save(folder / f"{index}.png")
    (folder / "3b.png").write_bytes(b"not a picture")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """The number of pictures that were decoded, as a function."""
    calls = []
    decode = pictures_module.decode
    monkeypatch.setattr(
        pictures_module, "decode", lambda *args: (calls.append(0), decode(*args))[1]
    )
    return lambda: (len(calls), calls.clear())[0]


def load(path, cache, **options):
    return load_pictures(path, image_shape=SHAPE, cache=str(cache), **options)


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_second_start_decodes_nothing_and_knows_all(folder, tmp_path, decoded, as_zip):
    path = zipped(folder, tmp_path / "pictures.zip") if as_zip else folder
    plain = load_pictures(path, image_shape=SHAPE)
    decoded()
    first, count = load(path, tmp_path / "cache"), decoded()
    assert count == 7
    second = load(path, tmp_path / "cache")
    assert decoded() == 1  # whether the broken one is broken still
    for made in (first, second):
        np.testing.assert_array_equal(made.pixels, plain.pixels)
        assert made[1:] == plain[1:]
        assert isinstance(made.pixels, np.memmap)
        assert not made.pixels.flags.writeable
    assert plain.converted == {"L": 1}
    assert plain.skipped == (("3b.png", "not a picture"),)
    with pytest.raises(InputError, match=r"1 of 7 files are broken: 3b\.png"):
        load(path, tmp_path / "cache", strict=True)
    assert sorted(path.name[0] for path in (tmp_path / "cache").iterdir()) == [".", "6"]


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_moved_source_has_the_same_key_and_another_content_another(
    folder, tmp_path, decoded, as_zip
):
    cache = tmp_path / "cache"
    path = zipped(folder, tmp_path / "a.zip") if as_zip else folder
    load(path, cache)
    elsewhere = tmp_path / "elsewhere"
    if as_zip:
        shutil.copy(path, elsewhere)
    else:
        shutil.copytree(path, elsewhere)
    decoded()
    load(elsewhere, cache)
    assert decoded() == 1
    same_size = noise(9)
    (folder / "1.png").write_bytes(encoded(same_size))
    if as_zip:
        path = zipped(folder, tmp_path / "b.zip")
    changed = load(path, cache)
    assert decoded() == 7
    np.testing.assert_array_equal(changed.pixels, load_pictures(path, image_shape=SHAPE).pixels)
    decoded()
    for options in ({"crop": 4}, {"crop": "square"}, {"limit": 2}, {"names": ["2.png", "1.png"]}):
        kept, plain = (
            load_pictures(path, image_shape=SHAPE, cache=place, **options)
            for place in (str(cache), None)
        )
        assert decoded() >= 4
        np.testing.assert_array_equal(kept.pixels, plain.pixels)
        assert kept[1:] == plain[1:]


def test_a_repaired_zip_is_decoded_anew(folder, tmp_path, decoded):
    path = zipped(folder, tmp_path / "pictures.zip")
    whole = path.read_bytes()
    at = whole.index((folder / "4.png").read_bytes()) + 60
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert [name for name, _ in load(path, tmp_path / "cache").skipped] == ["3b.png", "4.png"]
    path.write_bytes(whole)
    assert [name for name, _ in load(path, tmp_path / "cache").skipped] == ["3b.png"]
    decoded()
    load(path, tmp_path / "cache")
    assert decoded() == 1


@pytest.mark.parametrize("damage", ["short", "empty", "head", "no list", "half a list", "no file"])
def test_a_damaged_cache_is_made_anew(folder, tmp_path, decoded, damage):
    plain = load_pictures(folder, image_shape=SHAPE)
    load(folder, tmp_path / "cache")
    (place,) = (tmp_path / "cache").glob("6x5*")
    file, about = place / "pixels.npy", place / "about.json"
    content = file.read_bytes()
    if damage == "no file":
        file.unlink()
    elif damage == "no list":
        about.unlink()
    elif damage == "half a list":
        about.write_text(about.read_text()[:9])
    else:
        file.unlink()  # it may be mapped
        cut = {"short": content[:-1], "empty": b"", "head": b"?" * len(content)}
        file.write_bytes(cut[damage])
    decoded()
    again = load(folder, tmp_path / "cache")
    assert decoded() == 7
    np.testing.assert_array_equal(again.pixels, plain.pixels)
    load(folder, tmp_path / "cache")
    assert decoded() == 1


def test_sizes_are_known_from_the_cache_and_one_that_knows_none_is_made_anew(
    folder, tmp_path, decoded
):
    noise(1, 4, 8).save(folder / "4.png")
    cache = tmp_path / "cache"
    first, again = load(folder, cache), load(folder, cache)
    assert first.notes == again.notes == load_pictures(folder, image_shape=SHAPE).notes
    assert first.notes[0].startswith("2 sizes, 8x4 to 8x8")
    with pytest.raises(InputError, match=r"0\.png is 8x8, 4\.png 8x4"):
        load(folder, cache, strict=True, names=["0.png", "4.png"])
    for file in cache.glob("*/about.json"):
        about = json.loads(file.read_text())
        del about["sizes"]
        file.write_text(json.dumps(about))
    decoded()
    assert load(folder, cache).notes == first.notes
    assert decoded() == 7


def test_of_two_writers_one_makes_it_and_what_a_killed_one_left_is_cleared_away(tmp_path):
    left = tmp_path / "key.partial-1"
    left.mkdir()
    np.save(left / "pixels.npy", np.zeros((4, 3), np.uint8))
    made = []

    def fill(pixels):
        time.sleep(0.1)
        pixels[...] = 5
        made.append(0)
        return {"made": len(made)}

    with ThreadPoolExecutor(2) as pool:  # each opens the lock's file anew, as processes do
        two = [pool.submit(open_or_make, tmp_path, "key", (4, 3), fill) for _ in range(2)]
        for pixels, about in (future.result() for future in two):
            assert pixels.tolist() == [[5] * 3] * 4
            assert about == {"made": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "key"]


def test_what_fails_leaves_nothing_and_is_said(folder, tmp_path, monkeypatch):
    def fail(pixels):
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        open_or_make(tmp_path / "cache", "key", (4, 3), fail)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot keep 0\.00 GiB of decoded pictures in .*/file"):
        load(folder, tmp_path / "file")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(InputError, match="No space left"):
        load(folder, tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_what_is_known_is_json(folder, tmp_path):
    load(folder, tmp_path / "cache")
    (about,) = (tmp_path / "cache").glob("*/about.json")
    assert json.loads(about.read_text()) == {
        "converted": {"L": 1}, "skipped": [[4, "not a picture"]], "sizes": [[8, 8, 0]],
    }  # fmt: skip
