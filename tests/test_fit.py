"""The loop and the phases, on algorithms small enough to follow by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genjax import (
    Algorithm,
    Aux,
    NonFiniteError,
    Phase,
    TrainState,
    fit,
    fit_many,
    from_phases,
    sharding,
)
from genjax.errors import InputError
from genjax.fit import init, jitted_chunk

KEY = jax.random.key(0)


def recorder(minibatches=1):
    """An algorithm without gradients that writes down the rows it is given."""

    def init(key, batch):
        return TrainState(jnp.int32(0), {"net": jnp.zeros(3)}, {}, {})

    def step(state, batch, key):
        metrics = {f"row{i}{j}": batch["x"][i, j] for i in range(minibatches) for j in range(4)}
        return state._replace(step=state.step + 1), metrics

    return Algorithm(init, step, minibatches)


def rows_seen(n, steps, cuts=(), minibatches=1, chunk=5):
    seen = []

    def hook(progress):
        rows = [progress.metrics[f"row{i}{j}"] for i in range(minibatches) for j in range(4)]
        seen.extend(np.stack(rows, 1).ravel().tolist())

    algorithm, state = recorder(minibatches), None
    data = {"x": jnp.arange(float(n))}
    for until in (*cuts, steps):
        state = fit(
            algorithm, data, steps=until, key=KEY, batch_size=4, state=state, chunk=chunk,
            hooks=[hook],
        )  # fmt: skip
    return seen


@pytest.mark.parametrize("minibatches", [1, 3])
def test_every_row_is_used_once_an_epoch_whatever_n_and_batch(minibatches):
    n = 13
    seen = rows_seen(n, steps=26, minibatches=minibatches)
    epochs = np.asarray(seen[: len(seen) // n * n]).reshape(-1, n)
    np.testing.assert_array_equal(np.sort(epochs, 1), np.tile(np.arange(n), (len(epochs), 1)))
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)


def test_the_order_does_not_depend_on_cuts_or_chunks():
    whole = rows_seen(13, steps=23)
    assert whole == rows_seen(13, steps=23, cuts=(1, 7, 8))
    assert whole == rows_seen(13, steps=23, chunk=2)


def test_a_late_start_does_not_overflow():
    late = 2**31 - 40
    state = TrainState(jnp.int32(late), {"net": jnp.zeros(3)}, {}, {})
    data = {"x": jnp.arange(10.0)}
    seen = []
    end = fit(
        recorder(), data, steps=late + 30, key=KEY, batch_size=4, state=state, chunk=10,
        hooks=[lambda p: seen.extend(p.metrics["row00"])],
    )  # fmt: skip
    assert int(end.step) == late + 30
    assert len(seen) == 30
    assert set(seen) <= set(range(10))


def test_a_hook_stops_the_run_after_the_chunk_in_flight():
    state = fit(
        recorder(), {"x": jnp.arange(8.0)}, steps=100, key=KEY, batch_size=4, chunk=5,
        hooks=[lambda progress: progress.step >= 10],
    )  # fmt: skip
    assert int(state.step) == 15


def test_a_state_that_is_there_already_is_returned_and_never_donated():
    state = fit(recorder(), {"x": jnp.arange(8.0)}, steps=5, key=KEY, batch_size=4, chunk=5)
    again = fit(
        recorder(), {"x": jnp.arange(8.0)}, steps=3, key=KEY, batch_size=4, state=state, chunk=5
    )
    assert int(again.step) == 5
    fit(recorder(), {"x": jnp.arange(8.0)}, steps=9, key=KEY, batch_size=4, state=state, chunk=5)
    assert state.params["net"].tolist() == [0, 0, 0]


def duel(repeats=2):
    """Two players: p follows q's sign, q follows p; `extra` counts p's turns."""

    def init_nets(key, batch):
        return {"p": jnp.float32(1), "q": jnp.float32(2)}, {"turns": jnp.int32(0)}

    def p_loss(params, batch, context):
        turns = context.extra["turns"] + 1
        return params["p"] * params["q"], Aux({"turn": turns * 1.0}, {"turns": turns})

    def q_loss(params, batch, context):
        return -params["p"] * params["q"] * batch["x"][0], Aux({})

    phases = [
        Phase("p", ("p",), p_loss, optax.sgd(0.1), repeats),
        Phase("q", ("q",), q_loss, optax.sgd(0.5)),
    ]
    return from_phases(init_nets, phases, after=lambda state: {"last": state.params["p"]})


def test_phases_play_in_order_each_trains_its_own_networks_and_sees_the_others_moves():
    algorithm = duel()
    assert algorithm.minibatches == 2
    state = algorithm.init(KEY, {"x": jnp.ones(4)})
    state, metrics = algorithm.step(state, {"x": jnp.ones((2, 4))}, KEY)
    # p: 1 - .1 * 2 - .1 * 2 = .6, then q: 2 + .5 * .6 = 2.3
    np.testing.assert_allclose([state.params["p"], state.params["q"]], [0.6, 2.3], rtol=1e-6)
    assert int(state.extra["turns"]) == 2
    np.testing.assert_allclose(state.extra["last"], 0.6, rtol=1e-6)
    np.testing.assert_allclose(metrics["p/loss"], (2.0 + 1.6) / 2, rtol=1e-6)
    np.testing.assert_allclose(metrics["p/turn"], 1.5)
    np.testing.assert_allclose(metrics["q/loss"], -1.2, rtol=1e-6)


def test_repeats_see_different_minibatches_and_keys():
    def loss(params, batch, context):
        noise = jax.random.uniform(context.key)
        return params["a"] * 0, Aux({"x": batch["x"][0] * 1.0, "noise": noise})

    phase = Phase("a", ("a",), loss, optax.sgd(0.1), 2)
    algorithm = from_phases(lambda k, b: ({"a": jnp.float32(0)}, {}), [phase])
    state = algorithm.init(KEY, {"x": jnp.ones(4)})
    _, metrics = algorithm.step(state, {"x": jnp.arange(8.0).reshape(2, 4)}, KEY)
    assert float(metrics["a/x"]) == 2.0  # the mean of 0 and 4
    single = jax.random.uniform(jax.random.fold_in(jax.random.fold_in(KEY, 0), 0))
    assert float(metrics["a/noise"]) != float(single)


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        ([], "distinct names"),
        ([("a", ("a",), 1), ("a", ("a",), 1)], "distinct names"),
        ([("a", (), 1)], "must train"),
        ([("a", ("a",), 0)], "repeats 0"),
        ([("a", ("b",), 1)], r"trains \['b'\]"),
    ],
)
def test_impossible_phases_are_refused(phases, words):
    made = [
        Phase(name, trains, lambda p, b, c: (0.0, Aux({})), optax.sgd(1), n)
        for name, trains, n in phases
    ]
    with pytest.raises(ValueError, match=words):
        from_phases(lambda k, b: ({"a": jnp.zeros(1)}, {}), made).init(KEY, {"x": jnp.ones(2)})


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ({"x": jnp.ones(3)}, {}, "batch of 4 cannot be drawn from 3 rows"),
        ({"x": jnp.ones(8), "y": jnp.ones(7)}, {}, "one common number of rows"),
        ({"x": jnp.float32(1)}, {}, "one common number of rows"),
        ({}, {}, "one common number of rows"),
        ({"x": jnp.ones(8)}, {"chunk": 0}, "1 step or more, not 0"),
        ({"x": jnp.ones(8)}, {"batch_size": 0}, "batch of 0"),
        ({"x": jnp.ones(8)}, {"mesh": "all"}, "multiple of 8"),
    ],
)
def test_what_does_not_fit_together_is_said(data, options, words):
    if options.get("mesh") == "all":
        options = {"mesh": sharding.data_mesh()}
    with pytest.raises(InputError, match=words):
        fit(recorder(), data, **({"steps": 1, "key": KEY, "batch_size": 4} | options))


@pytest.mark.parametrize("devices", [1, 8])
def test_weak_types_and_pools_of_examples_need_no_second_compilation(devices):
    """A replay pool comes from the batch, which is split over the devices."""

    def init_nets(key, batch):
        return {"a": jnp.asarray(1.0)}, {"pool": batch["x"]}

    def loss(params, batch, context):
        pool = context.extra["pool"] * 0.5 + batch["x"]
        return params["a"] * pool.mean(), Aux({}, {"pool": pool})

    algorithm = from_phases(init_nets, [Phase("a", ("a",), loss, optax.sgd(0.1))])
    mesh = sharding.data_mesh(jax.devices()[:devices])
    before = jitted_chunk._cache_size()
    state = fit(
        algorithm, {"x": jnp.arange(32.0)}, steps=12, key=KEY, batch_size=8, chunk=3, mesh=mesh
    )
    assert jitted_chunk._cache_size() == before + 1
    assert state.extra["pool"].sharding.is_fully_replicated


def test_an_optimiser_that_overflows_is_refused():
    """Adam's second moment becomes infinite: the parameter would stand still for good."""

    def loss(params, batch, context):
        return jnp.sum(params["a"]) * 1e20, Aux({})

    algorithm = from_phases(
        lambda k, b: ({"a": jnp.zeros(2)}, {}), [Phase("a", ("a",), loss, optax.adam(1e-3))]
    )
    with pytest.raises(NonFiniteError, match="optimiser state of a"):
        fit(algorithm, {"x": jnp.ones(8)}, steps=9, key=KEY, batch_size=4, chunk=3)


