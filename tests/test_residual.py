"""Residual networks, their patches, and the linear start."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genjax import InputError
from genjax.losses import Bernoulli, Gaussian, kl_standard_normal
from genjax.models import VAEConfig
from genjax.models.linear_start import LinearStart, principal_components
from genjax.nets.patches import depth_to_space, enlarge, half_size, shrink, space_to_depth
from genjax.nets.residual import LINEAR, TENTH, ResidualDecoder, ResidualEncoder, coarsest

KEY = jax.random.key(3)
CONFIG = VAEConfig(
    event_shape=(16, 24, 3), network="residual", channels=(4, 6), blocks=(1, 1), latent_size=5,
    activation="silu", norm="layer", likelihood=Gaussian(0.7), start="linear",
)  # fmt: skip


def faces_like(n, *shape):
    """Smooth pictures of a few directions of falling variance, in [0, 1]."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(9, 4, 4, shape[-1])) / np.arange(1, 10)[:, None, None, None]
    smooth = np.asarray(jax.image.resize(jnp.asarray(coarse), (9, *shape), "cubic"))
    x = np.einsum("nk,khwc->nhwc", rng.normal(size=(n, 9)), smooth)
    return (0.5 + 0.15 * x).clip(0, 1).astype(np.float32)


def test_patches_are_cut_in_reading_order_and_put_back():
    x = np.random.default_rng(0).normal(size=(2, 6, 4, 3)).astype(np.float32)
    patches = np.asarray(space_to_depth(x, 2))
    for row in range(3):
        for column in range(2):
            cut = x[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            np.testing.assert_array_equal(patches[:, row, column], cut.reshape(2, -1))
    np.testing.assert_array_equal(depth_to_space(patches, 2), x)
    with pytest.raises(InputError, match="not made of 4x4"):
        space_to_depth(x, 4)


@pytest.mark.parametrize("size", [(8, 8), (7, 10)])
def test_shrink_averages_and_enlarge_keeps_what_is_smooth(size):
    rows, columns = np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1])
    plane = (rows[:, None] + 2 * columns[None])[None, :, :, None].astype(np.float32)
    small = shrink(plane)
    assert small.shape == (1, *half_size(size), 1)
    np.testing.assert_allclose(small.mean(), plane.mean(), atol=0.02)
    back = np.asarray(enlarge(small, size))
    np.testing.assert_allclose(back[:, 2:-2, 2:-2], plane[:, 2:-2, 2:-2], atol=0.06)


@pytest.mark.slow
def test_trunks_add_nothing_at_first_and_learn_at_once():
    x = faces_like(3, 16, 24, 3)
    net = ResidualEncoder((4, 6), 10, blocks=(1, 1))
    outputs, variables = net.init_with_output(KEY, x)
    path = variables["params"][LINEAR]
    expected = TENTH * np.asarray(shrink(x)).reshape(3, -1) @ path["kernel"] + path["bias"][None]
    np.testing.assert_allclose(outputs, expected, atol=1e-5)

    def loss(params):
        return jnp.sum(net.apply({"params": params}, x) ** 2)

    gradient = jax.grad(loss)(variables["params"])
    moved = {name: float(optax.tree.norm(tree)) for name, tree in gradient.items()}
    assert moved.pop(LINEAR) > 0
    assert max(moved.values()) > 0


@pytest.mark.parametrize("shape", [(16, 16, 3), (32, 16, 1), (8, 8, 4)])
def test_decoder_gives_the_picture_and_names_what_does_not_fit(shape):
    z = jnp.ones((2, 5))
    net = ResidualDecoder((4, 6), shape, blocks=(0, 1))
    assert net.init_with_output(KEY, z)[0].shape == (2, *shape)
    with pytest.raises(InputError, match="multiples of 16, not"):
        coarsest((24, 16), 4, 3)


