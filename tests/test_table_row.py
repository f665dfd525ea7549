"""Rows of kinds and numbers: the likelihood, a generator's last layer, conditions and packs."""

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from genjax import fit
from genjax.errors import InputError
from genjax.losses import Column, RowLayout, TableRow
from genjax.losses.penalty import GradientPenalty
from genjax.models import (
    DiscriminatorConfig,
    GANConfig,
    GeneratorConfig,
    VAEConfig,
)
from genjax.models.table_head import TableHead

# A category of 3, a spike beside a number, two modes, a number alone: 8 kinds, 4 valued, 3 numbers.
COLUMNS = (Column(3), Column(2, valued=1), Column(2, valued=2), Column(1, valued=1))
LAYOUT = RowLayout(COLUMNS)
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def table(n):
    """Return n encoded rows, and their kinds, (n, columns)."""
    kinds = np.stack([RNG.integers(0, column.kinds, n) for column in COLUMNS], axis=1)
    one_hot = np.concatenate([np.eye(c.kinds)[k] for c, k in zip(COLUMNS, kinds.T, strict=True)], 1)
    numbers = normal(n, 3) * np.stack([kinds[:, 1] == 1, np.ones(n), np.ones(n)], axis=1)
    return np.concatenate([one_hot, numbers], axis=1).astype(np.float32), kinds


def test_density_is_that_of_scipy_column_by_column():
    x, kinds = table(20)
    row = TableRow(COLUMNS, least_log_variance=-30.0)  # so low that it bounds nothing
    outputs = normal(20, row.width(11)) * 0.5
    logits, mean, log_variance = outputs[:, :8], outputs[:, 8:12], outputs[:, 12:]
    logits = 30 * np.tanh(logits / 30)
    expected = np.zeros(20)
    first, first_valued, number = 0, 0, 8
    for column, kind in zip(COLUMNS, kinds.T, strict=True):
        own = logits[:, first : first + column.kinds]
        expected += scipy.special.log_softmax(own, axis=1)[np.arange(20), kind]
        if column.valued:
            place = kind - (column.kinds - column.valued)
            at = first_valued + np.maximum(place, 0)
            log_p = scipy.stats.norm.logpdf(
                x[:, number],
                mean[np.arange(20), at],
                np.exp(log_variance[np.arange(20), at] / 2),
            )
            expected += np.where(place >= 0, log_p, 0)
            number, first_valued = number + 1, first_valued + column.valued
        first += column.kinds
    np.testing.assert_allclose(-row.loss(outputs, x), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(row.elementwise(outputs, x).sum(1), row.loss(outputs, x), rtol=1e-5)


def test_draws_have_the_probabilities_means_and_deviations_of_the_outputs():
    row, n = TableRow(COLUMNS, least_log_variance=-30.0), 40_000
    outputs = np.repeat(normal(1, 16), n, axis=0)
    x = np.asarray(row.sample(jax.random.key(0), outputs))
    row.check(x)
    mean = np.asarray(row.mean(outputs[:1]))[0]
    np.testing.assert_allclose(x.mean(0), mean, atol=0.03)
    spike = x[:, 4] == 0  # the second column's kind without a number
    assert (x[spike, 8] == 0).all()
    own = x[~spike, 8]
    np.testing.assert_allclose(own.std(), np.exp(outputs[0, 12] / 2), rtol=0.03)
    np.testing.assert_allclose(own.mean(), outputs[0, 8], atol=0.03)


def test_the_bound_of_the_scale_is_kept_from_above():
    row = TableRow((Column(1, valued=1),), least_log_variance=-2.0)
    exact = np.array([[1.0, 0.0]], np.float32)
    outputs = np.array([[0.0, 0.0, -50.0]], np.float32)
    least = 0.5 * (-2.0 + np.log(2 * np.pi))
    np.testing.assert_allclose(row.loss(outputs, exact), [least], atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.floats(-1e4, 1e4, width=32), st.floats(-1e4, 1e4, width=32))
def test_losses_and_gradients_are_finite_wherever_the_logits_are(a, b):
    x = np.array([[1, 0, 0, 1, 0.5]], np.float32)
    row = TableRow((Column(2), Column(2, valued=1)))
    outputs = jnp.array([[a, b, b, a, 0.0, 0.0]])
    value, slope = jax.value_and_grad(lambda o: row.loss(o, x).sum())(outputs)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda x: x[:, :-1], "rows of 11 numbers"),
        (lambda x: x * 0.5, "TableTransform"),
        (lambda x: np.where(x == x[0, -1], np.nan, x), "TableTransform"),
    ],
)
def test_what_is_no_encoded_table_is_refused(spoil, says):
    x, _ = table(4)
    TableRow(COLUMNS).check(x)
    for check in (TableRow(COLUMNS).check, lambda rows: TableHead(COLUMNS).check(rows, [])):
        with pytest.raises(InputError, match=says):
            check(spoil(x))


