"""Networks that compute in float32 and in bfloat16: the same family, in turn.

`NetworkConfig.dtype` is a setting of models with an encoder and a decoder, of pictures and of rows;
parameters, losses and the optimiser stay float32. Games have no such setting, and no rate here.
"""

from dataclasses import replace
from typing import Any, Literal

import jax
from rich.table import Table

from benchmarks.families import Family
from benchmarks.streamed import table_of_pairs
from benchmarks.timing import Effort, Training, take_turns_of_two
from genjax.models.networks import NetworkConfig

_NO_SETTING = "no setting of dtype"


def time_precisions(family: Family, effort: Effort) -> dict[str, Any]:
    """Time a family's steps in both precisions.

    Args:
        family: which.
        effort: how long.

    Returns:
        `steps_per_second`: "float32" and "bfloat16" -> median, least and most; `ratio`: bfloat16
        over float32, of neighbouring turns. Of a family without the setting, a `note`.
    """
    config, model = family.config, family.config.model
    if not isinstance(model, NetworkConfig):
        return {"note": _NO_SETTING}
    data = jax.device_put(family.data())

    def training(dtype: Literal["float32", "bfloat16"]) -> tuple[str, Training]:
        algorithm = replace(config, model=replace(model, dtype=dtype)).algorithm()
        size, chunk = config.batch_size, family.chunk
        return dtype, Training(algorithm, data, batch_size=size, chunk=chunk)

    return take_turns_of_two(training("float32"), training("bfloat16"), effort)


def table_of_precisions(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table of families' results."""
    return table_of_pairs(results, "precisions of the networks", ("float32", "bfloat16"))
