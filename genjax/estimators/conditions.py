"""What may be asked of a table's rows, as labels of a conditional model."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from genjax.data.table import TableTransform
from genjax.errors import InputError
from genjax.estimators.table_rows import training_rows
from genjax.losses import RowLayout

_MOST = 256  # combinations of values
_DRAW = 101  # which of a seed's streams draws labels


class Conditions(NamedTuple):
    """Labels, and the kinds of columns that each stands for.

    Attributes:
        places: (labels, columns) int, places of kinds in an encoded row.
        shares: (labels,) of the rows that are drawn, 1 in sum, where nothing is asked for.
        weights: (labels,) of the rows to train on.
    """

    places: np.ndarray
    shares: np.ndarray
    weights: np.ndarray

    @classmethod
    def none(cls) -> Self:
        """Return what a model without labels has."""
        return cls(np.zeros((0, 0), int), np.zeros(0), np.zeros(0))

    @classmethod
    def of_columns(
        cls, columns: Sequence[Hashable], transform: TableTransform, encoded: np.ndarray
    ) -> Self:
        """Return a label for each combination of values of these columns that some row has.

        Raises:
            InputError: a column has numbers, or there are too many combinations.
        """
        if strangers := [name for name in columns if name not in transform.discrete()]:
            raise InputError(
                f"condition_on {strangers[0]!r}: it is no column of categories; "
                f"these are: {', '.join(map(repr, transform.discrete())) or 'none'}"
            )
        layout, names = RowLayout(transform.columns_), transform.names
        starts = [layout.starts[names.index(name)] for name in columns]
        counts = [layout.columns[names.index(name)].kinds for name in columns]
        kinds = [
            start + encoded[:, start : start + count].argmax(axis=1)
            for start, count in zip(starts, counts, strict=True)
        ]
        places, rows = np.unique(np.stack(kinds, axis=1), axis=0, return_counts=True)
        if len(places) < 2:
            raise InputError(f"condition_on {list(columns)}: all rows have the same values")
        if len(places) > _MOST:
            raise InputError(
                f"condition_on {list(columns)}: {len(places)} combinations of values, at most "
                f"{_MOST}"
            )
        return cls(places, rows / rows.sum(), np.log1p(rows))

    @classmethod
    def of_any(cls, transform: TableTransform, encoded: np.ndarray) -> Self:
        """Return a label for each value of each column of categories, and for no two together.

        This is the conditional vector; labels of other columns' kinds are there, but of share 0.

        References:
            Xu et al., "Modeling tabular data using conditional GAN", NeurIPS 2019, section 4.3.
        """
        if not transform.discrete():
            raise InputError("a conditional vector is of columns of categories: there are none")
        layout, names = RowLayout(transform.columns_), transform.names
        shares, weights = np.zeros(layout.kinds), np.zeros(layout.kinds)
        for name in transform.discrete():  # each as often as any other
            start, stop = layout.starts[names.index(name) :][:2]
            rows = encoded[:, start:stop].sum(axis=0)
            shares[start:stop] = rows / rows.sum()
            weights[start:stop] = np.log1p(rows) / np.log1p(rows).sum()
        return cls(np.arange(layout.kinds)[:, None], shares / shares.sum(), weights)

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return len(self.places)

    def training_data(
        self, encoded: np.ndarray, batch_size: int, *, seed: int
    ) -> dict[str, np.ndarray]:
        """Return rows to train on, {"x"} and the labels {"y"}, rare ones more often than they are.

        A label (of a column) is as frequent as the logarithm of its rows' number, so that rare ones
        are learnt.
        """
        if not self.labels:
            return training_rows(encoded, [np.arange(len(encoded))], np.ones(1), batch_size, seed)
        present = np.flatnonzero(self.weights)
        groups = [np.flatnonzero(encoded[:, self.places[i]].all(axis=1)) for i in present]
        data = training_rows(encoded, groups, self.weights[present], batch_size, seed)
        return {"x": data["x"], "y": present[data["y"]].astype(np.int32)}

    def draw(
        self,
        n: int,
        wanted: Mapping[Hashable, Any],
        transform: TableTransform,
        *,
        seed: int,
    ) -> np.ndarray | None:
        """Return n labels that fit what is wanted, by their shares; None for a model without any.

        Args:
            n: rows.
            wanted: column -> value, of some of the columns that were conditioned on.
            transform: of the table.
            seed: of what is not wanted in particular.

        Raises:
            InputError: a value or a combination that no training row had.
        """
        if not self.labels:
            if wanted:
                raise InputError("this generator was fitted without condition_on: no conditions")
            return None
        layout, names = RowLayout(transform.columns_), transform.names
        shares = self.shares.copy()
        for name, value in wanted.items():
            kind = transform.kind(name, value)
            shares *= (self.places == layout.starts[names.index(name)] + kind).any(axis=1)
        if not shares.sum():
            asked = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
            raise InputError(f"conditions {asked}: not what this generator was fitted to know")
        rng = np.random.default_rng((seed, _DRAW))
        return rng.choice(self.labels, size=n, p=shares / shares.sum())

    def impose(
        self, encoded: np.ndarray, labels: np.ndarray | None, layout: RowLayout
    ) -> np.ndarray:
        """Return encoded rows that have the kinds of their labels: a model may forget them."""
        if labels is None:
            return encoded
        encoded = encoded.copy()
        column_of = layout.column_of.argmax(axis=1)
        for places in self.places[labels].T:
            others = layout.column_of[:, column_of[places]].T
            encoded[:, : layout.kinds] *= 1 - others
            encoded[np.arange(len(encoded)), places] = 1
        return encoded


ConditionOn = Sequence[Hashable] | Literal["any"]