def test_a_row_without_the_kind_of_its_label_is_refused_with_a_conditional_vector():
    x, kinds = table(4)
    head = TableHead(COLUMNS, conditional=True)
    head.check(x, [kinds[:, 0]])  # the first column's kinds are the first places
    with pytest.raises(InputError, match="conditional vector"):
        head.check(x, [(kinds[:, 0] + 1) % 3])


def test_of_equal_scores_the_first_kind_is_chosen():
    assert LAYOUT.hardest(jnp.zeros((1, 8)))[0].tolist() == [1, 0, 0, 1, 0, 1, 0, 1]


def test_a_generated_row_has_one_kind_a_column_and_the_gradient_of_the_softmax():
    head, raw = TableHead(COLUMNS), normal(6, 11)
    made = head.activate(raw)
    TableRow(COLUMNS).check(made)
    starts = LAYOUT.starts
    for start, stop in pairwise(starts):
        np.testing.assert_array_equal(
            np.asarray(made)[:, start:stop].argmax(1), raw[:, start:stop].argmax(1)
        )
    np.testing.assert_allclose(made[:, 8], raw[:, 8] * made[:, 4], rtol=1e-6)
    np.testing.assert_allclose(made[:, 9:], raw[:, 9:], rtol=1e-6)

    def first_kind(raw):  # of the category, which no number depends on
        return head.activate(raw)[0, 0]

    def soft(raw):
        return jax.nn.softmax(30 * jnp.tanh(raw[0, :3] / 30))[0]

    np.testing.assert_allclose(jax.grad(first_kind)(raw), jax.grad(soft)(raw), atol=1e-6)


def test_a_number_that_was_not_chosen_still_teaches_the_choice():
    head, raw = TableHead((Column(2, valued=1),)), jnp.array([[5.0, 0.0, 3.0]])
    assert head.activate(raw)[0].tolist() == [1.0, 0.0, 0.0]
    slope = jax.grad(lambda raw: head.activate(raw)[0, 2])(raw)
    assert float(slope[0, 1]) > 0  # more of the valued kind, more of its number


def test_mismatch_is_the_cross_entropy_of_the_kind_that_was_asked_for():
    raw, asked = normal(5, 11), np.array([0, 2, 4, 6, 7])
    logits = 30 * np.tanh(raw / 30)
    expected = []
    for row, place in zip(logits, asked, strict=True):
        column = np.searchsorted(LAYOUT.starts, place, side="right") - 1
        start, stop = LAYOUT.starts[column : column + 2]
        expected.append(-scipy.special.log_softmax(row[start:stop])[place - start])
    cost = TableHead(COLUMNS, conditional=True).mismatch(raw, [asked])
    np.testing.assert_allclose(cost, np.mean(expected), rtol=1e-5)
    assert float(TableHead(COLUMNS).mismatch(raw, [asked])) == 0


def gan_config(**settings):
    return GANConfig(
        event_shape=(11,), columns=COLUMNS, latent_size=3, ema=None,
        generator=GeneratorConfig(hidden=(8,)), discriminator=DiscriminatorConfig(hidden=(8,)),
        **settings,
    )  # fmt: skip


