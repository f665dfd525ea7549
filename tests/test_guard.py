"""What broke is named, whatever else has its shape."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax import Aux, NonFiniteError, Phase, fit, fit_many, from_phases, sharding
from genjax.guard import Guard
from genjax.packing import Packing

# Nine arrays of one shape, more than a byte has bits; one alone; one that is looked at by nobody.
NAMES = [f"n{place}" for place in range(9)]
STATE = {
    "params": {name: jnp.zeros(3) for name in NAMES} | {"alone": jnp.zeros((2, 2))},
    "opt": {"n0": jnp.array([0.0, jnp.inf, 0.0])},
    "count": jnp.int32(0),
}
PACKING = Packing(STATE, lambda path: tuple(part.key for part in path))
OLD = PACKING.pack(STATE)
GUARD = Guard(PACKING, OLD, sharding.data_mesh(jax.devices()[:1]))
LEAVES = [("params", name) for name in (*NAMES, "alone")] + [("opt", "n0")]
SAID = {"params": "parameters", "opt": "optimiser state"}


@jax.jit
def named(state):
    return GUARD.named(GUARD.look(OLD, PACKING.pack(state)))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(LEAVES), st.sampled_from([jnp.nan, jnp.inf, -jnp.inf])))
def test_each_array_that_was_spoilt_is_named_and_no_other(spoilt):
    state = jax.tree.map(lambda leaf: leaf, STATE)
    for (part, name), value in spoilt.items():
        leaf = state[part][name]
        state[part][name] = leaf.at[(0,) * leaf.ndim].set(value)
    found = {name for name, is_found in named(state).items() if is_found}
    assert found == {f"{SAID[part]} of {name}" for part, name in spoilt}


def test_what_was_not_finite_before_may_stay():
    assert not any(named(STATE).values())


def breaks(at, many):
    """Two networks of one form; at a step the second's parameters, and a metric, are spoilt."""

    def loss(params, batch, context):
        spoilt = jnp.where(context.step == at, jnp.nan, 1.0)
        value = jnp.mean((batch["x"] - params["a"]["w"] - spoilt * params["b"]["w"]) ** 2)
        return value, Aux({"spoilt": spoilt})

    def init(key, batch):
        return {name: {"w": jnp.zeros(many)} for name in "ab"}, {}

    return from_phases(init, [Phase("p", ("a", "b"), loss, optax.adam(0.1))])


@pytest.mark.parametrize(("at", "chunk"), [(0, 4), (2, 4), (3, 4), (4, 4), (7, 4), (5, 1)])
def test_the_step_that_broke_is_told_wherever_it_lies_in_its_chunk(at, chunk):
    data = {"x": jnp.arange(8.0)}
    with pytest.raises(NonFiniteError) as caught:
        fit(breaks(at, 1), data, steps=9, key=jax.random.key(0), batch_size=4, chunk=chunk)
    assert caught.value.step == at
    assert int(caught.value.state.step) == at
    assert set(caught.value.terms) >= {"p/loss", "p/spoilt", "parameters of a", "parameters of b"}
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(caught.value.state.params))


def test_a_step_that_is_not_taken_breaks_nothing():
    """The first step past a run's end would be the one that breaks."""
    data = {"x": jnp.arange(8.0)}
    state = fit(breaks(3, 1), data, steps=3, key=jax.random.key(0), batch_size=4, chunk=8)
    assert int(state.step) == 3


def test_a_member_that_breaks_stays_where_it_was():
    keys = jax.random.split(jax.random.key(0), 2)
    states = fit_many(
        lambda at: breaks(at, 1), {"x": jnp.arange(8.0)}, steps=9, keys=keys, batch_size=4,
        settings=jnp.array([5, 99]), chunk=4,
    )  # fmt: skip
    assert states.step.tolist() == [5, 9]
