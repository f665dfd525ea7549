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
