"""A run's folder: what it holds, what it refuses, what comes back."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import genjax
from genjax.config import DataConfig, TrainingConfig, differences, from_plain, to_plain
from genjax.data.training_set import TrainingSet
from genjax.errors import InputError
from genjax.losses import Bernoulli, Gaussian, WeightedSquaredError
from genjax.models import VAEConfig
from genjax.observers.pictures import train_on_pictures as train
from genjax.run import Run

ROOT = Path(__file__).parents[1]
CONFIG = TrainingConfig(
    model=VAEConfig(event_shape=(12, 10, 3), channels=(4,), latent_size=3),
    batch_size=8, steps=6, chunk=2,
)  # fmt: skip
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 12, 10, 3), np.uint8)
DATA = TrainingSet(PIXELS, PIXELS[:4], False, ())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "one"
    train(CONFIG, DATA, folder)
    return folder


def test_the_folder_holds_what_the_readme_says(run):
    assert sorted(path.name for path in run.iterdir()) == [
        ".lock", "checkpoints", "config.json", "figures", "metrics.jsonl",
    ]  # fmt: skip
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert records[-1]["step"] == 6
    assert {"vae/loss", "vae/kl", "vae/reconstruction"} <= set(records[-1])
    drawn = {path.name for path in (run / "figures").iterdir()}
    assert {"samples_0000000.png", "samples_0000006.png", "curves.png"} <= drawn


def test_load_gives_the_trained_model_back(run):
    model = genjax.load(run)
    samples = model.sample(5, seed=3)
    assert samples.shape == (5, 12, 10, 3)
    assert samples.dtype == np.uint8
    np.testing.assert_array_equal(samples, genjax.load(run).sample(5, seed=3))
    np.testing.assert_array_equal(samples[:2], model.sample(2, seed=3))
    assert (samples != model.sample(5, seed=4)).any()
    assert model.encode(PIXELS).shape == (20, 3)
    reconstructions = model.reconstruct(PIXELS)
    assert reconstructions.shape == PIXELS.shape
    np.testing.assert_array_equal(reconstructions[7:8], model.reconstruct(PIXELS[7:8]))
    np.testing.assert_array_equal(reconstructions, model.decode(model.encode(PIXELS)))
    assert model.reconstruct(PIXELS[:0]).shape == (0, 12, 10, 3)
    assert model.sample(0).shape == (0, 12, 10, 3)


def test_more_than_a_block_is_the_same_as_its_parts(run):
    model = genjax.load(run)
    many = np.tile(PIXELS, (7, 1, 1, 1))
    assert len(many) > 2 * model.batch
    np.testing.assert_array_equal(model.encode(many)[130:], model.encode(many[130:]))
    np.testing.assert_array_equal(model.sample(140)[:70], model.sample(70))


def test_wrong_pictures_are_refused(run):
    model = genjax.load(run)
    with pytest.raises(InputError, match="latents"):
        model.decode(np.zeros((2, 4)))
    with pytest.raises(InputError, match="seed"):
        model.sample(1, seed=2**70)
    assert model.reconstruct(np.zeros((0, 12, 10, 3), np.float32)).shape == (0, 12, 10, 3)
    for images in (PIXELS[:, :8], PIXELS.astype(np.float32), PIXELS[0], PIXELS / 255 - 1):
        with pytest.raises(InputError):
            model.reconstruct(images)
    with pytest.raises(InputError):
        model.sample(-1)


def test_a_resumed_run_equals_the_whole_to_the_bit(run, tmp_path):
    for steps in (3, 6):
        train(dataclasses.replace(CONFIG, steps=steps), DATA, tmp_path / "cut")
    one, cut = genjax.load(run).state, genjax.load(tmp_path / "cut").state
    jax.tree.map(np.testing.assert_array_equal, one, cut)
    records = Run(tmp_path / "cut", CONFIG).records()
    assert [record["step"] for record in records] == sorted({r["step"] for r in records})


def test_another_configuration_is_refused_with_what_differs(run):
    other = dataclasses.replace(
        CONFIG, batch_size=16, model=dataclasses.replace(CONFIG.model, beta=2.0), steps=99
    )
    with pytest.raises(InputError, match=r"model\.beta: 1\.0 there, 2\.0 here; batch_size: 8"):
        train(other, DATA, run)
    with pytest.raises(InputError, match="digest"):
        train(CONFIG, DATA._replace(pixels=PIXELS[::-1]), run)


def test_a_run_from_before_a_setting_goes_on_with_its_default(run, tmp_path):
    shutil.copytree(run, tmp_path / "old")
    path = tmp_path / "old" / "config.json"
    plain = json.loads(path.read_text())
    for name in ("binarize", "cache", "stream"):
        del plain["data"][name]
    del plain["tensorboard"]
    path.write_text(json.dumps(plain))
    train(dataclasses.replace(CONFIG, steps=7), DATA, tmp_path / "old")
    assert int(genjax.load(tmp_path / "old").state.step) == 7
    other = dataclasses.replace(CONFIG, data=DataConfig(binarize="static"))
    with pytest.raises(InputError, match=r'data\.binarize: "none" there, "static" here'):
        train(other, DATA, tmp_path / "old")


def test_folders_that_are_no_runs(tmp_path):
    with pytest.raises(InputError, match=r"no run .* no config\.json"):
        genjax.load(tmp_path / "nothing")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        train(CONFIG, DATA, tmp_path / "full")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        train(CONFIG, DATA, tmp_path / "file" / "run")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        genjax.load(tmp_path / "broken")
    Run.open(tmp_path / "fresh", CONFIG, {"x": PIXELS}).close()
    with pytest.raises(InputError, match="no checkpoint yet"):
        genjax.load(tmp_path / "fresh")


def test_loading_disturbs_no_save_in_progress(run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    half = copy / "checkpoints" / "7.orbax-checkpoint-tmp"
    half.mkdir()
    (half / "part").write_text("being written")
    assert int(genjax.load(copy).state.step) == 6
    assert (half / "part").read_text() == "being written"
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(InputError, match="no checkpoint yet"):
        genjax.load(copy)
    assert not (copy / "checkpoints").exists()


def test_a_folder_is_checked_before_the_data_is_loaded(run, tmp_path):
    Run.check(run, CONFIG)
    Run.check(tmp_path / "new" / "run", CONFIG)
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="batch_size"):
        Run.check(run, dataclasses.replace(CONFIG, batch_size=16))


def test_two_trainings_in_one_folder_are_refused(tmp_path):
    one = Run.open(tmp_path / "run", CONFIG, {"x": PIXELS})
    with pytest.raises(InputError, match="another process is training"):
        Run.open(tmp_path / "run", CONFIG, {"x": PIXELS})
    one.close()
    Run.open(tmp_path / "run", CONFIG, {"x": PIXELS}).close()


def test_a_start_that_could_not_write_is_no_hindrance_to_the_next(tmp_path, monkeypatch):
    def full(path, text):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("genjax.run._replace", full)
        with pytest.raises(InputError, match="cannot write a run"):
            Run.open(tmp_path / "run", CONFIG, {"x": PIXELS})
    Run.open(tmp_path / "run", CONFIG, {"x": PIXELS}).close()


def test_damaged_metrics_lose_their_damaged_lines_alone(tmp_path):
    run = Run.open(tmp_path / "run", CONFIG, {"x": PIXELS})
    lines = [
        b'{"step": 1}',
        b'{"st',
        b"[1]",
        b'{"a": 1}',
        b"\xff\xfe",
        b'{"step": 2}',
        b'{"step": 3}',
    ]
    (run.folder / "metrics.jsonl").write_bytes(b"\n".join(lines))
    assert [record["step"] for record in run.records()] == [1, 2, 3]
    run.drop_records_after(2)
    assert [record["step"] for record in run.records()] == [1, 2]
    run.close()


@pytest.mark.parametrize(
    "change",
    [
        {"model": None},
        {"kind": []},
        {"optimizer": "rmsprop"},
        {"kind": "DataConfig"},
        {"batch_size": "a"},
    ],
)
def test_a_configuration_edited_by_hand_is_refused(run, tmp_path, change):
    shutil.copytree(run, tmp_path / "copy")
    path = tmp_path / "copy" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError):
        genjax.load(tmp_path / "copy")


def test_a_save_that_fails_names_the_newest_checkpoint(run, tmp_path, monkeypatch):
    from genjax.checkpoint import Checkpoints

    state = genjax.load(run).state
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(state)

        def full(*arguments):
            raise ValueError("RESOURCE_EXHAUSTED: No space left on device")

        monkeypatch.setattr(checkpoints._manager, "save", full)
        with pytest.raises(InputError, match=r"cannot save step 7 .*checkpoint there is 6"):
            checkpoints.save(state._replace(step=state.step + 1))


def test_a_damaged_checkpoint_is_named(run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    for part in (copy / "checkpoints" / "6" / "state").rglob("*"):
        if part.is_file():
            part.write_bytes(b"")
    with pytest.raises(InputError, match=r"checkpoint 6 .*cannot be read"):
        genjax.load(copy)


def test_divergence_saves_the_last_good_state_and_says_so(tmp_path):
    config = dataclasses.replace(CONFIG, learning_rate=1e30, steps=50)
    with pytest.raises(genjax.NonFiniteError, match=r"step \d+: not finite: .*saved in"):
        train(config, DATA, tmp_path / "diverged")
    state = genjax.load(tmp_path / "diverged").state
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.params))


@given(
    st.builds(
        TrainingConfig,
        model=st.builds(
            VAEConfig,
            event_shape=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
            likelihood=st.sampled_from(
                [Bernoulli(), Gaussian(None), Gaussian(0.1), WeightedSquaredError(root=True)]
            ),
            beta=st.floats(0, 9),
        ),
        data=st.builds(DataConfig, path=st.none() | st.text(), crop=st.sampled_from(["square", 9])),
        seed=st.integers(0, 99),
    )
)
def test_a_configuration_survives_json(config):
    plain = json.loads(json.dumps(to_plain(config)))
    assert from_plain(plain) == config
    assert differences(plain, to_plain(config)) == []


def test_unknown_settings_are_named():
    with pytest.raises(InputError, match="no setting colour"):
        from_plain({"kind": "Bernoulli", "colour": 1})
    with pytest.raises(InputError, match="unknown kind"):
        from_plain({"kind": "os.system"})


@pytest.mark.slow
def test_a_signal_saves_and_the_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    command = [
        sys.executable, str(ROOT / "scripts" / "train_celeba_vae.py"), "--run", str(folder),
        "--data.drawn", "64", "--model.event-shape", "16", "16", "3", "--model.latent-size", "4",
        "--batch-size", "16", "--chunk", "2", "--steps", "1000000",
    ]  # fmt: skip
    environment = os.environ | {
        "XLA_FLAGS": "",
        "PYTHONPATH": str(ROOT),
        "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax"),
    }
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 120
        while not (folder / "metrics.jsonl").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert "SIGTERM" in err
    assert f"--run {folder}" in out
    step = int(genjax.load(folder).state.step)
    assert step > 0
    assert f"step {step:,}" in out
