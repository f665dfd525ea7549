"""Scores of probabilities and intervals by other formulas; the picture's lines are read back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from genjax.errors import InputError
from genjax.metrics.detection import paired
from genjax.metrics.probabilities import (
    Recalibration,
    calibration_bins,
    calibration_error,
    score_probabilities,
)
from genjax.metrics.resampled import corrected_interval
from genjax.plots.probabilities import save_roc_and_calibration

pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=60).filter(
    lambda rows: len({y for y, _ in rows}) == 2
)


def rows(n=4000, seed=0):
    """Labels drawn by known probabilities, about 7 % of class 1."""
    rng = np.random.default_rng(seed)
    true = expit(rng.normal(-3.3, 1.3, n))
    return (rng.random(n) < true).astype(int), true


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_scores_with_ties_by_counting_pairs_and_by_other_libraries(pairs):
    y, p = np.array([y for y, _ in pairs]), np.array([p / 8 for _, p in pairs])
    found = score_probabilities(y, p)
    above = np.sign(p[y == 1][:, None] - p[y == 0][None])
    assert found.auc == pytest.approx((above.mean() + 1) / 2)
    assert found.gini == pytest.approx(above.mean())  # Somers' D
    reached = [[np.mean(p[y == label] <= t) for t in p] for label in (0, 1)]
    assert found.ks == pytest.approx(np.max(np.abs(np.subtract(*reached))))
    assert found.average_precision == pytest.approx(average_precision_score(y, p))
    assert found.brier == pytest.approx(np.mean((p - y) ** 2))
    inside = np.clip(p, 1e-7, 1 - 1e-7)
    assert found.log_loss == pytest.approx(log_loss(y, inside))
    assert np.isfinite(found).all()


def test_calibration_error_of_rows_without_ties_is_that_of_even_parts():
    y, p = rows()
    order = np.argsort(p)
    gaps = [abs(p[own].sum() - y[own].sum()) for own in np.array_split(order, 20)]
    assert calibration_error(y, p) == pytest.approx(sum(gaps) / len(y))
    assert calibration_error(y, p) < 0.02 < 0.25 < calibration_error(y, expit(logit(p) + 2.6))
    predicted, observed, size = calibration_bins(y, p, bins=10)
    assert size.tolist() == [400] * 10
    assert (np.diff(predicted) > 0).all()
    assert size @ observed == pytest.approx(y.sum())


@given(pairs, st.integers(1, 10), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_rows_of_one_probability_share_a_bin_whatever_their_order(pairs, bins, random):
    y, p = np.array(pairs).T
    first = calibration_bins(y, p / 8, bins=bins)
    shuffled = random.sample(range(len(y)), len(y))
    again = calibration_bins(y[shuffled], p[shuffled] / 8, bins=bins)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one, other)
    assert 1 <= len(first[2]) <= bins
    assert first[2].sum() == len(y)
    assert (np.diff(first[0]) > 0).all()


def test_a_constant_that_is_right_on_average_has_no_calibration_error():
    y = np.repeat([0, 1], [50, 50])  # sorted: parts of the order would be of one class
    assert calibration_error(y, np.full(100, 0.5)) == 0
    assert calibration_error(y, np.full(100, 0.7)) == pytest.approx(0.2)


def test_recalibration_solves_the_equations_of_maximal_likelihood():
    y, p = rows()
    odd = expit(2 * logit(p) + 3)
    found = Recalibration.fit(y, odd)
    again = found(odd)
    assert (again - y).sum() == pytest.approx(0, abs=0.05)
    assert (again - y) @ logit(odd) == pytest.approx(0, abs=0.2)
    assert found.slope == pytest.approx(0.5, abs=0.05)  # undoes what was done
    assert found.intercept == pytest.approx(-1.5, abs=0.1)
    before, after = score_probabilities(y, odd), score_probabilities(y, again)
    assert after[:4] == pytest.approx(before[:4])
    assert after.brier < before.brier
    assert after.calibration_error < 0.01
    assert np.isfinite(Recalibration.fit([0, 1, 0], [0.0, 1.0, 0.5])([0.0, 1.0])).all()


@pytest.mark.parametrize(
    ("y", "p"),
    [
        ([0, 1], [0.1]),
        ([0, 2], [0.1, 0.2]),
        ([1, 1], [0.1, 0.2]),
        ([0, 1], [0.1, 1.2]),
        ([0, 1], [0.1, np.nan]),
        ([], []),
    ],
)
def test_what_are_no_probabilities_of_two_classes_is_refused(y, p, tmp_path):
    with pytest.raises(InputError):
        score_probabilities(y, p)
    with pytest.raises(InputError):
        Recalibration.fit(y, p)
    with pytest.raises(InputError):
        save_roc_and_calibration(tmp_path / "c.png", {"a": (y, p, p)}, title="none")


differences = st.lists(st.floats(-1, 1), min_size=2, max_size=12).filter(
    lambda values: np.std(values) > 1e-6
)


@given(differences, st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_intervals_are_student_s_and_wider_by_the_overlap(values, ratio):
    plain = corrected_interval(values, test_to_train=0)
    known = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (plain.low, plain.high) == pytest.approx((known.low, known.high))
    found = corrected_interval(values, test_to_train=ratio)
    wider = np.sqrt(1 + len(values) * ratio)
    assert found.high - found.low == pytest.approx(wider * (plain.high - plain.low))
    assert found.mean == pytest.approx(np.mean(values))
    assert found.splits == len(values)
    # The same test as the one that detectors are compared with.
    p_value = paired(values, [0.0] * len(values), test_to_train=ratio).corrected_p_value
    if abs(p_value - 0.05) > 1e-6:
        assert (found.low > 0 or found.high < 0) == (p_value < 0.05)
        assert found.above_zero == (p_value < 0.05 and found.mean > 0)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        ([0.1], {}),
        ([0.1, np.nan], {}),
        ([[0.1, 0.2]], {}),
        ([0.1, 0.2], {"test_to_train": -0.1}),
        ([0.1, 0.2], {"confidence": 1.0}),
    ],
)
def test_intervals_of_nothing_are_refused(values, how):
    with pytest.raises(InputError):
        corrected_interval(values, **({"test_to_train": 0.25} | how))


def test_the_picture_has_the_curves_and_the_bins(tmp_path, monkeypatch):
    drawn, write = [], Figure.savefig

    def keep(self, *args, **how):
        drawn.append(self)
        write(self, *args, **how)

    monkeypatch.setattr(Figure, "savefig", keep)
    y, p = rows(1000)
    odd = expit(logit(p) + 2.6)
    again = Recalibration.fit(y, odd)(odd)
    curves = dict.fromkeys("abcdefgh", (y, odd, again))
    save_roc_and_calibration(tmp_path / "c.png", curves, title="borrowers", positive="delinquents")
    assert (tmp_path / "c.png").stat().st_size > 0
    roc, calibration = drawn[0].axes
    curve = roc.lines[0]
    area = np.trapezoid(curve.get_ydata(), curve.get_xdata())
    assert area == pytest.approx(roc_auc_score(y, odd))
    assert curve.get_label() == f"a: {area:.3f}"
    assert len({line.get_color() for line in roc.lines[:8]}) == 8
    assert len({line.get_marker() for line in roc.lines[:8]}) == 8
    before, after = calibration.lines[:2]
    assert (before.get_linestyle(), after.get_linestyle()) == ("--", "-")
    for line, probability in ((before, odd), (after, again)):
        predicted, observed, _ = calibration_bins(y, probability, bins=10)
        np.testing.assert_allclose(line.get_xdata(), predicted)
        np.testing.assert_allclose(line.get_ydata(), observed)
        assert predicted.max() <= calibration.get_xlim()[1]
        assert observed.max() <= calibration.get_ylim()[1]
    for axes in (roc, calibration):
        assert axes.get_title()
        assert axes.get_xlabel()
        assert "delinquents" in axes.get_ylabel()
        assert axes.get_legend()
    with pytest.raises(InputError, match="no probabilities"):
        save_roc_and_calibration(tmp_path / "d.png", {}, title="none")
