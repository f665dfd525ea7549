"""A generator's last layer for a table's rows, as `TableTransform` encodes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from genjax.errors import InputError
from genjax.losses.table_row import RowLayout
from genjax.models.head import Affine


@dataclass(frozen=True)
class TableHead:
    """One kind a column, as in the data, and the number that comes with it.

    The kind is the one with the highest logit, so that a discriminator cannot tell a made row by
    its soft kinds; gradients pass as if it were the softmax ("straight through"). The choice has no
    noise of its own: it is a function of the generator's input, which is noise enough.

    Attributes:
        columns: forms of the columns, each a `Column` or a pair of ints.
        conditional: labels are places of kinds that a row must have (the "conditional vector"),
            and a generator pays the cross-entropy of those that it does not give.

    References:
        Bengio, Léonard and Courville, "Estimating or propagating gradients through stochastic
        neurons", 2013 (straight through).
        Xu et al., "Modeling tabular data using conditional GAN", NeurIPS 2019, section 4.3.
    """

    columns: tuple[tuple[int, int], ...]
    conditional: bool = False

    @cached_property
    def layout(self) -> RowLayout:
        """Where each column is."""
        return RowLayout(self.columns)

    def fit(self, x: Array) -> Affine:
        """Return the map of the data's units: encoded rows have none."""
        return {}

    def observe(self, x: Array, affine: Affine) -> Array:
        """Return rows as they are."""
        return x

    def produce(self, x: Array, affine: Affine) -> Array:
        """Return rows as they are."""
        return x

    def activate(self, raw: Array) -> Array:
        """Return rows (batch, width) of raw outputs (batch, width): logits, then numbers."""
        layout = self.layout
        logits, numbers = raw[:, : layout.kinds], raw[:, layout.kinds :]
        soft = jnp.exp(layout.log_softmax(logits))
        # In this order the sum is exactly 0 or 1.
        kinds = soft + jax.lax.stop_gradient(layout.hardest(logits) - soft)
        return jnp.concatenate([kinds, numbers * layout.with_number(kinds)], axis=-1)

    def mismatch(self, raw: Array, labels: list[Array]) -> Array:
        """Return what a row pays for not being as its label asks, () nats a row."""
        if not self.conditional:
            return jnp.zeros(())
        log_probability = self.layout.log_softmax(raw[:, : self.layout.kinds])
        return -jnp.mean(jnp.take_along_axis(log_probability, labels[0][:, None], axis=1))

    def check(self, x: np.ndarray, labels: Sequence[np.ndarray] = ()) -> None:
        """Raise InputError if data is no encoded table, or a row has not the kind of its label."""
        self.layout.check(x, "this head")
        if self.conditional and not (x[np.arange(len(x)), labels[0]] == 1).all():
            raise InputError("labels of a conditional vector are places of kinds that rows have")
