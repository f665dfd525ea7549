"""Compiled programs that are let go, so that a process may fit any number of models."""

import threading
from collections.abc import Hashable
from typing import Any


class FewPrograms:
    """Keeps the programs of jitted functions for a few keys only.

    A model's programs hold a thousand memory maps, of which Linux grants a process 65,530: one that
    fitted seventy tables, each compiled anew, would be ended by the compiler.

    Args:
        jitted: functions, of which each new key compiles programs.
        most: keys to keep; the next one lets all go.

    Example:
        >>> import jax
        >>> double = jax.jit(lambda x, times: x * times, static_argnums=1)
        >>> programs = FewPrograms(double, most=2)
        >>> for times in (1, 2, 3):
        ...     programs.note(times)
        ...     _ = double(1.0, times)
        >>> double._cache_size()
        1
    """

    def __init__(self, *jitted: Any, most: int = 16):
        self._jitted, self._most = jitted, most
        self._known: set[Hashable] = set()
        self._lock = threading.Lock()

    def note(self, key: Hashable) -> None:
        """Say that programs of this key are used next."""
        with self._lock:
            if key not in self._known and len(self._known) >= self._most:
                for function in self._jitted:
                    function.clear_cache()
                self._known.clear()
            self._known.add(key)
