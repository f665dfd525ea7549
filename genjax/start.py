"""What the start of a script takes, from the process's first instruction to its first step."""

import os
import sys
import time
from pathlib import Path

import jax

from genjax.fit import Progress

_COMPILING = "/jax/core/compile/"  # the events of tracing, lowering and compiling
_ASKED = "/jax/compilation_cache/compile_requests_use_cache"
_FOUND = "/jax/compilation_cache/cache_hits"


class Start:
    """A clock that runs since the process began, and a hook of `fit` that prints it once.

    Make it when the imports are done, call `loaded` when the data is there, and give it to `train`.
    The steps of a chunk arrive together: the first one's time is taken to be when the last program
    was ready, and an equal share of what the chunk took after that. When the process began is known
    on Linux; elsewhere the importing is the processor's time so far.
    """

    def __init__(self) -> None:
        self._made = time.time()  # JAX's clock for its events
        self._importing = _seconds_since_start()
        self._loaded = self._made
        self._first: int | None = None
        self._spans: list[tuple[float, float]] = []
        self._counts = {_ASKED: 0, _FOUND: 0}
        jax.monitoring.register_event_time_span_listener(self._note_span)
        jax.monitoring.register_event_listener(self._note)

    def loaded(self) -> None:
        """Say that the data is there."""
        self._loaded = time.time()

    def goes_on_from(self, step: int) -> None:
        """Say which step the run starts from."""
        self._first = step

    def __call__(self, progress: Progress) -> None:
        """Print the line, at the first call."""
        if self._first is None:
            return
        steps, self._first = progress.step - self._first, None
        jax.monitoring.unregister_event_time_span_listener(self._note_span)
        jax.monitoring.unregister_event_listener(self._note)
        print(self._line(steps, time.time()), file=sys.stderr, flush=True)

    def _line(self, steps: int, now: float) -> str:
        compiling, ready = 0.0, self._loaded
        for began, ended in sorted(self._spans):  # to trace a function is to trace those within it
            compiling += max(0.0, ended - max(began, ready))
            ready = max(ready, ended)
        first = ready + (now - ready) / max(steps, 1)
        parts = {
            "importing": self._importing,
            "data": self._loaded - self._made,
            "compiling": compiling,
            "the rest": first - self._loaded - compiling,
        }
        told = ", ".join(f"{seconds:.1f} {name}" for name, seconds in parts.items())
        total = self._importing + first - self._made
        cached = f"{self._counts[_FOUND]} of {self._counts[_ASKED]} programs cached"
        return f"first step after {total:.1f} s: {told}; {cached}"

    def _note_span(
        self, event: str, start_time: float, end_time: float, **kwargs: str | int
    ) -> None:
        if event.startswith(_COMPILING):
            self._spans.append((start_time, end_time))

    def _note(self, event: str, **kwargs: str | int) -> None:
        if event in self._counts:
            self._counts[event] += 1


def _seconds_since_start() -> float:
    """Return the age of this process."""
    try:
        # The fields after the name, which may itself hold spaces; the 22nd is when it started.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, AttributeError):  # not Linux
        return time.process_time()
