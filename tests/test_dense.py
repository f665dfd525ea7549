"""The dense layer beside the plain product: values, and derivatives of first and second order."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from genjax.apart import apart
from genjax.nets.dense import Dense
from genjax.nets.dense import dense as either

dense = partial(either, rows_last=True)

# Many rows, few, one input, one unit, as many rows as units, more units than rows.
SHAPES = [(64, 29, 20), (64, 20, 29), (64, 10, 8), (6, 10, 8), (64, 1, 5), (64, 5, 1), (8, 8, 8)]
SHAPES += [(9, 3, 12), (1, 4, 4)]


def _given(rows, inputs, units):
    rng = np.random.default_rng(rows * inputs + units)
    shapes = ((rows, inputs), (inputs, units), (units,))
    return [jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes]


def plain(x, kernel, bias):
    return jnp.matmul(x, kernel, precision="highest") + bias[None]


@pytest.mark.parametrize("dense", [dense, either])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients(shape, dense):
    given = _given(*shape)

    def loss(layer, *given):
        return jnp.mean(jnp.sin(layer(*given)))

    np.testing.assert_allclose(dense(*given), plain(*given), rtol=1e-5, atol=1e-5)
    ours = jax.jit(jax.grad(lambda *given: loss(dense, *given), (0, 1, 2)))(*given)
    theirs = jax.grad(lambda *given: loss(plain, *given), (0, 1, 2))(*given)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dense", [dense, either])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_gradients(shape, dense):
    """A gradient penalty's: each primitive's derivative is made of the other two."""

    def penalty(layer, x, kernel, bias):
        def value(x, kernel):
            return jnp.mean(jnp.tanh(layer(x, kernel, bias)) ** 3)

        by_rows, by_kernel = jax.grad(value, (0, 1))(x, kernel)
        return 1e3 * jnp.sum(by_rows**2) + jnp.sum(by_kernel**2)

    given = _given(*shape)
    ours = jax.jit(jax.grad(lambda *given: penalty(dense, *given), (0, 1, 2)))(*given)
    theirs = jax.grad(lambda *given: penalty(plain, *given), (0, 1, 2))(*given)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5 * float(jnp.max(jnp.abs(b))))


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_members_are_computed_alike(shape):
    given = [jnp.stack([value, 2 * value, -value]) for value in _given(*shape)]
    got = jax.vmap(jax.grad(lambda *given: jnp.sum(jnp.cos(dense(*given))), (0, 1)))(*given)
    for member in range(3):
        own = [value[member] for value in given]
        expected = jax.grad(lambda *own: jnp.sum(jnp.cos(plain(*own))), (0, 1))(*own)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a[member], b, rtol=1e-4, atol=1e-4)


def _calls(function, *given):
    """How many products are written out in a program."""
    return jax.jit(function).lower(*given).compile().as_text().count(" call(")


@pytest.mark.parametrize(
    ("shape", "is_written_out"),
    [
        ((6, 12, 8), True),
        ((6, 13, 8), False),
        ((64, 12, 64), True),  # 4,096 results
        ((64, 12, 65), False),
        ((6, 1, 8), False),
        ((1, 6, 8), False),
    ],
)
@pytest.mark.parametrize("rows_last", [True, False])
def test_small_products_are_written_out(shape, is_written_out, rows_last):
    calls = _calls(partial(either, rows_last=rows_last), *_given(*shape))
    assert calls == is_written_out


def test_shorter_types_keep_the_product_s_sums():
    given = [value.astype(jnp.bfloat16) for value in _given(6, 10, 8)]
    assert _calls(either, *given) == 0


def test_rows_one_by_one_are_one_product_of_all():
    """As a gradient penalty has them: no row's own gradient of the kernel is written out."""
    x, kernel, bias = _given(64, 10, 8)

    def penalty(kernel):
        def slope(row):
            return jax.grad(lambda x: jnp.sum(jnp.tanh(either(x[None], kernel, bias))))(row)

        return jnp.sum(jax.vmap(slope)(x) ** 2)

    assert _calls(jax.grad(penalty), kernel) == 0


@pytest.mark.parametrize("shape", [(0, 5, 7), (6, 0, 7), (6, 5, 0)])
@pytest.mark.parametrize("rows_last", [True, False])
def test_what_is_empty_sums_to_nothing(shape, rows_last):
    x, kernel, bias = _given(*shape)
    layer = partial(either, rows_last=rows_last)
    np.testing.assert_allclose(layer(x, kernel, bias), plain(x, kernel, bias))
    gradients = jax.grad(lambda x, kernel: jnp.sum(layer(x, kernel, bias)), (0, 1))(x, kernel)
    assert [float(jnp.sum(jnp.abs(gradient))) for gradient in gradients] == [
        float(jnp.sum(jnp.abs(gradient)))
        for gradient in jax.grad(lambda x, k: jnp.sum(plain(x, k, bias)), (0, 1))(x, kernel)
    ]


def test_a_layer_of_a_symbolic_batch_can_be_exported():
    _, kernel, bias = _given(6, 5, 7)
    rows = jax.ShapeDtypeStruct(jax.export.symbolic_shape("rows, 5"), jnp.float32)
    exported = jax.export.export(jax.jit(lambda x: either(x, kernel, bias)))(rows)
    x = jnp.ones((3, 5))
    np.testing.assert_allclose(exported.call(x), plain(x, kernel, bias), rtol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_the_layer_is_flax_own(bias):
    """The same parameters from the same key, so that networks saved before still load."""
    x, key = jnp.ones((10, 4, 5)), jax.random.key(0)
    ours, theirs = Dense(7, use_bias=bias), nn.Dense(7, use_bias=bias)
    (y, variables), (expected, known) = (net.init_with_output(key, x) for net in (ours, theirs))
    jax.tree.map(np.testing.assert_array_equal, variables, known)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_layers_compute_in_their_type():
    y = Dense(7, dtype=jnp.bfloat16).init_with_output(jax.random.key(0), jnp.ones((40, 5)))[0]
    assert y.dtype == jnp.bfloat16


def test_apart_is_the_identity_of_every_order():
    value = jax.grad(lambda x: jax.grad(lambda x: apart(apart(x) ** 3))(x))(2.0)
    assert float(value) == 12.0
