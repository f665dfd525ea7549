"""Scores by class: by hand, against NumPy, and that they see what those of the whole do not."""

import json
from functools import partial

import numpy as np
import pytest

from genjax.errors import InputError
from genjax.metrics.by_class import (
    accuracy_by_class,
    balanced_accuracy,
    conditional_accuracy,
    coverage_by_class,
    frechet_by_class,
)
from genjax.metrics.coverage import density_coverage
from genjax.metrics.distance import frechet_distance
from genjax.metrics.protocol import Judged, compare_classes, judge_classes

CLASSES, EACH = 3, 60
LABELS = np.arange(CLASSES * EACH) % CLASSES
CENTRES = 20.0 * np.eye(CLASSES)
NAMES = ("ant", "bee", "cat")
ABOUT = {"subject": "samples", "split": "test", "features": "f", "features_hash": "0", "seed": 7}


def gaussians(seed, labels=LABELS):
    noise = np.random.default_rng(seed).normal(size=(len(labels), CLASSES))
    return noise + CENTRES[labels]


def judged(features, labels=LABELS):
    """With the perfect judge of these Gaussians: the nearest centre."""
    return Judged(features, features @ CENTRES.T, labels)


def test_accuracy_by_hand():
    logits = np.array([[2.0, 1, 0], [0, 1, 2], [0, 3, 0], [1, 0, 0], [5, 0, 4]])
    labels = np.array([0, 2, 1, 1, 2])  # the last two are read as 0
    value, error = conditional_accuracy(logits, labels)
    assert value == 0.6
    np.testing.assert_allclose(error, np.sqrt(0.6 * 0.4 / 5))
    assert accuracy_by_class(logits, labels) == [1, 0.5, 0.5]
    assert accuracy_by_class(logits[:3], np.array([0, 2, 2])) == pytest.approx(
        [1, np.nan, 0.5], nan_ok=True
    )
    assert balanced_accuracy(logits[:3], np.array([0, 2, 2])) == 0.75  # of two classes


def test_coverage_of_each_class_is_numpy_s():
    real, fake = gaussians(0), gaussians(1)
    fake[LABELS == 1] = fake[1]  # one picture again and again
    fake[LABELS == 2] *= 1.1
    k, expected = 5, []
    for label in range(CLASSES):
        x, y = real[label == LABELS], fake[label == LABELS]
        within = np.sort(np.linalg.norm(x[:, None] - x[None], axis=2))[:, k]
        expected.append((np.linalg.norm(x[:, None] - y[None], axis=2).min(1) <= within).mean())
    found = coverage_by_class(real, LABELS, fake, LABELS, classes=CLASSES, k=k)
    np.testing.assert_allclose(found, expected)
    assert found[0] > 0.85
    assert 0 < found[1] < 0.35
    assert found[1] < found[2] < found[0]


def test_classes_in_each_other_s_place_are_seen_by_class_alone():
    real, swapped = gaussians(0), gaussians(1, np.array([1, 0, 2])[LABELS])
    assert density_coverage(real, swapped).coverage > 0.85
    assert frechet_distance(real, swapped) < 1
    coverage = coverage_by_class(real, LABELS, swapped, LABELS, classes=CLASSES)
    assert coverage[:2] == [0, 0]
    assert coverage[2] > 0.85
    distances = frechet_by_class(real, LABELS, swapped, LABELS, classes=CLASSES)
    np.testing.assert_allclose(distances[:2], 800, rtol=0.1)  # (20² + 20²), the centres' distance
    assert distances[2] < 1
    assert conditional_accuracy(swapped @ CENTRES.T, LABELS).value == pytest.approx(1 / 3)


def test_the_order_of_rows_and_their_numbers_do_not_matter():
    real, fake = gaussians(0), gaussians(1)
    order = np.random.default_rng(2).permutation(len(real))
    for score in (coverage_by_class, frechet_by_class):
        whole = score(real, LABELS, fake, LABELS, classes=CLASSES)
        mixed = score(real, LABELS, fake[order], LABELS[order], classes=CLASSES)
        np.testing.assert_allclose(mixed, whole)


def test_every_line_names_its_protocol_and_the_least_its_class():
    fake = gaussians(1)
    fake[LABELS == 1] = fake[1]
    scores = compare_classes(judged(gaussians(0)), judged(fake), NAMES, **ABOUT)
    plain = {score.name: json.loads(json.dumps(score.to_plain())) for score in scores}
    assert list(plain) == [
        "conditional_accuracy", "conditional_accuracy_by_class", "coverage_by_class",
        "least_coverage_by_class", "frechet_distance_by_class",
    ]  # fmt: skip
    for line in plain.values():
        assert line.items() >= ABOUT.items()
        assert (line["n_real"], line["n_fake"]) == (180, 180)
        is_list = isinstance(line["value"], list)
        assert line["classes"] == (list(NAMES) if is_list else [])
    assert plain["conditional_accuracy"]["value"] == 1
    assert plain["conditional_accuracy"]["standard_error"] == 0
    coverage, least = plain["coverage_by_class"], plain["least_coverage_by_class"]
    assert least["value"] == min(coverage["value"]) == coverage["value"][1]
    assert coverage["settings"] == least["settings"] == {"k": 5}
    assert "bee" in least["note"]
    assert not plain["frechet_distance_by_class"]["note"]


def test_classes_of_too_few_pictures_are_not_scored_and_named():
    few = np.concatenate([np.arange(60) % 2, [2] * 4])  # 4 cats: no fifth neighbour
    real, fake = judged(gaussians(0, few), few), judged(gaussians(1, few), few)
    scores = {score.name: score for score in compare_classes(real, fake, NAMES, **ABOUT)}
    coverage = scores["coverage_by_class"].to_plain()
    assert coverage["value"][2] is None
    assert "cat" in coverage["note"]
    least = scores["least_coverage_by_class"]
    assert least.value == min(coverage["value"][:2])
    assert scores["frechet_distance_by_class"].value[2] > 0  # two are enough; three are not biased
    rows = few != 2
    some = judged(gaussians(1, few[rows]), few[rows])
    scores = compare_classes(real, some, NAMES, **ABOUT)
    assert scores[-1].to_plain()["value"][2] is None
    assert "biased" in scores[-1].note
    accuracies = judge_classes(some, NAMES, n_real=64, **ABOUT)
    assert accuracies[1].to_plain()["value"] == [1, 1, None]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: conditional_accuracy(x, LABELS[1:]), "one for each"),
        (lambda x: conditional_accuracy(x[:0], LABELS[:0]), "1 row or more"),
        (lambda x: conditional_accuracy(x, LABELS.astype(float)), "int"),
        (lambda x: conditional_accuracy(x[:, 0], LABELS), "logits are"),
        (lambda x: accuracy_by_class(x, LABELS + 1), r"lie in \[0, 3\), these in \[1, 3\]"),
        (lambda x: frechet_by_class(x, LABELS, x, LABELS - 1, classes=3), r"\[-1, 1\]"),
        (lambda x: coverage_by_class(x, LABELS, x, LABELS[1:], classes=3), "one for each"),
        (partial(lambda call, x: call(judged(x)), lambda j: compare_classes(
            j, j, ("ant", "bee"), **ABOUT)), "logits of 2 classes"),
    ],
)  # fmt: skip
def test_labels_of_another_form_are_refused(call, words):
    with pytest.raises(InputError, match=words) as caught:
        call(gaussians(0))
    assert "\n" not in str(caught.value)
