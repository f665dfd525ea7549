"""Convolutions equal lax's and scipy's, with derivatives of first and second order."""

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec

from genjax.errors import InputError
from genjax.nets import conv
from genjax.nets.conv import conv2d, conv2d_transpose
from genjax.nets.conv_layers import Conv, ConvTranspose
from genjax.sharding import data_mesh

RNG = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(RNG.normal(size=shape), jnp.float32)


def lax_conv(x, k, stride, padding):
    stride = (stride, stride) if isinstance(stride, int) else stride
    return lax.conv_general_dilated(x, k, stride, padding, dimension_numbers=conv.LAYOUT)


def assert_close(a, b):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-4), a, b)


GEOMETRIES = [
    ((8, 8), (3, 3), 2, "SAME"),
    ((7, 10), (3, 3), 2, "SAME"),
    ((7, 10), (3, 3), 1, "SAME"),
    ((9, 8), (4, 4), 2, "SAME"),
    ((9, 8), (5, 5), 2, "VALID"),
    ((8, 8), (4, 4), 2, ((1, 1), (1, 1))),
    ((6, 7), (1, 1), 1, "VALID"),
    ((9, 11), (2, 3), 3, "SAME"),
    ((9, 11), (3, 2), (1, 2), ((0, 2), (3, 0))),
    ((5, 5), (1, 1), 2, "SAME"),
]


@pytest.mark.parametrize(("size", "window", "stride", "padding"), GEOMETRIES)
def test_values_and_both_gradients_are_lax_s(size, window, stride, padding):
    x, k = normal(2, *size, 3), normal(*window, 3, 4)
    expected, expected_vjp = jax.vjp(lambda x, k: lax_conv(x, k, stride, padding), x, k)
    y, vjp = jax.vjp(lambda x, k: conv2d(x, k, stride=stride, padding=padding), x, k)
    assert_close(y, expected)
    cotangent = normal(*y.shape)
    assert_close(vjp(cotangent), expected_vjp(cotangent))


@pytest.mark.parametrize(("size", "window", "stride", "padding"), GEOMETRIES)
def test_the_transpose_is_the_adjoint_and_so_are_its_gradients(size, window, stride, padding):
    k = normal(*window, 3, 4)
    x = normal(2, *size, 3)
    y = normal(*conv2d(x, k, stride=stride, padding=padding).shape)

    def transpose(y, k):
        return conv2d_transpose(y, k, output_size=size, stride=stride, padding=padding)

    def through_lax(y, k):
        return jax.vjp(lambda x: lax_conv(x, k, stride, padding), x)[1](y)[0]

    expected, expected_vjp = jax.vjp(through_lax, y, k)
    z, vjp = jax.vjp(transpose, y, k)
    assert_close(z, expected)
    assert_close(vjp(x), expected_vjp(x))


@settings(deadline=None, max_examples=15)
@given(
    height=st.integers(4, 11), width=st.integers(4, 11), window=st.integers(1, 4),
    stride=st.integers(1, 3), batch=st.integers(1, 7),
)  # fmt: skip
def test_any_geometry(height, width, window, stride, batch):
    x, k = normal(batch, height, width, 2), normal(window, window, 2, 3)
    assert_close(conv2d(x, k, stride=stride), lax_conv(x, k, stride, "SAME"))


