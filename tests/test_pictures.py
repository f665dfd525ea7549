"""Folders and zips of pictures: what is found, in which order, and files made to break it."""

import errno
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from making_pictures import encoded, noise
from PIL import Image

from genjax.data.pictures import DataError, load_pictures
from genjax.data.source import open_source

SMALL = (8, 8, 3)


def load(path, **options):
    return load_pictures(path, **{"image_shape": SMALL, "progress": False, **options})


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def test_a_folder_and_a_zip_give_the_same_sorted_pictures(folder, tmp_path):
    names = ["b/2.png", "b/10.PNG", "a.png", "Z.Png", "ünï 图.png"]
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for seed, name in enumerate(names):
            data = encoded(noise(seed))
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
            archive.writestr(name, data)
    for pictures in (load(folder), load(str(tmp_path / "p.zip"))):
        assert pictures.names == ("Z.Png", "a.png", "b/10.PNG", "b/2.png", "ünï 图.png")
        order = [names.index(name) for name in pictures.names]
        np.testing.assert_array_equal(pictures.pixels, [np.asarray(noise(i)) for i in order])
        assert pictures.pixels.dtype == np.uint8
        assert (pictures.converted, pictures.skipped, pictures.notes) == ({}, (), ())


def test_names_and_limit_choose_and_order(folder):
    for seed in range(4):
        noise(seed).save(folder / f"{seed}.png")
    assert load(folder, names=["3.png", "1.png"]).names == ("3.png", "1.png")
    assert load(folder, limit=2).names == ("0.png", "1.png")
    np.testing.assert_array_equal(load(folder, names=["2.png"]).pixels[0], np.asarray(noise(2)))
    with pytest.raises(DataError, match=r"^not in .*pictures: 9\.png$"):
        load(folder, names=["1.png", "9.png"])
    with pytest.raises(DataError, match="no pictures chosen"):
        load(folder, names=[])


def test_palettes_and_their_transparency(folder):
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.save(folder / "a.png")
    image.save(folder / "b.gif")
    image.save(folder / "c.png", transparency=0)
    Image.new("RGB", (8, 8), (1, 2, 3)).save(folder / "d.png", transparency=(1, 2, 3))
    pictures = load(folder)
    np.testing.assert_array_equal(pictures.pixels[:, 0, 0], [[10, 20, 30]] * 2 + [[255] * 3] * 2)
    assert pictures.converted == {"P": 3, "RGB": 1}  # the last was laid on white
    assert load(folder, image_shape=(8, 8, 4)).pixels[:, 0, 0, 3].tolist() == [255, 255, 0, 0]


def test_converted_pictures_are_counted(folder):
    for name, mode in (("a", "L"), ("b", "L"), ("c", "CMYK"), ("d", "RGB")):
        Image.new(mode, (8, 8)).save(folder / f"{name}.jpg")
    assert load(folder).converted == {"CMYK": 1, "L": 2}
    assert load(folder, image_shape=(8, 8, 1)).converted == {"CMYK": 1, "RGB": 1}


def broken_files(folder):
    """A good picture before, between and after all kinds of broken ones."""
    whole = encoded(noise(0, 64, 64), "JPEG")
    (folder / "b_cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "c_text.jpg").write_text("I am no picture.\n")
    (folder / "d_empty.PNG").write_bytes(b"")
    noise(1).save(folder / "e_good.png")
    (folder / "f_cut.png").write_bytes(encoded(noise(1, 64, 64))[:-4000])
    (folder / "g_lost.png").symlink_to(folder / "nowhere.png")
    (folder / "h_loop.png").symlink_to(folder / "h_loop.png")
    os.mkfifo(folder / "i_pipe.png")
    (folder / "j_script.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    for name in ("a_good.png", "k_good.png"):
        noise(2).save(folder / name)


def test_broken_files_are_named_and_skipped(folder):
    broken_files(folder)
    pictures = load(folder)
    assert pictures.names == ("a_good.png", "e_good.png", "k_good.png")
    np.testing.assert_array_equal(pictures.pixels, [np.asarray(noise(i)) for i in (2, 1, 2)])
    reasons = dict(pictures.skipped)
    assert [name[0] for name in reasons] == list("bcdfghij")
    assert "truncated" in reasons["b_cut.jpg"]
    assert reasons["c_text.jpg"] == reasons["j_script.jpg"] == "not a picture"
    assert reasons["d_empty.PNG"] == "empty file"
    assert reasons["g_lost.png"] == os.strerror(errno.ENOENT)
    assert reasons["h_loop.png"] == os.strerror(errno.ELOOP)
    assert reasons["i_pipe.png"] == "not a regular file"


def test_strict_names_the_broken_in_one_line(folder):
    broken_files(folder)
    with pytest.raises(
        DataError, match=r"^8 of 11 files are broken: b_cut.jpg \(.*3 more$"
    ) as error:
        load(folder, strict=True)
    assert "\n" not in str(error.value)


def test_a_file_that_may_not_be_read_is_named(folder, monkeypatch):
    noise(0).save(folder / "a.png")
    noise(0).save(folder / "b.png")
    read = Path.read_bytes

    def refuse(self):
        if self.name == "b.png":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert load(folder).skipped == (("b.png", "Permission denied"),)


def test_a_folder_that_may_not_be_listed_is_refused(folder, monkeypatch):
    noise(0).save(folder / "a.png")
    (folder / "shut").mkdir()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("shut"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"^cannot list .*shut: Permission denied$"):
        load(folder)


def test_bombs_are_named_and_quiet(folder, monkeypatch, recwarn):
    noise(0).save(folder / "a.png")
    Image.new("1", (60, 40)).save(folder / "b.png")
    Image.new("1", (90, 90)).save(folder / "c.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    pictures = load(folder)
    assert pictures.skipped[0] == ("b.png", "60 x 40 pixels are too many")
    assert "bomb" in pictures.skipped[1][1]
    assert not recwarn.list


def test_junk_hidden_files_and_folders_called_like_pictures(folder):
    for name in ("x.jpg/in.png", "__MACOSX/a.png", "._a.png", ".cache/b.png", "a.txt", "png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(encoded(noise(0)))
    assert load(folder).names == ("x.jpg/in.png",)


def test_links_that_lead_back_end(folder):
    (folder / "a").mkdir()
    noise(0).save(folder / "a" / "p.png")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "b").symlink_to(folder / "a")
    (folder / "c").symlink_to(folder / "c")
    assert load(folder).names == ("a/p.png",)


def test_one_pixel_pictures_and_odd_shapes(folder):
    Image.new("RGB", (1, 1), (9, 8, 7)).save(folder / "a.png")
    Image.new("RGB", (1, 500), (9, 8, 7)).save(folder / "b.jpg", quality=100, subsampling=0)
    for crop in (None, "square", 3):
        pixels = load(folder, image_shape=(5, 2, 3), crop=crop).pixels
        assert pixels.shape == (2, 5, 2, 3)
        np.testing.assert_allclose(pixels, np.broadcast_to([9, 8, 7], pixels.shape), atol=2)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "no such folder or zip"),
        (lambda path: path.write_bytes(b""), "neither a folder nor a readable zip"),
        (lambda path: path.write_bytes(b"PK\x03\x04 what was this"), "neither a folder nor"),
        (lambda path: noise(0).save(path, "PNG"), "neither a folder nor"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "no pictures in"),
        (lambda path: path.mkdir(), "no pictures in"),
        (lambda path: path.symlink_to(path), "no such folder or zip|cannot read"),
    ],
)
def test_what_is_no_source_is_one_clear_line(tmp_path, make, says):
    make(tmp_path / "thing.zip")
    with pytest.raises(DataError, match=says) as error:
        load(tmp_path / "thing.zip")
    assert "thing.zip" in str(error.value)
    assert "\n" not in str(error.value)


