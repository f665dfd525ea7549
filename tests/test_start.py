"""A start: what it imports, what it prints, and that found programs give the same bits."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import genjax
from genjax import plots

ROOT = Path(__file__).parents[1]
LINE = re.compile(
    r"first step after ([\d.]+) s: ([\d.]+) importing, ([\d.]+) data, ([\d.]+) compiling, "
    r"([\d.]+) the rest; (\d+) of (\d+) programs cached"
)
HEAVY = {"orbax", "matplotlib", "pandas", "sklearn", "imblearn", "scipy.stats", "grain", "PIL"}


def run(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=300,
        cwd=ROOT, env=os.environ | {"XLA_FLAGS": "", "PYTHONPATH": "scripts"} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize(
    ("module", "also"),
    [("genjax", {"tyro"}), ("genjax.models", {"tyro"}), ("train_celeba_vae", set())],
)
def test_an_import_brings_nothing_that_it_does_not_need(module, also):
    done = run("-c", f"import sys, {module}; print(*sys.modules)")
    brought = {*done.stdout.split()}
    assert module in brought
    assert not brought & (HEAVY | also)


def test_pictures_are_named_though_their_files_are_not_imported():
    assert dir(plots) == sorted(plots.__all__)
    assert all(callable(getattr(plots, name)) for name in plots.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        plots.no_such  # noqa: B018


@pytest.mark.slow
def test_found_programs_go_on_bit_for_bit(tmp_path):
    """An uncut cold run and one that is cut and goes on, warm: the same state and the same log."""
    settings = ("--data.drawn", "500", "--chunk", "20")
    cache = {"GENJAX_CACHE": str(tmp_path / "cache")}

    def train(name, steps):
        folder = tmp_path / name
        done = run(
            "scripts/train_height_gan.py", "--run", folder, *settings, "--steps", steps, **cache
        )
        (line,) = LINE.findall(done.stderr)
        total, *parts = map(float, line[:5])
        assert abs(total - sum(parts)) < 0.3  # each is rounded
        return int(line[5]), int(line[6])

    found, asked = train("uncut", 40)
    assert found < asked
    for steps in (20, 40):
        found, asked = train("cut", steps)
        assert found == asked > 0
    uncut, cut = (genjax.load(tmp_path / name).state for name in ("uncut", "cut"))
    assert int(cut.step) == 40
    jax.tree.map(np.testing.assert_array_equal, uncut, cut)


def test_a_library_prints_and_keeps_nothing(tmp_path):
    program = (
        "import jax, jax.numpy as jnp, genjax, genjax.train, genjax.observers.pictures\n"
        "jax.jit(jnp.sin)(1.0)\n"
        "assert not jax.config.values['jax_compilation_cache_dir']"
    )
    done = run("-c", program, GENJAX_CACHE=str(tmp_path / "cache"))
    assert done.stdout + done.stderr == ""
    assert not (tmp_path / "cache").exists()