def test_by_hand_with_scipy():
    x, k = normal(6, 7), normal(3, 3)
    y = conv2d(x[None, ..., None], k[..., None, None], stride=2, padding="VALID")
    expected = scipy.signal.correlate2d(x, k, mode="valid")[::2, ::2]
    np.testing.assert_allclose(y[0, ..., 0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("batch", [6, 7])
def test_groups_of_pictures_change_nothing(monkeypatch, batch):
    x, k = normal(batch, 8, 8, 3), normal(3, 3, 3, 4)
    results = []
    monkeypatch.setattr(conv, "WHOLE", 0)
    for cache in (1, 3000, 1 << 30):  # one picture a group, a few, all
        monkeypatch.setattr(conv, "CACHE", cache)
        y, vjp = jax.vjp(lambda x, k: conv2d(x, k), x, k)
        results.append((y, vjp(y)))
    assert_close(results[0], results[2])
    assert_close(results[1], results[2])


@pytest.mark.parametrize(("whole", "loops"), [(6 * 16 * 27 * 4, 0), (6 * 16 * 27 * 4 - 1, 1)])
def test_windows_that_fit_are_taken_without_a_loop(monkeypatch, whole, loops):
    monkeypatch.setattr(conv, "WHOLE", whole)
    monkeypatch.setattr(conv, "CACHE", 1)
    jax.clear_caches()  # what was traced with another size would be used again
    x, k = normal(6, 8, 8, 3), normal(3, 3, 3, 4)
    program = jax.jit(lambda x, k: conv2d(x, k)).lower(x, k).compile()
    assert program.as_text().count(" while(") == loops


def test_vmap_over_parameters_and_scan_equal_single_calls():
    x, kernels = normal(3, 2, 8, 8, 3), normal(3, 3, 3, 3, 4)

    def gradient(x, k):
        return jax.grad(lambda k: jnp.sum(conv2d(x, k) ** 2))(k)

    one_by_one = jnp.stack([gradient(x[i], kernels[i]) for i in range(3)])
    assert_close(jax.vmap(gradient)(x, kernels), one_by_one)
    _, scanned = lax.scan(lambda c, pair: (c, gradient(*pair)), 0, (x, kernels))
    assert_close(scanned, one_by_one)


def test_second_derivatives_are_lax_s():
    """A gradient penalty: the gradient by the kernel of the norm of the gradient by the input."""
    x, k = normal(2, 8, 8, 3), normal(3, 3, 3, 4)

    def penalty(convolve):
        def by_input(k):
            return jax.grad(lambda x: jnp.sum(jnp.tanh(convolve(x, k))))(x)

        return jax.grad(lambda k: jnp.sum(by_input(k) ** 2))(k)

    ours, theirs = (
        penalty(lambda x, k: conv2d(x, k)),
        penalty(lambda x, k: lax_conv(x, k, 2, "SAME")),
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * jnp.abs(theirs).max())


def test_bfloat16_is_summed_in_float32():
    # 512 products of ones: a bfloat16 sum would stop at 256.
    x, k = jnp.ones((1, 16, 32, 512), jnp.bfloat16), jnp.ones((1, 1, 512, 1), jnp.bfloat16)
    y, vjp = jax.vjp(lambda x, k: conv2d(x, k, stride=1), x, k)
    assert y.dtype == jnp.bfloat16
    assert float(y[0, 0, 0, 0]) == 512
    by_kernel = vjp(jnp.ones_like(y))[1]
    assert by_kernel.dtype == jnp.bfloat16
    assert float(by_kernel[0, 0, 0, 0]) == 512


def test_an_empty_batch_and_mixed_types():
    k = normal(3, 3, 3, 4)
    assert conv2d(normal(0, 8, 8, 3), k).shape == (0, 4, 4, 4)
    gradient = jax.grad(lambda k: conv2d(normal(1, 8, 8, 3).astype(jnp.bfloat16), k).sum())(k)
    assert gradient.dtype == jnp.float32


def test_modules_keep_float32_parameters():
    x = normal(2, 7, 9, 3).astype(jnp.bfloat16)
    y, variables = Conv(4, dtype=jnp.bfloat16).init_with_output(jax.random.key(0), x)
    assert y.shape == (2, 4, 5, 4)
    assert y.dtype == jnp.bfloat16
    assert variables["params"]["kernel"].dtype == jnp.float32
    net = ConvTranspose(3, dtype=jnp.bfloat16)
    z, _ = net.init_with_output(jax.random.key(0), y, (7, 9))
    assert z.shape == (2, 7, 9, 3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        conv2d(normal(1, 2, 2, 1), normal(3, 3, 1, 1), padding="VALID")
    with pytest.raises(InputError, match="belongs to"):
        conv2d_transpose(normal(1, 4, 4, 1), normal(3, 3, 1, 1), output_size=(9, 9))


@pytest.mark.parametrize(("platform", "theirs"), [("cuda", True), ("tpu", True), ("cpu", False)])
def test_accelerators_keep_the_backend_s_own_convolutions(platform, theirs):
    def gradients(x, k):
        return jax.grad(lambda x, k: jnp.sum(conv2d(x, k) ** 2), argnums=(0, 1))(x, k)

    shapes = [jax.ShapeDtypeStruct(s, jnp.float32) for s in ((4, 8, 8, 3), (3, 3, 3, 4))]
    program = jax.export.export(jax.jit(gradients), platforms=[platform])(*shapes).mlir_module()
    assert program.count("stablehlo.convolution") == (3 if theirs else 0)
    assert ("inlineable" in program) != theirs


def test_a_cpu_s_convolutions_stay_calls_on_each_device_s_share():
    mesh = data_mesh(jax.devices()[:2])
    rows = NamedSharding(mesh, PartitionSpec(mesh.axis_names[0]))
    x, k = jax.device_put(normal(4, 8, 8, 3), rows), normal(3, 3, 3, 5)
    program = jax.jit(conv2d).lower(x, k).compile().as_text()
    assert "f32[2,4,4,5]{3,2,1,0} call(" in program
    assert "all-gather" not in program


def test_a_convolution_outside_a_program_is_compiled_once(caplog):
    x, k = normal(3, 9, 9, 2), normal(3, 3, 2, 4)
    first = conv2d(x, k)
    with jax.log_compiles(), caplog.at_level("WARNING"):
        np.testing.assert_array_equal(conv2d(x, k), first)
    assert not [record for record in caplog.records if "ompil" in record.getMessage()]
