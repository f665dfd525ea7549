"""Rows are read twice of large tables; what comes is what plain indexing gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genjax.gather import gather

ROWS = jnp.array([[2, 99_999, 0], [7, 7, 50_001]])


def table(columns, dtype=jnp.float32):
    values = np.arange(100_000 * columns).reshape(100_000, columns) % 1021
    values = values.astype(dtype)
    if jnp.issubdtype(dtype, jnp.floating):  # what the first reading looks for, on each row
        values[:, 0] = np.resize([np.nan, np.inf, -np.inf, 1.0], 100_000)
        values[:, -1] = np.inf
    return jnp.asarray(values)


@pytest.mark.parametrize(
    ("columns", "dtype"),
    [
        *((columns, jnp.float32) for columns in (1, 29, 21, 33, 255, 300)),
        (64, jnp.bfloat16),
        (29, jnp.int32),
    ],
)
@pytest.mark.parametrize("rows", [ROWS, ROWS[0], ROWS[1, 1]])
def test_the_rows_of_every_table(columns, dtype, rows):
    leaf = table(columns, dtype)
    got = jax.jit(gather)({"x": leaf, "y": leaf[:, 0]}, rows)
    assert got["x"].dtype == leaf.dtype
    expected = np.asarray(leaf)[rows].astype(float)  # NumPy's bfloat16 knows no equal NaN
    np.testing.assert_array_equal(np.asarray(got["x"]).astype(float), expected)
    np.testing.assert_array_equal(got["y"].astype(float), expected[..., 0])


@pytest.mark.parametrize(("columns", "readings"), [(20, 1), (21, 2), (257, 1)])
def test_the_compiler_keeps_the_first_reading_where_there_is_one(columns, readings):
    """Of 8 MB and more, and rows of a kilobyte at most: else it costs more than it spares."""
    program = jax.jit(gather).lower({"x": jnp.zeros((100_000, columns))}, ROWS).compile()
    assert program.as_text().count(" gather(") == readings
