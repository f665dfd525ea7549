"""Faces are found where they are, by the protocol, and what is missing is said."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from genjax.data.celeba import load_any
from genjax.data.drawn_faces import drawn_faces
from genjax.errors import InputError
from genjax.metrics import faces


@pytest.fixture(scope="module")
def drawn():
    """Drawn portraits."""
    return drawn_faces(24, seed=3, image_shape=(64, 64, 3))[0]


def test_faces_are_found_one_by_one_whatever_the_threads(drawn, monkeypatch):
    found = faces.find_faces(drawn)
    assert found.mean() >= 0.8
    assert faces.share_with_face(drawn) == found.mean()
    monkeypatch.setattr(faces.os, "cpu_count", lambda: 5)
    np.testing.assert_array_equal(faces.find_faces(drawn), found)
    # With the halves of the face exchanged there is none.
    assert faces.share_with_face(np.roll(drawn, 32, axis=1)) <= 0.1


def test_grey_and_transparent_pictures_have_faces_too(drawn):
    grey = np.rint(drawn @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[..., None]
    opaque = np.concatenate([drawn, np.full_like(grey, 255)], axis=3)
    np.testing.assert_array_equal(faces.find_faces(opaque), faces.find_faces(drawn))
    assert np.mean(faces.find_faces(grey) == faces.find_faces(drawn)) >= 0.9
    assert np.isnan(faces.share_with_face(drawn[:0]))


def test_real_faces_are_found(shared_data):
    pictures = load_any(
        shared_data / "celeba", image_shape=(64, 64, 3), split="test", limit=40, progress=False
    )
    assert faces.share_with_face(pictures.pixels) >= 0.95


def test_what_is_no_picture_is_refused(drawn):
    for wrong in (drawn[0], drawn / 255, drawn[..., :2]):
        with pytest.raises(InputError, match="uint8 pictures"):
            faces.find_faces(wrong)


def test_what_is_missing_is_named(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(__version__="5.0"))
    with pytest.raises(ImportError, match=r"OpenCV 5\.0 has no cascades: .*\[faces\]"):
        faces.find_faces(drawn)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ImportError, match=r"need cv2: .*\[faces\]"):
        faces.detector()
