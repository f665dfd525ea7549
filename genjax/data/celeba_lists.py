"""CelebA's lists of attributes and of the partition, as text (the original) and csv (Kaggle's).

References:
    Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from genjax.data.source import DataError, few, shown

ATTRIBUTES = tuple(
    """5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose
    Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee
    Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard
    Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair
    Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie
    Young""".split()  # noqa: SIM905
)


def _head(file: Path, lines: int) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig") as text:
            return [next(text, "").strip() for _ in range(lines)]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {file.name}: {error}") from error


def _rows(file: Path, names: Sequence[str], head: int) -> pd.DataFrame:
    """The rows below the head, by picture; what is no number becomes NaN."""
    separator = "," if file.suffix == ".csv" else r"\s+"
    try:
        rows = pd.read_csv(
            file, header=None, skiprows=head, sep=separator, encoding="utf-8-sig", dtype={0: str}
        )
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"cannot read {file.name}: {' '.join(str(error).split())}") from error
    if rows.shape[1] != len(names) + 1:
        raise DataError(
            f"{file.name} has rows of {rows.shape[1] - 1} values under {len(names)} columns"
        )
    rows = rows.set_index(0).set_axis(list(names), axis=1).apply(pd.to_numeric, errors="coerce")
    if repeated := [name for name, count in Counter(rows.index).items() if count > 1]:
        raise DataError(f"{file.name} has more than one row for {few(repeated)}")
    return rows


def _refuse_others(file: Path, rows: pd.DataFrame, allowed: tuple[int, ...], say: str) -> None:
    wrong = ~rows.isin(allowed).to_numpy()
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{file.name} has {wrong.sum():,} values that are not {say}"
            f" (first: {rows.columns[column]} of {shown(str(rows.index[row]))})"
        )


def read_attributes(file: Path) -> pd.DataFrame:
    """Read `list_attr_celeba.txt` or `.csv`.

    Args:
        file: the list; the suffix tells which of the two it is.

    Returns:
        The 40 attributes, bool, indexed by file name.

    Raises:
        DataError: if the file is not such a list, saying what differs.

    References:
        Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
    """
    if file.suffix == ".csv":
        rows = _rows(file, [name.strip() for name in _head(file, 1)[0].split(",")[1:]], 1)
    else:
        count, names = _head(file, 2)
        if not count.isdecimal():
            raise DataError(f"{file.name} does not begin with the number of its rows")
        rows = _rows(file, names.split(), 2)
        if int(count) != len(rows):
            raise DataError(f"{file.name} announces {int(count):,} rows and has {len(rows):,}")
    if set(rows.columns) != set(ATTRIBUTES) or len(rows.columns) != len(ATTRIBUTES):
        lacks = [name for name in ATTRIBUTES if name not in rows.columns]
        more = [name for name in rows.columns if name not in ATTRIBUTES]
        raise DataError(
            f"{file.name} does not have CelebA's 40 columns:"
            f" it lacks {few(lacks) or 'none'}, and has {few(more) or 'none'} besides"
        )
    _refuse_others(file, rows, (-1, 1), "-1 or 1")
    return (rows[list(ATTRIBUTES)] == 1).rename_axis(index="image_id")


def read_partition(file: Path) -> pd.Series:
    """Read `list_eval_partition.txt` or `.csv`.

    Args:
        file: the list; the suffix tells which of the two it is.

    Returns:
        0 train, 1 validation or 2 test, int8, indexed by file name.

    Raises:
        DataError: if the file is not such a list, saying what differs.
    """
    rows = _rows(file, ("partition",), 1 if file.suffix == ".csv" else 0)
    _refuse_others(file, rows, (0, 1, 2), "0, 1 or 2")
    return rows["partition"].astype(np.int8).rename_axis("image_id")
