"""Packed trees come back as they were; a packed optimiser takes the steps of an unpacked one."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax import Aux, Phase, fit, from_phases
from genjax.algorithm import Elementwise
from genjax.optimizers import build_optimizer
from genjax.packing import MOST, Packing

SHAPES = st.lists(st.integers(1, 5), max_size=3).map(tuple)
TYPES = st.sampled_from([jnp.float32, jnp.int32, jnp.bfloat16])


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(SHAPES, TYPES), max_size=4))
def test_unpacked_is_what_was_packed(forms):
    rng = np.random.default_rng(0)
    tree = {
        name: {"leaf": jnp.asarray(rng.normal(size=shape) * 9, kind), "more": jnp.ones(3)}
        for name, (shape, kind) in forms.items()
    }
    packing = Packing(tree, lambda path: (path[0].key,))
    back = packing.unpack(packing.pack(tree))
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    for old, new in zip(jax.tree.leaves(tree), jax.tree.leaves(back), strict=True):
        assert (old.shape, old.dtype) == (new.shape, new.dtype)
        np.testing.assert_array_equal(np.asarray(old, float), np.asarray(new, float))


def test_only_small_floats_of_one_key_travel_together():
    tree = {
        "a": {"x": jnp.ones((2, 3)), "y": jnp.ones(4), "count": jnp.int32(1)},
        "b": {"x": jnp.ones(5), "large": jnp.ones(MOST + 1)},
    }
    packed = Packing(tree, lambda path: (path[0].key,)).pack(tree).arrays
    assert sorted(array.shape for array in packed) == [(), (5,), (10,), (MOST + 1,)]


@pytest.mark.parametrize("other", [{"a": jnp.ones(2)}, {"a": jnp.ones(3, int)}, {"b": jnp.ones(3)}])
def test_another_form_is_refused(other):
    packing = Packing({"a": jnp.ones(3)}, lambda path: ())
    with pytest.raises(TypeError, match=r"(form|array) was .* and is now"):
        packing.pack(other)


def _states(tx):
    """The states of three steps on networks of several small leaves and a large one."""

    def init(key, batch):
        keys = jax.random.split(key, 3)
        first = {"kernel": jax.random.normal(keys[0], (3, 4)), "bias": jnp.zeros(4)}
        second = {"kernel": jax.random.normal(keys[1], (4, 1)), "large": jnp.ones(MOST + 3)}
        return {"first": first, "second": second}, {}

    def loss(params, batch, context):
        hidden = jnp.tanh(batch["x"] @ params["first"]["kernel"] + params["first"]["bias"][None])
        error = hidden @ params["second"]["kernel"] - 1
        return jnp.mean(error**2) + jnp.mean(jnp.sin(params["second"]["large"])), Aux({})

    algorithm = from_phases(init, [Phase("both", ("first", "second"), loss, tx)])
    data = {"x": np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)}
    return fit(algorithm, data, steps=3, key=jax.random.key(0), batch_size=8, chunk=3)


@pytest.mark.parametrize("history", [0.0, 0.1])
@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "sgd"])
def test_a_packed_optimiser_takes_the_same_steps(name, history):
    tx = build_optimizer(name, 0.1, momentum=0.9, history=history)
    assert isinstance(tx, Elementwise)
    packed, plain = _states(tx), _states(optax.GradientTransformation(*tx))
    assert jax.tree.structure(packed) == jax.tree.structure(plain)  # checkpoints are the same
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), packed, plain)


def test_what_looks_at_whole_arrays_is_not_packed():
    """LAMB scales each array's step by its norm: packed, it would take others."""
    lamb = _states(optax.lamb(0.1))
    wrong = _states(Elementwise(*optax.lamb(0.1)))
    kernels = [state.params["first"]["kernel"] for state in (lamb, wrong)]
    assert float(jnp.max(jnp.abs(kernels[0] - kernels[1]))) > 1e-3


class _Kept(NamedTuple):
    moments: list


def _of_a_list():
    """A momentum whose state is a list of two trees, as many as there are networks."""

    def init(params):
        return _Kept([jax.tree.map(jnp.zeros_like, params) for _ in range(2)])

    def update(gradient, state, params=None):
        fast, slow = (
            jax.tree.map(lambda g, m, decay=decay: decay * m + g, gradient, kept)
            for decay, kept in zip((0.5, 0.9), state.moments, strict=True)
        )
        return jax.tree.map(lambda f, s: -0.01 * (f + s), fast, slow), _Kept([fast, slow])

    return optax.GradientTransformation(init, update)


@pytest.mark.parametrize(
    "tx", [optax.adam(0.1, mu_dtype=jnp.bfloat16), _of_a_list()], ids=["bfloat16", "a list"]
)
def test_optimisers_of_one_s_own_take_the_same_steps(tx):
    ours, plain = _states(Elementwise(*tx)), _states(tx)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), ours, plain)