def test_principal_components_are_those_of_a_decomposition():
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(60, 40)) * 0.8 ** np.arange(40) + 3).astype(np.float32)
    center, directions, variances = jax.jit(principal_components, static_argnums=2)(KEY, x, 6)
    _, singular, rows = np.linalg.svd(x - x.mean(0), full_matrices=False)
    np.testing.assert_allclose(center, x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variances, singular[:6] ** 2 / 60, rtol=1e-3)
    np.testing.assert_allclose(np.abs(rows[:6] @ directions), np.eye(6), atol=0.02)


@pytest.mark.slow
def test_the_linear_start_is_where_a_linear_vae_has_no_gradient():
    """The exact expected loss, at half size, by autodiff; and any step away costs."""
    x = faces_like(64, 16, 24, 3)
    small = jnp.asarray(shrink(x)).reshape(64, -1)
    encoder = ResidualEncoder((4,), 10, blocks=(0,)).init(KEY, x)["params"]
    decoder = ResidualDecoder((4,), (16, 24, 3), blocks=(0,)).init(KEY, jnp.ones((1, 5)))["params"]
    start = LinearStart(variance=0.5)
    params = start(KEY, {"encoder": encoder, "decoder": decoder}, jnp.asarray(x))
    assert params["encoder"].keys() == encoder.keys()
    paths = {name: tree[LINEAR] for name, tree in params.items()}
    variance = 0.5 / 4

    def loss(paths):
        encoded = TENTH * small @ paths["encoder"]["kernel"] + paths["encoder"]["bias"][None]
        mean, log_variance = jnp.split(encoded, 2, axis=-1)
        w = TENTH * paths["decoder"]["kernel"]
        error = jnp.sum((small - mean @ w - paths["decoder"]["bias"][None]) ** 2, axis=1)
        error += jnp.exp(log_variance) @ jnp.sum(w**2, axis=1)
        return jnp.mean(error / (2 * variance) + kl_standard_normal(mean, log_variance))

    least, gradient = jax.value_and_grad(loss)(paths)
    scale = float(optax.tree.norm(jax.grad(loss)(jax.tree.map(lambda p: 1.1 * p, paths))))
    assert float(optax.tree.norm(gradient)) < 1e-3 * scale
    for seed in range(5):
        leaves, tree = jax.tree.flatten(paths)
        keys = jax.random.split(jax.random.key(seed), len(leaves))
        near = [p + 0.02 * jax.random.normal(k, p.shape) for p, k in zip(leaves, keys, strict=True)]
        assert loss(jax.tree.unflatten(tree, near)) > least


@pytest.mark.slow
def test_a_linear_start_reconstructs_before_the_first_step():
    x = faces_like(64, 16, 24, 3)
    vae = CONFIG.build()
    algorithm = vae.algorithm(optax.adam(1e-3))
    assert algorithm.init_rows == 2048
    state = jax.jit(algorithm.init)(KEY, {"x": x})
    error = np.mean((np.asarray(vae.reconstruct(state, x)) - x) ** 2)
    assert error < 0.3 * x.var(axis=0).mean()
    random = VAEConfig(**{**vars(CONFIG), "start": "random"}).build()
    drawn = random.algorithm(optax.adam(1e-3)).init(KEY, {"x": x})
    assert error < 0.3 * np.mean((np.asarray(random.reconstruct(drawn, x)) - x) ** 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "conv"}, "linear start is of residual networks"),
        ({"likelihood": Bernoulli()}, "linear start"),
        ({"likelihood": Gaussian(None)}, "linear start"),
        ({"beta": 0.0}, "linear start"),
        ({"blocks": (1,)}, "for each of channels"),
        ({"blocks": (1, -1)}, "for each of channels"),
        ({"event_shape": (20, 20, 3)}, "multiples of 8"),
        ({"event_shape": (20,)}, "pictures have"),
        ({"patch": 0}, "sizes must be 1 or more"),
    ],
)
def test_settings_that_make_no_model_are_named(change, message):
    with pytest.raises(InputError, match=message):
        VAEConfig(**{**vars(CONFIG), **change}).build()
