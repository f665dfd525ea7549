"""Detectors judged: against counting by hand, all thresholds and all orders of tied rows."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genjax.errors import InputError
from genjax.metrics.detection import judge, paired


@st.composite
def tied_rows(draw, most=7):
    """Scores of few values, and labels of both classes."""
    n = draw(st.integers(2, most))
    scores = draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < n))
    return np.array(scores, float), np.array(y)


def test_low_scores_are_anomalies():
    scores, y = np.array([-9.0, -5.0, 0.0, 1.0]), np.array([1, 1, 0, 0])
    found, wrong = (judge(sign * scores, y, threshold=-5.0) for sign in (1, -1))
    assert (found.auroc, found.average_precision) == (1, 1)
    assert wrong.auroc == 0
    # At the threshold itself a row passes.
    assert found.confusion == (2, 0, 1, 1)
    assert (found.genuine, found.frauds, found.precision_at_k) == (2, 2, {})


@given(rows=tied_rows())
@settings(max_examples=60, deadline=None)
def test_the_area_is_the_share_of_pairs_in_order(rows):
    scores, y = rows
    frauds, genuine = scores[y == 1][:, None], scores[y == 0][None]
    pairs = (frauds < genuine) + 0.5 * (frauds == genuine)
    assert judge(scores, y, threshold=0.0).auroc == pytest.approx(pairs.mean())


@given(rows=tied_rows(most=6))
@settings(max_examples=60, deadline=None)
def test_precision_at_k_is_the_mean_over_the_orders_of_tied_rows(rows):
    scores, y = rows
    n = len(y)
    found = judge(scores, y, threshold=0.0, ks=range(1, n + 3)).precision_at_k
    assert list(found) == list(range(1, n + 1))  # none above n
    sums = np.zeros(n)
    for order in itertools.permutations(range(n)):
        ranked = np.array(order)[np.argsort(scores[list(order)], kind="stable")]
        sums += np.cumsum(y[ranked])
    expected = sums / math.factorial(n) / np.arange(1, n + 1)
    np.testing.assert_allclose(list(found.values()), expected, atol=1e-12)


@given(rows=tied_rows(), rates=st.lists(st.floats(0, 1), max_size=3))
@settings(max_examples=60, deadline=None)
def test_recall_at_false_alarms_is_the_best_of_all_thresholds(rows, rates):
    scores, y = rows
    rates = [*rates, 0.0, 0.5, 1.0]
    found = judge(scores, y, threshold=0.0, false_alarms=rates).recall_at_false_alarms
    for rate in rates:
        flags = [scores < threshold for threshold in (*scores, np.inf)]
        recalls = [flag[y == 1].mean() for flag in flags if flag[y == 0].mean() <= rate]
        assert found[rate] == max(recalls)


def test_a_rate_between_the_curve_s_corners_is_not_overlooked():
    # Fraud, genuine, fraud, genuine, ... has equal steps: corners alone would give none at .5.
    scores = np.repeat(np.arange(10.0), 2)
    y = np.tile([0, 1], 10)
    assert judge(scores, y, threshold=0.0, false_alarms=[0.5]).recall_at_false_alarms == {0.5: 0.5}


def test_a_prevalence_is_as_if_genuine_rows_were_so_many_more():
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=60).round(1), np.repeat([0, 1], [50, 10])
    scores[y == 1] -= 1
    more = np.concatenate([np.tile(scores[y == 0], 20), scores[y == 1]])
    labels = np.repeat([0, 1], [1000, 10])
    prevalence = 10 / 1010
    few = judge(scores, y, threshold=-1.0, prevalence=prevalence)
    many = judge(more, labels, threshold=-1.0, prevalence=1 / 6)
    assert few.average_precision_at_prevalence == pytest.approx(many.average_precision)
    assert many.average_precision_at_prevalence == pytest.approx(few.average_precision)
    assert few.average_precision_at_prevalence < few.average_precision
    assert few.auroc == pytest.approx(many.auroc)


def test_decisions_are_counted():
    rng = np.random.default_rng(1)
    scores, y = rng.normal(size=200), rng.integers(0, 2, 200)
    found = judge(scores, y, threshold=-0.5).confusion
    flagged = scores < -0.5
    assert found.true_positive == (flagged & (y == 1)).sum()
    assert found.false_positive == (flagged & (y == 0)).sum()
    assert found.precision == y[flagged].mean()
    assert found.recall == flagged[y == 1].mean()
    assert found.false_alarm_rate == flagged[y == 0].mean()
    assert sum(found) == 200


def test_what_is_written_and_printed():
    found = judge([-3.0, -1.0, 0.0, 1.0], [1, 0, 1, 0], threshold=-np.inf, ks=(2,))
    plain = found.to_plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["precision_at_k"] == {"2": 0.5}
    assert plain["recall_at_false_alarms"] == {"0.001": 0.5, "0.01": 0.5}
    assert (plain["threshold"], plain["decisions"]["precision"]) == (None, None)  # no alarm
    assert plain["confusion"]["false_negative"] == 2
    lines = found.to_lines()
    assert "2 genuine rows, 2 frauds (50.000%)" in lines
    assert "precision 0.500 among the 2 lowest scores" in lines
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("scores", "y", "options", "message"),
    [
        ([0.0, np.nan, -np.inf], [0, 1, 1], {}, "2 of 3"),
        ([[0.0], [1.0]], [0, 1], {}, r"\(2, 1\)"),
        ([0.0, 1.0], [1, 1], {}, "all 2 labels are 1"),
        ([0.0, 1.0], [-1, 1], {}, "0 of genuine rows and 1 of frauds"),
        ([0.0, 1.0], [0, 1, 1], {}, r"\(2,\), not \(3,\)"),
        ([0.0, 1.0], [0, 1], {"threshold": np.nan}, "NaN"),
        ([0.0, 1.0], [0, 1], {"prevalence": 1.0}, "below 1"),
        ([0.0, 1.0], [0, 1], {"ks": (1, 0)}, "from 1, not 0"),
        ([0.0, 1.0], [0, 1], {"false_alarms": [1.5]}, "not 1.5"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_line(scores, y, options, message):
    with pytest.raises(InputError, match=message) as error:
        judge(scores, y, **{"threshold": 0.0} | options)
    assert "\n" not in str(error.value)


def test_pairs_are_compared_as_the_literature_does():
    ours, peer = np.random.default_rng(0).normal(size=(2, 10))
    ours[3] = peer[3]
    found = paired(ours, peer, test_to_train=1 / 9)
    difference = ours - peer
    assert found.mean == pytest.approx(difference.mean())
    assert found.deviation == pytest.approx(difference.std(ddof=1))
    assert (found.splits, found.wins, found.ties) == (10, (difference > 0).sum(), 1)
    # Nadeau and Bengio: variance (1 / J + n₂ / n₁) s².
    t = difference.mean() / math.sqrt((1 / 10 + 1 / 9) * difference.var(ddof=1))
    assert found.corrected_p_value == pytest.approx(2 * stats.t(9).sf(abs(t)))
    assert found.p_value == pytest.approx(stats.ttest_1samp(difference, 0).pvalue)
    assert paired(ours, peer, test_to_train=0).corrected_p_value == pytest.approx(found.p_value)
    assert paired(ours, peer).corrected_p_value is None


def test_equal_differences_have_no_p_value():
    peer = np.array([0.1, 0.2, 0.3])
    for ours in (peer, peer + 0.1):  # but for rounding
        found = paired(ours, peer, test_to_train=0.5)
        assert (found.p_value, found.corrected_p_value) == (None, None)
    assert found.wins == 3


@pytest.mark.parametrize(
    ("ours", "peer", "ratio", "message"),
    [
        ([1.0], [2.0], None, "2 splits"),
        ([1.0, 2.0], [2.0, 3.0, 4.0], None, "2 and 3"),
        ([1.0, np.nan], [2.0, 3.0], None, "finite"),
        ([1.0, 2.0], [2.0, 4.0], -0.1, "0 or more"),
    ],
)
def test_pairs_that_are_none_are_refused(ours, peer, ratio, message):
    with pytest.raises(InputError, match=message):
        paired(ours, peer, test_to_train=ratio)
