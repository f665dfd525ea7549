"""What TensorBoard would read from the files is what was written."""

import dataclasses
import struct
import sys

import numpy as np
import pytest
from test_run import CONFIG, DATA

from genjax.fit import Progress
from genjax.observers.pictures import train_on_pictures as train
from genjax.run import Run
from genjax.tensorboard import TensorBoard
from genjax.train import check

event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
MODEL = dataclasses.replace(CONFIG.model, network="mlp", hidden=(4,))
CONFIG = dataclasses.replace(CONFIG, model=MODEL, tensorboard=True)


def events(folder):
    """The events of each file, in the order of their first steps: TFRecord by hand."""
    files = sorted(folder.iterdir(), key=lambda file: int(file.name.rpartition(".")[2]))
    found = []
    for file in files:
        content, at = file.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            found.append(event_pb2.Event.FromString(content[at + 12 : at + 12 + length]))
            at += 12 + length + 4
    return found


def values(folder, tag):
    """The values by step that TensorBoard shows: a start hides what there is from its step on."""
    shown = {}
    for event in events(folder):
        if event.HasField("session_log"):
            shown = {step: value for step, value in shown.items() if step < event.step}
        for value in event.summary.value:
            if value.tag == tag:
                shown[event.step] = value
    return shown


def test_curves_and_histograms_are_the_means_over_a_chunk(tmp_path):
    board = TensorBoard(tmp_path)
    latents = np.arange(12.0).reshape(4, 3)
    for step in (4, 8):
        board(Progress(step, {"vae/loss": step + np.arange(4.0), "vae/kls": latents}, None))
    board.close()
    losses = {step: value.simple_value for step, value in values(tmp_path, "vae/loss").items()}
    assert losses == {4: 5.5, 8: 9.5}
    histogram = values(tmp_path, "vae/kls")[8].histo
    assert (histogram.num, histogram.min, histogram.max) == (3, 4.5, 6.5)
    assert histogram.sum == latents.mean(0).sum()


@pytest.mark.slow
def test_a_run_goes_on_in_the_same_curves_and_shows_its_pictures(tmp_path):
    for steps in (3, 6):
        train(dataclasses.replace(CONFIG, steps=steps), DATA, tmp_path / "run")
    folder = tmp_path / "run" / "tensorboard"
    losses = {step: value.simple_value for step, value in values(folder, "vae/loss").items()}
    assert sorted(losses) == [2, 3, 5, 6]
    # Each line of the log is a mean over one chunk or more, here of 2, 1, 2 and 1 steps.
    previous = 0
    for record in Run(tmp_path / "run", CONFIG).records():
        within = {step: loss for step, loss in losses.items() if previous < step <= record["step"]}
        mean = np.average(list(within.values()), weights=[2 if s % 3 else 1 for s in within])
        np.testing.assert_allclose(record["vae/loss"], mean, rtol=1e-5)
        previous = record["step"]
    assert previous == 6
    pictures = values(folder, "samples")
    assert sorted(pictures) == [0, 3, 6]
    assert pictures[6].image.encoded_image_string[1:4] == b"PNG"
    assert (pictures[6].image.height, pictures[6].image.width) == (8 * 14 + 2, 8 * 12 + 2)
    assert sorted(values(folder, "reconstructions_training")) == [0, 3, 6]


def test_what_a_crash_lost_is_hidden(tmp_path):
    for start, steps in ((0, (2, 4, 6)), (4, (6, 8))):
        board = TensorBoard(tmp_path, start=start)
        for step in steps:
            board(Progress(step, {"loss": np.full(2, 10 * start + step)}, None))
        board.close()
    losses = {step: value.simple_value for step, value in values(tmp_path, "loss").items()}
    assert losses == {2: 2, 4: 4, 6: 46, 8: 48}


def test_without_tensorboardx_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    words = r"TensorBoard logs need tensorboardX: pip install '.*\[tensorboard\]'"
    for run in (lambda: check(CONFIG, tmp_path), lambda: train(CONFIG, DATA, tmp_path)):
        with pytest.raises(ImportError, match=words):
            run()
