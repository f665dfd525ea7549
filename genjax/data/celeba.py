"""CelebA as its two distributions lay it out: torchvision's and Kaggle's.

torchvision: `img_align_celeba.zip` or an unpacked `img_align_celeba/`, beside
`list_attr_celeba.txt` (the number of rows, 40 names, then values ±1) and `list_eval_partition.txt`.
Kaggle: the pictures nested in `img_align_celeba/img_align_celeba/`, the lists `.csv` with a head.

References:
    Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from genjax.data.celeba_lists import read_attributes, read_partition
from genjax.data.config import Split
from genjax.data.decode import Crop
from genjax.data.pictures import Pictures, load_pictures, read_pictures
from genjax.data.progress import Progress
from genjax.data.source import DataError, few, open_source, shown

_IMAGES = "img_align_celeba"
_ATTRIBUTE_LIST, _PARTITION_LIST = "list_attr_celeba", "list_eval_partition"
_SPLITS = {
    "train": (0,),
    "validation": (1,),
    "test": (2,),
    "train+validation": (0, 1),
    "all": (0, 1, 2),
}


class _Layout(NamedTuple):
    images: Path
    attributes: Path | None
    partition: Path | None


def _find(path: Path) -> _Layout | None:
    """Where the pictures and lists are, if `path` (or a `celeba` in it) is laid out as CelebA."""

    def listed(stem: str, folders: Sequence[Path]) -> Path | None:
        files = (folder / f"{stem}{end}" for folder in folders for end in (".txt", ".csv"))
        return next((file for file in files if file.is_file()), None)

    unpacked = [path / _IMAGES, path / "celeba" / _IMAGES]
    zipped = [folder.with_suffix(".zip") for folder in unpacked]
    filled = [folder for folder in unpacked if folder.is_dir() and any(folder.iterdir())]
    itself = [path] if path.name in (_IMAGES, f"{_IMAGES}.zip") and path.exists() else []
    found = [*filled, *filter(Path.is_file, zipped), *itself]
    if not found:
        return None
    images = found[0]
    if (images / _IMAGES).is_dir():  # Kaggle's nest
        images = images / _IMAGES
    above = [images.parent, images.parent.parent]
    return _Layout(images, listed(_ATTRIBUTE_LIST, above), listed(_PARTITION_LIST, above))


def is_celeba(path: str | os.PathLike[str]) -> bool:
    """Whether a path is laid out as CelebA: its pictures by their name, and at least one list.

    Args:
        path: a folder that holds `img_align_celeba`, that folder or zip itself, or the parent of a
            folder called `celeba`.

    Returns:
        False also where there is nothing, or nothing that may be read.

    Example:
        >>> is_celeba("no such folder")
        False
    """
    try:
        layout = _find(Path(os.path.expanduser(path)))
    except OSError:
        return False
    return layout is not None and bool(layout.attributes or layout.partition)


def has_partition(path: str | os.PathLike[str]) -> bool:
    """Whether a path is laid out as CelebA and has the list that splits it into parts.

    Args:
        path: see `is_celeba`.

    Returns:
        Whether `load_celeba` can be asked for a split other than "all".

    Example:
        >>> has_partition("no such folder")
        False
    """
    try:
        layout = _find(Path(os.path.expanduser(path)))
    except OSError:
        return False
    return layout is not None and layout.partition is not None


def load_celeba(
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int, int] = (128, 128, 3),
    crop: Crop = None,
    split: Split = "all",
    strict: bool = False,
    limit: int | None = None,
    cache: str | None = None,
    progress: Progress = True,
) -> Pictures:
    """Load CelebA's aligned faces, with their attributes and partition where the lists are there.

    Args:
        path: the folder of the pictures and lists, that folder's parent, or the folder or zip of
            the pictures with the lists beside it.
        image_shape: (height, width, channels); see `load_pictures`.
        crop: None, "square" or a side in pixels (148 is common for the 178x218 originals).
        split: which part to decode; all but "all" need the partition list.
        strict: refuse broken pictures, and rows that have no picture, rather than tell of them;
            see `load_pictures`.
        limit: only the first so many of the split.
        cache: see `load_pictures`.
        progress: see `load_pictures`.

    Returns:
        The `Pictures`; names and the index of `attributes` (bool, 40 columns) are bare file names.
        Rows of a list that have no picture are counted in `notes`.

    Raises:
        DataError: if the layout or a list is not CelebA's, a picture has no row in a list, or
            the split is empty.

    Example:
        >>> faces = load_celeba("data/celeba", split="train", crop=148)  # doctest: +SKIP
        >>> faces.attributes["Smiling"].mean()  # doctest: +SKIP

    References:
        Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
    """
    if split not in _SPLITS:
        raise DataError(f"split must be one of {', '.join(_SPLITS)}, not {split!r}")
    path = Path(os.path.expanduser(path))
    where = shown(str(path))
    try:
        layout = _find(path)
    except OSError as error:
        raise DataError(f"cannot read {where}: {error.strerror}") from error
    if layout is None:
        raise DataError(f"no {_IMAGES}/ or {_IMAGES}.zip in {where}")
    if split != "all" and not layout.partition:
        raise DataError(f"split {split!r} needs {_PARTITION_LIST}.txt or .csv beside {_IMAGES}")
    attributes = read_attributes(layout.attributes) if layout.attributes else None
    partition = read_partition(layout.partition) if layout.partition else None
    with open_source(layout.images) as source:
        members = {name.rsplit("/", 1)[-1]: name for name in source.names}
        if len(members) < len(source.names):
            twice = sorted(set(source.names) - set(members.values()))
            raise DataError(f"{where} has several pictures of one name: {few(twice)}")
        names = sorted(members)
        notes: list[str] = []
        for file, rows in ((layout.attributes, attributes), (layout.partition, partition)):
            if file is None or rows is None:
                continue
            lost, idle = sorted(set(names) - set(rows.index)), set(rows.index) - set(names)
            said = []
            if lost:
                count = f"{len(lost):,} pictures have no row in {file.name}"
                said.append(f"{count} (first: {shown(lost[0])})")
            if idle:
                count = f"{len(idle):,} rows of {file.name} have no picture"
                said.append(f"{count} (first: {shown(min(idle))})")
            if lost or (idle and strict):
                raise DataError("; ".join(said))
            notes += said
        if partition is not None:
            inside = partition.loc[names].isin(_SPLITS[split])
            names = [name for name, take in zip(names, inside, strict=True) if take]
        if not names:
            raise DataError(f"no picture of split {split!r} in {where}")
        pictures = read_pictures(
            source, [members[name] for name in names], image_shape=image_shape, crop=crop,
            strict=strict, limit=limit, cache=cache, progress=progress,
        )  # fmt: skip
    kept = [name.rsplit("/", 1)[-1] for name in pictures.names]
    return pictures._replace(
        names=tuple(kept),
        skipped=tuple((name.rsplit("/", 1)[-1], reason) for name, reason in pictures.skipped),
        attributes=None if attributes is None else attributes.loc[kept],
        partition=None if partition is None else partition.loc[kept].to_numpy(),
        notes=(*pictures.notes, *notes),
    )


def load_any(
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int, int] = (128, 128, 3),
    crop: Crop = None,
    split: Split = "all",
    strict: bool = False,
    limit: int | None = None,
    cache: str | None = None,
    progress: Progress = True,
) -> Pictures:
    """Load CelebA where a path is laid out as CelebA, else the pictures of a folder or zip.

    Args:
        path: see `load_celeba` and `load_pictures`, as the others.
        image_shape: (height, width, channels).
        crop: None, "square" or a side in pixels.
        split: "all" for plain pictures, which have no partition.
        strict: refuse what is broken.
        limit: only the first so many.
        cache: a folder for decoded pictures.
        progress: a bar, or a function of (done, total).

    Returns:
        The `Pictures`.

    Raises:
        DataError: as those two; and if a split is asked of plain pictures.

    Example:
        >>> load_any("faces.zip", image_shape=(64, 64, 3)).pixels.shape  # doctest: +SKIP
        (1000, 64, 64, 3)
    """
    if is_celeba(path):
        return load_celeba(
            path, image_shape=image_shape, crop=crop, split=split, strict=strict, limit=limit,
            cache=cache, progress=progress,
        )  # fmt: skip
    if split != "all":
        raise DataError(f"split {split!r} needs CelebA's layout; {shown(str(path))} has none")
    return load_pictures(
        path, image_shape=image_shape, crop=crop, strict=strict, limit=limit, cache=cache,
        progress=progress,
    )  # fmt: skip
