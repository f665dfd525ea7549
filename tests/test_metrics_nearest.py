"""Neighbours are those of brute force, copies are found, chance is chance."""

import numpy as np
import pytest
import scipy.spatial.distance

from genjax.errors import InputError
from genjax.metrics.nearest import nearest, nearness


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_those_of_brute_force(kind, k):
    generator = np.random.default_rng(0)  # more rows than a block has
    queries, references = ((255 * generator.random((n, 2, 3, 1))).astype(kind) for n in (600, 1100))
    found = nearest(queries, references, k=k)
    every = scipy.spatial.distance.cdist(
        queries.reshape(len(queries), -1), references.reshape(len(references), -1)
    )
    np.testing.assert_allclose(found.distance, np.sort(every, axis=1)[:, :k], atol=1e-4)
    np.testing.assert_allclose(
        np.take_along_axis(every, found.rows, axis=1), found.distance, rtol=1e-12, atol=1e-12
    )


def test_a_copy_is_at_distance_nothing_and_a_near_copy_at_its_own():
    training = np.random.default_rng(1).integers(0, 256, (50, 8, 8, 3), np.uint8)
    copied = training[[7, 3]].copy()
    copied[1, 0, 0, 0] ^= 1
    found = nearest(copied, training)
    assert found.rows.tolist() == [[7], [3]]
    assert found.distance.tolist() == [[0.0], [1.0]]


def test_impossible_neighbours_are_refused():
    for queries, references, k in (((2, 3), (4, 2), 1), ((2, 3), (4, 3), 5), ((2, 3), (4, 3), 0)):
        with pytest.raises(InputError, match="nearest"):
            nearest(np.zeros(queries), np.zeros(references), k=k)


def test_nearness_of_copies_and_of_more_of_the_same():
    generator = np.random.default_rng(2)
    training, held_out, others = generator.normal(size=(3, 3000, 4))
    distances = [nearest(x, training).distance[:, 0] for x in (held_out, others, training + 1e-6)]
    same, copied = (nearness(x, distances[0]) for x in distances[1:])
    assert same.ratio == pytest.approx(1, abs=0.05)
    assert same.share_below == pytest.approx(0.01, abs=0.01)
    assert copied.share_below == 1
    assert copied.ratio < 1e-3
