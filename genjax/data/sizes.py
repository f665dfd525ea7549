"""Pictures of several sizes in one set: whether that makes them differ, and what is said of it.

A size is [height, width, the place of the first picture that has it], as JSON keeps it.
"""

from collections.abc import Iterable, Sequence

from genjax.data.decode import Crop
from genjax.data.source import DataError, shown

Sizes = list[list[int]]
_ALIKE = 1.01  # proportions, by which a thumbnail's may differ for its whole pixels


def sizes_of(found: Iterable[tuple[int, int] | None]) -> Sizes:
    """Return the different sizes, in the order in which they come.

    Args:
        found: (height, width) of each picture; None where it could not be read.

    Example:
        >>> sizes_of([(3, 4), None, (3, 4), (5, 5)])
        [[3, 4, 0], [5, 5, 3]]
    """
    first: dict[tuple[int, int], int] = {}
    for index, size in enumerate(found):
        if size is not None:
            first.setdefault(size, index)
    return [[*size, index] for size, index in first.items()]


def note_sizes(sizes: Sizes, image_shape: Sequence[int], crop: Crop = None) -> tuple[str, ...]:
    """Return the line that says of pictures that the sizes of their files make them differ.

    Args:
        sizes: of `sizes_of`, in any order.
        image_shape: (height, width, channels) that they are stretched to.
        crop: see `central_box`.

    Returns:
        One line; none where pictures that are not cropped have the same proportions, those of
        which so many pixels are cropped the same size, or where the crop is "square".

    Example:
        >>> note_sizes([[20, 30, 0], [480, 640, 1]], (64, 64, 3))[0][:58]
        '2 sizes, 20x30 to 480x640 (height x width): stretched to 6'
        >>> note_sizes([[20, 30, 0], [40, 60, 1]], (64, 64, 3))
        ()
    """
    if crop == "square" or len(sizes) < 2 or (crop is None and _another(sizes) is None):
        return ()
    if crop is None:
        what = f"stretched to {_said(image_shape)}; --data.crop square keeps proportions"
    else:
        what = f"a crop of {crop} pixels is more of some than of others; --data.crop square is not"
    least, largest = (
        end(sizes, key=lambda size: (size[0] * size[1], size[0])) for end in (min, max)
    )
    return (f"{len(sizes):,} sizes, {_said(least)} to {_said(largest)} (height x width): {what}",)


def refuse_sizes(sizes: Sizes, names: Sequence[str]) -> None:
    """Raise DataError, with two pictures' names, if they are of different proportions.

    Args:
        sizes: of `sizes_of`.
        names: of the pictures.
    """
    other = _another(sizes)
    if other is not None:
        first = sizes[0]
        raise DataError(
            f"pictures are of different proportions: {shown(names[first[2]])} is {_said(first)}, "
            f"{shown(names[other[2]])} {_said(other)} (height x width); --data.crop square keeps "
            "them"
        )


def _another(sizes: Sizes) -> list[int] | None:
    """Return a size whose proportions are not the first one's."""

    def ratio(size: Sequence[int]) -> float:
        return size[1] / size[0]

    for size in sizes[1:]:
        if not 1 / _ALIKE <= ratio(size) / ratio(sizes[0]) <= _ALIKE:
            return size
    return None


def _said(size: Sequence[int]) -> str:
    return f"{size[0]}x{size[1]}"
