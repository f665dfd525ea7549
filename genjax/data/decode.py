"""Decode one picture to 8 bits, upright, cropped, resized, in the channels asked for.

Modes, filters and JPEG's draft are Pillow's,
https://pillow.readthedocs.io/en/stable/handbook/concepts.html.
"""

from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np

from genjax.errors import needs_extra

with needs_extra("scripts", "pictures"):
    from PIL import Image, UnidentifiedImageError, __version__
    from PIL.Image import Transpose

# What Pillow may try, whatever the extension says: nothing that starts another program (EPS does).
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
DECODER = f"Pillow {__version__}"  # another one may differ in the last bit
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
# EXIF's orientation, and what undoes it.
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_QUARTER_TURNS = tuple(_TURNS[orientation] for orientation in (5, 6, 7, 8))
Crop = int | Literal["square"] | None


class Decoded(NamedTuple):
    """One picture.

    Attributes:
        pixels: (height, width, channels) uint8.
        converted: the mode that it was converted from, None where it had the right one.
        size: (height, width) in its file, upright, before it was cropped and resized.
    """

    pixels: np.ndarray
    converted: str | None
    size: tuple[int, int]


def central_box(width: int, height: int, crop: Crop) -> tuple[int, int, int, int]:
    """The part of a picture that `crop` keeps, as (left, top, right, bottom) in whole pixels.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        crop: None keeps all, "square" the largest central square, a number the central square of
            that side, or the largest where the picture is smaller.

    Returns:
        The box, within (0, 0, width, height).

    Example:
        >>> central_box(178, 218, 148)
        (15, 35, 163, 183)
    """
    if crop is None:
        return 0, 0, width, height
    side = min(width, height) if crop == "square" else min(width, height, crop)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def _eight_bits(image: Image.Image) -> Image.Image:
    """A deep grey picture scaled, not clipped, to 8 bits.

    Integers are taken to be 16 bits deep; floats to reach 1, 255 or 65535, whichever first holds
    all of the picture. What exceeds that, or is negative, is stretched from its own range.
    """
    values = np.array(image, dtype=np.float32)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise ValueError("has values that are not finite")
    peaks = (1, 255, 65535) if image.mode == "F" else (65535,)
    peak = next((peak for peak in peaks if low >= 0 and high <= peak), None)
    floor, span = (0.0, float(peak)) if peak else (low, high - low or 1.0)
    values -= np.float32(floor)  # in place: such pictures are large
    values *= np.float32(255 / span)
    return Image.fromarray(np.rint(values, out=values).astype(np.uint8))


def _turn(image: Image.Image) -> Transpose | None:
    """What brings a loaded picture upright; None where EXIF says nothing that can be understood.

    A TIFF has been turned by now: Pillow does so as it loads, and drops the entry.
    """
    try:
        return _TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # a header's damage is no reason to lose the picture
        return None


def decode(data: bytes, image_shape: tuple[int, int, int], crop: Crop = None) -> Decoded:
    """Decode one picture, upright, cropped and resized (Lanczos), its first frame if it moves.

    Transparency is laid on white unless four channels are asked for. A JPEG at least four times too
    large is decoded at a half, quarter or eighth, so that Lanczos still halves it or more.

    Args:
        data: the bytes of the file.
        image_shape: (height, width, channels) of the result; 1, 3 or 4 channels.
        crop: see `central_box`; what is kept is then stretched to the shape.

    Returns:
        The pixels, uint8 of `image_shape`, and the mode converted from (None if none was).

    Raises:
        ValueError: if there is no whole picture in the data.
        Exception: whatever else Pillow raises; hostile files raise nearly anything.

    Example:
        >>> file = BytesIO()
        >>> Image.new("L", (8, 6), 200).save(file, "PNG")
        >>> pixels, mode, size = decode(file.getvalue(), (3, 4, 3))
        >>> pixels.shape, int(pixels.max()), mode, size
        ((3, 4, 3), 200, 'L', (6, 8))
    """
    height, width, channels = image_shape
    if not data:
        raise ValueError("empty file")
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:  # whose message is a memory address
        raise ValueError("not a picture") from None
    full = image.size
    if Image.MAX_IMAGE_PIXELS and full[0] * full[1] > Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError(f"{full[0]} x {full[1]} pixels are too many")
    left, top, right, bottom = central_box(*full, crop)
    room = min(right - left, bottom - top) // (2 * max(height, width))
    reduction = next((scale for scale in (8, 4, 2) if scale <= room), 1)
    if reduction > 1 and not image.draft(None, (full[0] // reduction, full[1] // reduction)):
        reduction = 1
    image.load()
    turn = _turn(image)
    mode, transparent = image.mode, image.has_transparency_data
    if mode.startswith(("I", "F")):
        image = _eight_bits(image)
    elif transparent and channels < 4:
        glass = image.convert("RGBA")
        image = Image.new("RGBA", glass.size, "white")
        image.alpha_composite(glass)
    if image.mode != MODES[channels]:
        image = image.convert(MODES[channels])
    # Resized before it is turned: a reduced picture's last row and column stand for fewer pixels.
    turned = turn in _QUARTER_TURNS
    size = (height, width) if turned else (width, height)
    box = left / reduction, top / reduction, right / reduction, bottom / reduction
    image = image.resize(size, Image.Resampling.LANCZOS, box)
    if turn is not None:
        image = image.transpose(turn)
    changed = mode != MODES[channels] or (transparent and channels < 4)
    pixels = np.asarray(image).reshape(image_shape)
    return Decoded(pixels, mode if changed else None, full if turned else full[::-1])