def test_what_starts_at_infinity_may_stay_there():
    def loss(params, batch, context):
        best = jnp.minimum(context.extra["best"], jnp.inf)
        return params["a"] ** 2, Aux({}, {"best": best})

    algorithm = from_phases(
        lambda k, b: ({"a": jnp.float32(1)}, {"best": jnp.float32(jnp.inf)}),
        [Phase("a", ("a",), loss, optax.sgd(0.1))],
    )
    state = fit(algorithm, {"x": jnp.ones(8)}, steps=4, key=KEY, batch_size=4, chunk=4)
    assert float(state.extra["best"]) == np.inf


def test_many_members_by_seed_alone_differ():
    def loss(params, batch, context):
        return (params["a"] - jax.random.normal(context.key)) ** 2, Aux({})

    def build(settings):
        return from_phases(
            lambda k, b: ({"a": jax.random.normal(k)}, {}),
            [Phase("a", ("a",), loss, optax.sgd(0.1))],
        )

    seen = []
    states = fit_many(
        build, {"x": jnp.ones(8)}, steps=7, keys=jax.random.split(KEY, 3), batch_size=4, chunk=5,
        hooks=[lambda p: seen.append((p.step, p.metrics["a/loss"].shape))],
    )  # fmt: skip
    assert len(set(states.params["a"].tolist())) == 3
    assert seen == [(5, (3, 5)), (7, (3, 2))]


