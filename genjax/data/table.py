"""A table of mixed columns as float32 rows that generative models learn, and back.

Each column is of a kind, and some kinds come with a number (`genjax.losses.table_row`):

| column | kinds without a number | kinds with a number, about N(0, 1) |
| --- | --- | --- |
| numbers, dates | missing; values that stand out | what lies between: its rank, or its modes |
| categories, text, booleans | missing; each category; all rare ones | |

Values that stand out are spikes: at 0, at a cap, at round numbers.
"""

import json
from collections.abc import Hashable, Sequence
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from genjax.data.table_between import Modes, Quantiles
from genjax.data.table_categories import CategoricalColumn
from genjax.data.table_checks import check_frame, check_names, is_categorical, some
from genjax.data.table_columns import NumericColumn
from genjax.data.table_dtypes import value_to_json
from genjax.errors import InputError
from genjax.losses.table_row import Column, RowLayout

_STRATEGIES: dict[str, type[Quantiles] | type[Modes]] = {"quantile": Quantiles, "modes": Modes}
_FIT, _ENCODE, _DECODE = 1, 2, 3  # streams of a seed; with 0 it would be the seed's own
_SETTINGS = ("numeric", "categorical", "spike_share", "rare")

Codec = NumericColumn | CategoricalColumn


class TableTransform:
    """Encodes a pandas table as rows of kinds and numbers, and restores it to the last dtype.

    What it holds, `to_json` writes and `inverse` gives are values of single columns, never together
    as rows: all categories, rare ones too, with rare ones' shares; of numbers and dates the least,
    the greatest, spikes, and some 2,000 quantiles ("modes": a mixture). Below 2,000 rows these are
    all of a column's values, sorted: leave out columns whose values alone must not be given away.
    Text that looks like an identifier is refused, unless it is named as categorical.

    Example:
        >>> frame = pd.DataFrame({"age": [31, 47, 20, 65], "sex": ["f", "m", "m", "f"]})
        >>> transform = TableTransform(rare=1).fit(frame)
        >>> transform.columns_
        (Column(kinds=1, valued=1), Column(kinds=2, valued=0))
        >>> transform.inverse(transform.transform(frame)).equals(frame)
        True

    References:
        Xu, Skoularidou, Cuesta-Infante and Veeramachaneni, "Modeling tabular data using
        conditional GAN", NeurIPS 2019, section 4.2, of modes.
    """

    def __init__(
        self,
        *,
        numeric: Literal["quantile", "modes"] = "quantile",
        categorical: Sequence[Hashable] | Literal["auto"] = "auto",
        spike_share: float = 0.005,
        rare: int = 10,
    ) -> None:
        """Keep the settings.

        Args:
            numeric: what lies between a column's spikes is encoded by its rank ("quantile"), or by
                a mode of a Gaussian mixture and the distance from its mean ("modes").
            categorical: columns to be taken as categories. Booleans, categories and text are such
                anyway, but for text that is mostly numbers or mostly different.
            spike_share: least share of the rows of a number that stands out among its neighbours.
            rare: categories of fewer rows share a kind.
        """
        self.numeric = numeric
        self.categorical = categorical
        self.spike_share = spike_share
        self.rare = rare
        self._codecs: tuple[Codec, ...] = ()

    def fit(self, frame: pd.DataFrame, *, seed: int = 0) -> Self:
        """Learn the columns of training rows.

        Args:
            frame: (n, columns), n 2 or more.
            seed: of the modes' start.

        Raises:
            InputError: settings or columns that cannot be used; then nothing is changed.
        """
        rare, categorical = self._check_settings()
        check_frame(frame)
        if strangers := [name for name in categorical if name not in frame.columns]:
            raise InputError(f"categorical names {some(strangers)}: there is no such column")
        codecs = []
        for place, (name, column) in enumerate(frame.items()):
            column.name = name  # which a frame may have as NumPy's
            if is_categorical(column, name in categorical):
                codec: Codec = CategoricalColumn.fit(column, rare=rare)
            else:
                codec = NumericColumn.fit(
                    column,
                    strategy=_STRATEGIES[self.numeric],
                    rng=np.random.default_rng((seed, _FIT, place)),
                    spike_share=self.spike_share,
                )
            if codec.constant:
                value = column[:1].astype(object).iloc[0]
                raise InputError(f"column {name!r} is constant, {value!r}: drop it")
            codecs.append(codec)
        self._codecs = tuple(codecs)
        return self

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Names of the columns, in the frame's order."""
        return tuple(codec.name for codec in self._fitted())

    @property
    def columns_(self) -> tuple[Column, ...]:
        """Forms of the encoded columns, in the frame's order."""
        return tuple(codec.column for codec in self._fitted())

    def transform(self, frame: pd.DataFrame, *, seed: int = 0) -> np.ndarray:
        """Encode rows: one-hot kinds of all columns, then the numbers of those that have some.

        Numbers and dates out of the training rows' range are set to its ends. Where columns are of
        spikes only, other numbers are set to the nearest one.

        Args:
            frame: (n, columns), of the names of `fit`, in any order.
            seed: of ranks of values that many rows share, or of modes.

        Returns:
            (n, width) float32, of `RowLayout(columns_)`.

        Raises:
            InputError: other columns, infinite values, categories that were not seen in fitting,
                or missing values where there were none.
        """
        codecs = self._fitted()
        check_names(frame, [codec.name for codec in codecs])
        layout = RowLayout(self.columns_)
        encoded = np.zeros((len(frame), layout.width), np.float32)
        rows, number = np.arange(len(frame)), layout.kinds
        for place, (codec, start) in enumerate(zip(codecs, layout.starts, strict=False)):
            rng = np.random.default_rng((seed, _ENCODE, place))
            kinds, numbers = codec.encode(frame[codec.name], rng)
            encoded[rows, start + kinds] = 1
            if numbers is not None:
                encoded[:, number] = numbers
                number += 1
        return encoded

    def inverse(self, encoded: np.ndarray, *, seed: int = 0) -> pd.DataFrame:
        """Restore rows, with the names, the order and the dtypes of the fitted columns.

        Integers, dates, rounded numbers, spikes, categories and missing values are restored
        exactly, other numbers to 1e-6 of their rank; both as far as float32 tells numbers apart.

        Args:
            encoded: (n, width) floats; of each column's kinds the highest counts.
            seed: of rare categories, which are drawn by their shares in the training rows.

        Raises:
            InputError: not finite, or not of this width.
        """
        codecs, layout = self._fitted(), RowLayout(self.columns_)
        encoded = np.asarray(encoded)
        if encoded.ndim != 2 or encoded.shape[1] != layout.width:
            raise InputError(f"encoded rows have {layout.width} numbers, not shape {encoded.shape}")
        if not np.isfinite(encoded).all():
            raise InputError("encoded rows are finite, but some of these numbers are not")
        restored, number = {}, layout.kinds
        for place, (codec, start) in enumerate(zip(codecs, layout.starts, strict=False)):
            kinds = encoded[:, start : start + codec.column.kinds].argmax(axis=1)
            numbers = None
            if codec.column.valued:
                numbers = encoded[:, number].astype(np.float64)
                number += 1
            rng = np.random.default_rng((seed, _DECODE, place))
            restored[codec.name] = codec.decode(kinds, numbers, rng)
        return pd.DataFrame(restored)

    def kind(self, column: Hashable, value: Any) -> int:
        """Return the place of a value's kind within its column, for conditions.

        Args:
            column: its name.
            value: a category, a number that stands out, or None for a missing value.

        Raises:
            InputError: there is no such column, or the value has no kind of its own.
        """
        codecs = {codec.name: codec for codec in self._fitted()}
        if column not in codecs:
            raise InputError(f"there is no column {column!r}, only {some(list(codecs))}")
        return codecs[column].kind(value)

    def discrete(self) -> tuple[Hashable, ...]:
        """Return the names of columns without numbers."""
        return tuple(codec.name for codec in self._fitted() if not codec.column.valued)

    def to_json(self) -> str:
        """Return all of the transform as text; floats are exact."""
        codecs = [
            {"is_categorical": isinstance(codec, CategoricalColumn), **codec.to_json()}
            for codec in self._fitted()
        ]
        settings = {name: getattr(self, name) for name in _SETTINGS}
        if not isinstance(self.categorical, str):
            settings["categorical"] = [value_to_json(name) for name in self.categorical]
        return json.dumps({"version": 1, "settings": settings, "columns": codecs}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the transform of `to_json`.

        Raises:
            InputError: the text is of something else.
        """
        types: tuple[type[Codec], type[Codec]] = NumericColumn, CategoricalColumn
        try:
            plain = json.loads(text)
            transform = cls(**plain["settings"])
            transform._codecs = tuple(
                types[column.pop("is_categorical")].from_json(column) for column in plain["columns"]
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError("this text is not what TableTransform.to_json returns") from error
        return transform

    def _fitted(self) -> tuple[Codec, ...]:
        if not self._codecs:
            raise InputError("fit the transform first")
        return self._codecs

    def _check_settings(self) -> tuple[int, tuple[Hashable, ...]]:
        """Return `rare`, and the columns that are named categorical."""
        if self.numeric not in _STRATEGIES:
            raise InputError(f"numeric is one of {', '.join(_STRATEGIES)}, not {self.numeric!r}")
        if not 0 < self.spike_share <= 1:
            raise InputError(f"spike_share is a share, above 0 to 1, not {self.spike_share!r}")
        if self.rare < 1:
            raise InputError(f"rare is a count of rows, 1 or more, not {self.rare!r}")
        if not isinstance(self.categorical, str):
            return self.rare, tuple(self.categorical)
        if self.categorical != "auto":
            raise InputError(f"categorical is 'auto' or a list of names, not {self.categorical!r}")
        return self.rare, ()
