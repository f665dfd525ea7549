"""The classes that a conditional model is told are those of the column that is meant."""

import numpy as np
import pandas as pd
import pytest

from genjax.data.attributes import choose_attributes, factors_of
from genjax.data.conditions import condition_of
from genjax.errors import InputError


@pytest.mark.parametrize(
    ("values", "attribute", "y", "names"),
    [
        (["dog", "cat", "dog"], None, [1, 0, 1], ("cat", "dog")),
        (["10", "b", "2", "a", "02"], None, [2, 4, 1, 3, 0], ("02", "2", "10", "a", "b")),
        ([7, 3, 10, 3], None, [1, 0, 2, 0], ("3", "7", "10")),
        (np.array([9, 0], np.uint8), "it", [1, 0], ("0", "9")),
        ([1, 0, 1], None, [1, 0, 1], ("0", "1")),  # a column of numbers alone: classes
        ([1, 0, 1], "it", [1, 0, 1], ("no it", "it")),
        ([True, False], None, [1, 0], ("no it", "it")),
        (pd.Series([True, False], dtype=object), "it", [1, 0], ("no it", "it")),
        (pd.Series(["x", "y"], dtype="category"), "it", [0, 1], ("x", "y")),
        (pd.Series([-1, 1], dtype="Int64"), "it", [0, 1], ("-1", "1")),
        ([f"c{i}" for i in range(1000)], None, None, None),
    ],
)
def test_a_column_becomes_classes_in_order(values, attribute, y, names):
    found = condition_of(pd.DataFrame({"it": values}), attribute)
    assert found.y.dtype == np.int32
    assert [found.names[one] for one in found.y] == (
        [names[one] for one in y] if y else list(values)
    )
    if y:
        assert (found.y.tolist(), found.names) == (y, names)


def test_the_attribute_is_one_of_many():
    table = pd.DataFrame({"Hat": [1, 0, 1], "yaw": [0.1, 0.2, 0.3], "clothing": [3, 0, 2]})
    assert condition_of(table, "Hat").names == ("no Hat", "Hat")
    assert condition_of(table, "clothing").names == ("0", "2", "3")
    with pytest.raises(InputError, match=r"3 labels: name one with --data\.attribute, such as Hat"):
        condition_of(table)
    with pytest.raises(InputError, match=r"no attribute 'hat' .*near names: Hat$"):
        condition_of(table, "hat")
    with pytest.raises(InputError, match=r"'yaw' holds fractions, such as 0\.1: .*: Hat, clothing"):
        condition_of(table, "yaw")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["cat", "cat"], "all 2 pictures are of one class, 'cat'"),
        ([True, True], "all 2 pictures are of one class, 'it'"),
        ([False, False], "all 2 pictures are of one class, 'no it'"),
        ([0, 0], "all 2 pictures are of one class, '0'"),
        (["a", None], "'it' is missing for 1 of 2 pictures"),
        ([1, np.nan], "'it' is missing for 1 of 2 pictures"),
        (["a", "", "b", ""], r"^2 pictures lie in no sub-folder \(first: 1\)"),
        (["a", "b", ""], r"^1 picture lies in no sub-folder \(first: 2\)"),
        (range(1001), "1,001 classes, 1,000 at most"),
        ([], "no labels"),
    ],
)
def test_what_gives_no_classes_is_said_in_one_line(values, words):
    with pytest.raises(InputError, match=words) as caught:
        condition_of(pd.DataFrame({"it": values}))
    assert "\n" not in str(caught.value)


def test_other_pictures_are_told_the_same_classes():
    table = pd.DataFrame({"class": ["dog", "dog"], "clothing": [1, 0], "Hat": [1, 1]})
    found = condition_of(table, "class", names=("cat", "dog", "eel"))
    assert (found.y.tolist(), found.names) == ([1, 1], ("cat", "dog", "eel"))
    assert condition_of(table, "clothing", names=("0", "1", "2")).y.tolist() == [1, 0]
    assert condition_of(table, "Hat", names=("no Hat", "Hat")).y.tolist() == [1, 1]
    with pytest.raises(InputError, match="other classes than the model's, cat, eel: dog"):
        condition_of(table, "class", names=("cat", "eel"))


def test_pictures_without_labels_are_told_where_from_to_have_them():
    with pytest.raises(InputError, match=r"no labels, .*: CelebA's .* idx .* sub-folder"):
        condition_of(None)


def test_names_of_classes_are_factors_where_they_are_few():
    table = pd.DataFrame({"class": ["dog", "cat", "dog"], "yaw": [0.1, 0.2, 0.3]})
    found = factors_of(table)
    assert found["class=dog"].tolist() == [True, False, True]
    assert choose_attributes(found) == ["class=cat", "class=dog"]
    people = pd.DataFrame({"class": [f"n{i}" for i in range(101)], "Hat": True})
    assert list(factors_of(people)) == ["Hat"]
