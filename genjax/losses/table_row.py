"""The likelihood of a table's row: each column is of a kind, and some kinds come with a number.

    log p(row) = Σ_columns log π_kind + [kind comes with a number] log N(number; μ_kind, σ²_kind)

A category is a kind; so are a missing value, a spike at zero or at a cap, and each mode of a
mixture. What is continuous is a kind that comes with a number. All columns are computed at once.

References:
    Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling tabular data using conditional
    GAN", NeurIPS 2019, section 4.2 (a mode and a number in it) and equation 2 (TVAE).
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError
from genjax.threefry import draw

_CAP = 30.0  # of logits, softly: e^±30 can be summed as it is, so that no maximum must be found


class Column(NamedTuple):
    """The form of an encoded column; where only plain values may stand, a pair of ints.

    Attributes:
        kinds: 1 or more, of which a row has one.
        valued: the last of them, which come with a number; the number is 0 elsewhere.
    """

    kinds: int
    valued: int = 0


def select(x: Array, matrix: np.ndarray) -> Array:
    """Return sums of columns, which a matrix of 0 and 1 chooses, without any loss of digits."""
    return jnp.matmul(x, matrix, precision="highest")  # accelerators' default rounds the inputs


@dataclass(frozen=True)
class RowLayout:
    """Where each column is in an encoded row: one-hot kinds of all columns, then the numbers.

    Attributes:
        pairs: forms of the columns, each a `Column` or a pair of ints.

    Example:
        >>> layout = RowLayout((Column(3), Column(2, valued=1)))
        >>> layout.width, layout.kinds, layout.numbers
        (6, 5, 1)
    """

    pairs: tuple[tuple[int, int], ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Forms of the columns."""
        return tuple(Column(*pair) for pair in self.pairs)

    @cached_property
    def kinds(self) -> int:
        """Sum of the columns' kinds."""
        return sum(column.kinds for column in self.columns)

    @cached_property
    def numbers(self) -> int:
        """Columns that have kinds with a number."""
        return sum(column.valued > 0 for column in self.columns)

    @cached_property
    def valued(self) -> int:
        """Sum of the kinds with a number."""
        return sum(column.valued for column in self.columns)

    @property
    def width(self) -> int:
        """Numbers of an encoded row."""
        return self.kinds + self.numbers

    @cached_property
    def starts(self) -> np.ndarray:
        """First kind of each column, (columns + 1,) int, the last being `kinds`."""
        return np.cumsum([0, *(column.kinds for column in self.columns)])

    @cached_property
    def column_of(self) -> np.ndarray:
        """(kinds, columns) float32, 1 where a kind is of a column."""
        counts = [column.kinds for column in self.columns]
        return np.repeat(np.eye(len(counts), dtype=np.float32), counts, axis=0)

    @cached_property
    def valued_places(self) -> np.ndarray:
        """Place of each kind with a number among all kinds, (valued,) int."""
        ends = self.starts[1:]
        spans = zip(ends, self.columns, strict=True)
        places = [np.arange(end - column.valued, end) for end, column in spans]
        return np.concatenate([np.zeros(0, int), *places]).astype(int)

    @cached_property
    def number_of(self) -> np.ndarray:
        """(valued, numbers) float32, 1 where a kind's number is in that place."""
        counts = [column.valued for column in self.columns if column.valued]
        return np.repeat(np.eye(len(counts), dtype=np.float32), counts, axis=0)

    def log_softmax(self, logits: Array) -> Array:
        """Return log-probabilities within each column, of logits (batch, kinds), softly capped."""
        logits = _CAP * jnp.tanh(logits / _CAP)
        total = jnp.log(select(jnp.exp(logits), self.column_of))
        return logits - select(total, self.column_of.T)

    def hardest(self, scores: Array) -> Array:
        """Return one-hot kinds, the (first) highest score of each column, (batch, kinds)."""
        column = np.argmax(self.column_of, axis=1)
        many = len(self.columns)
        scores, place = scores.T, jnp.arange(self.kinds)[:, None]
        highest = jax.ops.segment_max(scores, column, many, indices_are_sorted=True)
        places = jnp.where(scores >= highest[column], place, self.kinds)
        first = jax.ops.segment_min(places, column, many, indices_are_sorted=True)
        return (place == first[column]).T.astype(scores.dtype)

    def with_number(self, kinds: Array) -> Array:
        """Return the share of each number's column that is of a kind with it, (batch, numbers)."""
        return select(kinds[:, self.valued_places], self.number_of)

    def check(self, x: np.ndarray | Array, name: str) -> None:
        """Raise InputError if x (batch, width) is no encoded table."""
        if x.ndim != 2 or x.shape[1] != self.width:
            raise InputError(f"{name} is of rows of {self.width} numbers, not of shape {x.shape}")
        kinds = np.asarray(x[:, : self.kinds])
        one_hot = ((kinds == 0) | (kinds == 1)).all() and (kinds @ self.column_of == 1).all()
        if not one_hot or not np.isfinite(np.asarray(x[:, self.kinds :])).all():
            raise InputError(f"{name} is of tables as TableTransform encodes them; this is none")


