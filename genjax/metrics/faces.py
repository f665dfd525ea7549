"""In how many pictures does a classical detector find a face?

The protocol: OpenCV's frontal-face cascade (haarcascade_frontalface_default, 4.10); the picture
in grey, resized to 256x256, with a border of 40 repeated pixels; a scale factor of 1.1, 5
neighbours, faces of 100x100 or more.

References:
    Viola and Jones, "Robust real-time face detection", IJCV 2004.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from genjax.errors import InputError, needs_extra

_CASCADE = "haarcascade_frontalface_default"
_SIDE, _BORDER = 256, 40


def _opencv() -> Any:
    """OpenCV with its classical detectors.

    Raises:
        ImportError: it is missing, or was built without them.
    """
    with needs_extra("faces", "face detectors"):
        import cv2
    folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
    if not hasattr(cv2, "CascadeClassifier") or not Path(folder, f"{_CASCADE}.xml").is_file():
        raise ImportError(
            f"OpenCV {cv2.__version__} has no cascades: pip install 'genjax-models[faces]'"
        )
    return cv2


def detector() -> str:
    """Return what finds the faces, for a record of the score.

    Raises:
        ImportError: OpenCV or its cascade is missing.

    Example:
        >>> detector()
        'haarcascade_frontalface_default of OpenCV 4.10.0'
    """
    return f"{_CASCADE} of OpenCV {_opencv().__version__}"


def find_faces(pixels: np.ndarray) -> np.ndarray:
    """Return whether there is a face in each picture, (n,) bool.

    Args:
        pixels: (n, height, width, channels) uint8; 1, 3 or 4 channels, red first, of which a
            fourth is left out.

    Raises:
        InputError: these are no such pictures.
        ImportError: OpenCV or its cascade is missing.

    Example:
        >>> find_faces(np.zeros((2, 64, 64, 3), np.uint8)).tolist()
        [False, False]
    """
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3, 4) or pixels.dtype != np.uint8:
        raise InputError(
            "faces are looked for in uint8 pictures, (n, height, width, 1, 3 or 4), not in "
            f"{pixels.dtype} {pixels.shape}"
        )
    cv2 = _opencv()
    file = f"{cv2.data.haarcascades}{_CASCADE}.xml"

    def search(block: np.ndarray) -> list[bool]:
        cascade = cv2.CascadeClassifier(file)  # one a thread
        found = []
        for picture in block:
            grey = picture[..., 0]
            if picture.shape[2] > 1:
                grey = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)
            grey = cv2.resize(grey, (_SIDE, _SIDE))
            grey = cv2.copyMakeBorder(grey, *[_BORDER] * 4, cv2.BORDER_REPLICATE)
            boxes = cascade.detectMultiScale(
                grey, scaleFactor=1.1, minNeighbors=5, minSize=(100, 100)
            )
            found.append(len(boxes) > 0)
        return found

    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        blocks = pool.map(search, np.array_split(pixels, threads))
        return np.array([found for block in blocks for found in block], bool)


def share_with_face(pixels: np.ndarray) -> float:
    """Return the share of pictures, 0 to 1, in which `find_faces` finds one; NaN of none."""
    return float(find_faces(pixels).mean()) if len(pixels) else float("nan")
