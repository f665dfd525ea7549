"""Thresholds: closed forms, scikit-learn's own, and the cheapest of all by trying each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.covariance import EllipticEnvelope

from genjax.errors import InputError
from genjax.metrics.thresholds import at_quantile, expected_cost, least_cost, robust, tail


def draws(distribution, n, seed=0):
    return distribution.rvs(n, random_state=np.random.default_rng(seed))


@given(
    scores=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50, unique=True),
    share=st.floats(0, 1),
)
@settings(max_examples=100, deadline=None)
def test_at_a_quantile_the_share_below_is_met_within_a_row(scores, share):
    below = np.array(scores) < at_quantile(scores, share)
    assert abs(below.sum() - share * len(scores)) <= 1 + 1e-9


def test_it_is_scikit_learn_s_contamination():
    x = draws(stats.norm(), (200, 2))
    detector = EllipticEnvelope(contamination=0.07, random_state=0).fit(x)
    scores = detector.score_samples(x)
    assert at_quantile(scores, 0.07) == pytest.approx(detector.offset_)
    flagged = scores < at_quantile(scores, 0.07)
    np.testing.assert_array_equal(flagged, detector.predict(x) == -1)


def test_the_robust_threshold_is_in_deviations_of_a_normal_distribution():
    scores = draws(stats.norm(10, 2), 100_000)
    assert robust(scores, deviations=3) == pytest.approx(4, abs=0.1)
    # As its definition says, of the lower half alone.
    values = draws(stats.expon(), 1001)
    middle = np.median(values)
    deviation = np.median(middle - values[values <= middle]) * 1.4826
    assert robust(values, deviations=2) == pytest.approx(middle - 2 * deviation, rel=1e-4)
    above = np.where(values > middle, middle + 1000 * values, values)
    assert robust(above, deviations=2) == robust(values, deviations=2)


def test_the_robust_threshold_moves_little_however_far_the_anomalies_lie():
    scores = draws(stats.norm(), 9_500)
    far, farther = (np.concatenate([scores, np.full(500, -size)]) for size in (10.0, 1e9))
    assert robust(far, deviations=3) == robust(farther, deviations=3)
    assert 0.2 < robust(scores, deviations=3) - robust(far, deviations=3) < 0.4


@pytest.mark.parametrize(
    "distribution",
    [stats.norm(), stats.t(3), stats.loggamma(1), stats.uniform()],
    ids=["normal", "heavy", "skewed", "bounded"],
)
def test_the_tail_s_rate_is_had_below_one_in_n(distribution):
    rates = [distribution.cdf(tail(draws(distribution, 5000, s), 1e-4)) for s in range(5)]
    assert 0.3e-4 < np.median(rates) < 4e-4


def test_the_tail_of_an_exponential_distribution_is_its_closed_form():
    # Its excesses are exponential, whatever the edge: the fit's shape is 0.
    threshold = tail(-draws(stats.expon(), 100_000), 1e-5, share=0.1)
    assert threshold == pytest.approx(np.log(1e-5), rel=0.1)


@given(scale=st.floats(1e-3, 1e6), shift=st.floats(-1e3, 1e3))
@settings(max_examples=10, deadline=None)
def test_the_tail_moves_with_the_scores_unit(scale, shift):
    scores = draws(stats.norm(), 2000)
    moved = tail(scale * scores + shift, 1e-4)
    assert moved == pytest.approx(scale * tail(scores, 1e-4) + shift, rel=1e-3, abs=1e-3)


def test_fitted_excesses_are_all_possible():
    # Started from the moments' shape, below 0, the search ended where the largest were not.
    excess = draws(stats.genpareto(-0.3), 200, 3)
    scores = np.concatenate([-excess, np.linspace(0.1, 1, 1800)])
    assert tail(scores, 1e-4, share=0.1) < scores.min() + 0.1 * excess.max()


COSTS = st.floats(0, 10).map(lambda cost: round(cost, 2))


@st.composite
def priced_rows(draw):
    n = draw(st.integers(2, 12))
    number = st.floats(allow_nan=False, allow_infinity=False)
    scores = draw(st.lists(st.sampled_from([-1.0, 0.0, 5e-324]) | number, min_size=n, max_size=n))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: 0 < sum(y) < n))
    miss = draw(COSTS | st.lists(COSTS, min_size=n, max_size=n).map(np.array))
    prices = {name: draw(COSTS) for name in ("false_alarm", "true_alarm", "true_pass")}
    prevalence = draw(st.none() | st.floats(0.001, 0.999))
    return np.array(scores), np.array(y), prices | {"miss": miss, "prevalence": prevalence}


def by_hand(scores, y, threshold, *, false_alarm, miss, true_alarm, true_pass, prevalence):
    """What a row costs on average, one by one."""
    misses = np.broadcast_to(miss, len(y))
    costs = {0: [], 1: []}
    for score, label, missed in zip(scores, y, misses, strict=True):
        flagged = score < threshold
        if label:
            costs[1].append(true_alarm if flagged else missed)
        else:
            costs[0].append(false_alarm if flagged else true_pass)
    if prevalence is None:
        return np.mean(costs[0] + costs[1])
    return prevalence * np.mean(costs[1]) + (1 - prevalence) * np.mean(costs[0])


@given(rows=priced_rows())
@settings(max_examples=150, deadline=None)
def test_no_threshold_is_cheaper(rows):
    scores, y, prices = rows
    threshold = least_cost(scores, y, **prices)
    found = by_hand(scores, y, threshold, **prices)
    assert found == pytest.approx(expected_cost(scores, y, threshold, **prices))
    best = min(by_hand(scores, y, other, **prices) for other in (*scores, np.inf))
    assert found == pytest.approx(best, rel=1e-9, abs=1e-12)


def test_the_cheapest_threshold_follows_the_costs():
    scores, y = np.array([-3.0, -2.0, -1.0, 0.0]), np.array([0, 1, 0, 0])
    none, some, prevalent = (
        least_cost(scores, y, false_alarm=1, miss=miss, prevalence=prevalence)
        for miss, prevalence in ((0.5, None), (3, None), (0.5, 0.9))
    )
    assert (none, some, prevalent) == (-3.0, -1.5, -1.5)
    assert not (scores < none).any()
    every = least_cost(scores, y[::-1], false_alarm=0.1, miss=[1, 1, 1, 100])
    assert every == -0.5
    assert (scores < least_cost(scores, [0, 1, 0, 1], false_alarm=0.1, miss=9)).all()
    # What a fraud is worth decides, row by row; what genuine rows' entries say does not.
    amounts = [np.nan, 0.5, np.nan, np.nan]
    assert least_cost(scores, y, false_alarm=1, miss=amounts) == -3.0


def test_a_detector_s_cost_is_bayes_where_scores_are_log_odds():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40_000, 40_000])
    x = rng.normal(size=80_000) - 2 * y
    threshold = least_cost(x, y, false_alarm=1, miss=5, prevalence=0.1)
    # Flag where .1 * 5 * N(x; -2, 1) > .9 * 1 * N(x; 0, 1).
    assert threshold == pytest.approx(-1 + np.log(0.1 * 5 / 0.9) / 2, abs=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: at_quantile([1.0, 2.0], 1.1), "from 0 to 1"),
        (lambda: at_quantile([], 0.5), r"\(0,\)"),
        (lambda: at_quantile([1.0, np.inf], 0.5), "1 of 2"),
        (lambda: robust([1.0, 2.0], deviations=0), "above 0"),
        (lambda: robust([1.0, 1.0, 1.0, 0.0]), "equal it"),
        (lambda: tail(np.arange(1e4), 0.1), "0.1 and 0.05"),
        (lambda: tail(np.arange(100.0), 0.01), "has 5, of 5 values"),
        (lambda: tail(np.repeat([0.0, 1.0], [900, 100]), 0.01, share=0.95), "900, of 1 values"),
        (lambda: least_cost([1.0, 2.0], [0, 0], false_alarm=1, miss=1), "both classes"),
        (lambda: least_cost([1.0, 2.0], [0, 1], false_alarm=-1, miss=1), "0 or more"),
        (lambda: least_cost([1.0, 2.0], [0, 1], false_alarm=1, miss=[1.0]), r"\(2,\) numbers"),
        (lambda: least_cost([1.0, 2.0], [0, 1], false_alarm=1, miss=[1, np.nan]), "finite"),
        (
            lambda: least_cost([1.0, 2.0], [0, 1], false_alarm=1, miss=1, prevalence=0.0),
            "above 0 and below 1",
        ),
    ],
)
def test_what_has_no_threshold_is_refused_in_a_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