def test_a_pack_is_judged_as_the_network_judges_its_rows_side_by_side():
    gan = gan_config(packing=3, classes=2).build()
    x, _ = table(6)
    y = np.array([0, 1, 1, 0, 0, 1])
    state = fit(
        gan.algorithm(optax.adam(1e-3)), {"x": x, "y": y.astype(np.int32)}, steps=2, chunk=2,
        key=jax.random.key(0), batch_size=6,
    )  # fmt: skip
    side_by_side = np.concatenate([x.reshape(2, 33), np.eye(2)[y].reshape(2, 6)], axis=1)
    net = jax.tree.map(np.asarray, state.params["discriminator"])
    trunk = net["trunk"]
    hidden = side_by_side @ trunk["Dense_0"]["kernel"] + trunk["Dense_0"]["bias"]
    hidden, last = np.maximum(hidden, 0.01 * hidden), net["logit"]
    expected = np.repeat(hidden @ last["kernel"] + last["bias"], 3)
    np.testing.assert_allclose(gan.score(state, x, y=y), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(InputError, match="3 at a time"):
        gan.score(state, x[:4], y=y[:4])


def test_a_gradient_penalty_of_packs_is_of_the_whole_pack():
    # A critic that sums all numbers of a pack of two rows has a slope of sqrt(2 * 11).
    x, _ = table(4)
    packs, made = x.reshape(2, 2, 11), normal(2, 2, 11)
    penalty = GradientPenalty(1.0)
    along = ([], jax.random.split(jax.random.key(0), 2))
    cost = penalty(lambda row, _: row.sum(), packs, made, along, jax.random.key(1))
    np.testing.assert_allclose(cost, np.full(2, (np.sqrt(22) - 1) ** 2), rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"conditional_vector": True, "classes": 3}, "8 kinds"),
        ({"conditional_vector": True, "columns": ()}, "name their columns"),
        ({"packing": 0}, "packing"),
        ({"event_shape": (12,)}, "do not agree"),
    ],
)
def test_settings_that_do_not_fit_a_table_are_refused(settings, says):
    with pytest.raises(InputError, match=says):
        replace(gan_config(), **settings).build()


@pytest.mark.slow
def test_a_conditional_vae_draws_the_class_that_is_asked_for():
    # Class c has kind c in the one column, and a number near 2c - 2.
    y = np.arange(96) % 3
    numbers = 2.0 * y - 2 + 0.1 * RNG.normal(size=96)
    x = np.concatenate([np.eye(3)[y], numbers[:, None]], axis=1).astype(np.float32)
    config = VAEConfig(
        event_shape=(4,), network="mlp", hidden=(16,), latent_size=2, classes=3,
        class_names=("a", "b", "c"), likelihood=TableRow((Column(3, valued=3),)),
    )  # fmt: skip
    vae = config.build()
    data = {"x": x, "y": y.astype(np.int32)}
    state = fit(
        vae.algorithm(optax.adam(1e-2)), data, steps=400, key=jax.random.key(0), batch_size=32
    )
    asked = np.arange(300) % 3
    drawn = np.asarray(vae.draw(state, jax.random.key(1), 300, y=asked))
    assert (drawn[:, :3].argmax(1) == asked).mean() > 0.97
    assert np.abs(drawn[:, 3] - (2.0 * asked - 2)).mean() < 0.3
    # Told a wrong class, a row is unlikely; told the right one, likely.
    right, wrong = (
        vae.elbo(state, x, jax.random.key(2), y=labels).mean() for labels in (y, (y + 1) % 3)
    )
    assert right > wrong + 5
    with pytest.raises(InputError, match="3 classes"):
        vae.sample(state, jax.random.key(0), 2)
    with pytest.raises(InputError, match="labels"):
        fit(vae.algorithm(optax.adam(1e-2)), {"x": x}, steps=1, key=jax.random.key(0), batch_size=8)


@pytest.mark.slow
def test_log_prob_of_a_conditional_vae_is_the_elbo_where_the_posterior_is_exact():
    # With a decoder that ignores z the posterior can be the prior: at beta 9 it becomes so.
    y = np.arange(64) % 2
    x = np.eye(2)[y].astype(np.float32)
    config = VAEConfig(
        event_shape=(2,), network="mlp", hidden=(8,), latent_size=1, classes=2, beta=9.0,
        likelihood=TableRow((Column(2),)),
    )  # fmt: skip
    vae = config.build()
    data = {"x": x, "y": y.astype(np.int32)}
    state = fit(
        vae.algorithm(optax.adam(2e-2)), data, steps=300, key=jax.random.key(0), batch_size=32
    )
    log_prob = vae.log_prob(state, x, jax.random.key(1), y=y, samples=50)
    elbo = vae.elbo(state, x, jax.random.key(2), y=y)
    np.testing.assert_allclose(log_prob, elbo, atol=0.02)
    assert float(log_prob.mean()) > -0.05  # given the class, the row is certain
