"""Each augmentation against NumPy, and what the wrapper does and does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax import InputError
from genjax.losses.adversarial import Judgement
from genjax.models import GANConfig
from genjax.nets.augmentation import Augmented, augment, colour, cutout, translation
from genjax.nets.mlp import MLP
from genjax.nets.network import apply_network, init_network

KEYS = jax.random.split(jax.random.key(0), 2)
X = np.random.default_rng(0).uniform(0.1, 1, (40, 16, 24, 3)).astype(np.float32)


def test_translation_is_a_shift_of_up_to_an_eighth_with_zeros():
    found = set()
    for x, y in zip(X, np.asarray(translation(KEYS[0], X)), strict=True):
        for down in range(-2, 3):
            for right in range(-3, 4):
                shifted = np.zeros_like(x)
                rows = slice(max(down, 0), 16 + min(down, 0))
                columns = slice(max(right, 0), 24 + min(right, 0))
                from_rows = slice(max(-down, 0), 16 + min(-down, 0))
                from_columns = slice(max(-right, 0), 24 + min(-right, 0))
                shifted[rows, columns] = x[from_rows, from_columns]
                if np.allclose(shifted, y, atol=1e-6):
                    found.add((down, right))
                    break
            else:
                continue
            break
        else:
            pytest.fail("not a shift of the picture")
    assert {down for down, _ in found} == {-2, -1, 0, 1, 2}
    assert {right for _, right in found} == {-3, -2, -1, 0, 1, 2, 3}


def test_cutout_sets_one_rectangle_of_at_most_half_the_sides_to_zero():
    sizes = set()
    for x, y in zip(X, np.asarray(cutout(KEYS[0], X)), strict=True):
        gone = (y == 0).all(-1)
        rows, columns = np.flatnonzero(gone.any(1)), np.flatnonzero(gone.any(0))
        assert gone[np.ix_(rows, columns)].all()
        assert gone.sum() == len(rows) * len(columns)
        np.testing.assert_array_equal(y[~gone], x[~gone])
        sizes.add((len(rows), len(columns)))
    assert max(rows for rows, _ in sizes) == 8
    assert max(columns for _, columns in sizes) == 12
    assert min(rows for rows, _ in sizes) >= 4  # the centre lies in the picture


def test_colour_keeps_each_pictures_pattern():
    """Of a grey picture all that changes is offset and contrast, other ones for each picture."""
    grey = np.repeat(X[..., :1], 3, axis=-1)
    changed = np.asarray(colour(KEYS[0], grey))
    scales = []
    for x, y in zip(grey.reshape(40, -1), changed.reshape(40, -1), strict=True):
        scale, offset = np.polyfit(x, y, 1)
        np.testing.assert_allclose(y, scale * x + offset, atol=1e-5)
        assert 0.5 <= scale <= 1.5
        assert abs(y.mean() - x.mean()) <= 0.5 + 1e-5
        scales.append(scale)
    assert np.std(scales) > 0.2


def test_colours_saturation_leaves_brightness():
    changed = np.asarray(colour(KEYS[0], X))
    spread = [np.std(x - x.mean(-1, keepdims=True)) for x in (*X, *changed)]
    ratio = np.array(spread[40:]) / np.array(spread[:40])
    assert ratio.min() < 0.4 < 1.5 < ratio.max() <= 3.0  # saturation times contrast


def test_gradients_pass_to_the_pixels_that_stay():
    kept = np.asarray(cutout(KEYS[0], jnp.ones_like(X)))
    gradient = jax.grad(lambda x: cutout(KEYS[0], x).sum())(X)
    np.testing.assert_array_equal(gradient, kept)
    moved = jax.grad(lambda x: translation(KEYS[0], x).sum())(X)
    assert set(np.unique(moved)) == {0.0, 1.0}


def test_other_keys_are_other_changes_of_every_picture():
    first, second = (augment(key, X, ("translation", "cutout", "colour")) for key in KEYS)
    assert (np.asarray(first) != np.asarray(second)).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(first, augment(KEYS[0], X, ("translation", "cutout", "colour")))


def test_the_wrapper_changes_what_is_trained_on_alone():
    inner = MLP((), (1,))
    net = Augmented(inner, ("cutout",))
    params, _ = init_network(net, KEYS[0], X)
    plain, _ = apply_network(inner, params["discriminator"], {}, X)
    np.testing.assert_array_equal(apply_network(net, params, {}, X)[0], plain)
    trained, _ = apply_network(net, params, {}, X, train=True, key=KEYS[0])
    assert (np.asarray(trained) != np.asarray(plain)).all()


def test_a_gan_is_wrapped_by_name_and_refuses_others():
    net = GANConfig(event_shape=(8, 8, 1), augmentation=("translation",)).build().discriminator
    assert isinstance(net, Augmented)
    assert isinstance(net.init_with_output(KEYS[0], jnp.ones((2, 8, 8, 1)))[0], Judgement)
    with pytest.raises(InputError, match="color"):
        GANConfig(event_shape=(8, 8, 1), augmentation=("color",)).build()
    with pytest.raises(InputError, match="pictures"):
        GANConfig(event_shape=(8,), augmentation=("colour",)).build()
    with pytest.raises(InputError, match="tanh head"):
        GANConfig(event_shape=(8, 8, 1), augmentation=("colour",), head="sigmoid").build()
