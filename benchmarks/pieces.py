"""What each measure against the cost of small steps is worth: the step with it, and without.

    python -m benchmarks.pieces [--families credit_vae_6 fraud_vae ...] [--rounds 7] [--json FILE]

A row leaves out one measure and keeps the others; the programs take turns, a chunk each, so that
a machine whose speed drifts is fair to all. They compute the same but for rounding, which
`tests/test_packing.py`, `test_threefry.py`, `test_dense.py`, `test_guard.py` and `test_gather.py`
show. The last rows leave out a part of the step itself, to see what remains: those do compute
something else.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("NPROC", "1")  # such small models train faster on one core; before JAX starts

import jax
import jax.numpy as jnp
import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.families import FAMILIES, Family, say_unknown
from benchmarks.timing import spread
from genjax import algorithm as core
from genjax import chunk, gather, guard, sharding, threefry
from genjax.chunk import clock_at, initialise, rows_for_init, take_chunk
from genjax.models import autoencoder, gan, priors, vae
from genjax.nets import dense, network
from genjax.packing import Packing

_SMALL = ("credit_vae_6", "credit_vae_64", "credit_gan", "fraud_vae", "heights_gan")


@dataclass(frozen=True)
class Arguments:
    """What to time."""

    families: tuple[str, ...] = _SMALL
    """Names in `families.py`."""
    rounds: int = 7
    """Turns of each program."""
    json: Path | None = None
    """A file for all turns."""


@contextmanager
def _replaced(*places: tuple[Any, str, Any]) -> Iterator[None]:
    """Within it, names of modules mean something else."""
    old = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, value in places:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in old:
            setattr(module, name, value)


class _Unpacked(Packing):
    """Every leaf by itself."""

    def __init__(self, tree: Any, key: Callable[[Any], Any]):
        super().__init__(tree, lambda path: (*key(path), *map(str, path)))


def _plain(x: Any, kernel: Any, bias: Any, *, rows_last: bool = True) -> Any:
    return x @ kernel + bias[None]


def _same(x: Any) -> Any:
    return x


def _ones(key: Any, shape: Any = (), dtype: Any = jnp.float32) -> Any:
    return jnp.full(shape, 0.3, dtype)


_KEYS = (
    *((module, "fold_in", jax.random.fold_in) for module in (core, chunk, gan)),
    *((module, "split", jax.random.split) for module in (autoencoder, gan, priors, vae)),
)
_ONE_PASS = ((threefry, "one_pass", _same), (network, "one_pass", _same))
_WITHOUT: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "nothing": (),
    "noise in one pass": _ONE_PASS,
    "keys in one pass": _KEYS,
    "noise computed once": ((threefry, "not_inlined", _same),),
    "a packed optimiser": ((core, "Elementwise", type("Never", (), {})),),
    "a packed state": ((chunk, "Packing", _Unpacked),),
    "a guard of bits": ((guard, "_BITS", 1),),
    "small products written out": ((dense, "_TERMS", 0),),
    "a first reading of rows": ((gather, "_LARGE", 1 << 62),),
    "rows last in dense layers": ((dense, "dense", _plain),),
    "any of these": (
        *_KEYS,
        *_ONE_PASS,
        (threefry, "not_inlined", _same),
        (core, "Elementwise", type("Never", (), {})),
        (chunk, "Packing", _Unpacked),
        (guard, "_BITS", 1),
        (gather, "_LARGE", 1 << 62),
        (dense, "dense", _plain),
    ),
    "the guard": (
        (guard.Guard, "look", lambda self, old, new: jnp.zeros(len(self._bytes), jnp.uint8)),
        (chunk, "not_finite", lambda metrics: {}),
    ),
    "normal noise": ((jax.random, "normal", _ones),),
}


def main() -> None:
    """Time, and print a table a family."""
    arguments = tyro.cli(Arguments, description=__doc__)
    if unknown := say_unknown(arguments.families):
        sys.exit(unknown)
    results = {}
    for name in arguments.families:
        turns = _time(FAMILIES[name], arguments.rounds)
        results[name] = turns
        table = Table("without", "us a step", "least", "most", title=name)
        for measure, values in turns.items():
            table.add_row(measure, *(f"{value:.1f}" for value in spread(values).values()))
        Console(width=100).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def _time(family: Family, rounds: int) -> dict[str, list[float]]:
    """Return microseconds a step, a number a turn."""
    turns = {name: _program(family, places) for name, places in _WITHOUT.items()}
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for turn in range(rounds + 1):
        for name, take in turns.items():
            began = time.perf_counter()
            take()
            if turn:  # the first one warms up
                seconds[name].append((time.perf_counter() - began) / family.chunk * 1e6)
    return seconds


def _program(family: Family, places: tuple[tuple[Any, str, Any], ...]) -> Callable[[], None]:
    """Return what takes a chunk of the steps that were compiled with these replacements."""
    size, key = family.config.batch_size, jax.random.key(0)
    mesh = sharding.data_mesh(jax.devices()[:1])
    data = {name: jax.device_put(values) for name, values in family.data().items()}
    with _replaced(*places):
        jax.clear_caches()  # what was traced before would be used again
        algorithm = family.algorithm()
        state = jax.jit(partial(initialise, algorithm))(key, rows_for_init(algorithm, data, size))
        rows = size * algorithm.minibatches
        clock = clock_at(0, family.chunk, rows_a_step=rows, n=len(data["x"]))
        program = (
            jax.jit(partial(take_chunk, algorithm, size, family.chunk, mesh))
            .lower(state, data, key, clock)
            .compile()
        )

    def take() -> None:
        jax.block_until_ready(program(state, data, key, clock))

    return take


if __name__ == "__main__":
    main()
