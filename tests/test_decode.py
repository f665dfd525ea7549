"""One picture's decoding: geometry against NumPy, depth and colour against hand-worked values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_pictures import encoded, noise
from PIL import Image

from genjax.data.decode import central_box, decode


def ramp(width, height):
    """Red grows to the right and green downwards: a crop shows where it was taken."""
    red, green = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([red, green, 0 * red], -1).round().astype(np.uint8))


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400) | st.just("square"))
def test_a_central_box_is_square_central_and_inside(width, height, crop):
    left, top, right, bottom = central_box(width, height, crop)
    side = min([width, height] if crop == "square" else [width, height, crop])
    assert right - left == bottom - top == side
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height
    assert abs(left - (width - right)) <= 1
    assert abs(top - (height - bottom)) <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(0, 9))
def test_a_crop_without_resizing_is_a_slice(width, height, crop, seed):
    image = noise(seed, width, height)
    side = min(width, height, crop)
    pixels = decode(encoded(image), (side, side, 3), crop).pixels
    top, left = (height - side) // 2, (width - side) // 2
    want = np.asarray(image).reshape(height, width, 3)[top : top + side, left : left + side]
    np.testing.assert_array_equal(pixels, want)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(200, 700), st.integers(200, 700), st.integers(4, 20), st.integers(4, 20),
    st.none() | st.just("square") | st.integers(100, 500), st.integers(1, 8),
)  # fmt: skip
def test_a_reduced_jpeg_shows_what_the_whole_one_would(width, height, h, w, crop, orientation):
    """Draft decoding and EXIF together move nothing: each pixel is the ramp's mean below it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that orientation undoes
    stored = ramp(width, height)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(back[orientation]))
    jpeg = encoded(stored, "JPEG", quality=95, subsampling=0, exif=exif)
    pixels, mode, size = decode(jpeg, (h, w, 3), crop)
    left, top, right, bottom = central_box(width, height, crop)
    x = left + (np.arange(w) + 0.5) * (right - left) / w - 0.5
    y = top + (np.arange(h) + 0.5) * (bottom - top) / h - 0.5
    assert (mode, size) == (None, (height, width))
    # The filter reaches over the edge in the outermost pixels; a pixel of draft is 8 of the ramp.
    inner = (slice(1, -1), slice(1, -1))
    red = np.broadcast_to(x * 255 / (width - 1), (h, w))
    green = np.broadcast_to((y * 255 / (height - 1))[:, None], (h, w))
    np.testing.assert_allclose(pixels[..., 0][inner], red[inner], atol=4)
    np.testing.assert_allclose(pixels[..., 1][inner], green[inner], atol=4)


def test_a_large_jpeg_is_decoded_small(monkeypatch):
    """The draft is what makes photographs fast: the decoder itself gives a quarter."""
    sizes = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, *args: (sizes.append(self.size), resize(self, *args))[1]
    )
    decode(encoded(ramp(640, 512), "JPEG"), (64, 64, 3))
    decode(encoded(ramp(640, 512), "JPEG"), (64, 64, 3), 200)
    decode(encoded(ramp(640, 512), "PNG"), (64, 64, 3))
    assert sizes == [(160, 128), (640, 512), (640, 512)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_honoured_where_the_file_has_it(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: what is stored on the left belongs on top
    image = Image.new("RGB", (8, 4), "black")
    image.paste("white", (0, 0, 4, 4))
    pixels, _, size = decode(encoded(image, kind, exif=exif), (8, 4, 1))
    assert size == (8, 4)
    assert pixels[:4].min() > 230
    assert pixels[4:].max() < 25


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_exif_costs_nothing_but_the_orientation():
    for junk in (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0", b"Exif\0\0junk" * 9):
        data = encoded(ramp(9, 9), "JPEG", quality=95, subsampling=0, exif=junk)
        np.testing.assert_allclose(decode(data, (9, 9, 3))[0], np.asarray(ramp(9, 9)), atol=6)


@pytest.mark.parametrize(
    ("mode", "value", "grey", "rgb", "rgba"),
    [
        ("1", 1, 255, (255, 255, 255), (255, 255, 255, 255)),
        ("L", 100, 100, (100, 100, 100), (100, 100, 100, 255)),
        # half of 200 over white is (200 · 51 + 255 · 204) / 255 = 244
        ("LA", (200, 51), 244, (244, 244, 244), (200, 200, 200, 51)),
        ("RGBA", (200, 200, 200, 51), 244, (244, 244, 244), (200, 200, 200, 51)),
        ("RGBA", (0, 0, 0, 0), 255, (255, 255, 255), None),
        ("RGB", (255, 0, 0), 76, (255, 0, 0), (255, 0, 0, 255)),
        ("CMYK", (0, 255, 255, 0), 76, (255, 0, 0), (255, 0, 0, 255)),
        ("I;16", 257 * 90, 90, (90, 90, 90), (90, 90, 90, 255)),
        ("I", 257 * 90, 90, (90, 90, 90), (90, 90, 90, 255)),
        ("F", 0.2, 51, (51, 51, 51), (51, 51, 51, 255)),
        ("F", 51.0, 51, (51, 51, 51), (51, 51, 51, 255)),
        ("F", 257.0 * 51, 51, (51, 51, 51), (51, 51, 51, 255)),
    ],
)
def test_every_mode_becomes_grey_rgb_or_rgba(mode, value, grey, rgb, rgba):
    data = encoded(Image.new(mode, (5, 3), value), "TIFF")
    for want, channels in ((grey, 1), (rgb, 3), (rgba, 4)):
        if want is None:
            continue
        pixels, converted, _ = decode(data, (3, 5, channels))
        np.testing.assert_array_equal(pixels, np.broadcast_to(np.uint8(want), (3, 5, channels)))
        assert converted == (None if {1: "L", 3: "RGB", 4: "RGBA"}[channels] == mode else mode)


def test_deep_grey_is_scaled_and_not_clipped():
    deep = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    want = np.round(deep / 65535 * 255)[..., None]
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(
            decode(encoded(Image.fromarray(deep), kind), (8, 8, 1))[0], want
        )
    for values in (deep * 100.0, deep - 9000.0, deep.astype(np.int32) * 9000):
        kind = np.float32 if values.dtype == float else np.int32
        data = encoded(Image.fromarray(values.astype(kind)), "TIFF")
        np.testing.assert_allclose(decode(data, (8, 8, 1))[0], want, atol=1)
    with pytest.raises(ValueError, match="not finite"):
        decode(encoded(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF"), (8, 8, 1))
