"""Checkpoints of a `TrainState`; the only file that imports orbax.

A save is written beside its place and renamed when whole, so that a killed process leaves the last
good one.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import jax
from jax.sharding import Sharding

from genjax.algorithm import TrainState
from genjax.errors import InputError

if TYPE_CHECKING:
    import orbax.checkpoint.experimental.v1 as ocp


class Checkpoints:
    """The newest checkpoints of one run, by step; a context manager.

    Args:
        folder: made by the first save if it is not there.
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
        self._keep, self._read_only = keep, read_only
        self._manager: ocp.training.Checkpointer | None = None
        if self.folder.is_dir():
            newest = self._open().latest
            self.latest = None if newest is None else newest.step

    def _open(self) -> "ocp.training.Checkpointer":
        """Return orbax's part, which takes half a second to import: not before it is needed."""
        if self._manager is None:
            import orbax.checkpoint.experimental.v1 as ocp

            self._manager = ocp.training.Checkpointer(
                self.folder,
                preservation_policy=ocp.training.preservation_policies.LatestN(self._keep),
                cleanup_tmp_directories=not self._read_only,
            )
        return self._manager

    def save(self, state: TrainState) -> None:
        """Write the state under its step and return when it is there; once is enough."""
        step = int(state.step)
        if step == self.latest:
            return
        assert not self._read_only, "opened to read only"
        try:
            self._open().save(step, state)
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
        if self.latest is None:
            raise InputError(f"no checkpoint in {self.folder}")
        abstract = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place), like
        )
        try:
            return self._open().load(self.latest, abstract)
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
