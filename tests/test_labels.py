"""Labels that a caller gives: numbers, names, and shares of classes."""

import numpy as np
import pandas as pd
import pytest

from genjax.errors import InputError
from genjax.models.labels import check_labels, shares_of

NAMES = ("cat", "dog", "Wearing_Hat")


@pytest.mark.parametrize(
    ("y", "want"),
    [
        (2, [2, 2]),
        ([0, 1], [0, 1]),
        ("dog", [1, 1]),
        (["Wearing_Hat", "cat"], [2, 0]),
        (np.array(["dog", "dog"]), [1, 1]),
        (pd.Series(["dog", "cat"]), [1, 0]),
    ],
)
def test_numbers_and_names_are_the_same_labels_and_shares(y, want):
    labels = check_labels(y, 2, 3, NAMES)
    assert (labels.tolist(), labels.dtype) == (want, np.int32)
    shares = shares_of(y, 2, 3, NAMES)
    assert shares.dtype == np.float32
    np.testing.assert_array_equal(shares, np.arange(3)[None] == np.array(want)[:, None])


@pytest.mark.parametrize(
    ("y", "names", "words"),
    [
        (None, NAMES, "of 3 classes: it needs labels"),
        ("wearing_hats", NAMES, "no class 'wearing_hats'; near names: Wearing_Hat$"),
        (["cat", ""], NAMES, "no class ''; near names: cat, dog, Wearing_Hat$"),
        ("cat", (), "3 classes have no names: labels are numbers from 0, not 'cat'"),
        (["cat"], NAMES, r"\(2,\) int, these are \(1,\)"),
        (["cat", 1.5], NAMES, "no class '1.5'"),
        ([0, 3], NAMES, "0 to 2, these are 0 to 3"),
        (-1, (), "0 to 2, these are -1 to -1"),
        ([True, False], (), "int, these are .* bool"),
    ],
)
def test_labels_of_no_class_are_refused(y, names, words):
    for check in (check_labels, shares_of):
        with pytest.raises(InputError, match=words):
            check(y, 2, 3, names)


def test_shares_between_classes_pass():
    path = np.linspace([1, 0, 0], [0, 0.25, 0.75], 5)
    np.testing.assert_allclose(shares_of(path, 5, 3), path, atol=1e-7)
    np.testing.assert_array_equal(shares_of(path[-1].tolist(), 2, 3), path[[-1, -1]])
    assert shares_of(np.zeros((0, 3)), 0, 3).shape == (0, 3)
    shares_of([0.3333, 0.3333, 0.3333], 4, 3)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([0.5, 0.5], r"\(2, 3\) or \(3,\), these are \(2,\)"),
        (1.0, r"these are \(\)"),
        (np.full((3, 3), 1 / 3), r"these are \(3, 3\)"),
        ([1.5, -0.5, 0.0], "0 or more"),
        ([np.nan, 0.5, 0.5], "finite"),
        ([[1.0, 0, 0], [0.5, 0.4, 0]], "sum to 1, not to 0.9"),
    ],
)
def test_what_are_no_shares_is_refused(y, words):
    with pytest.raises(InputError, match=words):
        shares_of(y, 2, 3)
