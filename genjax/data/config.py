"""Where a training's data comes from, as plain values."""

from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test", "train+validation", "all"]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where the pictures come from.

    Attributes:
        path: CelebA in either layout, MNIST's idx files, a folder or a zip of pictures, whose
            sub-folders are classes; None draws faces.
        drawn: how many faces are drawn to train on.
        split: what is trained on, "train" where it is None; pictures without a partition are
            all of them "train".
        crop: None stretches; "square" takes the largest central square, a number the central
            square of so many pixels; then the picture is resized to the model's shape.
        limit: train on at most so many pictures, the first ones.
        strict: refuse a set with a broken picture instead of skipping it; and, without a crop, one
            of several proportions instead of stretching them differently.
        binarize: "threshold" makes pixels of 128 and more white, the others black; "static" draws
            each pixel once, white with probability grey / 255, the same in every run.
        cache: a folder to keep decoded or drawn pictures in, so that the next start finds them.
            It grows with every set, shape and crop, and may be emptied at any time.
        stream: leave the pictures in the host's memory, or mapped from the cache, and send each
            chunk's to the device: for sets that its memory does not hold.
        attribute: which of the labels a conditional model is told: an attribute of CelebA, a
            column. Labels of a single column (digits, sub-folders) need no name.
    """

    path: str | None = None
    drawn: int = 20_000
    split: Split | None = None
    crop: int | Literal["square"] | None = None
    limit: int | None = None
    strict: bool = False
    binarize: Literal["none", "threshold", "static"] = "none"
    cache: str | None = None
    stream: bool = False
    attribute: str | None = None


@dataclass(frozen=True, kw_only=True)
class TableConfig:
    """Columns of numbers.

    Attributes:
        path: of a csv file; None draws heights in inches, normal, mean 69 and deviation 3.
        drawn: how many heights are drawn.
        columns: that are learnt from, in this order; without any, all that hold numbers.
        where: COLUMN=VALUE, to keep the rows alone in which a column has this value.
        stream: leave the rows in the host's memory and send each chunk's to the device.
    """

    path: str | None = None
    drawn: int = 1_000_000
    columns: tuple[str, ...] = ()
    where: str | None = None
    stream: bool = False
