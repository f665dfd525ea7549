"""A run is a folder: `config.json`, `metrics.jsonl`, `checkpoints/`, `figures/`.

`Run.open` makes it or goes on with it; `load` gives the trained model back.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import jax
import numpy as np
from jax.sharding import Mesh

from genjax import sharding
from genjax.algorithm import PyTree, TrainState
from genjax.checkpoint import Checkpoints
from genjax.config import IDENTITY, TrainingConfig, differences, read_config, read_plain, to_plain
from genjax.errors import InputError
from genjax.trained import Trained

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]


_LOCK = ".lock"
LOGS = ("metrics", "signals")  # what a run writes step by step


def digest(data: PyTree) -> str:
    """Return a hash of the arrays' bytes, shapes and types: what a resumed run must find again."""
    total = hashlib.blake2b(digest_size=16)
    for leaf in jax.tree.leaves(data):
        array = np.ascontiguousarray(leaf)
        total.update(f"{array.dtype}{array.shape}".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()


class Run:
    """A run's folder.

    Args:
        folder: its path.
        config: what it trains.
        read_only: to look at it, while another process may be training in it.

    Attributes:
        folder: its path.
        config: what it trains.
        checkpoints: its checkpoints.
    """

    def __init__(self, folder: Path, config: TrainingConfig, *, read_only: bool = False):
        self.folder = folder
        self.config = config
        self.checkpoints = Checkpoints(folder / "checkpoints", read_only=read_only)
        self._lock: IO[str] | None = None

    @staticmethod
    def check(folder: str | Path, config: TrainingConfig) -> None:
        """Raise InputError if `open` would refuse this folder, whatever the data; change nothing.

        Call it before loading data, which may take minutes.
        """
        folder = Path(folder)
        if (folder / "config.json").exists():
            _refuse_changes(folder, to_plain(config))
        elif any(path.is_file() and path.name != _LOCK for path in folder.rglob("*")):
            raise InputError(f"{folder} is not empty and holds no run: name a new folder")
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise InputError(f"cannot write a run to {folder}: no writing to {nearest}")

    @classmethod
    def open(
        cls,
        folder: str | Path,
        config: TrainingConfig,
        data: PyTree,
        hashed: Callable[[], str] | None = None,
    ) -> "Run":
        """Make the folder, or go on with the run that is in it.

        Args:
            folder: new, empty, or a run of the same configuration and data.
            config: what to train.
            data: what it learns from; its hash is kept.
            hashed: returns that hash, where it is computed elsewhere already.

        Raises:
            InputError: the folder holds a run of something else (the message says what differs),
                holds other files, cannot be written to, or is being trained in.
        """
        folder = Path(folder)
        lock: IO[str] | None = None
        if sharding.is_main():
            cls.check(folder, config)
            rows = len(jax.tree.leaves(data)[0])
            found = hashed() if hashed else digest(data)
            plain = to_plain(config) | {"rows": rows, "digest": found}
            try:
                (folder / "figures").mkdir(parents=True, exist_ok=True)
                with contextlib.ExitStack() as on_failure:
                    lock = on_failure.enter_context(_lock(folder))
                    if (folder / "config.json").exists():
                        _refuse_changes(folder, plain)
                    else:
                        _replace(folder / "config.json", json.dumps(plain, indent=2) + "\n")
                    on_failure.pop_all()  # the run keeps the lock
            except OSError as error:
                raise InputError(f"cannot write a run to {folder}: {error}") from error
        sharding.agree(False)  # the other hosts wait until the folder is there
        run = cls(folder, config)
        run._lock = lock
        return run

    def restore(self, mesh: Mesh | None = None) -> TrainState | None:
        """Return the newest state, or None where none was saved yet.

        Args:
            mesh: the devices to restore to (default: the first one).

        Raises:
            InputError: the checkpoint is damaged, or of another model.
        """
        if self.checkpoints.latest is None:
            return None
        mesh = sharding.data_mesh(jax.devices()[:1]) if mesh is None else mesh
        batch = self.config.model.example(self.config.batch_size)
        like = jax.eval_shape(self.config.algorithm().init, jax.random.key(0), batch)
        return self.checkpoints.restore(like, sharding.replicated(mesh))

    def log(self, record: dict[str, Any], name: str = "metrics") -> None:
        """Append one line to `<name>.jsonl`; a record has its "step"."""
        with (self.folder / f"{name}.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")

    def records(self, name: str = "metrics") -> list[dict[str, Any]]:
        """Return the lines of `<name>.jsonl`; what a crash cut short is left out."""
        path = self.folder / f"{name}.jsonl"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        records = []
        for line in lines:
            with contextlib.suppress(json.JSONDecodeError):
                record = json.loads(line)
                if isinstance(record, dict) and isinstance(record.get("step"), int):
                    records.append(record)
        return records

    def close(self) -> None:
        """Let go of the folder: another process may train in it."""
        self.checkpoints.close()
        if self._lock is not None:
            self._lock.close()

    def drop_records_after(self, step: int) -> None:
        """Forget what was logged after a step: a resumed run goes through it again."""
        for name in LOGS:
            path = self.folder / f"{name}.jsonl"
            if path.exists():
                kept = [record for record in self.records(name) if record["step"] <= step]
                _replace(path, "".join(json.dumps(record) + "\n" for record in kept))


def load(folder: str | Path) -> Trained:
    """Return the trained model of a run's folder, on this machine's first device.

    Args:
        folder: as `scripts/train_celeba_vae.py --run` wrote it.

    Raises:
        InputError: there is no run, or it has no checkpoint yet.

    Example:
        >>> genjax.load("runs/demo").sample(16, seed=0).shape  # doctest: +SKIP
        (16, 64, 64, 3)
    """
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise InputError(f"no run in {folder}: it has no config.json")
    config = read_config(path)
    run = Run(Path(folder), config, read_only=True)
    with run.checkpoints:
        state = run.restore()
    if state is None:
        raise InputError(f"the run in {folder} has no checkpoint yet")
    return Trained(config, state)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all: a full disk leaves the old one."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    os.replace(new, path)


def _lock(folder: Path) -> IO[str]:
    """Hold the folder until the process ends; the system lets go of it however that happens."""
    file = (folder / _LOCK).open("w")
    if fcntl is None:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise InputError(f"another process is training in {folder}") from error
    return file


def _refuse_changes(folder: Path, plain: dict[str, Any]) -> None:
    """Compare what is asked for with what the folder holds, without the data where it is absent."""
    path = folder / "config.json"
    identity = {name: value for name, value in read_plain(path).items() if name in IDENTITY}
    # Through the configuration, so that a setting newer than the run has its default there.
    old = to_plain(read_config(path)) | (identity if "digest" in plain else {})
    if changed := differences(old, plain):
        raise InputError(f"{folder} holds a run of another configuration: {'; '.join(changed)}")
