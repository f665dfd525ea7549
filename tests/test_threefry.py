"""Drawn in one pass, bits are JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax.threefry import fold_in, one_pass, split

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


KEYS = {
    "fold_in": (lambda key: fold_in(key, 7), lambda key: jax.random.fold_in(key, 7)),
    "fold_in, large": (lambda k: fold_in(k, 2**32 - 1), lambda k: jax.random.fold_in(k, 2**32 - 1)),
    "fold_in, traced": (
        lambda key: jax.vmap(lambda step: fold_in(key, step))(jnp.arange(5)),
        lambda key: jax.vmap(lambda step: jax.random.fold_in(key, step))(jnp.arange(5)),
    ),
    "split": (split, jax.random.split),
    "split, many": (lambda key: split(key, 70), lambda key: jax.random.split(key, 70)),
    "keys of keys": (
        lambda key: split(fold_in(split(key)[1], 2), 3),
        lambda key: jax.random.split(jax.random.fold_in(jax.random.split(key)[1], 2), 3),
    ),
}
SINGLE = {
    "typed": jax.random.key(2**32 - 1),
    "untyped": jax.random.PRNGKey(3),
    "another generator's": jax.random.key(0, impl="rbg"),
}


@pytest.mark.parametrize("of", SINGLE)
@pytest.mark.parametrize("name", KEYS)
def test_keys_are_jax_own(name, of):
    ours, theirs = KEYS[name]
    key = SINGLE[of]
    assert ours(key).dtype == theirs(key).dtype
    for derive in (ours, jax.jit(ours)):
        assert (derive(key) == theirs(key)).all()


def test_members_derive_what_single_keys_derive():
    keys = jax.random.split(jax.random.key(1), 4)
    derived = jax.vmap(lambda key: split(fold_in(key, 1), 3))(keys)
    for key, row in zip(keys, derived, strict=True):
        assert (row == jax.random.split(jax.random.fold_in(key, 1), 3)).all()


@pytest.mark.parametrize("derive", [split, lambda key: fold_in(key, 1)])
def test_many_keys_are_not_one(derive):
    with pytest.raises(ValueError, match="single key"):
        derive(jax.random.split(jax.random.key(0), 2))


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
