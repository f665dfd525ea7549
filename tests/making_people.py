"""Tables of people that nobody met, for tests of what compares tables."""

import numpy as np
import pandas as pd


def people(seed, n=1500):
    """Rows of all types; all columns depend on the income, some values are missing."""
    draw = np.random.default_rng(seed)
    income = draw.lognormal(size=n)
    many = income > np.e**0.5
    return pd.DataFrame(
        {
            "income": np.where(draw.random(n) < 0.2, np.nan, income),
            "children": draw.poisson(income),
            "owner": draw.random(n) < np.where(many, 0.9, 0.1),
            "since": pd.Timestamp(2000, 1, 1)
            + pd.to_timedelta(draw.integers(0, 90, n) + 300 * many, "D"),
            "town": pd.Series(draw.choice(["Bath", "York", "Leeds"], n)).where(many, "Hull"),
            "late": np.where(draw.random(n) < np.where(many, 0.1, 0.5), "yes", "no"),
        }
    )


def shuffled(table):
    columns = {
        name: table[name].sample(frac=1, random_state=i).to_numpy() for i, name in enumerate(table)
    }
    return pd.DataFrame(columns)


REAL, OTHER = people(0), people(1)


def other_types(table):
    """The same values."""
    return table.iloc[:, ::-1].assign(
        children=table["children"].astype(float),
        owner=table["owner"].astype(object),
        since=table["since"].dt.date,
        town=table["town"].astype("category"),
        late=table["late"].astype(pd.CategoricalDtype(["yes", "maybe", "no"])),
    )
