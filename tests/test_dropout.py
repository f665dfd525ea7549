"""Dropout drops what flax's drops."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from genjax.nets.dropout import Dropout
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network


class Twice(nn.Module):
    """Two masks of one layer, and one of another."""

    dropout: type
    rate: float

    @nn.compact
    def __call__(self, x, *, train=False):
        if self.dropout is Dropout:
            drop, other = (partial(Dropout(self.rate), train=train) for _ in range(2))
        else:
            drop, other = (nn.Dropout(self.rate, deterministic=not train) for _ in range(2))
        return drop(x), drop(x), other(x)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("shape", [(2, 3), (50, 7)])
@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_the_same_units_are_dropped_and_the_rest_scaled_alike(rate, dtype, shape, impl):
    x = jnp.linspace(-1, 1, np.prod(shape), dtype=dtype).reshape(shape)
    key = jax.random.key(4, impl=impl)
    nets = (Twice(Dropout, rate), Twice(nn.Dropout, rate))
    ours, _ = apply_network(nets[0], {}, {}, x, train=True, key=key)
    theirs = nets[1].apply({}, x, train=True, rngs={"dropout": key})
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_array_equal(a, b)
    if rate in (0.3, 0.5) and shape == (50, 7):
        assert np.mean(ours[0] == 0) == pytest.approx(rate, abs=0.1)
        assert (ours[0] != ours[1]).any()
        assert (ours[0] != ours[2]).any()


def test_nothing_is_dropped_but_while_training():
    x = jnp.ones((50, 7))
    for dropped in apply_network(Twice(Dropout, 0.5), {}, {}, x)[0]:
        np.testing.assert_array_equal(dropped, x)


def test_a_network_with_dropout_derives_and_draws_without_a_loop():
    net, x = MLP(hidden=(8, 8), output_shape=(1,), dropout=0.3), jnp.ones((40, 3))
    params, statistics = init_network(net, jax.random.key(0), x)

    def loss(params, key):
        return jnp.sum(apply_network(net, params, statistics, x, train=True, key=key)[0])

    program = jax.jit(jax.grad(loss)).lower(params, jax.random.key(1)).compile().as_text()
    assert " while(" not in program


def test_a_user_s_layer_gets_a_key_of_jax_s_own_kind():
    """It mixes with other keys, and serves every sampler."""

    class Own(nn.Module):
        @nn.compact
        def __call__(self, x, *, train=False):
            key = self.make_rng("dropout")
            key = jnp.where(jnp.sum(x) > 0, key, jax.random.key(1))
            return x + jax.random.poisson(key, 2.0, x.shape)

    net, x, key = Own(), jnp.ones((5, 4)), jax.random.key(3)
    ours, _ = apply_network(net, {}, {}, x, train=True, key=key)
    theirs = net.apply({}, x, train=True, rngs={"dropout": key})
    np.testing.assert_array_equal(ours, theirs)


def test_masks_are_flax_s_in_double_precision_too():
    with jax.enable_x64():
        x, key = jnp.ones((50, 7)), jax.random.key(4)
        ours, _ = apply_network(Twice(Dropout, 0.3), {}, {}, x, train=True, key=key)
        theirs = Twice(nn.Dropout, 0.3).apply({}, x, train=True, rngs={"dropout": key})
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
