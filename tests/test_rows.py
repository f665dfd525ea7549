import numpy as np
import pandas as pd
import pytest
from scipy import stats

from genjax import InputError
from genjax.data.config import TableConfig
from genjax.data.rows import draw_heights, load_table


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "people.csv"
    pd.DataFrame(
        {
            "": [1, 2, 3, 4],
            "sex": ["m", "f", "m", "f"],
            "height": [70.5, 64.0, np.nan, 66.0],
            "sons": [1, 0, 2, 3],
        }
    ).to_csv(path, index=False)
    return str(path)


def test_drawn_heights_are_the_truth():
    heights = draw_heights(20_000, seed=3)
    assert heights.shape == (20_000, 1)
    assert stats.kstest(heights[:, 0], stats.norm(69, 3).cdf).pvalue > 1e-3
    np.testing.assert_array_equal(draw_heights(5, seed=3), heights[:5])
    assert load_table(TableConfig(drawn=7), seed=3).x.tolist() == heights[:7].tolist()


def test_all_columns_of_numbers_are_read_and_incomplete_rows_are_left_out_and_said(csv):
    rows = load_table(TableConfig(path=csv))
    assert rows.columns == ("height", "sons")
    assert rows.x.tolist() == [[70.5, 1], [64.0, 0], [66.0, 3]]
    assert rows.x.dtype == np.float32
    assert "left out 1 rows with missing values" in rows.notes


def test_columns_and_rows_can_be_chosen(csv):
    assert load_table(TableConfig(path=csv, columns=("sons",))).x.tolist() == [[1], [0], [2], [3]]
    women = load_table(TableConfig(path=csv, columns=("height",), where="sex=f"))
    assert women.x.tolist() == [[64.0], [66.0]]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"columns": ("weight",)}, "'weight' is not there; columns of numbers: height, sons"),
        ({"columns": ("sex",)}, "'sex' holds no numbers"),
        ({"where": "sex"}, "where is COLUMN=VALUE"),
        ({"where": "age=3"}, "where is COLUMN=VALUE of sex, height, sons"),
        ({"where": "sex=x"}, "no row has sex=x; sex is m, f"),
        ({"columns": ("height",), "where": "sons=2"}, "no row that is complete in height"),
        ({"path": "nowhere.csv"}, "cannot be read as csv"),
        ({"path": None, "columns": ("weight",)}, "drawn heights have one column"),
        ({"path": None, "columns": ("height",), "drawn": 0}, "draw 1 or more heights"),
    ],
)
def test_what_is_not_there_is_said(csv, changes, match):
    with pytest.raises(InputError, match=match):
        load_table(TableConfig(**{"path": csv, **changes}))


@pytest.mark.parametrize("text", ["", "a,b\n1,2,3\n4,5\n6,7,8,9\n", "\x00\xff\xfe"])
def test_a_broken_csv_is_one_line(tmp_path, text):
    path = tmp_path / "broken.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        load_table(TableConfig(path=str(path)))
    assert "\n" not in str(caught.value)


def test_the_real_tables_are_read(shared_data):
    men = load_table(
        TableConfig(
            path=str(shared_data / "heights" / "GaltonFamilies.csv"),
            columns=("childHeight",),
            where="gender=male",
        )
    )
    assert men.x.shape == (481, 1)
    assert men.x.mean() == pytest.approx(69.23, abs=0.01)
