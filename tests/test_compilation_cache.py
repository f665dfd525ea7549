"""What scripts keep between starts: where, how much of it, and that it changes no result."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from genjax import compilation_cache
from genjax.compilation_cache import keep_programs, kept, user_folder
from genjax.data import drawn_faces
from genjax.data.config import DataConfig
from genjax.data.kept_faces import kept_faces
from genjax.data.training_set import load_split

ROOT = Path(__file__).parents[1]
SMALL = (32, 32, 3)

_PROGRAM = """
import jax, jax.numpy as jnp
from genjax.compilation_cache import keep_programs
events = []
jax.monitoring.register_event_listener(lambda event, **about: events.append(event))
keep_programs()
result = jax.jit(lambda x: jnp.sin(x) @ jnp.cos(x).T)(jnp.ones((4, 4)))
print(jax.device_get(result).tobytes().hex())
print(*(events.count(f"/jax/compilation_cache/{name}") for name in ("cache_hits", "cache_misses")))
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GENJAX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def settings():
    """JAX's settings, put back afterwards; nothing is compiled in between."""
    names = (
        "jax_compilation_cache_dir", "jax_enable_compilation_cache",
        "jax_persistent_cache_min_compile_time_secs",
    )  # fmt: skip
    before = {name: jax.config.values[name] for name in names}
    jax.config.update("jax_compilation_cache_dir", None)
    yield lambda name: jax.config.values[name]
    for name, value in before.items():
        jax.config.update(name, value)


