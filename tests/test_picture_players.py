"""The networks of pictures: the published shapes, any size, and their layers against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax.traverse_util import flatten_dict

from genjax import InputError
from genjax.models import (
    DCGANDiscriminatorConfig,
    DCGANGeneratorConfig,
    PublishedDiscriminatorConfig,
    PublishedGeneratorConfig,
    ResidualDiscriminatorConfig,
    ResidualGeneratorConfig,
)
from genjax.nets.conv_layers import Conv
from genjax.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from genjax.nets.network import apply_network, init_network
from genjax.nets.published_cgan import maxout
from genjax.nets.residual_players import ModulatedNorm, ResidualDiscriminator
from genjax.nets.spectral import normalize

KEY = jax.random.key(0)


def shapes_of(net, *inputs):
    """Parameters' shapes by path, and the output's shape; nothing is computed."""
    variables = jax.eval_shape(lambda key: net.init(key, *inputs), KEY)
    output = jax.eval_shape(lambda v: net.apply(v, *inputs), variables)
    flat = flatten_dict(variables["params"], sep="/")
    return {path: leaf.shape for path, leaf in flat.items()}, output


def test_dcgans_generator_is_the_published_stack():
    found, output = shapes_of(DCGANGenerator((64, 64, 3)), jnp.zeros((2, 100)))
    assert {path: shape for path, shape in found.items() if "BatchNorm" not in path} == {
        "Dense_0/kernel": (100, 4 * 4 * 1024),
        "ConvTranspose_0/kernel": (5, 5, 512, 1024),
        "ConvTranspose_1/kernel": (5, 5, 256, 512),
        "ConvTranspose_2/kernel": (5, 5, 128, 256),
        "ConvTranspose_3/kernel": (5, 5, 3, 128),
        "ConvTranspose_3/bias": (3,),
    }
    normed = [shape for path, shape in found.items() if path.endswith("scale")]
    assert sorted(normed) == [(128,), (256,), (512,), (1024,)]
    assert output.shape == (2, 64, 64, 3)


def test_dcgans_discriminator_mirrors_it_without_a_norm_in_the_first_layer():
    found, output = shapes_of(DCGANDiscriminator(), jnp.zeros((2, 64, 64, 3)))
    assert {path: shape for path, shape in found.items() if "BatchNorm" not in path} == {
        "Conv_0/kernel": (5, 5, 3, 128),
        "Conv_0/bias": (128,),
        "Conv_1/kernel": (5, 5, 128, 256),
        "Conv_2/kernel": (5, 5, 256, 512),
        "Conv_3/kernel": (5, 5, 512, 1024),
    }
    normed = [shape for path, shape in found.items() if path.endswith("scale")]
    assert sorted(normed) == [(256,), (512,), (1024,)]
    assert output.shape == (2, 4 * 4 * 1024)


@pytest.mark.slow
def test_dcgan_starts_from_kernels_of_deviation_002():
    shape = (16, 16, 3)
    players = (
        (DCGANGeneratorConfig(width=16).build(shape, 0, "embed"), jnp.zeros((1, 50))),
        (DCGANDiscriminatorConfig(width=64).build(shape, 0, "embed"), jnp.zeros((1, *shape))),
    )
    for net, x in players:
        flat = flatten_dict(init_network(net, KEY, x)[0], sep="/")
        for kernel in (np.asarray(leaf) for path, leaf in flat.items() if path.endswith("kernel")):
            assert kernel.std() == pytest.approx(0.02, rel=0.08)
            assert abs(kernel.mean()) < 1.5e-3


@pytest.mark.parametrize("size", [(28, 28), (32, 32), (64, 64), (128, 128), (3, 5)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("generator", "discriminator"),
    [
        (DCGANGeneratorConfig(width=4), DCGANDiscriminatorConfig(width=4)),
        (ResidualGeneratorConfig(width=4), ResidualDiscriminatorConfig(width=4)),
        (
            PublishedGeneratorConfig(units=(4, 5, 6)),
            PublishedDiscriminatorConfig(units=(4, 3, 6), pieces=(2, 2, 2)),
        ),
    ],
)
@pytest.mark.parametrize("condition", ["concatenate", "project"])
def test_every_pair_serves_pictures_of_any_size(
    size, channels, generator, discriminator, condition
):
    shape = (*size, channels)
    y = jnp.array([2, 0])
    _, x = shapes_of(generator.build(shape, 3, condition), jnp.zeros((2, 7)), y)
    assert x.shape == (2, *shape)
    _, judgement = shapes_of(discriminator.build(shape, 3, condition), jnp.zeros(x.shape), y)
    assert judgement.logits.shape == (2,)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("generator", "discriminator"),
    [
        (DCGANGeneratorConfig(width=2), DCGANDiscriminatorConfig(width=2, spectral_norm=True)),
        (ResidualGeneratorConfig(width=2), ResidualDiscriminatorConfig(width=2)),
        (PublishedGeneratorConfig(units=(4, 5, 6)), PublishedDiscriminatorConfig()),
    ],
)
def test_a_label_changes_what_is_drawn_and_what_is_said_of_it(generator, discriminator):
    shape, z = (8, 8, 1), jnp.ones((2, 3))
    net = generator.build(shape, 3, "project")
    params, statistics = init_network(net, KEY, z, jnp.array([0, 1]))
    x, _ = apply_network(net, params, statistics, z, jnp.array([0, 1]))
    assert float(jnp.abs(x[0] - x[1]).max()) > 0
    net = discriminator.build(shape, 3, "project")
    same = jnp.stack([x[0], x[0]])
    params, statistics = init_network(net, KEY, same, jnp.array([0, 1]))
    said, _ = apply_network(net, params, statistics, same, jnp.array([0, 1]))
    assert float(said.logits[0]) != float(said.logits[1])


def test_networks_of_pictures_refuse_rows_of_numbers_and_the_published_one_no_labels():
    with pytest.raises(InputError, match="of pictures"):
        DCGANGeneratorConfig().build((5,), 0, "concatenate")
    with pytest.raises(InputError, match="set classes"):
        PublishedGeneratorConfig().build((5,), 0, "concatenate")


def test_modulated_norm_is_conditional_batch_normalisation():
    x = np.random.default_rng(0).normal(3.0, 2.0, (6, 2, 3, 4)).astype(np.float32)
    one_hot = jnp.eye(2)[jnp.array([0, 1, 1, 0, 1, 0])]
    params, statistics = init_network(ModulatedNorm(), KEY, x, one_hot)
    out, statistics = apply_network(
        ModulatedNorm(), params, statistics, x, one_hot, train=True, key=KEY
    )
    normal = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)
    kernel = np.asarray(params["vector"]["kernel"])  # of each class: scale, shift
    own = kernel[np.asarray(one_hot).argmax(1)][:, None, None]
    np.testing.assert_allclose(out, normal * (1 + own[..., :4]) + own[..., 4:], atol=1e-4)


def test_maxout_keeps_each_units_largest_piece():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, train=False):
            return maxout(x, 3, 2, name="layer")

    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    params, _ = init_network(Layer(), KEY, x)
    out, _ = apply_network(Layer(), params, {}, x)
    kernel = np.asarray(params["layer"]["kernel"])
    for unit in range(3):
        pieces = x @ kernel[:, 2 * unit : 2 * unit + 2]
        np.testing.assert_allclose(out[:, unit], pieces.max(axis=1), atol=1e-5)


@pytest.mark.slow
def test_a_convolutions_kernel_is_divided_by_its_spectral_norm():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x, train=False):
            return normalize(Conv(4, (3, 3), 1, use_bias=False), x, train=train)

    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2)).astype(np.float32)
    params, statistics = init_network(Layer(), KEY, x)
    for _ in range(60):
        out, statistics = apply_network(Layer(), params, statistics, x, train=True, key=KEY)
    kernel = np.asarray(next(iter(flatten_dict(params).values())))
    scaled = kernel / np.linalg.svd(kernel.reshape(-1, 4))[1][0]
    expected = jax.lax.conv_general_dilated(
        x, scaled, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    np.testing.assert_allclose(out, expected, atol=1e-4)


def test_a_residual_discriminator_sums_over_the_picture():
    """Of a constant picture the middle of a wider one has the same features, so sums grow."""
    net = ResidualDiscriminator(width=4, spectral=False)
    params, _ = init_network(net, KEY, jnp.zeros((1, 8, 8, 1)))
    params = jax.tree.map(lambda p: jnp.abs(p) + 0.1, params)
    square, wide = (
        apply_network(net, params, {}, jnp.ones((1, 8, width, 1)))[0] for width in (8, 24)
    )
    assert (wide > 2.5 * square).all()  # three times, but for the edges
