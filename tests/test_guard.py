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
    return GUARD.named(GUARD.look(OLD, PACKING.pack(state)), {})


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


def test_a_metric_of_a_network_s_name_is_not_overlooked():
    nothing = GUARD.look(OLD, OLD)
    found = GUARD.named(nothing, {"parameters of n0": jnp.nan, "parameters of n1": jnp.zeros(2)})
    assert [name for name, is_found in found.items() if is_found] == ["parameters of n0"]


@pytest.mark.parametrize("devices", [1, 8])
def test_it_is_a_flag_that_devices_hand_around(devices):
    """An array that is split over them is not gathered for it, and what broke is named alike."""
    mesh = sharding.data_mesh(jax.devices()[:devices])
    state = {"extra": {"pool": jnp.zeros((8, 5)), "mean": jnp.zeros((8, 5))}}
    packing = Packing(state, lambda path: tuple(part.key for part in path))
    guard = Guard(packing, packing.pack(state), mesh)

    @jax.jit
    def look(old, new):
        return guard.named(guard.look(packing.pack(old), packing.pack(new)), {})

    split = jax.NamedSharding(mesh, jax.P("data"))
    old = jax.device_put(state, split)
    new = jax.device_put({"extra": {**state["extra"], "pool": jnp.full((8, 5), jnp.inf)}}, split)
    assert "all-gather" not in look.lower(old, new).compile().as_text()
    found = {name: bool(is_found) for name, is_found in look(old, new).items()}
    assert found == {"state of pool": True, "state of mean": False}


def breaks(at):
    """Two networks of one form; at a step the loss, and so all of the first's, is spoilt."""

    def loss(params, batch, context):
        spoilt = jnp.where(context.step == at, jnp.nan, 1.0)
        value = jnp.mean((batch["x"] - spoilt * params["a"]["w"]) ** 2)
        return value + jnp.sum(params["b"]["w"] ** 2), Aux({"spoilt": spoilt, "healthy": 1.0})

    def init(key, batch):
        return {name: {"w": jnp.zeros(1)} for name in "ab"}, {}

    return from_phases(init, [Phase("p", ("a", "b"), loss, optax.adam(0.1))])


@pytest.mark.parametrize(("at", "chunk"), [(0, 4), (2, 4), (3, 4), (4, 4), (7, 4), (5, 1)])
def test_the_step_that_broke_is_told_wherever_it_lies_in_its_chunk(at, chunk):
    data = {"x": jnp.arange(8.0)}
    with pytest.raises(NonFiniteError) as caught:
        fit(breaks(at), data, steps=9, key=jax.random.key(0), batch_size=4, chunk=chunk)
    assert caught.value.step == at
    assert int(caught.value.state.step) == at
    terms = {"p/loss", "p/spoilt", "parameters of a", "optimiser state of p"}
    assert set(caught.value.terms) == terms
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(caught.value.state.params))


def test_a_step_that_is_not_taken_breaks_nothing():
    """The first step past a run's end would be the one that breaks."""
    data = {"x": jnp.arange(8.0)}
    state = fit(breaks(3), data, steps=3, key=jax.random.key(0), batch_size=4, chunk=8)
    assert int(state.step) == 3


def test_a_member_that_breaks_stays_where_it_was():
    keys = jax.random.split(jax.random.key(0), 2)
    states = fit_many(
        breaks, {"x": jnp.arange(8.0)}, steps=9, keys=keys, batch_size=4,
        settings=jnp.array([5, 99]), chunk=4,
    )  # fmt: skip
    assert states.step.tolist() == [5, 9]
