"""Two processes that share a batch train what one process trains, and go on with it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import genjax

ROOT = Path(__file__).parents[1]
OPTIONS = [
    "--model.event-shape", "16", "16", "3", "--model.latent-size", "4",
    "--model.channels", "4", "--batch-size", "8", "--chunk", "2",
]  # fmt: skip


def train(pictures, folder, steps, hosts):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        sys.executable, str(ROOT / "scripts" / "train_celeba_vae.py"), "--run", str(folder),
        "--data", str(pictures), "--steps", str(steps), *OPTIONS,
    ]  # fmt: skip
    plain = os.environ | {
        "XLA_FLAGS": "",
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax"),
    }
    cluster = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": str(hosts)}
    processes = [
        subprocess.Popen(
            command,
            env=plain | (cluster | {"JAX_PROCESS_ID": str(host)} if hosts > 1 else {}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for host in range(hosts)
    ]  # fmt: skip
    reports = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0] * hosts, reports
    return [out for out, _ in reports]


@pytest.mark.slow
def test_two_hosts_train_what_one_trains_and_go_on(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for index in range(40):
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{index}.png")
    train(pictures, tmp_path / "one", 6, hosts=1)
    train(pictures, tmp_path / "two", 3, hosts=2)
    out = train(pictures, tmp_path / "two", 6, hosts=2)
    assert "trained to step 6" in out[0]
    assert "trained" not in out[1]  # one host speaks
    one, two = (genjax.load(tmp_path / name).state for name in ("one", "two"))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-5), one.params, two.params
    )
