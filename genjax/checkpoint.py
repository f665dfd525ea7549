"""Checkpoints of a `TrainState`; the only file that imports orbax.

A save is written beside its place and renamed when whole, so that a killed process leaves the last
good one.
"""

from pathlib import Path

import jax
import orbax.checkpoint.experimental.v1 as ocp
from jax.sharding import Sharding

from genjax.algorithm import TrainState
from genjax.errors import InputError


class Checkpoints:
    """The newest checkpoints of one run, by step; a context manager.

    Args:
        folder: made if it is not there.
        keep: how many of the newest to keep.
        read_only: neither make the folder nor clear away what a killed save left: another process
            may be saving there.

    Example:
        >>> import tempfile, jax, jax.numpy as jnp
        >>> state = TrainState(jnp.int32(3), {"net": jnp.ones(2)}, {}, {})
        >>> with Checkpoints(tempfile.mkdtemp()) as checkpoints:
        ...     checkpoints.save(state)
        ...     place = jax.sharding.SingleDeviceSharding(jax.devices()[0])
        ...     restored = checkpoints.restore(jax.eval_shape(lambda: state), place)
        >>> checkpoints.latest, restored.params["net"].tolist()
        (3, [1.0, 1.0])
    """

    def __init__(self, folder: str | Path, *, keep: int = 2, read_only: bool = False):
        self.folder = Path(folder).resolve()
        self.latest: int | None = None
        self._manager: ocp.training.Checkpointer | None = None
        if read_only and not self.folder.is_dir():
            return
        self._manager = ocp.training.Checkpointer(
            self.folder,
            preservation_policy=ocp.training.preservation_policies.LatestN(keep),
            cleanup_tmp_directories=not read_only,
        )
        newest = self._manager.latest
        self.latest = None if newest is None else newest.step

    def save(self, state: TrainState) -> None:
        """Write the state under its step and return when it is there; once is enough."""
        step = int(state.step)
        if step == self.latest:
            return
        assert self._manager is not None, "opened to read only"
        try:
            self._manager.save(step, state)
        except (ValueError, OSError) as error:
            raise InputError(
                f"cannot save step {step} in {self.folder} (is the disk full?); the newest "
                f"checkpoint there is {self.latest}"
            ) from error
        self.latest = step

    def restore(self, like: TrainState, place: Sharding) -> TrainState:
        """Return the newest state.

        Args:
            like: the shapes and types to expect (from `jax.eval_shape`).
            place: where its arrays go; any devices, not only those that it was saved from.

        Raises:
            InputError: there is none, or it is of another shape.
        """
        if self.latest is None or self._manager is None:
            raise InputError(f"no checkpoint in {self.folder}")
        abstract = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place), like
        )
        try:
            return self._manager.load(self.latest, abstract)
        except (ValueError, KeyError, FileNotFoundError, OSError) as error:
            raise InputError(
                f"checkpoint {self.latest} of {self.folder} cannot be read: it is damaged, or of "
                "another model"
            ) from error

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish; nothing can be saved or restored afterwards."""
        if self._manager is not None:
            self._manager.close()
