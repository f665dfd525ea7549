"""Members that are shared out to devices are those that one device trains."""

import jax
import numpy as np
import optax
import pytest

from genjax import InputError, fit_many, sharding
from genjax.models import VAEConfig

DATA = {"x": np.random.default_rng(0).random((64, 5), np.float32)}
VAE = VAEConfig(event_shape=(5,), network="mlp", hidden=(4,), latent_size=2).build()


def _train(members, mesh):
    return fit_many(
        lambda rate: VAE.algorithm(optax.adam(rate)),
        DATA,
        steps=6,
        keys=jax.random.split(jax.random.key(0), members),
        batch_size=16,
        settings=np.linspace(1e-3, 1e-2, members, dtype=np.float32),
        chunk=4,
        mesh=mesh,
    )


def test_members_on_four_devices_are_those_on_one():
    shared, alone = _train(8, sharding.data_mesh(jax.devices()[:4])), _train(8, None)
    assert len(shared.step.sharding.device_set) == 4
    for a, b in zip(jax.tree.leaves(shared), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)


def test_members_that_do_not_share_out_are_refused():
    with pytest.raises(InputError, match="6 members do not share out to 4 devices"):
        _train(6, sharding.data_mesh(jax.devices()[:4]))
