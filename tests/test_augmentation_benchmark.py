"""The table of the benchmark that asks where over-sampling helps."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.augmentation import difference_table
from genjax.estimators.arms import DEFAULT
from genjax.estimators.augmentation import AugmentationReport
from genjax.metrics.resampled import corrected_interval


def test_cells_are_differences_fold_by_fold():
    rng = np.random.default_rng(0)
    auc = {arm: rng.uniform(0.7, 0.9, 4) for arm in ("unbalanced", "random", DEFAULT)}
    rows = [
        {"classifier": "trees", "arm": arm, "ratio": 1.0, "fold": fold, "seed": 0, "auc": value}
        for arm, values in auc.items()
        for fold, value in enumerate(values)
    ]
    report = AugmentationReport(pd.DataFrame(rows), {}, 0.25)
    table = difference_table({"few": report}, "auc")
    assert table.index.tolist() == [("few", "trees")]
    cells = table.iloc[0]
    assert cells["unbalanced"] == f"{auc['unbalanced'].mean():.4f}"
    for column, arm, other in (
        ("random", "random", "unbalanced"),
        (f"{DEFAULT} - random", DEFAULT, "random"),
    ):
        known = corrected_interval(auc[arm] - auc[other], test_to_train=0.25)
        mean, half = cells[column].split("±")
        assert float(mean) == pytest.approx(known.mean, abs=1e-4)
        assert float(half) == pytest.approx(known.high - known.mean, abs=1e-4)
    assert "smote" not in " ".join(table.columns)  # what was not tried has no column