def _of_a_key(loss, extra):
    def init(key, batch):
        return {"mean": jnp.zeros(3)}, extra

    return from_phases(init, [Phase("only", ("mean",), loss, optax.sgd(0.1))])


def test_a_step_s_key_is_of_the_caller_s_kind():
    """It mixes with keys of the user's own, is kept in the state, and serves every sampler."""
    other = jax.random.key(9)

    def loss(params, batch, context):
        key = jnp.where(context.step < 1, other, context.key)
        noise = jax.random.poisson(context.key, 2.0, (4, 3)) + jax.random.normal(key, (4, 3))
        error = batch["x"] + noise - params["mean"][None]
        return jnp.mean(error**2), Aux({}, {"key": jax.random.fold_in(context.key, 1)})

    state = fit(
        _of_a_key(loss, {"key": jax.random.key(1)}), {"x": np.ones((8, 3), np.float32)},
        steps=3, key=jax.random.key(0), batch_size=4, chunk=2,
    )  # fmt: skip
    assert state.extra["key"].dtype == jax.random.key(0).dtype


def test_the_first_state_has_a_form_without_being_computed():
    algorithm = _of_a_key(lambda params, batch, context: (jnp.sum(params["mean"]), Aux({})), {})
    data = {"x": np.ones((8, 3), np.float32)}
    key = jax.random.key(0)
    form = jax.eval_shape(lambda key: init(algorithm, data, key=key, batch_size=4), key)
    state = init(algorithm, data, key=key, batch_size=4)
    assert jax.tree.map(lambda leaf: leaf.shape, form) == jax.tree.map(np.shape, state)


def test_a_state_may_lie_on_several_devices():
    algorithm = _of_a_key(lambda params, batch, context: (jnp.sum(params["mean"]), Aux({})), {})
    data = {"x": np.ones((8, 3), np.float32)}
    how = {"key": jax.random.key(0), "batch_size": 4, "chunk": 2}
    mesh = sharding.data_mesh(jax.devices()[:4])
    state = fit(algorithm, data, steps=2, mesh=mesh, **how)
    mixed = state._replace(params=jax.device_put(state.params, jax.devices()[0]))
    for on in (mesh, None):
        assert int(fit(algorithm, data, steps=4, state=mixed, mesh=on, **how).step) == 4
