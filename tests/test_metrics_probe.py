"""A probe reads what is in a picture and not what is not; effects are counted by hand."""

import numpy as np
import pandas as pd
import pytest

from genjax.errors import InputError
from genjax.metrics.probe import effect, fit_probe


def pictures(n, seed):
    """A patch that is there or not, a gradient of some strength, and a factor that is not drawn."""
    generator = np.random.default_rng(seed)
    factors = pd.DataFrame(
        {
            "patch": generator.random(n) < 0.3,
            "gradient": 10 + 3 * generator.normal(size=n),
            "unseen": generator.random(n) < 0.5,
            "constant": np.ones(n, bool),
        }
    )
    x = 90 + 5 * generator.normal(size=(n, 6, 6, 1))
    x[:, :2, :2] += 50 * factors["patch"].to_numpy()[:, None, None, None]
    slope = np.linspace(-1, 1, 6)[None, None, :, None]
    x = x + 4 * (factors["gradient"].to_numpy()[:, None, None, None] - 10) * slope
    return np.clip(x, 0, 255).astype(np.uint8), factors


def test_a_probe_reads_what_is_drawn_and_nothing_else():
    probe = fit_probe(*pictures(500, 0))
    x, factors = pictures(400, 1)
    readings = probe.read(x)
    skill = probe.skill(readings, factors)
    assert list(skill) == list(readings) == ["patch", "gradient", "unseen"]
    assert skill["patch"] > 0.98
    assert skill["gradient"] > 0.95
    assert abs(skill["unseen"]) < 0.15
    deviations = (factors["gradient"] - 10) / 3  # what a reading of a number is in units of
    np.testing.assert_allclose(readings["gradient"], deviations, atol=0.5)
    assert readings["patch"].between(0, 1).all()


def test_skill_is_one_of_the_truth_and_nothing_of_a_constant():
    x, factors = pictures(100, 0)
    probe = fit_probe(x, factors[["patch", "gradient"]])
    mean, deviation = factors["gradient"].mean(), factors["gradient"].std(ddof=0)
    truth = pd.DataFrame(
        {"patch": factors["patch"] * 1.0, "gradient": (factors["gradient"] - mean) / deviation}
    )
    assert probe.skill(truth, factors) == pytest.approx({"patch": 1, "gradient": 1})
    assert probe.skill(0 * truth, factors) == pytest.approx({"patch": 0, "gradient": 0})
    single = probe.skill(truth[:5], factors[:5].assign(patch=True))
    assert np.isnan(single["patch"])


def test_a_probe_of_one_picture_is_refused():
    x, factors = pictures(3, 0)
    with pytest.raises(InputError, match="2 rows"):
        fit_probe(x[:1], factors[:1])
    with pytest.raises(InputError, match="both: 3 and 2"):
        fit_probe(x, factors[:2])


BEFORE = pd.DataFrame(
    {"hat": [0.1, 0.4, 0.6, 0.9], "yaw": [0.0, 0.0, 0.0, 0.0], "smile": [0.5, 0.5, 0.5, 0.5]}
)
AFTER = pd.DataFrame(
    {"hat": [0.7, 0.4, 0.2, 0.3], "yaw": [0.3, -0.6, 0.2, 0.3], "smile": [0.6, 0.6, 0.1, 0.5]}
)


def test_effects_of_adding_and_removing_by_hand():
    added = effect(BEFORE, AFTER, "hat")
    assert (added.pictures, added.success, added.leak) == (2, 0.5, "yaw")
    assert added.changes == pytest.approx({"hat": 0.3, "yaw": -0.15, "smile": 0.1})
    assert added.disturbance == pytest.approx((0.3 + 0.6 + 0.1 + 0.1) / 4)
    removed = effect(BEFORE, AFTER, "hat", removed=True)
    assert (removed.pictures, removed.success, removed.leak) == (2, 1.0, "yaw")
    assert removed.changes == pytest.approx({"hat": -0.5, "yaw": 0.25, "smile": -0.2})


def test_classes_of_one_column_do_not_leak_into_each_other():
    before = pd.DataFrame({"label=1": [0.0], "label=2": [1.0], "bold": [0.5]})
    after = pd.DataFrame({"label=1": [1.0], "label=2": [0.0], "bold": [0.75]})
    found = effect(before, after, "label=1")
    assert (found.leak, found.disturbance) == ("bold", 0.25)
    alone = effect(before.drop(columns="bold"), after.drop(columns="bold"), "label=1")
    assert alone.leak is None
    assert np.isnan(alone.disturbance)


def test_nothing_to_change_is_no_success():
    found = effect(BEFORE[2:], AFTER[2:], "hat")
    assert (found.pictures, found.leak) == (0, None)
    assert np.isnan([found.success, found.disturbance, *found.changes.values()]).all()
