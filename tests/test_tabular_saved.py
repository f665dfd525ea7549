"""A fitted generator as a folder: the same rows elsewhere, no training rows in it, its damage."""

import gc
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from genjax.errors import InputError
from genjax.estimators import TabularGenerator

TINY = {"hidden": (16,), "batch_size": 64, "steps": 2, "seed": np.int64(3)}


def people(n):
    """Of columns whose kinds do not depend on n: no number stands out."""
    rng = np.random.default_rng(n)
    return pd.DataFrame(
        {"sex": rng.choice(["f", "m"], n), "height": rng.normal(170, 9, n), "age": rng.random(n)}
    )


@pytest.fixture(scope="module")
def fitted():
    return TabularGenerator(condition_on=np.array(["sex"]), **TINY).fit(people(2500))


@pytest.fixture(scope="module")
def folder(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "deep" / "generator"
    fitted.save(path)
    return path


def test_a_saved_generator_draws_the_same_rows(fitted, folder):
    loaded = TabularGenerator.load(folder)
    for asked in ({}, {"sex": "m"}, {"sex": ["m", "f"] * 10}):
        rows = (one.sample(20, conditions=asked, seed=3) for one in (fitted, loaded))
        pd.testing.assert_frame_equal(*rows)
    assert loaded.imposed_ == fitted.imposed_
    assert loaded.get_params() == fitted.get_params() | {"condition_on": ("sex",)}
    with pytest.raises(InputError, match="not empty"):
        fitted.save(folder)
    with pytest.raises(NotFittedError):
        TabularGenerator().save(folder)


def test_another_process_draws_the_same_rows(fitted, folder, tmp_path):
    script = (
        "import sys; from genjax.estimators import TabularGenerator as T;"
        "T.load(sys.argv[1]).sample(20, conditions={'sex': 'm'}, seed=3).to_pickle(sys.argv[2])"
    )
    root, rows = Path(__file__).parents[1], tmp_path / "rows"
    subprocess.run(
        [sys.executable, "-c", script, str(folder), str(rows)], check=True, cwd=root, env=os.environ
    )
    expected = fitted.sample(20, conditions={"sex": "m"}, seed=3)
    pd.testing.assert_frame_equal(pd.read_pickle(rows), expected)


def test_a_generator_without_conditions_is_saved_too(tmp_path):
    generator = TabularGenerator(**TINY).fit(people(200))
    generator.save(tmp_path)
    loaded = TabularGenerator.load(tmp_path)
    pd.testing.assert_frame_equal(loaded.sample(5), generator.sample(5))
    for value in ("m", ["m"] * 5):
        with pytest.raises(InputError, match="without condition_on"):
            loaded.sample(5, conditions={"sex": value})
    assert generator.imposed_ == 0


def test_what_is_saved_does_not_grow_with_the_training_rows(fitted, folder, tmp_path):
    more = TabularGenerator(condition_on=["sex"], **TINY).fit(people(9000))
    more.save(tmp_path)
    shapes = [[leaf.shape for leaf in jax.tree.leaves(one.state_)] for one in (fitted, more)]
    assert shapes[0] == shapes[1]
    assert max(size for shape in shapes[0] for size in shape) < 2500
    # Every file, the checkpoint's too; numbers as text differ a little in length.
    sizes = [
        {
            name: sum(file.stat().st_size for file in (path / name).rglob("*") if file.is_file())
            or (path / name).stat().st_size
            for name in ("checkpoints", "table.json", "config.json", "transform.json")
        }
        for path in (folder, tmp_path)
    ]
    assert set(sizes[0]) == {path.name for path in folder.iterdir()}
    for name, size in sizes[0].items():
        assert sizes[1][name] == pytest.approx(size, rel=0.05), name


def edited(path, change):
    """Write a JSON file anew, after `change` was made to what it holds."""
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))


def cut_checkpoint(folder):
    for path in (folder / "checkpoints").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# Orbax leaves half-read arrays behind, which complain when they are collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda folder: (folder / "table.json").unlink(), "no saved generator"),
        (lambda folder: (folder / "table.json").write_text("{"), "no saved generator"),
        (lambda folder: (folder / "table.json").write_bytes(b"\xff"), "no saved generator"),
        (lambda folder: (folder / "table.json").write_text("[1]"), "another version"),
        (lambda folder: (folder / "table.json").write_text('{"format": 99}'), "another version"),
        (lambda folder: (folder / "transform.json").unlink(), "is damaged"),
        (lambda folder: (folder / "transform.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "config.json").unlink(), "is damaged"),
        (lambda folder: (folder / "config.json").write_text('{"kind": "x"}'), "is damaged"),
        (lambda folder: shutil.rmtree(folder / "checkpoints"), "no checkpoint"),
        (cut_checkpoint, "is damaged"),
        (  # a checkpoint of another model
            lambda folder: edited(folder / "config.json", lambda c: c["model"].update(hidden=[8])),
            "is damaged",
        ),
        *(
            (lambda folder, change=change: edited(folder / "table.json", change), "is damaged")
            for change in (
                lambda table: table.pop("conditions"),
                lambda table: table.update(conditions=[1]),
                lambda table: table["conditions"].pop("shares"),
                lambda table: table["conditions"].update(places=[[0], [99]]),
                lambda table: table["conditions"].update(shares=[0.5, "a"]),
                lambda table: table["conditions"].update(shares=[0.5, float("nan")]),
                lambda table: table["conditions"].update(places=[[0]], shares=[1], weights=[1]),
                lambda table: table.update(parameters=None),
                lambda table: table["parameters"].update(colour=1),
                lambda table: table["parameters"].update(steps="a"),
                lambda table: table.update(imposed=[]),
            )
        ),
        (
            lambda folder: edited(
                folder / "transform.json", lambda transform: transform["columns"].pop()
            ),
            "is damaged",
        ),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(folder, tmp_path, damage, says):
    copy = tmp_path / "generator"
    shutil.copytree(folder, copy)
    damage(copy)
    with pytest.raises(InputError, match=says) as caught:
        TabularGenerator.load(copy)
    assert "\n" not in str(caught.value)
    del caught
    gc.collect()


def test_what_cannot_be_written_is_said(fitted, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot save"):
        fitted.save(tmp_path / "file")

    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match=r"cannot save all of it in .*No space left"):
        fitted.save(tmp_path / "new")
