"""The one way to time a training: turns of `fit` from a state, after a turn that is not counted.

A turn is a call of `fit`, as a user makes it: it checks the data, copies the state, takes chunks of
steps and waits for the last one. What a call costs without any step (`call`) is told beside the
rates, which are not corrected for it. Turns are long enough that it is a small part; where it would
not be (data of gigabytes, which every call checks), `Pace` times the chunks within one call.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import jax
import numpy as np

from genjax import fit
from genjax.algorithm import Algorithm, PyTree, TrainState
from genjax.fit import Progress

ENDLESS = 2**31 - 1  # steps, where a hook ends the training


@dataclass(frozen=True)
class Effort:
    """How long to time.

    Attributes:
        rounds: turns that are counted.
        seconds: a turn, about.
        members: of `fit_many`, how many at a time.
    """

    rounds: int = 5
    seconds: float = 0.5
    members: tuple[int, ...] = (1, 8, 32)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median, the least and the most of some numbers.

    Example:
        >>> spread([3.0, 1.0, 2.0])
        {'median': 2.0, 'least': 1.0, 'most': 3.0}
    """
    return {"median": median(values), "least": min(values), "most": max(values)}


def ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """Return the ratios of neighbouring turns, which a drift of the machine's speed leaves alone.

    Example:
        >>> ratios([2.0, 9.0], [1.0, 3.0])
        [2.0, 3.0]
    """
    return [one / other for one, other in zip(of, to, strict=True)]


class Training:
    """A training that goes on from turn to turn.

    Args:
        algorithm: what learns.
        data: as `fit` takes it; it is put on the device once, unless it is streamed.
        batch_size: rows a minibatch.
        chunk: steps an executable.
        stream: leave the data on the host.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        data: PyTree,
        *,
        batch_size: int,
        chunk: int,
        stream: bool = False,
    ):
        self.chunk = chunk
        self._data = data if stream else jax.device_put(data)
        self._how: dict[str, Any] = {
            "key": jax.random.key(0),
            "batch_size": batch_size,
            "chunk": chunk,
            "stream": stream,
        }
        self._algorithm, self._steps = algorithm, 0
        self._state: TrainState | None = None

    def turn(self, chunks: int) -> float:
        """Train for so many chunks; return the seconds. The first call compiles."""
        self._steps += chunks * self.chunk
        return self._fit()

    def call(self) -> float:
        """Return the seconds of a call of `fit` that takes no step."""
        assert self._state is not None
        return self._fit()

    def calibrate(self, seconds: float) -> int:
        """Compile and warm up; return how many chunks take about so many seconds, 1 or more."""
        self.turn(1)
        chunks = 1
        while (took := self.turn(chunks)) < seconds / 2:
            chunks = min(10 * chunks, 1 + round(chunks * seconds / took))
        return max(1, round(chunks * seconds / took))

    def _fit(self) -> float:
        began = time.perf_counter()
        self._state = fit(
            self._algorithm, self._data, steps=self._steps, state=self._state, **self._how
        )
        jax.block_until_ready(self._state)
        return time.perf_counter() - began


def take_turns(trainings: Mapping[str, Training], effort: Effort) -> dict[str, list[float]]:
    """Time trainings in turn, so that a machine whose speed drifts is fair to all.

    Args:
        trainings: by name.
        effort: rounds of turns, and how long a turn is.

    Returns:
        Name -> steps a second of each round.
    """
    chunks = {name: one.calibrate(effort.seconds) for name, one in trainings.items()}
    rates: dict[str, list[float]] = {name: [] for name in trainings}
    for _ in range(effort.rounds):
        for name, one in trainings.items():
            rates[name].append(chunks[name] * one.chunk / one.turn(chunks[name]))
    return rates


def take_turns_of_two(
    first: tuple[str, Training], second: tuple[str, Training], effort: Effort
) -> dict[str, Any]:
    """Time two trainings in turn.

    Returns:
        `steps_per_second`: name -> median, least and most; `ratio`: the second's over the first's,
        of neighbouring turns.
    """
    rates = take_turns(dict([first, second]), effort)
    return {
        "steps_per_second": {name: spread(values) for name, values in rates.items()},
        "ratio": spread(ratios(rates[second[0]], rates[first[0]])),
    }


class Pace:
    """A hook that notes when each chunk's metrics came, and ends the training after a while.

    Compilation and the first two chunks, of which one warms up, come before what is counted. The
    last chunk is left out too: no other is computed while its metrics are read.

    Args:
        effort: how long; three chunks at least are counted.

    Example:
        >>> times = iter([9.0, 10.0, 10.5, 11.0, 11.5, 12.0])
        >>> pace = Pace(Effort(rounds=2, seconds=0.5), clock=lambda: next(times))
        >>> [bool(pace(Progress(10 * chunk, {}, None))) for chunk in range(1, 6)]
        [False, False, False, False, True]
        >>> pace(Progress(60, {}, None))  # the chunk that was in flight
        True
        >>> pace.rates()
        [20.0, 20.0, 20.0]
    """

    def __init__(self, effort: Effort, clock: Callable[[], float] = time.perf_counter):
        self._effort, self._clock = effort, clock
        self._stamps: list[tuple[int, float]] = []

    def __call__(self, progress: Progress) -> bool:
        """Note the time; return whether it is enough."""
        self._stamps.append((progress.step, self._clock()))
        counted = self._stamps[1:]
        elapsed = counted[-1][1] - counted[0][1] if counted else 0.0
        return len(counted) > 3 and elapsed >= self._effort.rounds * self._effort.seconds

    def rates(self) -> list[float]:
        """Return steps a second, of as many stretches of equal length as there were rounds."""
        counted = self._stamps[1:-1]
        stretches = min(max(self._effort.rounds, 3), len(counted) - 1)
        ends = np.linspace(0, len(counted) - 1, stretches + 1).round().astype(int)
        chosen = [counted[end] for end in ends]
        return [(b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(chosen)]
