"""The machine that is timed: versions, device, threads, and what it can do at most.

Its rates are measured through JAX itself, by the process that asks: a matrix product as large as
takes some milliseconds (the numbers that a second holds, each a multiplication or an addition), and
a sum written over its own input, each number of which is read and written once (bytes a second). A
training's share of them says how far it is from what the machine could do, not from what is
possible for that training.
"""

import importlib.metadata
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import Array

Precision = Literal["float32", "bfloat16"]
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy")
_LARGEST = 16_384  # side of a matrix; three of float32 are 3 GB
_LONG_ENOUGH = 0.02  # seconds of one product, beside which the call is nothing
_REPEATS = 5


def describe() -> dict[str, Any]:
    """Return what the results depend on: versions, device and threads, as JSON's types."""
    device = jax.devices()[0]
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores(),
        "threads": int(os.environ.get("NPROC", cores())),
        "platform": device.platform,
        "device": device.device_kind,
        "devices": jax.device_count(),
    }


def matrix_rate(precision: Precision = "float32") -> float:
    """Return the floating-point operations a second of the fastest of some large products.

    Args:
        precision: of the factors and of the result. A GPU's float32 is that of JAX's default
            precision, which may be a shorter one (TF32): it is what models get, too.
    """
    side = 256
    product = jax.jit(jnp.matmul)
    while True:
        factor = jnp.ones((side, side), precision)
        seconds = _least_seconds(partial(product, factor, factor))
        if seconds >= _LONG_ENOUGH or side >= _LARGEST:
            return 2 * side**3 / seconds
        side *= 2


def copy_bandwidth(mebibytes: int = 256) -> float:
    """Return the bytes a second that are read and written, in place.

    Args:
        mebibytes: of the array; more than the caches hold.
    """
    increase = jax.jit(lambda numbers: numbers + 1, donate_argnums=0)
    numbers: Array = jnp.zeros(mebibytes * 2**18, jnp.float32)

    def once() -> Array:
        nonlocal numbers
        numbers = increase(numbers)
        return numbers

    return 2 * numbers.nbytes / _least_seconds(once)


def peak_memory() -> dict[str, int | None]:
    """Return the most bytes in use so far: by this process, and on its device (None: not known)."""
    unit = 1 if sys.platform == "darwin" else 1024
    stats = jax.devices()[0].memory_stats() or {}
    return {
        "process": unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "device": stats.get("peak_bytes_in_use"),
    }


def _least_seconds(act: Callable[[], Array]) -> float:
    """Return the least time of some repeats, after one that compiles."""
    jax.block_until_ready(act())
    seconds = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        jax.block_until_ready(act())
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
