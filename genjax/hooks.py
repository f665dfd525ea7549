"""Hooks for `fit`: what is shown, logged, saved and stopped between chunks."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

import numpy as np

from genjax import sharding
from genjax.algorithm import TrainState
from genjax.errors import needs_extra
from genjax.fit import Progress
from genjax.run import Run


class Speed:
    """Examples a second, from the metrics' arrival; the first chunk, which compiles, is left out.

    Args:
        examples_a_step: to count with.
    """

    def __init__(self, examples_a_step: int):
        self.examples_a_step = examples_a_step
        self._first: tuple[int, float] | None = None

    def __call__(self, step: int) -> float | None:
        """Return examples a second since the first call; None at the first."""
        now = time.perf_counter()
        if self._first is None:
            self._first = (step, now)
        steps, seconds = step - self._first[0], now - self._first[1]
        return self.examples_a_step * steps / seconds if steps else None


class MetricsLog:
    """Append the means of the metrics since the last line to `metrics.jsonl`, arrays as lists.

    Args:
        run: where to; its `seconds` go on from the last line.
        examples_a_step: for `examples_per_second`.
        every_seconds: at most one line in this time; `close` writes what is left.
    """

    def __init__(self, run: Run, examples_a_step: int, *, every_seconds: float = 2.0):
        self._run, self._every = run, every_seconds
        self._speed = Speed(examples_a_step)
        records = run.records()
        self._last = time.perf_counter()
        self._start = self._last - (records[-1]["seconds"] if records else 0.0)
        self._step = 0
        self._rate: float | None = None
        self._waiting: list[dict[str, np.ndarray]] = []

    def __call__(self, progress: Progress) -> None:
        """Take the metrics of a chunk."""
        self._step = progress.step
        self._rate = self._speed(progress.step)
        self._waiting.append(progress.metrics)
        if time.perf_counter() - self._last >= self._every:
            self.close()

    def close(self) -> None:
        """Write what has not been written."""
        if not self._waiting:
            return
        self._last = time.perf_counter()
        names = self._waiting[0]
        means = {
            name: np.mean(np.concatenate([chunk[name] for chunk in self._waiting]), axis=0).tolist()
            for name in names
        }
        self._run.log(
            {
                "step": self._step,
                "seconds": round(self._last - self._start, 3),
                "examples_per_second": self._rate and round(self._rate, 1),
                **means,
            }
        )
        self._waiting = []


class ProgressLine:
    """One live line: step, examples a second, time left, the metrics that are single numbers.

    On a terminal it is redrawn in place (rich), elsewhere printed every `every_seconds`.

    Args:
        examples_a_step: for the speed.
        fraction: step -> the done share of the run, 0 to 1, for the time left.
        unit: of the examples.
        every_seconds: between printed lines.
        stream: where to; None takes standard error as it is then.
    """

    def __init__(
        self,
        examples_a_step: int,
        fraction: Callable[[int], float],
        *,
        unit: str = "images",
        every_seconds: float = 10.0,
        stream: TextIO | None = None,
    ):
        self._speed, self._fraction, self._unit = Speed(examples_a_step), fraction, unit
        self._every, self._stream = every_seconds, stream or sys.stderr
        self._first: tuple[float, float] | None = None
        self._printed = -math.inf
        self._live: Any = None
        self._text = ""  # the newest line, unless it was printed already

    def __enter__(self) -> "ProgressLine":
        if self._stream.isatty():
            with needs_extra("scripts", "progress lines"):
                from rich.console import Console
                from rich.live import Live

            self._live = Live(console=Console(file=self._stream), refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._text:
            print(self._text, file=self._stream, flush=True)

    def __call__(self, progress: Progress) -> None:
        """Show the newest metrics."""
        rate = self._speed(progress.step)
        now = time.perf_counter()
        done = self._fraction(progress.step)
        if self._first is None:
            self._first = (done, now)
        left = "?"
        if done > self._first[0]:
            elapsed, gained = now - self._first[1], done - self._first[0]
            seconds = max(0, round(elapsed * (1 - done) / gained))
            left = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        parts = "  ".join(
            f"{name.rpartition('/')[2]} {float(values[-1]):.4g}"
            for name, values in progress.metrics.items()
            if values.ndim == 1
        )
        speed = f"{rate:,.0f} {self._unit}/s" if rate else "compiled"
        self._text = f"step {progress.step:,}  {speed}  {left} left  {parts}"
        if self._live is not None:
            self._live.update(self._text)
        elif now - self._printed >= self._every:
            self._printed = now
            print(self._text, file=self._stream, flush=True)
            self._text = ""


class Every:
    """Call `action(state)` when so many seconds have passed since the last call.

    Args:
        action: gets the newest state; it may block until the device is done with it.
        seconds: between calls.
        growth: the interval is multiplied by this after each call, up to `longest`.
        longest: seconds.
    """

    def __init__(
        self,
        action: Callable[[TrainState], object],
        seconds: float,
        *,
        growth: float = 1.0,
        longest: float = 600.0,
    ):
        self._action, self._seconds, self._growth, self._longest = action, seconds, growth, longest
        self._last = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """Act if it is time."""
        if sharding.agree(time.perf_counter() - self._last >= self._seconds):
            self._action(progress.state)
            self._seconds = min(self._seconds * self._growth, self._longest)
            self._last = time.perf_counter()


class TimeLimit:
    """Stop after so many minutes.

    Args:
        minutes: from now; None never stops.
    """

    def __init__(self, minutes: float | None):
        self._seconds = math.inf if minutes is None else 60 * minutes
        self._start = time.perf_counter()

    @property
    def fraction(self) -> float:
        """The share of the time that is gone."""
        return (time.perf_counter() - self._start) / self._seconds

    def __call__(self, progress: Progress) -> bool:
        """Return whether the time is up, on any host."""
        return sharding.agree(self.fraction >= 1)


class Interrupt:
    """A context in which the first Ctrl-C or SIGTERM stops the run cleanly; a second one kills it.

    Attributes:
        signal: the signal that arrived, or None.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupt":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self._restore()
        # Not print: its buffer may be in use at the very moment of the signal.
        os.write(2, f"{self.signal.name}: stopping after the steps in flight\n".encode())

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __exit__(self, *exception: object) -> None:
        self._restore()

    def __call__(self, progress: Progress) -> bool:
        """Return whether a signal arrived, on any host."""
        return sharding.agree(self.signal is not None)
