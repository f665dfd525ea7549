"""Compiled programs: those that are let go, and how those that run once are compiled."""

import threading
from collections.abc import Hashable
from typing import Any

import jax


class FewPrograms:
    """Keeps the programs of jitted functions for a few keys only, so that any number may be fitted.

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


def options_of_what_runs_once() -> dict[str, Any] | None:
    """Return `jax.jit`'s `compiler_options` for a program that is run once.

    To compile an initialisation, dozens of random draws, took a CPU as long as the steps did. With
    few of LLVM's optimisations it takes two fifths of that, and runs as long as before.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> jax.jit(jnp.sin, compiler_options=options_of_what_runs_once())(0.0).item()
        0.0
    """
    return {"xla_backend_optimization_level": 1} if jax.default_backend() == "cpu" else None
