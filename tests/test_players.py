"""The layers of the two players, each against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax import InputError
from genjax.models.head import Head
from genjax.models.priors import PRIORS
from genjax.nets.instance_noise import InstanceNoise
from genjax.nets.minibatch_discrimination import MinibatchDiscrimination
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network
from genjax.nets.players import Discriminator, Generator

KEY = jax.random.key(0)
X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def test_spectral_normalisation_divides_by_the_largest_singular_value():
    net = MLP((), (4,), spectral=True)
    params, statistics = init_network(net, KEY, X)
    params = jax.tree.map(lambda p: 3 * p, params)
    for _ in range(60):
        out, statistics = apply_network(net, params, statistics, X, train=True, key=KEY)
    kernel = np.asarray(params["Dense_0"]["kernel"])
    expected = X @ (kernel / np.linalg.svd(kernel)[1][0]) + np.asarray(params["Dense_0"]["bias"])
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
    assert set(statistics) == {"spectral_norm"}
    _, after = apply_network(net, params, statistics, X)
    jax.tree.map(np.testing.assert_array_equal, after, statistics)


def test_minibatch_discrimination_is_the_papers_sum():
    layer = MinibatchDiscrimination(kernels=3, dimensions=2)
    params, _ = init_network(layer, KEY, X)
    out, _ = apply_network(layer, params, {}, X, train=True, key=KEY)
    m = (X @ np.asarray(params["Dense_0"]["kernel"])).reshape(6, 3, 2)
    for i in range(6):
        for b in range(3):
            others = sum(np.exp(-np.abs(m[i, b] - m[j, b]).sum()) for j in range(6) if j != i)
            assert float(out[i, 5 + b]) == pytest.approx(others, rel=1e-4)
    np.testing.assert_array_equal(out[:, :5], X)


def test_instance_noise_fades_with_its_calls_and_is_gone_when_not_training():
    layer, zeros = InstanceNoise(0.5, turns=4), jnp.zeros((20_000, 1))
    _, statistics = init_network(layer, KEY, zeros)
    for deviation in np.repeat([0.5, 0.375, 0.25, 0.125, 0.0], 2):  # real and generated alike
        noisy, statistics = apply_network(layer, {}, statistics, zeros, train=True, key=KEY)
        assert float(noisy.std()) == pytest.approx(deviation, rel=0.03)
        assert not apply_network(layer, {}, statistics, zeros)[0].any()


def test_projection_adds_the_classes_vector_times_the_features():
    net = Discriminator(MLP((8,), (4,)), classes=3, condition="project")
    y = jnp.array([0, 1, 2, 0, 1, 2])
    params, _ = init_network(net, KEY, X, y)
    judged, _ = apply_network(net, params, {}, X, y)
    head = params["logit"]
    plain = judged.features @ head["kernel"][:, 0] + head["bias"]
    vectors = params["projection"]["kernel"][y]
    np.testing.assert_allclose(
        judged.logits, plain + jnp.sum(vectors * judged.features, axis=1), rtol=1e-4, atol=1e-6
    )


def test_labels_beside_pictures_are_constant_channels():
    class Spy(MLP):
        def __call__(self, x, *, train=False):
            assert x.shape == (2, 3, 4, 1 + 3)
            np.testing.assert_array_equal(x[1, :, :, 1:], np.broadcast_to([0, 0, 1], (3, 4, 3)))
            return jnp.zeros((2, 4))

    net = Discriminator(Spy((8,), (4,)), classes=3, maps=True)
    net.init(KEY, jnp.ones((2, 3, 4, 1)), jnp.array([0, 2]))


@pytest.mark.parametrize("condition", ["concatenate", "embed", "project"])
def test_a_generator_of_another_label_is_another_generator(condition):
    net = Generator(MLP((8,), (2,)), classes=3, condition=condition)
    params, _ = init_network(net, KEY, X, jnp.zeros(6, int))
    rows = [apply_network(net, params, {}, X, jnp.full(6, y))[0] for y in (0, 2)]
    assert (np.abs(rows[0] - rows[1]) > 1e-4).all()


def test_dropout_drops_its_share_and_keeps_the_mean():
    net = MLP((4000,), (1,), dropout=0.25)
    params, _ = init_network(net, KEY, X)
    params = jax.tree.map(jnp.ones_like, params)
    ones = jnp.ones((1, 5))
    whole = float(apply_network(net, params, {}, ones)[0][0, 0])
    kept = float(apply_network(net, params, {}, ones, train=True, key=KEY)[0][0, 0])
    assert kept != whole
    assert kept == pytest.approx(whole, rel=0.05)


def test_priors_are_what_they_say():
    draws = {
        name: np.asarray(kind(4).draw(kind(4).init(X[:, :4]), KEY, 4000))
        for name, kind in PRIORS.items()
    }
    assert all(draw.shape == (4000, 4) for draw in draws.values())
    assert draws["normal"].std() == pytest.approx(1, abs=0.05)
    assert draws["uniform"].min() >= -1
    assert draws["uniform"].var() == pytest.approx(1 / 3, abs=0.02)
    assert set(np.unique(draws["coins"][:, :2])) == {-1.0, 1.0}
    assert draws["coins"][:, 2:].std() == pytest.approx(1, abs=0.05)
    assert {tuple(row) for row in draws["rows"].tolist()} == {
        tuple(row) for row in X[:, :4].tolist()
    }


def test_heads_bring_data_into_their_range_and_back():
    for name, low, high in (("tanh", -1, 1), ("sigmoid", 0, 1), ("linear", -1, 1)):
        head = Head(name, "range")
        affine = head.fit(jnp.asarray(X))
        seen = head.observe(jnp.asarray(X), affine)
        np.testing.assert_allclose(seen.min(0), low, atol=1e-5)
        np.testing.assert_allclose(seen.max(0), high, atol=1e-5)
        np.testing.assert_allclose(head.produce(seen, affine), X, rtol=1e-4, atol=1e-5)
        reached = head.activate(jnp.linspace(-50, 50, 99))
        assert name == "linear" or (reached.min() >= low and reached.max() <= high)
    standard = Head("linear", "standard")
    seen = standard.observe(jnp.asarray(X), standard.fit(jnp.asarray(X)))
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(0), 1, rtol=1e-4)


def test_uint8_pictures_are_data_from_0_to_1_at_the_heads_full_range():
    pictures = np.array([[0, 51], [255, 204]], np.uint8)
    head = Head("tanh")
    affine = head.fit(jnp.asarray(pictures))
    seen = head.observe(jnp.asarray(pictures), affine)
    np.testing.assert_allclose(seen, [[-1, -0.6], [1, 0.6]], atol=1e-6)
    np.testing.assert_allclose(head.produce(seen, affine), pictures / 255, atol=1e-6)


def test_a_constant_column_is_no_division_by_zero():
    x = jnp.ones((4, 2)) * 7
    for scaling in ("standard", "range"):
        head = Head("linear", scaling)
        affine = head.fit(x)
        seen = head.observe(x, affine)
        assert np.isfinite(seen).all()
        np.testing.assert_allclose(head.produce(seen, affine), x)


def test_data_that_a_head_cannot_reach_is_refused():
    for head, x, match in (
        (Head("tanh"), X * 9, r"a tanh head reaches \[-1, 1\]"),
        (Head("sigmoid"), X, r"a sigmoid head reaches \[0, 1\]"),
        (Head("tanh"), np.abs(X) / 9, "half of what a tanh head reaches"),
        (Head("sigmoid", "standard"), X, "standardised data leaves the range"),
        (Head(), X * np.nan, "finite"),
        (Head(), np.array(["a"]), "rows are numbers"),
    ):
        with pytest.raises(InputError, match=match):
            head.check(x)
    Head("tanh", "range").check(X * 9)
    Head("tanh").check(np.zeros((2, 3), np.uint8))
