"""CelebA in both of its layouts, written small, and a few hundred of the real faces."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from genjax.data.celeba import has_partition, is_celeba, load_any, load_celeba
from genjax.data.celeba_lists import ATTRIBUTES
from genjax.data.pictures import DataError, load_pictures

NAMES = tuple(f"{index:06d}.jpg" for index in range(1, 13))
PARTITION = dict(zip(NAMES, [0, 0, 1, 2, 0, 1, 2, 2, 0, 0, 1, 0], strict=True))
VALUES = np.where(np.random.default_rng(0).random((12, 40)) < 0.4, 1, -1)


def face(name):
    """A grey JPEG whose level tells which picture it is."""
    file = BytesIO()
    Image.new("RGB", (18, 22), (20 * int(name[:6]),) * 3).save(file, "JPEG", quality=95)
    return file.getvalue()


def text_lists(folder, names=NAMES):
    rows = [f"{n} " + " ".join(f"{v:2d}" for v in VALUES[NAMES.index(n)]) for n in names]
    lines = [str(len(names)), " ".join(ATTRIBUTES) + " ", *rows]
    (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    lines = [f"{name} {PARTITION[name]}" for name in names]
    (folder / "list_eval_partition.txt").write_text("\n".join(lines) + "\n")


def csv_lists(folder):
    rows = [f"{name}," + ",".join(map(str, row)) for name, row in zip(NAMES, VALUES, strict=True)]
    lines = ["image_id," + ",".join(ATTRIBUTES), *rows]
    (folder / "list_attr_celeba.csv").write_text("\r\n".join(lines) + "\r\n")
    lines = ["image_id,partition", *(f"{name},{part}" for name, part in PARTITION.items())]
    (folder / "list_eval_partition.csv").write_text("\n".join(lines))


def zipped(folder):
    text_lists(folder)
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for name in NAMES:
            archive.writestr(f"img_align_celeba/{name}", face(name))
    return folder


def unpacked(folder):
    text_lists(folder)
    (folder / "img_align_celeba").mkdir()
    for name in NAMES:
        (folder / "img_align_celeba" / name).write_bytes(face(name))
    return folder


def kaggle(folder):
    csv_lists(folder)
    (folder / "img_align_celeba" / "img_align_celeba").mkdir(parents=True)
    for name in NAMES:
        (folder / "img_align_celeba" / "img_align_celeba" / name).write_bytes(face(name))
    return folder


def load(path, **options):
    return load_celeba(path, **{"image_shape": (4, 4, 3), "progress": False, **options})


@pytest.fixture
def faces(tmp_path):
    (tmp_path / "celeba").mkdir()
    return tmp_path / "celeba"


@pytest.mark.parametrize("layout", [zipped, unpacked, kaggle])
@pytest.mark.parametrize("inner", ["", "..", "img_align_celeba", "img_align_celeba.zip"])
def test_every_layout_gives_the_same(faces, layout, inner):
    path = layout(faces) / inner
    if not path.exists():
        assert not is_celeba(path)
        return
    path = path.resolve()
    assert is_celeba(path)
    pictures = load(path)
    assert pictures.names == NAMES
    levels = [20 * index for index in range(1, 13)]
    np.testing.assert_allclose(pictures.pixels.mean((1, 2, 3)), levels, atol=2)
    assert pictures.attributes.index.tolist() == list(NAMES)
    assert pictures.attributes.columns.tolist() == list(ATTRIBUTES)
    assert set(pictures.attributes.dtypes) == {np.dtype(bool)}
    np.testing.assert_array_equal(pictures.attributes.to_numpy(), VALUES == 1)
    np.testing.assert_array_equal(pictures.partition, list(PARTITION.values()))
    assert (pictures.converted, pictures.skipped, pictures.notes) == ({}, (), ())


@pytest.mark.parametrize(
    ("split", "parts"),
    [("train", {0}), ("validation", {1}), ("test", {2}), ("train+validation", {0, 1})],
)
def test_a_split_decodes_its_own_pictures_alone(faces, monkeypatch, split, parts):
    want = [name for name in NAMES if PARTITION[name] in parts]
    read = []
    original = zipfile.ZipFile.read
    monkeypatch.setattr(
        zipfile.ZipFile, "read",
        lambda self, info, *rest: (read.append(info.filename), original(self, info, *rest))[1],
    )  # fmt: skip
    pictures = load(zipped(faces), split=split)
    assert list(pictures.names) == pictures.attributes.index.tolist() == want
    assert sorted(read) == [f"img_align_celeba/{name}" for name in want]
    assert set(pictures.partition) == parts
    np.testing.assert_array_equal(
        pictures.attributes.to_numpy(), [VALUES[NAMES.index(name)] == 1 for name in want]
    )
    assert load(faces, split=split, limit=2).names == tuple(want[:2])


def test_broken_pictures_lose_their_rows_too(faces):
    unpacked(faces)
    (faces / "img_align_celeba" / NAMES[3]).write_bytes(b"")
    pictures = load(faces)
    assert pictures.skipped == ((NAMES[3], "empty file"),)
    assert len(pictures.pixels) == len(pictures.attributes) == len(pictures.partition) == 11
    assert NAMES[3] not in pictures.attributes.index
    np.testing.assert_allclose(
        pictures.pixels.mean((1, 2, 3)), [20 * int(name[:6]) for name in pictures.names], atol=2
    )
    with pytest.raises(DataError, match=r"1 of 12 files are broken: 000004\.jpg \(empty file\)"):
        load(faces, strict=True)


def test_pictures_without_rows_are_refused_and_rows_without_pictures_told(faces):
    unpacked(faces)
    text_lists(faces, NAMES[2:])
    with pytest.raises(
        DataError, match=r"^2 pictures have no row in list_attr_celeba\.txt \(first: 000001\.jpg\)$"
    ):
        load(faces)
    for name in (*NAMES[:2], *NAMES[9:]):
        (faces / "img_align_celeba" / name).unlink()
    pictures = load(faces)
    assert pictures.names == NAMES[2:9]
    assert pictures.notes == (
        "3 rows of list_attr_celeba.txt have no picture (first: 000010.jpg)",
        "3 rows of list_eval_partition.txt have no picture (first: 000010.jpg)",
    )
    with pytest.raises(DataError, match=r"3 rows of list_attr_celeba\.txt have no picture"):
        load(faces, strict=True)
    (faces / "img_align_celeba" / NAMES[0]).write_bytes(face(NAMES[0]))
    with pytest.raises(DataError, match=r"1 pictures have no row .*; 3 rows of .* no picture"):
        load(faces)


def test_without_lists(faces):
    unpacked(faces)
    (faces / "list_attr_celeba.txt").unlink()
    assert load(faces, split="test").attributes is None
    assert is_celeba(faces)
    assert has_partition(faces)
    (faces / "list_eval_partition.txt").unlink()
    assert not is_celeba(faces)
    assert not has_partition(faces)
    assert (load(faces).attributes, load(faces).partition) == (None, None)
    with pytest.raises(DataError, match="split 'train' needs list_eval_partition"):
        load(faces, split="train")


def test_an_empty_or_unknown_split_and_an_empty_place(faces):
    zipped(faces)
    (faces / "list_eval_partition.txt").write_text("".join(f"{name} 0\n" for name in NAMES))
    with pytest.raises(DataError, match="no picture of split 'test'"):
        load(faces, split="test")
    with pytest.raises(DataError, match=r"split must be one of train, .*not 'valid'"):
        load(faces, split="valid")
    with pytest.raises(
        DataError, match=r"no img_align_celeba/ or img_align_celeba\.zip in .*nowhere"
    ):
        load(faces / "nowhere")
    assert not is_celeba(faces / "nowhere")


def edit(old, new):
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edit("12\n", "13\n"), "announces 13 rows and has 12"),
        (edit("12\n", ""), "does not begin with the number of its rows"),
        (edit("Smiling ", ""), "rows of 40 values under 39 columns"),
        (edit("Smiling", "Grinning"), "lacks Smiling, and has Grinning besides"),
        (edit("Smiling", "Male"), "lacks Smiling"),
        (edit("000001.jpg -1", "000001.jpg  0"), r"1 values that are not -1 or 1 \(first: 5_o_"),
        (edit("000001.jpg -1", "000001.jpg  x"), r"1 values that are not -1 or 1 \(first: 5_o_"),
        (edit("000001.jpg -1", "000001.jpg"), "cannot read list_attr_celeba.txt: .*line 4"),
        (edit("000007.jpg", "000007.jpg -1"), "cannot read list_attr_celeba.txt: .*line 9"),
        (edit("000002.jpg", "000001.jpg"), "more than one row for 000001.jpg"),
        (lambda text: "", "does not begin with the number"),
        (lambda text: "12\n", "cannot read list_attr_celeba.txt"),
    ],
)
def test_a_spoiled_attribute_list_is_one_clear_line(faces, change, says):
    file = unpacked(faces) / "list_attr_celeba.txt"
    text = file.read_text()
    first = VALUES[0].copy()
    assert first[0] == -1, "the changes above count on it"
    file.write_text(change(text))
    assert file.read_text() != text
    with pytest.raises(DataError, match=says) as error:
        load(faces)
    assert "list_attr_celeba.txt" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("000001.jpg 3\n", r"1 values that are not 0, 1 or 2 \(first: partition of 000001.jpg\)"),
        ("000001.jpg\n", "rows of 0 values under 1 columns"),
        ("000001.jpg 1 1\n", "rows of 2 values under 1 columns"),
        ("", "cannot read list_eval_partition.txt"),
        (b"\xff\xfe\x00\x81 1\n", "cannot read list_eval_partition.txt"),
    ],
)
def test_a_spoiled_partition_is_one_clear_line(faces, text, says):
    file = unpacked(faces) / "list_eval_partition.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=says):
        load(faces)


def test_pictures_of_one_name_are_refused(faces):
    unpacked(faces)
    (faces / "img_align_celeba" / "more").mkdir()
    (faces / "img_align_celeba" / "more" / NAMES[0]).write_bytes(face(NAMES[0]))
    with pytest.raises(DataError, match=r"several pictures of one name: 000001\.jpg"):
        load(faces)


def test_load_any_knows_celeba_from_plain_pictures(faces, tmp_path):
    kaggle(faces)
    options = {"image_shape": (4, 4, 1), "progress": False}
    assert load_any(faces, split="test", **options).attributes.shape == (3, 40)
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in NAMES:
        (plain / name).write_bytes(face(name))
    pictures = load_any(plain, limit=5, **options)
    assert pictures.names == NAMES[:5]
    assert pictures.attributes is None
    with pytest.raises(DataError, match="split 'train' needs CelebA's layout"):
        load_any(plain, split="train", **options)
    with pytest.raises(DataError, match="no such folder or zip"):
        load_any(tmp_path / "nowhere", **options)


def test_the_real_faces(shared_data):
    root = shared_data / "celeba"
    assert is_celeba(shared_data)
    options = {"image_shape": (64, 64, 3), "limit": 300, "progress": False}
    faces = load_any(root, split="train", **options)
    assert faces.pixels.shape == (300, 64, 64, 3)
    assert faces.skipped == faces.notes == ()
    assert set(faces.partition) == {0}
    assert 40 < faces.pixels.mean() < 200
    # Blond hair is brighter than black hair: rows and pictures belong together.
    top = faces.pixels[:, :12].mean((1, 2, 3))
    blond, black = (faces.attributes[name].to_numpy() for name in ("Blond_Hair", "Black_Hair"))
    assert top[blond].mean() > top[black].mean() + 10
    inside = [f"img_align_celeba/{name}" for name in faces.names[:5]]
    plain = load_pictures(
        root / "img_align_celeba.zip", names=inside, image_shape=(64, 64, 3), progress=False
    )
    np.testing.assert_array_equal(plain.pixels, faces.pixels[:5])
