"""Streamed data: the rows, steps and refusals of data on the device, in little memory."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from test_fit import recorder

from genjax import NonFiniteError, fit, sharding, stream
from genjax.fit import jitted_streamed_chunk
from genjax.models import VAEConfig

KEY = jax.random.key(7)
OPTIONS = {"key": KEY, "batch_size": 8, "chunk": 4, "stream": True}
PICTURES = {"x": np.random.default_rng(0).integers(0, 256, (44, 16, 12, 3), np.uint8)}
ALGORITHM = (
    VAEConfig(event_shape=(16, 12, 3), channels=(4, 8), latent_size=3)
    .build()
    .algorithm(optax.adam(1e-3))
)


def train(steps, **options):
    return fit(ALGORITHM, PICTURES, steps=steps, **(OPTIONS | options))


@pytest.fixture(scope="module")
def ten_steps():
    return train(10)


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def assert_close(a, b):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=0, atol=1e-5), a, b)


def rows_seen(data, steps, minibatches, **options):
    seen = []

    def hook(progress):
        rows = [progress.metrics[f"row{i}{j}"] for i in range(minibatches) for j in range(4)]
        seen.extend(np.stack(rows, 1).ravel().tolist())

    fit(
        recorder(minibatches), {"x": data}, steps=steps, key=KEY, batch_size=4, hooks=[hook],
        **options,
    )  # fmt: skip
    return seen


@pytest.mark.parametrize("minibatches", [1, 3])
def test_the_rows_are_those_of_data_on_the_device(minibatches):
    data = np.arange(13.0, dtype=np.float32)
    on_device = rows_seen(data, 23, minibatches, chunk=5)
    assert rows_seen(data, 23, minibatches, chunk=5, stream=True) == on_device
    assert rows_seen(data, 23, minibatches, chunk=3, stream=True) == on_device


def test_it_equals_data_on_the_device_to_rounding(ten_steps):
    assert_close(ten_steps.params, train(10, stream=False).params)


@pytest.mark.parametrize("cut", [1, 4, 5, 9])
def test_a_run_cut_anywhere_equals_the_whole_bit_for_bit(ten_steps, cut):
    assert_same(train(10, state=train(cut)), ten_steps)


@pytest.mark.parametrize("devices", [1, 8])
def test_one_compilation_serves_every_length_and_devices_agree(ten_steps, devices):
    mesh = sharding.data_mesh(jax.devices()[:devices])
    before = jitted_streamed_chunk._cache_size()
    state = train(11, state=train(1, mesh=mesh), mesh=mesh)
    train(13, state=state, mesh=mesh)
    assert jitted_streamed_chunk._cache_size() <= before + 1
    assert_close(train(10, mesh=mesh).params, ten_steps.params)


def test_each_device_gets_its_share_of_every_batch():
    mesh = sharding.data_mesh()
    placed = sharding.place_batches({"x": np.zeros((4, 2, 16, 3))}, mesh)
    assert {shard.data.shape for shard in placed["x"].addressable_shards} == {(4, 2, 2, 3)}


def test_a_planted_nan_stops_the_run_at_its_step():
    def step(state, batch, key):
        new, metrics = ALGORITHM.step(state, batch, key)
        planted = jnp.where(state.step == 6, jnp.nan, 1.0)
        return new._replace(params=jax.tree.map(lambda p: p * planted, new.params)), metrics

    with pytest.raises(NonFiniteError, match=r"step 6: .*parameters of decoder") as caught:
        fit(ALGORITHM._replace(step=step), PICTURES, steps=30, **OPTIONS)
    assert_same(caught.value.state.params, train(6).params)


def test_no_more_than_two_chunks_are_read_ahead_and_none_beyond_the_end(monkeypatch):
    read = []
    permute = stream.permute_on_host
    monkeypatch.setattr(
        stream, "permute_on_host", lambda *args: (read.append(0), permute(*args))[1]
    )
    ahead = []
    train(22, hooks=[lambda progress: ahead.append(len(read) - progress.step)])
    assert len(read) == 22
    assert max(ahead) <= 2 * 4
    read.clear()
    state = train(30, hooks=[lambda progress: progress.step >= 8])
    assert int(state.step) == 12
    assert len(read) <= 16
    read.clear()
    assert int(train(8, state=state).step) == 12
    assert not read


def test_a_mapped_file_of_any_size_is_read_where_it_is_needed_alone(tmp_path):
    rows = np.memmap(tmp_path / "sparse", np.float32, "w+", shape=(400_000_000, 2))  # 3.2 GB
    algorithm = recorder()._replace(
        step=lambda state, batch, key: (
            state._replace(step=state.step + 1), {"x": batch["x"].sum()},
        )
    )  # fmt: skip
    state = fit(algorithm, {"x": rows}, steps=5, key=KEY, batch_size=4, chunk=2, stream=True)
    assert int(state.step) == 5
    assert (tmp_path / "sparse").stat().st_blocks * 512 < 1e7


def test_without_grain_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "grain", None)
    with pytest.raises(ImportError, match=r"streams need grain: pip install '.*\[stream\]'"):
        train(1)