def compute(cache, **environment):
    """The result of a small program in a process of its own, its hits and its misses."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120, cwd=ROOT,
        env=os.environ | {"GENJAX_CACHE": str(cache), "XLA_FLAGS": ""} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result, counts = done.stdout.splitlines()
    return result, *map(int, counts.split()), done.stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"GENJAX_CACHE": "/a/b", "XDG_CACHE_HOME": "/c"}, Path("/a/b")),
        ({"GENJAX_CACHE": ""}, None),
        ({"XDG_CACHE_HOME": "/c"}, Path("/c/genjax")),
        ({"XDG_CACHE_HOME": "not/absolute", "HOME": "/h"}, Path("/h/.cache/genjax")),
        ({"HOME": "/h"}, Path("/h/.cache/genjax")),
    ],
)
def test_the_folder_is_the_users(monkeypatch, environment, expected):
    for name in ("GENJAX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert user_folder() == expected


def test_a_folder_is_of_one_processor_and_private(cache, monkeypatch):
    here = kept("programs")
    assert here.is_dir()
    assert here.parent == cache / "programs"
    assert cache.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(compilation_cache, "machine", lambda: "another")
    assert kept("programs") == here.parent / "another"


def test_where_nothing_can_be_written_one_warning_says_so(tmp_path, monkeypatch, settings):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GENJAX_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(UserWarning, match="nothing is kept in .*file/cache") as caught:
        assert keep_programs() is None
    assert len(caught) == 1
    assert settings("jax_compilation_cache_dir") is None


def test_a_read_only_folder_is_a_warning(cache, monkeypatch):
    kept("faces")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for users other than root
    with pytest.warns(UserWarning, match="cannot be written to"):
        assert kept("faces") is None


def test_jaxs_own_settings_come_first(cache, settings):
    jax.config.update("jax_compilation_cache_dir", "/somewhere")
    assert keep_programs() is None
    assert settings("jax_compilation_cache_dir") == "/somewhere"
    jax.config.update("jax_compilation_cache_dir", None)
    jax.config.update("jax_enable_compilation_cache", False)
    assert keep_programs() is None
    assert settings("jax_compilation_cache_dir") is None
    assert not cache.exists()


def test_small_programs_are_kept_too(cache, settings, monkeypatch):
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", raising=False)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)  # as JAX has it
    assert settings("jax_compilation_cache_dir") is None
    assert str(keep_programs()) == settings("jax_compilation_cache_dir")
    assert settings("jax_persistent_cache_min_compile_time_secs") == 0


def test_what_was_used_longest_ago_goes_first(cache, monkeypatch):
    folder = kept("programs")
    for age, name in enumerate(("new", "old", "oldest")):
        (folder / name).write_bytes(bytes(100))
        os.utime(folder / name, (1e9 - age, 1e9 - age))
    (folder / ".lock").touch()
    os.utime(folder / ".lock", (1, 1))
    monkeypatch.setitem(compilation_cache.MOST, "programs", 250)
    kept("programs")
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "new", "old"]


def test_what_is_being_written_stays_and_a_folder_goes_whole(cache, monkeypatch):
    folder = kept("faces")
    for age, name in enumerate(("new", "old", "key.partial-1")):
        (folder / name).mkdir()
        for file in ("about.json", "pixels.npy"):
            (folder / name / file).write_bytes(bytes(100))
            os.utime(folder / name / file, (1e9 - age, 1e9 - age))
    elsewhere = folder.with_name("another_machine")
    elsewhere.mkdir()
    (elsewhere / "old").write_bytes(bytes(1000))
    monkeypatch.setitem(compilation_cache.MOST, "faces", 250)
    kept("faces")
    assert sorted(path.name for path in folder.iterdir()) == ["key.partial-1", "new"]
    assert (elsewhere / "old").exists()


def test_a_user_who_is_not_there_keeps_nothing(monkeypatch):
    monkeypatch.setenv("GENJAX_CACHE", "~no such user/cache")
    with pytest.warns(UserWarning, match="nothing is kept in ~no such user/cache"):
        assert user_folder() is None


def test_a_second_process_finds_the_programs_of_the_first(tmp_path):
    first, hits, misses, _ = compute(tmp_path)
    assert (hits, misses > 0) == (0, True)
    second, again, missed, _ = compute(tmp_path)
    assert (again, missed) == (misses, 0)
    assert second == first
    # Other flags of the compiler are another program.
    _, hits, misses, _ = compute(tmp_path, XLA_FLAGS="--xla_cpu_enable_fast_math=true")
    assert (hits, misses > 0) == (0, True)


@pytest.mark.slow
def test_a_damaged_program_is_compiled_again(tmp_path):
    first, _, misses, _ = compute(tmp_path)
    entries = [*tmp_path.glob("programs/*/*-cache")]
    assert len(entries) == misses
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-20])
    second, hits, _, said = compute(tmp_path)
    assert (second, hits) == (first, 0)
    assert "Error reading persistent compilation cache entry" in said


def test_switched_off_nothing_is_written(tmp_path):
    assert compute("")[1:3] == (0, 0)
    assert compute(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false")[1:3] == (0, 0)
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
def test_kept_faces_are_the_drawn_ones_and_are_not_drawn_twice(tmp_path, monkeypatch):
    drawn, table = drawn_faces.drawn_faces(5, seed=3, image_shape=SMALL, start=7)
    options = {"seed": 3, "image_shape": SMALL, "start": 7}
    np.testing.assert_array_equal(kept_faces(tmp_path, 5, **options), drawn)
    (place,) = tmp_path.glob("faces-*")

    def refuse(*args):
        raise AssertionError("drawn again")

    monkeypatch.setattr(drawn_faces, "draw_into", refuse)
    np.testing.assert_array_equal(kept_faces(tmp_path, 5, **options), drawn)
    for other in ({"seed": 4}, {"start": 8}, {"image_shape": (32, 48, 3)}):
        with pytest.raises(AssertionError, match="drawn again"):
            kept_faces(tmp_path, 5, **(options | other))
    monkeypatch.setenv("XLA_FLAGS", "--another")
    with pytest.raises(AssertionError, match="drawn again"):
        kept_faces(tmp_path, 5, **options)
    assert [*tmp_path.glob("faces-*")] == [place]
    assert len(table) == 5


def test_faces_that_cannot_be_kept_are_drawn(tmp_path):
    (tmp_path / "file").write_text("")
    drawn, _ = drawn_faces.drawn_faces(2, image_shape=SMALL)
    np.testing.assert_array_equal(kept_faces(tmp_path / "file", 2, image_shape=SMALL), drawn)


def test_a_split_of_kept_faces_has_the_factors_where_they_are_asked_for(tmp_path):
    plain = load_split(DataConfig(drawn=20), SMALL, "validation")
    config = DataConfig(drawn=20, cache=str(tmp_path))
    for labelled in (False, True):
        cached = load_split(config, SMALL, "validation", labelled=labelled)
        np.testing.assert_array_equal(cached.pixels, plain.pixels)
        assert cached.available == plain.available
        assert (cached.labels is not None) == labelled
    assert cached.labels.equals(plain.labels)
