import jax
import numpy as np
import optax
import pytest

from genjax import InputError, fit
from genjax.config import TrainingConfig
from genjax.models import DiscriminatorConfig, GANConfig, GeneratorConfig
from genjax.optimizers import learning_rate


def test_rates_rise_stay_fall_and_step_down():
    assert learning_rate(0.3) == 0.3
    rise = learning_rate(1.0, warmup_steps=10)
    assert [float(rise(step)) for step in (0, 5, 10, 99)] == [0.0, 0.5, 1.0, 1.0]
    cosine = learning_rate(1.0, warmup_steps=2, decay_steps=10)
    np.testing.assert_allclose(
        [cosine(step) for step in (0, 2, 6, 10, 99)], [0, 1, 0.5, 0, 0], atol=1e-6
    )
    stair = learning_rate(1.0, warmup_steps=2, stair_steps=10, stair_factor=0.5)
    np.testing.assert_allclose([stair(step) for step in (1, 2, 11, 12, 22)], [0.5, 1, 1, 0.5, 0.25])


def test_a_schedule_is_of_steps_however_often_a_network_is_updated():
    config = TrainingConfig(
        model=GANConfig(
            event_shape=(1,), latent_size=1, n_critic=5, generator=GeneratorConfig(hidden=(4,)),
            discriminator=DiscriminatorConfig(hidden=(4,)),
        ),
        optimizer="sgd", learning_rate=0.1, decay_steps=10, batch_size=8,
    )  # fmt: skip
    rows = {"x": np.random.default_rng(0).normal(size=(64, 1)).astype(np.float32)}
    how = {"key": jax.random.key(0), "batch_size": 8, "chunk": 3}
    algorithm = config.algorithm()
    nine = fit(algorithm, rows, steps=9, **how)
    ten, eleven = (fit(algorithm, rows, steps=steps, state=nine, **how) for steps in (10, 11))
    for name in ("generator", "discriminator"):
        before, at, after = (state.params[name] for state in (nine, ten, eleven))
        moved = jax.tree.map(lambda a, b: bool((a != b).any()), before, at)
        assert all(jax.tree.leaves(moved)), name  # the tenth step has a rate above 0
        jax.tree.map(np.testing.assert_array_equal, at, after)  # and the next one none


def test_moments_reach_the_optimiser():
    config = TrainingConfig(b1=0.0, b2=0.5, learning_rate=1.0)
    ours, wanted = config.tx(), optax.adam(1.0, b1=0.0, b2=0.5)
    params, gradients = np.zeros(2, np.float32), np.array([[3.0, -0.1], [1.0, 4.0]], np.float32)
    states = [tx.init(params) for tx in (ours, wanted)]
    for gradient in gradients:
        updates, states = zip(
            *(
                tx.update(gradient, state, params)
                for tx, state in zip((ours, wanted), states, strict=True)
            ),
            strict=True,
        )
    np.testing.assert_array_equal(*updates)
    plain, _ = optax.adam(1.0).update(gradients[1], optax.adam(1.0).init(params), params)
    assert (np.abs(updates[0] - plain) > 0.01).any()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"stair_steps": 0}, "stair_steps"),
        ({"stair_steps": 5, "decay_steps": 9}, "stair_steps"),
        ({"stair_factor": 0.0}, "stair_factor"),
        ({"steps": 12, "decay_steps": 10}, "learn nothing"),
        ({"momentum": 1.0}, "momentum lies in"),
        ({"b1": 1.0}, "b1 lies in"),
        ({"b2": -0.1}, "b2 lies in"),
        ({"historical_averaging": -1.0}, "historical_averaging"),
    ],
)
def test_bad_settings_are_refused(changes, match):
    with pytest.raises(InputError, match=match):
        TrainingConfig(**changes).check()
