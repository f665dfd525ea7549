"""Drawn in one pass, bits are JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax.threefry import one_pass

DRAWS = {
    "normal": lambda key: jax.random.normal(key, (40, 7)),
    "uniform": lambda key: jax.random.uniform(key, (300,), minval=-1.0),
    "few": lambda key: jax.random.normal(key, (3,)),
    "bernoulli": lambda key: jax.random.bernoulli(key, 0.3, (50, 5)),
    "integers": lambda key: jax.random.randint(key, (200,), 0, 1000),
    "sixteen bits": lambda key: jax.random.normal(key, (64, 8), jnp.bfloat16),
    "bytes": lambda key: jax.random.bits(key, (64,), jnp.uint8),
    "permutation": lambda key: jax.random.permutation(key, 200),
    "children": lambda key: jax.random.normal(
        jax.random.split(jax.random.fold_in(key, 7), 3)[1], (64,)
    ),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_bits_are_jax_own(name, seed):
    key, draw = jax.random.key(seed), DRAWS[name]
    np.testing.assert_array_equal(draw(one_pass(key)), draw(key))
    np.testing.assert_array_equal(jax.jit(lambda key: draw(one_pass(key)))(key), jax.jit(draw)(key))


def test_members_draw_what_single_keys_draw():
    keys = jax.random.split(jax.random.key(1), 4)
    drawn = jax.vmap(lambda key: jax.random.normal(one_pass(key), (30,)))(keys)
    for key, row in zip(keys, drawn, strict=True):
        np.testing.assert_array_equal(row, jax.random.normal(key, (30,)))


def test_other_generators_stay_as_they_are():
    key = jax.random.key(0, impl="rbg")
    assert one_pass(key) is key
    with jax.threefry_partitionable(False):
        key = jax.random.key(0)
        assert one_pass(key) is key
