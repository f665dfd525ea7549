"""What is foretold is what the arrays and the arithmetic say."""

import dataclasses

import jax
import numpy as np
import optax
import pytest
from test_fit import recorder

from genjax.algorithm import Aux, Phase, from_phases
from genjax.config import DataConfig, TrainingConfig
from genjax.dry_run import flops_of, forecast, layers, show
from genjax.errors import InputError
from genjax.models import VAEConfig

CONFIG = TrainingConfig(
    model=VAEConfig(event_shape=(8, 6, 3), network="mlp", hidden=(16,), latent_size=2),
    batch_size=8, epochs=3, chunk=2,
)  # fmt: skip
PIXELS = np.random.default_rng(0).integers(0, 256, (8, 8, 6, 3), np.uint8)


@pytest.fixture(scope="module")
def found():
    return forecast(CONFIG, {"x": PIXELS}, 40)


def test_layers_memory_and_steps(found, capsys):
    encoder, decoder = found.networks["encoder"], found.networks["decoder"]
    assert list(found.networks) == ["encoder", "decoder"]
    assert [(layer.kind, layer.output, layer.size) for layer in encoder + decoder] == [
        ("Dense", (16,), 144 * 16 + 16),
        ("Dense", (4,), 16 * 4 + 4),
        ("Dense", (16,), 2 * 16 + 16),
        ("Dense", (144,), 16 * 144 + 144),
    ]
    assert encoder[0].parameters == {"kernel": (144, 16), "bias": (16,)}
    numbers = sum(layer.size for layer in encoder + decoder)
    assert found.bytes["parameters"] == 4 * numbers
    assert found.bytes["optimiser"] == 4 * (2 * numbers + 1)  # Adam's moments and count
    assert found.bytes["data"] == 40 * 144
    assert (found.rows, found.steps) == (40, 15)
    assert found.seconds > 0
    show(found._replace(seconds=250.0), CONFIG)
    out = capsys.readouterr().out
    assert f"{numbers:,}" in out
    assert "15 steps: about 1:02:30" in out


def test_the_work_is_that_of_the_matrix_products(found):
    """Forward, and backward to the weights and, but for the first layer's, to the inputs."""
    inner = 16 * 4 + 2 * 16 + 16 * 144
    products = 2 * 8 * (2 * 144 * 16 + 3 * inner)
    assert products < found.flops < 1.5 * products  # the rest is element by element


def test_the_work_of_convolutions_counts_whole_batches():
    model = VAEConfig(event_shape=(32, 32, 3), channels=(16, 32), latent_size=4).build()
    algorithm = model.algorithm(optax.sgd(1.0))
    batches = [{"x": np.zeros((size, 32, 32, 3), np.uint8)} for size in (16, 512)]
    state = jax.eval_shape(algorithm.init, jax.random.key(0), batches[0])
    few, many = (flops_of(algorithm, state, batch) for batch in batches)
    assert many == pytest.approx(32 * few, rel=0.05)
    # Multiplications of each layer's 3x3 windows (2x2 strides) and of the two dense layers.
    dense = 8 * 8 * 32 * (2 * 4 + 4)
    forward = 2 * (16 * 16 * 27 * 16 + 8 * 8 * 144 * 32) + dense
    assert 0.85 < many / (2 * 3 * 512 * forward) < 1.1


def test_streamed_data_takes_two_chunks():
    config = dataclasses.replace(CONFIG, data=DataConfig(stream=True))
    assert forecast(config, {"x": PIXELS}, 4000).bytes["data"] == 2 * 2 * 8 * 144


def test_an_endless_run_has_no_number_of_steps(found, capsys):
    config = dataclasses.replace(CONFIG, epochs=None, minutes=2.0)
    show(found._replace(steps=None, seconds=0.5), config)
    assert "2 minutes: about 240 steps, 48.0 epochs" in capsys.readouterr().out


def test_networks_that_are_no_modules_have_their_parameters_alone():
    algorithm = recorder()
    ((layer,),) = layers(algorithm, {"x": np.zeros((4,))}).values()
    assert (layer.kind, layer.output, layer.size) == ("", None, 3)

    def init_nets(key, batch):
        return {"a": {"b": {"w": jax.numpy.zeros((2, 3))}, "c": jax.numpy.zeros(4)}}, {}

    phase = Phase("p", ("a",), lambda p, b, c: (p["a"]["c"].sum(), Aux({})), optax.sgd(1.0))
    (found,) = layers(from_phases(init_nets, [phase]), {"x": np.zeros((4,))}).values()
    assert sorted((layer.name, layer.size) for layer in found) == [("", 4), ("b", 6)]


def test_data_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="batch of 8 cannot be drawn from 4 rows"):
        forecast(CONFIG, {"x": PIXELS[:4]}, 4)
