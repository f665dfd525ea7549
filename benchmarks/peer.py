"""Two interpreters in one benchmark: a line of JSON in, a line of JSON out.

The side that asks starts the other as a process, of any interpreter and on any number of threads,
and ends it. This file needs the standard library alone: an interpreter without JAX reads it too.
"""

import contextlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
Answer = Callable[..., dict[str, Any]]


class PeerError(RuntimeError):
    """The other side could not do what it was asked, or ended; the message is its own."""


class Peer:
    """A process that answers, as `serve` does; use it in a `with` statement, which ends it.

    Example:
        >>> code = "from benchmarks.peer import serve; serve({'add': lambda a, b: {'sum': a + b}})"
        >>> with Peer([sys.executable, "-c", code]) as peer:
        ...     peer.ask("add", a=1, b=2)
        {'sum': 3}
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None):
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,  # where `python -m benchmarks.x` finds x
            env={**os.environ, **(environment or {})},
        )

    def ask(self, what: str, **how: Any) -> dict[str, Any]:
        """Return the answer, however long it takes.

        Args:
            what: a name of those that the other side serves.
            how: its keyword arguments, of JSON's types.

        Raises:
            PeerError: the other side says that it failed, or has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps({"do": what, **how}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise PeerError(f"the peer ended, with exit code {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process, and free its memory; more than once does no harm."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # of a line that it never read
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(answers: Mapping[str, Answer]) -> None:
    """Answer requests until the input ends.

    What else is printed, by compilers for example, goes to the standard error.

    Args:
        answers: name -> function of keyword arguments, which returns JSON's types.
    """
    with os.fdopen(os.dup(1), "w") as output:
        os.dup2(2, 1)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = answers[request.pop("do")](**request)
            except Exception as error:
                traceback.print_exc()
                said = str(error).strip().splitlines() or [""]
                answer = {"error": f"{type(error).__name__}: {said[0]}"}
            print(json.dumps(answer), file=output, flush=True)
