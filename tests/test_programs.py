"""Programs of models that are done with are let go."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from genjax import Aux, Phase, fit, from_phases
from genjax.fit import jitted_chunk, known_programs


def algorithm(rate):
    def loss(params, batch, context):
        return jnp.mean((batch["x"] - params["mean"]) ** 2), Aux({})

    return from_phases(
        lambda key, batch: ({"mean": jnp.zeros(())}, {}),
        [Phase("mean", ("mean",), loss, optax.sgd(rate))],
    )


def test_any_number_of_models_is_fitted_with_few_programs(monkeypatch):
    monkeypatch.setattr(known_programs(), "_most", 2)
    monkeypatch.setattr(known_programs(), "_known", set())
    jitted_chunk.clear_cache()
    data = {"x": np.linspace(1.0, 3.0, 8, dtype=np.float32)}
    how = {"steps": 2, "key": jax.random.key(0), "batch_size": 8}
    first = algorithm(0.1)
    before = fit(first, data, **how)
    for rate in (0.2, 0.3):
        fit(algorithm(rate), data, **how)
        assert jitted_chunk._cache_size() <= 2
    again = fit(first, data, **how)  # compiled anew, and the same
    np.testing.assert_array_equal(before.params["mean"], again.params["mean"])
    size = jitted_chunk._cache_size()
    fit(first, data, **how)
    assert jitted_chunk._cache_size() == size  # a known model compiles nothing
