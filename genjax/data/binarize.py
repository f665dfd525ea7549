"""Black and white from grey, once and for all: pixels become 0 or 255.

References:
    R. Salakhutdinov, I. Murray, "On the quantitative analysis of deep belief networks", ICML 2008
    (grey levels as probabilities, drawn once).
"""

import hashlib
from typing import Literal

import numpy as np

Binarize = Literal["none", "threshold", "static"]


def binarize(pixels: np.ndarray, how: Binarize) -> np.ndarray:
    """Return pictures whose pixels are 0 or 255.

    "threshold" takes 128 and more as white. "static" draws each pixel once, white with probability
    grey / 255, by a hash of the picture itself (SHAKE-128, uniform in every bit): a picture comes
    out the same in every run, whatever is loaded beside it. (Larochelle's files of binarised MNIST
    are another draw from the same distribution.)

    Args:
        pixels: (n, ...) uint8.
        how: "none" returns them as they are.

    Returns:
        uint8 of the same shape.

    Example:
        >>> grey = np.full((1, 100, 100, 1), 51, np.uint8)  # a fifth of 255
        >>> float(np.mean(binarize(grey, "static") == 255).round(2))
        0.2
    """
    if how == "none":
        return pixels
    if how == "threshold":
        return np.where(pixels >= 128, np.uint8(255), np.uint8(0))
    drawn = np.empty(pixels.shape, np.uint8)
    for grey, black_or_white in zip(pixels, drawn, strict=True):
        uniform = np.frombuffer(hashlib.shake_128(grey.tobytes()).digest(2 * grey.size), "<u2")
        # uniform / 2^16 < grey / 255, in whole numbers
        white = uniform.reshape(grey.shape) * np.uint32(255) < grey * np.uint32(1 << 16)
        black_or_white[...] = white * np.uint8(255)
    return drawn
