"""Likelihoods against scipy, KL against closed forms and autodiff, units and ranges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax.errors import InputError
from genjax.losses import (
    Bernoulli,
    Categorical,
    Gaussian,
    Mixed,
    StudentT,
    WeightedSquaredError,
    bits_per_dimension,
    kl_per_dimension,
    kl_standard_normal,
    log_ratio_to_standard_normal,
)

RNG = np.random.default_rng(0)
FLOATS = st.floats(-3, 3, width=32)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


@settings(deadline=None)
@given(mean=FLOATS, log_variance=FLOATS)
def test_kl_is_the_integral_of_its_definition(mean, log_variance):
    deviation = np.exp(log_variance / 2)
    grid = np.linspace(mean - 9 * deviation, mean + 9 * deviation, 20_001)
    q = scipy.stats.norm(mean, deviation)
    integrand = q.pdf(grid) * (q.logpdf(grid) - scipy.stats.norm.logpdf(grid))
    expected = np.trapezoid(integrand, grid)
    kl = kl_per_dimension(jnp.float32(mean), jnp.float32(log_variance))
    np.testing.assert_allclose(kl, expected, rtol=1e-4, atol=1e-5)


def test_kl_gradient_is_the_formula():
    mean, log_variance = normal(4, 3), normal(4, 3)
    by_mean, by_log_variance = jax.grad(
        lambda m, v: kl_standard_normal(m, v).sum(), argnums=(0, 1)
    )(mean, log_variance)
    np.testing.assert_allclose(by_mean, mean, rtol=1e-6)
    np.testing.assert_allclose(by_log_variance, (np.exp(log_variance) - 1) / 2, rtol=1e-5)


def test_kl_of_a_nearly_collapsed_latent_keeps_its_digits():
    # l²/4 + l³/12 to this order; exp(l) - 1 - l in float32 would lose every digit.
    tiny = jnp.float32(1e-4)
    np.testing.assert_allclose(
        kl_per_dimension(jnp.float32(0), tiny), 1e-8 / 4 + 1e-12 / 12, rtol=1e-2
    )
    assert float(kl_per_dimension(jnp.float32(0), jnp.float32(0))) == 0


def test_kl_is_summed_over_dimensions_not_averaged():
    kl = kl_standard_normal(jnp.ones((2, 10)), jnp.zeros((2, 10)))
    np.testing.assert_allclose(kl, [5.0, 5.0])


def test_the_log_ratio_is_scipy_s():
    z, mean, log_variance = normal(4, 3), normal(4, 3), normal(4, 3)
    q, p = scipy.stats.norm(mean, np.exp(log_variance / 2)), scipy.stats.norm()
    expected = (q.logpdf(z) - p.logpdf(z)).sum(1)
    ratio = log_ratio_to_standard_normal(z, mean, log_variance)
    np.testing.assert_allclose(ratio, expected, rtol=1e-4)


def test_bernoulli_is_scipy_s():
    logits, x = normal(3, 4, 4, 1), (normal(3, 4, 4, 1) > 0).astype(np.float32)
    expected = scipy.stats.bernoulli(scipy.special.expit(logits)).logpmf(x).sum((1, 2, 3))
    np.testing.assert_allclose(-Bernoulli().loss(logits, x), expected, rtol=1e-5)


def test_bernoulli_is_finite_at_huge_logits():
    loss = Bernoulli().loss(jnp.array([[1e4, -1e4]]), jnp.array([[0.0, 0.0]]))
    np.testing.assert_allclose(loss, [1e4])


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_gaussian_of_fixed_scale_is_scipy_s(scale):
    mean, x = normal(3, 5), normal(3, 5)
    expected = scipy.stats.norm(mean, scale).logpdf(x).sum(1)
    np.testing.assert_allclose(-Gaussian(scale).loss(mean, x), expected, rtol=1e-5)


def test_gaussian_of_learned_scale_is_scipy_s():
    mean, log_variance, x = normal(3, 5), normal(3, 5), normal(3, 5)
    outputs = np.concatenate([mean, log_variance], -1)
    expected = scipy.stats.norm(mean, np.exp(log_variance / 2)).logpdf(x).sum(1)
    np.testing.assert_allclose(-Gaussian(None).loss(outputs, x), expected, rtol=1e-5)
    np.testing.assert_array_equal(Gaussian(None).mean(outputs), mean)


def test_gaussian_of_one_shared_scale_is_scipy_s_and_best_at_the_error_s_root_mean_square():
    mean, x = normal(3, 4, 4, 2), normal(3, 4, 4, 2)
    expected = scipy.stats.norm(mean, np.exp(-0.4)).logpdf(x).sum((1, 2, 3))
    likelihood = Gaussian("shared")
    np.testing.assert_allclose(-likelihood.loss((mean, -0.8), x), expected, rtol=1e-5)
    np.testing.assert_array_equal(likelihood.mean((mean, -0.8)), mean)
    best = jnp.log(np.mean((x - mean) ** 2))
    slope = jax.grad(lambda log_variance: likelihood.loss((mean, log_variance), x).sum())(best)
    np.testing.assert_allclose(slope, 0, atol=1e-4)


def test_bits_of_grey_levels_are_those_of_a_density_on_their_scale():
    grey = RNG.integers(0, 256, (3, 4, 5, 1), np.uint8)
    mean, scale = 0.4, 0.2  # on [0, 1]; 255 times as much on the scale of the levels
    density = scipy.stats.norm(255 * mean, 255 * scale).logpdf(grey).sum((1, 2, 3))
    likelihood = Gaussian(scale)
    log_density = -likelihood.loss(jnp.full(grey.shape, mean), likelihood.observe(grey))
    np.testing.assert_allclose(
        bits_per_dimension(likelihood, log_density, grey), -density / (20 * np.log(2)), rtol=1e-5
    )
    # Floats are on the scale that they come with.
    np.testing.assert_allclose(
        bits_per_dimension(likelihood, log_density, grey / 255), -log_density / (20 * np.log(2))
    )


def test_categorical_is_scipy_s():
    logits, classes = normal(6, 4), RNG.integers(0, 4, 6)
    x = np.eye(4, dtype=np.float32)[classes]
    expected = np.log(scipy.special.softmax(logits, -1))[np.arange(6), classes]
    np.testing.assert_allclose(-Categorical(4).loss(logits, x), expected, rtol=1e-5)


def test_mixed_is_the_sum_of_its_parts():
    mixed = Mixed(((Gaussian(None), 2), (Categorical(3), 3), (Bernoulli(), 1)))
    x = np.concatenate([normal(5, 2), np.eye(3)[RNG.integers(0, 3, 5)], np.ones((5, 1))], -1)
    x = x.astype(np.float32)
    outputs = normal(5, mixed.width(6))
    parts = (
        Gaussian(None).loss(outputs[:, :4], x[:, :2])
        + Categorical(3).loss(outputs[:, 4:7], x[:, 2:5])
        + Bernoulli().loss(outputs[:, 7:], x[:, 5:])
    )
    np.testing.assert_allclose(mixed.loss(outputs, x), parts, rtol=1e-6)
    mixed.check(x)
    mixed.check(np.asarray(mixed.sample(jax.random.key(0), outputs)))
    assert mixed.mean(outputs).shape == x.shape


@pytest.mark.parametrize("root", [False, True])
def test_weighted_squared_error_by_hand(root):
    outputs, x = normal(2, 4, 4, 3), RNG.uniform(size=(2, 4, 4, 3)).astype(np.float32)
    squares = (x - scipy.special.expit(outputs)) ** 2
    error = np.array([squares[0].mean(), squares[1].mean()])
    expected = 100 * (np.sqrt(error) if root else error)
    loss = WeightedSquaredError(100, root).loss(outputs, x)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_root_of_a_perfect_reconstruction_has_a_finite_gradient():
    x = jnp.full((1, 2), 0.5)
    likelihood = WeightedSquaredError(root=True)
    gradient = jax.grad(lambda outputs: likelihood.loss(outputs, x).sum())(jnp.zeros((1, 2)))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("likelihood", "outputs", "entropy"),
    [
        (Bernoulli(), [0.4], scipy.stats.bernoulli(scipy.special.expit(0.4)).entropy()),
        (Gaussian(0.5), [0.4], scipy.stats.norm(0.4, 0.5).entropy()),
        (Gaussian(None), [0.4, -1.0], scipy.stats.norm(0.4, np.exp(-0.5)).entropy()),
        (
            Categorical(3),
            [0.1, 0.5, -1.0],
            scipy.stats.entropy(scipy.special.softmax([0.1, 0.5, -1])),
        ),
    ],
)
def test_samples_have_the_mean_and_the_entropy_of_the_density(likelihood, outputs, entropy):
    outputs = jnp.tile(jnp.asarray([outputs], jnp.float32), (40_000, 1))
    drawn = likelihood.sample(jax.random.key(0), outputs)
    np.testing.assert_allclose(drawn.mean(0), likelihood.mean(outputs)[0], atol=0.015)
    np.testing.assert_allclose(likelihood.loss(outputs, drawn).mean(), entropy, atol=0.015)


def test_samples_of_a_shared_scale_have_it():
    drawn = Gaussian("shared").sample(jax.random.key(0), (jnp.full((40_000, 1), 0.4), -2.0))
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [0.4, np.exp(-1)], atol=0.01)


@pytest.mark.parametrize(
    ("likelihood", "x", "words"),
    [
        (Bernoulli(), np.array([[-1.0, 0.5]]), r"\[0, 1\].*\[-1, 0\.5\]"),
        (WeightedSquaredError(), np.array([[0.0, 255.0]]), r"\[0, 1\].*\[0, 255\]"),
        (Gaussian(), np.array([[0.0, np.nan]]), "nan"),
        (Categorical(2), np.array([[0.5, 0.5]]), r"one-hot.*\[0\.5, 0\.5\]"),
    ],
)
def test_a_mismatch_of_range_names_both(likelihood, x, words):
    with pytest.raises(InputError, match=words):
        likelihood.check(x)


def test_uint8_is_brought_into_the_unit_range():
    x = np.array([[0, 51, 255]], np.uint8)
    Bernoulli().check(x)
    np.testing.assert_allclose(Bernoulli().observe(jnp.asarray(x)), [[0, 0.2, 1]])


def test_likelihoods_refuse_other_widths():
    with pytest.raises(InputError, match="6 columns"):
        Mixed(((Bernoulli(), 6),)).width(5)
    with pytest.raises(InputError, match="5 columns"):
        Categorical(2).width(5)
    with pytest.raises(InputError, match="shared"):
        Mixed(((Gaussian("shared"), 6),)).width(6)


def test_student_t_is_scipy_s_and_tends_to_the_gaussian():
    mean, log_variance, x = normal(3, 4), normal(3, 4), normal(3, 4)
    outputs = jnp.concatenate([mean, log_variance], -1)
    expected = scipy.stats.t(5, mean, np.exp(log_variance / 2)).logpdf(x).sum(1)
    likelihood = StudentT(5.0, least_log_variance=-60.0)
    np.testing.assert_allclose(-likelihood.loss(outputs, x), expected, rtol=1e-4)
    light = StudentT(1e5, least_log_variance=-60.0)
    np.testing.assert_allclose(light.loss(outputs, x), Gaussian(None).loss(outputs, x), rtol=1e-3)


@pytest.mark.parametrize("asked", [-50.0, 50.0])
def test_student_t_s_scale_keeps_within_its_bounds(asked):
    likelihood = StudentT(5.0, least_log_variance=-1.0, greatest_log_variance=0.5)
    outputs, x = jnp.array([[0.0, asked]]), jnp.ones((1, 1))
    variance = np.exp(-1.0) + (np.exp(0.5) if asked > 0 else 0.0)
    expected = scipy.stats.t(5, 0, np.sqrt(variance)).logpdf(1.0)
    np.testing.assert_allclose(-likelihood.loss(outputs, x)[0], expected, atol=1e-4)


def test_bits_of_bytes_are_those_of_the_values_0_to_255_under_every_continuous_density():
    x = jnp.zeros((2, 4), jnp.uint8)
    bits = [bits_per_dimension(one, jnp.zeros(2), x) for one in (Gaussian(1.0), StudentT())]
    np.testing.assert_allclose(bits, np.log2(255))


@pytest.mark.parametrize(
    ("likelihood", "width"),
    [
        (Bernoulli(), 6),
        (Gaussian(None), 12),
        (StudentT(), 12),
        (Categorical(3), 6),
        (Mixed(((Gaussian(None), 3), (Categorical(3), 3))), 9),
        (WeightedSquaredError(2.0), 6),
        (WeightedSquaredError(2.0, root=True, bounded=False), 6),
    ],
)
def test_a_loss_is_the_sum_of_its_dimensions(likelihood, width):
    x = np.tile(np.array([[0.2, 0.5, 0.9, 0, 1, 0]], np.float32), (4, 1))
    if isinstance(likelihood, Categorical):
        x[:, :3] = [1, 0, 0]
    outputs = normal(4, width)
    parts = likelihood.elementwise(outputs, x)
    assert parts.shape == x.shape
    np.testing.assert_allclose(parts.sum(1), likelihood.loss(outputs, x), rtol=1e-5)


def test_an_unbounded_error_is_of_the_outputs_themselves():
    x, outputs = normal(5, 3) * 10, normal(5, 3) * 10
    error = WeightedSquaredError(1.0, root=True, bounded=False)
    expected = np.sqrt(((x - outputs) ** 2).mean(1))
    np.testing.assert_allclose(error.loss(outputs, x), expected, rtol=1e-5)
    error.check(x)
