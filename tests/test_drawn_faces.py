"""Drawn faces: the same row for ever, independent factors, each one seen, faces to a detector."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genjax.data import drawn_faces, drawn_shapes
from genjax.data.drawn_faces import FACTORS, draw_faces, sample_factors
from genjax.data.drawn_shapes import (
    box,
    bump,
    bump_slope,
    ellipse,
    paint,
    ramp,
    scene_of,
    smooth_union,
)

SMALL, MEDIUM = (32, 32, 3), (64, 64, 3)


@pytest.fixture(scope="module")
def small():
    """1,500 small faces and their factors."""
    return drawn_faces.drawn_faces(1500, seed=5, image_shape=SMALL)


@given(start=st.integers(0, 2**32 - 40), n=st.integers(0, 40), offset=st.integers(0, 39))
@settings(max_examples=20, deadline=None)
def test_a_row_of_factors_depends_on_its_number_alone(start, n, offset):
    many = sample_factors(3, 40, start=start)
    few = sample_factors(3, min(n, 40 - offset), start=start + offset)
    for name, values in few.items():
        np.testing.assert_array_equal(values, many[name][offset : offset + len(values)])


def test_seeds_differ_and_rows_past_32_bits_are_refused():
    first, second = sample_factors(0, 50), sample_factors(1, 50)
    assert all((first[name] != second[name]).any() for name in first)
    with pytest.raises(ValueError, match="rows"):
        sample_factors(0, 2, start=2**32 - 1)
    with pytest.raises(ValueError, match="rows"):
        sample_factors(0, -1)


def test_every_factor_is_uniform_over_its_range():
    values = sample_factors(0, 4000)
    assert tuple(values) == tuple(factor.name for factor in FACTORS)
    for factor in FACTORS:
        drawn = values[factor.name]
        if factor.kind == "continuous":
            law = stats.uniform(factor.low, factor.high - factor.low)
            assert stats.kstest(drawn, law.cdf).pvalue > 1e-4, factor.name
        else:
            levels, counts = np.unique(drawn, return_counts=True)
            np.testing.assert_array_equal(levels, np.arange(factor.low, factor.high + 1))
            assert stats.chisquare(counts).pvalue > 1e-4, factor.name


def test_factors_are_independent_to_the_level_of_chance():
    n = 20_000
    values = np.stack(list(sample_factors(0, n).values()))
    pairs = np.triu_indices(len(values), 1)
    z = np.corrcoef(values)[pairs] * np.sqrt(n)  # standard normal where independent
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert np.abs(z).max() < stats.norm.isf(0.5e-3 / len(z))  # Bonferroni
    # Nor by magnitude, nor from one row to the next.
    away = np.abs(values - values.mean(1, keepdims=True))
    spread = away.std(1) > 0.05  # a fair coin is always half away from its mean
    z = np.corrcoef(away[spread])[np.triu_indices(spread.sum(), 1)] * np.sqrt(n)
    assert np.abs(z).max() < stats.norm.isf(0.5e-3 / len(z))
    lagged = [np.corrcoef(v[1:], v[:-1])[0, 1] * np.sqrt(n) for v in values]
    assert np.abs(lagged).max() < stats.norm.isf(0.5e-3 / len(lagged))


def test_a_picture_depends_on_its_row_alone(small):
    pictures, table = small
    assert pictures.shape == (1500, *SMALL)
    assert pictures.dtype == np.uint8
    fewer, factors = drawn_faces.drawn_faces(67, seed=5, image_shape=SMALL)
    np.testing.assert_array_equal(fewer, pictures[:67])
    assert factors.equals(table[:67])
    # Another place in the batch, other neighbours.
    for rows in (slice(1, 9), slice(1403, 1500), slice(99, 30, -1)):
        again = draw_faces({name: table[name].to_numpy()[rows] for name in table}, SMALL)
        np.testing.assert_array_equal(np.asarray(again), pictures[rows])


def test_no_faces_are_drawn_for_no_rows():
    pictures, table = drawn_faces.drawn_faces(0, image_shape=SMALL)
    assert pictures.shape == (0, *SMALL)
    assert list(table) == [factor.name for factor in FACTORS]
    assert draw_faces(sample_factors(0, 0), SMALL).shape == (0, *SMALL)


def test_what_cannot_be_drawn_is_named():
    factors = sample_factors(0, 2)
    with pytest.raises(ValueError, match="channels"):
        draw_faces(factors, (32, 32, 1))
    del factors["yaw"]
    with pytest.raises(ValueError, match="yaw"):
        draw_faces(factors, SMALL)


@pytest.mark.slow
def test_every_factor_changes_every_face():
    n = 64
    for factor in FACTORS:
        base = sample_factors(9, n)
        ends = []
        for value in (factor.low, factor.high):
            base[factor.name] = np.full(n, value)
            ends.append(np.asarray(draw_faces(base, MEDIUM)).astype(float))
        change = np.abs(ends[1] - ends[0])
        # In every face some dozen values move by a clear step: none is hidden by another.
        moved = (change > 10).sum((1, 2, 3))
        assert moved.min() >= 24, (factor.name, moved.min())


def test_a_linear_probe_recovers_every_factor(small):
    pictures, table = small
    x = pictures.reshape(len(pictures), -1) / 255.0
    levels = np.eye(4)[table["clothing"]]
    names = [factor.name for factor in FACTORS if factor.kind != "categorical"]
    unseen = np.random.default_rng(0).normal(size=(len(x), 1))  # the probe's own control
    y = np.concatenate([table[names].to_numpy(), levels, unseen], 1)
    train, test = slice(0, 1000), slice(1000, None)
    x, mean = x - x[train].mean(0), y[train].mean(0)
    weights = np.linalg.solve(x[train] @ x[train].T + 3.0 * np.eye(1000), y[train] - mean)
    guess, y = x[test] @ (x[train].T @ weights) + mean, y[test]
    r2 = 1.0 - ((guess - y) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)
    for column, name in enumerate(names):
        if {f.name: f.kind for f in FACTORS}[name] == "binary":
            right = (guess[:, column] > 0.5) == y[:, column]
            balanced = np.mean([right[y[:, column] == level].mean() for level in (0, 1)])
            assert balanced >= 0.85, (name, balanced)
        else:
            assert r2[column] >= 0.7, (name, r2[column])
    clothing = slice(len(names), len(names) + 4)
    assert (guess[:, clothing].argmax(1) == y[:, clothing].argmax(1)).mean() >= 0.85
    assert r2[-1] < 0.1


@pytest.mark.parametrize("name", ["Eyeglasses", "Mustache", "Wearing_Hat", "clothing"])
def test_a_factor_acts_where_it_should_and_nowhere_else(name):
    base = {factor.name: np.zeros(2) for factor in FACTORS}
    base[name] = np.array([0.0, 1.0])
    faces = np.asarray(draw_faces(base, SMALL)).astype(int)
    rows = np.flatnonzero((faces[0] != faces[1]).any((1, 2))) / 32
    top, bottom = {
        "Eyeglasses": (0.34, 0.56),
        "Mustache": (0.58, 0.75),
        "Wearing_Hat": (0.0, 0.36),
        "clothing": (0.85, 1.0),
    }[name]
    assert rows.min() >= top
    assert rows.max() <= bottom


@pytest.mark.slow
def test_strips_cut_nothing_off():
    factors = {name: jnp.asarray(v, jnp.float32) for name, v in sample_factors(2, 64).items()}
    factors["tilt"], factors["yaw"] = jnp.sign(factors["tilt"]), jnp.sign(factors["yaw"])
    strips = np.asarray(draw_faces(factors, MEDIUM)).astype(int)
    whole = [drawn_shapes.Part(part.draw) for part in drawn_faces.PARTS]

    @jax.jit
    def draw(factors):
        return jax.lax.map(lambda f: 255.0 * paint(whole, scene_of(f, 64, 64)), factors)

    assert np.abs(np.round(draw(factors)) - strips).max() <= 1  # two executables may round apart


@pytest.mark.slow
def test_other_shapes_hold_the_same_face():
    factors = sample_factors(4, 8)
    large = np.asarray(draw_faces(factors, MEDIUM)).astype(float)
    halved = large.reshape(8, 32, 2, 32, 2, 3).mean((2, 4))
    drawn = np.asarray(draw_faces(factors, SMALL)).astype(float)
    assert np.abs(halved - drawn).mean() < 6.0
    # A wider picture shows more background beside the same face.
    wide = np.asarray(draw_faces(factors, (32, 48, 3))).astype(float)
    assert np.abs(wide[:, :, 8:40] - drawn).max() <= 1.0


@pytest.mark.slow
def test_a_detector_finds_the_faces():
    cv2 = pytest.importorskip("cv2")
    if not hasattr(cv2, "CascadeClassifier"):
        pytest.skip("this OpenCV has no classical detectors")
    pictures, _ = drawn_faces.drawn_faces(100, seed=3, image_shape=MEDIUM)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def found(picture):
        grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (256, 256))
        grey = cv2.copyMakeBorder(grey, 40, 40, 40, 40, cv2.BORDER_REPLICATE)
        boxes = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(100, 100))
        return len(boxes) > 0

    assert np.mean([found(picture) for picture in pictures]) >= 0.8
    # With the halves of the face exchanged there is none.
    swapped = np.roll(pictures, 32, axis=1)
    assert np.mean([found(picture) for picture in swapped]) <= 0.1


def test_distances_are_zero_on_edges_and_exact_for_circles_and_boxes():
    angle = jnp.linspace(0.0, 6.28, 50)
    on_edge = ellipse(0.7 * jnp.cos(angle), 0.2 * jnp.sin(angle), 0.7, 0.2)
    np.testing.assert_allclose(on_edge, 0.0, atol=1e-6)
    # The boundary's normal has slope 1: a small step out is that distance.
    out = ellipse(0.501 * jnp.cos(angle), 0.501 * jnp.sin(angle), 0.5, 0.5)
    np.testing.assert_allclose(out, 1e-3, rtol=5e-3)
    x, y = jnp.array([2.0, 0.0, 2.0]), jnp.array([0.0, 0.0, 1.5])
    np.testing.assert_allclose(box(x, y, 1.0, 0.5, 0.0), [1.0, -0.5, 2**0.5], rtol=1e-6)
    both = smooth_union(x, y, 0.1)
    np.testing.assert_allclose(both, [0.0, -0.025, 1.5], atol=1e-6)


def test_bump_slope_is_the_gradient_of_bump():
    x, y = jax.random.uniform(jax.random.key(0), (2, 40), minval=-0.5, maxval=0.5)
    slopes = bump_slope(x, y, 0.4, 0.3)
    expected = jax.vmap(jax.grad(lambda p, q: bump(p, q, 0.4, 0.3), (0, 1)))(x, y)
    np.testing.assert_allclose(slopes, expected, atol=1e-5)
    assert float(bump(jnp.zeros(()), jnp.zeros(()), 0.4, 0.3)) == 1.0


def test_ramp_is_numpys_interpolation():
    stops = ((0.0, 1.0, 0.5), (0.2, 0.3, 0.4), (1.0, 0.0, 0.1))
    for position in (-1.0, 0.0, 0.3, 0.5, 0.9, 1.0, 2.0):
        expected = [
            np.interp(position, (0, 0.5, 1), channel) for channel in zip(*stops, strict=True)
        ]
        np.testing.assert_allclose(ramp(stops, jnp.float32(position)), expected, atol=1e-6)
