"""A tiny set, in MNIST's files or in folders: 8x8 pictures, dark, half or wholly light."""

import struct

import numpy as np
from PIL import Image

SHAPE = (8, 8, 1)


def shades(n, seed=0):
    """Return n pictures, (n, 8, 8, 1) uint8, and their classes 0, 1, 2, 0, 1, ..."""
    labels = np.arange(n) % 3
    pixels = np.random.default_rng(seed).integers(0, 60, (n, *SHAPE)).astype(np.uint8)
    pixels[labels >= 1, :, :4] += 190
    pixels[labels == 2, :, 4:] += 190
    return pixels, labels


def write_idx(path, array):
    array = np.asarray(array, np.uint8)
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(head + array.tobytes())


def write_shades(folder, train=120, test=60):
    """Write them: five sixths of `train` are the training split, the rest is for validation."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, n, seed in (("train", train, 0), ("t10k", test, 1)):
        pixels, labels = shades(n, seed)
        write_idx(folder / f"{part}-images-idx3-ubyte", pixels[..., 0])
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


def write_folders(folder, n=60):
    """Write them into a sub-folder for each class: dark, half and light."""
    pixels, labels = shades(n)
    for index in range(n):
        inside = folder / ("dark", "half", "light")[labels[index]]
        inside.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[index, ..., 0]).save(inside / f"{index}.png")
    return folder
