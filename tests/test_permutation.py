"""The shuffle is exact for every n, and cannot be told from a true one."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax.permutation import permute, permute_on_host, shuffle_seeds


def shuffle(n, seed=0, epoch=0):
    positions = jnp.arange(n)
    return np.asarray(permute(positions, n, jax.random.key(seed), jnp.full(n, epoch)))


@settings(deadline=None, max_examples=15)
@given(n=st.integers(1, 2000), seed=st.integers(0, 2**31 - 1), epoch=st.integers(0, 2**31 - 1))
def test_every_row_comes_once(n, seed, epoch):
    np.testing.assert_array_equal(np.sort(shuffle(n, seed, epoch)), np.arange(n))


@settings(deadline=None, max_examples=15)
@given(n=st.integers(1, 2**31 - 1), seed=st.integers(0, 2**31 - 1), epoch=st.integers(0, 2**31 - 1))
def test_the_host_s_rows_are_the_device_s(n, seed, epoch):
    positions = np.random.default_rng(seed).integers(0, n, 50)
    epochs, key = np.full(50, epoch), jax.random.key(seed)
    on_device = permute(jnp.asarray(positions), n, key, jnp.asarray(epochs))
    on_host = permute_on_host(positions, n, np.asarray(shuffle_seeds(key)), epochs)
    np.testing.assert_array_equal(on_host, on_device)
    assert on_host.dtype == np.int32


def test_large_n_neither_overflows_nor_leaves_the_range():
    n = 2**31 - 1
    positions = jnp.arange(n - 50_000, n, dtype=jnp.int32)
    rows = np.asarray(permute(positions, n, jax.random.key(0), jnp.zeros(50_000, jnp.int32)))
    assert rows.min() >= 0
    assert rows.max() < n
    assert len(np.unique(rows)) == 50_000


def test_epochs_and_keys_differ():
    first = shuffle(1000)
    for other in (shuffle(1000, epoch=1), shuffle(1000, seed=1)):
        assert np.mean(first == other) < 0.02  # 1/1000 by chance


def test_rows_are_uniform_over_positions():
    # 20 rows, 20 positions, 4,000 epochs: each cell should hold 200.
    positions = jnp.tile(jnp.arange(20), 4000)
    epochs = jnp.repeat(jnp.arange(4000), 20)
    rows = np.asarray(permute(positions, 20, jax.random.key(3), epochs)).reshape(4000, 20)
    counts = np.stack([np.bincount(rows[:, p], minlength=20) for p in range(20)])
    assert scipy.stats.chisquare(counts.ravel(), ddof=2 * 20 - 1 - 1).pvalue > 1e-3


def test_neighbours_and_successive_epochs_are_uncorrelated():
    n = 5000
    one, next_epoch = shuffle(n, epoch=0), shuffle(n, epoch=1)
    for a, b in ((one[:-1], one[1:]), (one, next_epoch), (one, np.arange(n))):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(n)


def test_all_six_orders_of_three_rows_occur_equally():
    epochs = 6000
    positions, epoch = jnp.tile(jnp.arange(3), epochs), jnp.repeat(jnp.arange(epochs), 3)
    rows = np.asarray(permute(positions, 3, jax.random.key(0), epoch)).reshape(epochs, 3)
    counts = np.unique(rows @ [9, 3, 1], return_counts=True)[1]
    assert len(counts) == 6
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
