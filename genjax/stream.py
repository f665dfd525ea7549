"""Minibatches of data that stays on the host, gathered ahead of the device by grain's threads.

A step's rows are the same formula of (key, step) as for data on the device (`chunk.py`), so a
stream's position is the step that the state holds. The state of grain's iterator would be no more
than how many steps were read since the start, and reading begins at any step at once: there is
nothing else to save.

References:
    grain, https://google-grain.readthedocs.io: random access, threads that read ahead.
"""

import os
from typing import Any

import jax
import numpy as np
from jax import Array

from genjax.algorithm import PyTree
from genjax.chunk import clock_at, rows_key
from genjax.errors import needs_extra
from genjax.permutation import permute_on_host, shuffle_seeds

_THREADS = 8


class Stream:
    """An iterator over the chunks from one step to another, and a context manager.

    At most a chunk is read ahead of the one that was asked for.

    Args:
        data: a tree of arrays with a common leading axis, as `fit`'s; a mapped file is never read
            whole.
        key: of the run.
        shape: (minibatches a step, rows a minibatch).
        start: the first step.
        stop: the step before which to stop.
        chunk: steps a chunk; the last one is filled up with copies of its last step.

    Yields:
        The data's tree, each leaf (chunk, *shape, ...), of numpy.

    Example:
        >>> data = {"x": np.arange(6.0)}
        >>> with Stream(data, jax.random.key(0), (1, 3), start=4, stop=6, chunk=2) as stream:
        ...     chunks = list(stream)  # step 4 and 5 are an epoch
        >>> len(chunks), chunks[0]["x"].shape, sorted(chunks[0]["x"].ravel().tolist())
        (1, (2, 1, 3), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    """

    def __init__(
        self,
        data: PyTree,
        key: Array,
        shape: tuple[int, int],
        *,
        start: int,
        stop: int,
        chunk: int,
    ):
        with needs_extra("stream", "streams"):
            import grain

        data = jax.tree.map(np.asarray, data)
        n = len(jax.tree.leaves(data)[0])
        seeds = np.asarray(shuffle_seeds(rows_key(key)))

        def minibatches(step: int) -> PyTree:
            clock = clock_at(step, 1, rows_a_step=shape[0] * shape[1], n=n)
            position = clock.offset + np.arange(shape[0] * shape[1])
            rows = permute_on_host(position % n, n, seeds, clock.epoch + position // n)
            return jax.tree.map(lambda leaf: leaf[rows.reshape(shape)], data)

        self._chunk = chunk
        threads = min(_THREADS, chunk, os.cpu_count() or 1)
        options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=chunk)
        steps = grain.MapDataset.range(start, max(start, stop)).map(minibatches)
        self._steps: Any = iter(steps.to_iter_dataset(options))

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> PyTree:
        read = [step for _, step in zip(range(self._chunk), self._steps, strict=False)]
        if not read:
            raise StopIteration
        read += read[-1:] * (self._chunk - len(read))
        return jax.tree.map(lambda *leaves: np.stack(leaves), *read)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *exception: object) -> None:
        self._steps.close()
