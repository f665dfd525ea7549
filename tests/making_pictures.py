"""Small pictures, and their files' bytes, for the tests of loading."""

from io import BytesIO

import numpy as np
from PIL import Image


def encoded(image, kind="PNG", **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(seed, width=8, height=8):
    return Image.fromarray(
        np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    )