def test_only_broken_pictures_are_an_error(folder):
    (folder / "a\nb.jpg").write_text("no")
    with pytest.raises(DataError, match=r"no readable picture in .*not a picture") as error:
        load(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options",
    [
        *({"image_shape": shape} for shape in ((8, 8), (8, 8, 2), (0, 8, 3), (8.0, 8, 3))),
        *({"crop": crop} for crop in (0, -3, "centre", 1.5, True)),
        {"limit": 0},
    ],
)
def test_wrong_settings_are_refused(folder, options):
    noise(0).save(folder / "a.png")
    with pytest.raises(DataError, match=next(iter(options))):
        load(folder, **options)


def test_a_hostile_zip(tmp_path):
    path = tmp_path / "p.zip"
    good, spoiled, locked = (encoded(noise(seed)) for seed in range(3))
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("/absolute.png", "../above.png", "back\\slash.png", "deep/er/in.png"):
            archive.writestr(name, good)
        archive.writestr("folder.jpg/", b"")
        archive.writestr("__MACOSX/._in.png", good)
        archive.writestr("spoiled.png", spoiled)
        archive.writestr("locked.png", locked)
        archive.writestr("huge.png", good)
        with archive.open("long.png", "w", force_zip64=True) as member:
            member.write(good)
        archive.getinfo("locked.png").flag_bits |= 0x1
        archive.getinfo("huge.png").file_size = 2**40
    data = path.read_bytes()
    path.write_bytes(data.replace(spoiled, spoiled[:-9] + b"\0" * 9))
    pictures = load(path)
    assert pictures.names == (
        "../above.png", "/absolute.png", "back/slash.png", "deep/er/in.png", "long.png",
    )  # fmt: skip
    np.testing.assert_array_equal(pictures.pixels, [np.asarray(noise(0))] * 5)
    reasons = dict(pictures.skipped)
    assert list(reasons) == ["huge.png", "locked.png", "spoiled.png"]
    assert reasons["locked.png"] == "encrypted"
    assert "CRC" in reasons["spoiled.png"]
    assert "too many" in reasons["huge.png"]


def test_a_zip_is_read_from_many_threads(tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(200):
            archive.writestr(f"{index:03d}.png", f"{index} " * 5000)
    wrong = []
    with open_source(path) as source:

        def read_all():
            wrong.extend(
                n for n in source.names if source.read(n) != f"{int(n[:3])} ".encode() * 5000
            )

        threads = [threading.Thread(target=read_all) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_progress_counts_to_the_end_and_may_stop_it(folder):
    for index in range(70):
        noise(index).save(folder / f"{index}.png")
    seen = []
    load(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (70, 70)
    assert seen == sorted(set(seen))

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(folder, progress=stop)


def test_no_rich_is_no_error(folder, monkeypatch, capsys):
    noise(0).save(folder / "a.png")
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert len(load(folder, progress=True).pixels) == 1
    assert capsys.readouterr().err == ""


def test_a_script_needs_no_guard(folder, tmp_path):
    noise(0).save(folder / "a.png")
    script = tmp_path / "script.py"
    script.write_text(
        "from genjax.data.pictures import load_pictures\n"
        f"print(load_pictures({str(folder)!r}, image_shape=(4, 4, 1)).pixels.shape)\n"
    )
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": root},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("(1, 4, 4, 1)\n", "")
