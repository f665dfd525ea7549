"""Normal quantiles: scikit-learn's within the training rows, and a rising line beyond."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer

from genjax.estimators.quantiles import NormalQuantiles

RNG = np.random.default_rng(0)
ROWS = np.column_stack([RNG.standard_t(2, 3000), np.maximum(RNG.normal(size=3000), 0)])


def test_within_the_training_rows_it_is_scikit_learn_s():
    theirs = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None)
    expected, scaled = theirs.fit_transform(ROWS), NormalQuantiles().fit_transform(ROWS)
    np.testing.assert_allclose(scaled[:, 0], expected[:, 0], atol=1e-6)
    inside = ROWS[:, 1] > 0
    np.testing.assert_allclose(scaled[inside, 1], expected[inside, 1], atol=1e-6)


def test_tied_extremes_have_their_middle_rank():
    scaled = NormalQuantiles().fit_transform(ROWS)
    np.testing.assert_allclose(np.median(scaled[ROWS[:, 1] == 0, 1]), -0.67, atol=0.05)
    constant = NormalQuantiles().fit(np.full((9, 1), 3.0))
    assert constant.transform([[3.0]]) == 0
    below, above = constant.transform([[2.0], [4.0]])[:, 0]
    np.testing.assert_allclose(above, -below, rtol=1e-6)
    assert above > 5


@settings(deadline=None)
@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30), st.sampled_from([1, 3, 400])
)
def test_it_never_falls(values, copies):
    values = np.array(values) / 100
    fitted = NormalQuantiles().fit(np.repeat(values, copies)[:, None])
    at = np.sort(np.concatenate([values, RNG.uniform(-2e7, 2e7, 50), np.add(values, 1e-3)]))
    scaled = fitted.transform(at[:, None])[:, 0]
    assert (np.diff(scaled) >= -1e-6).all()
