"""The error of reconstructions, in one unit whatever the type."""

import numpy as np
import pytest

from genjax.errors import InputError
from genjax.metrics.reconstruction import mean_squared_error, squared_errors


def test_errors_are_in_units_of_the_whole_range_whatever_the_type():
    x, y = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3, 1), np.uint8)
    expected = ((x / 255 - y / 255) ** 2).mean((1, 2, 3))
    for one, other in ((x, y), (x / 255, y), (x, y / 255), (x / 255, y / 255)):
        np.testing.assert_allclose(squared_errors(one, other), expected, rtol=1e-12)
    np.testing.assert_allclose(mean_squared_error(x, y), expected.mean(), rtol=1e-12)
    assert mean_squared_error(np.zeros((2, 3), np.uint8), np.ones((2, 3))) == 1


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((2, 3)), np.zeros((3, 3)), "one shape"),
        (np.zeros(2), np.zeros(2), "one shape"),
        (np.zeros((2, 3)), np.full((2, 3), 255.0), "must lie in"),
        (np.full((2, 3), np.nan), np.zeros((2, 3)), "must lie in"),
    ],
)
def test_what_has_no_such_error_is_refused(x, y, words):
    with pytest.raises(InputError, match=words):
        squared_errors(x, y)