@dataclass(frozen=True)
class TableRow:
    """The likelihood of encoded rows, as in this file's head.

    Data is (batch, width) as `RowLayout` has it; outputs are logits of all kinds, then the means
    and the log-variances of the kinds with a number.

    Attributes:
        columns: their forms, each a `Column` or a pair of ints.
        least_log_variance: of a number, kept from above softly: numbers are of unit variance, and
            one that is known exactly would have an infinite density.

    Example:
        >>> row = TableRow((Column(3), Column(2, valued=1)))
        >>> row.width(6)
        7
    """

    columns: tuple[tuple[int, int], ...]
    least_log_variance: float = -6.0

    is_density: ClassVar[bool] = True

    @cached_property
    def layout(self) -> RowLayout:
        """Where each column is."""
        return RowLayout(self.columns)

    def width(self, size: int) -> int:
        """Return the logits, means and log-variances."""
        layout = self.layout
        if size != layout.width:
            raise InputError(f"TableRow describes {layout.width} numbers, but the data has {size}")
        return layout.kinds + 2 * layout.valued

    def observe(self, x: Array) -> Array:
        """Floats as they are."""
        return x.astype(jnp.float32)

    def check(self, x: np.ndarray | Array) -> None:
        """One-hot kinds and finite numbers."""
        self.layout.check(x, "TableRow")

    def _split(self, outputs: Array) -> tuple[Array, Array, Array]:
        """Return log-probabilities (batch, kinds), means and log-variances (batch, valued)."""
        layout, least = self.layout, self.least_log_variance
        logits, mean, free = jnp.split(
            outputs, [layout.kinds, layout.kinds + layout.valued], axis=-1
        )
        return layout.log_softmax(logits), mean, least + jax.nn.softplus(free - least)

    def elementwise(self, outputs: Array, x: Array) -> Array:
        """Return -log p of each kind that a row has, and of each number."""
        layout = self.layout
        log_probability, mean, log_variance = self._split(outputs)
        chex.assert_shape(x, (outputs.shape[0], layout.width))
        kinds, numbers = x[:, : layout.kinds], x[:, layout.kinds :]
        square = jnp.square(select(numbers, layout.number_of.T) - mean) * jnp.exp(-log_variance)
        cost = 0.5 * (square + log_variance + math.log(2 * math.pi))
        cost = select(kinds[:, layout.valued_places] * cost, layout.number_of)
        return jnp.concatenate([-log_probability * kinds, cost], axis=-1)

    def loss(self, outputs: Array, x: Array) -> Array:
        """Return -log p, (batch,)."""
        return jnp.sum(self.elementwise(outputs, x), axis=-1)

    def mean(self, outputs: Array) -> Array:
        """Return the kinds' probabilities, and each number's mean, where it is 0 without one."""
        layout = self.layout
        log_probability, mean, _ = self._split(outputs)
        probability = jnp.exp(log_probability)
        numbers = select(probability[:, layout.valued_places] * mean, layout.number_of)
        return jnp.concatenate([probability, numbers], axis=-1)

    def sample(self, key: Array, outputs: Array) -> Array:
        """Draw kinds, and their numbers."""
        layout, keys = self.layout, jax.random.split(key)
        log_probability, mean, log_variance = self._split(outputs)
        kinds = layout.hardest(
            log_probability + draw(jax.random.gumbel, keys[0], log_probability.shape)
        )
        noise = draw(jax.random.normal, keys[1], mean.shape)
        draws = mean + jnp.exp(log_variance / 2) * noise
        numbers = select(kinds[:, layout.valued_places] * draws, layout.number_of)
        return jnp.concatenate([kinds, numbers], axis=-1)
