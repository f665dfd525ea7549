"""What a run is made of, as frozen dataclasses of plain values, and their JSON."""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import optax

from genjax.algorithm import Algorithm
from genjax.errors import InputError
from genjax.models import KINDS, AutoencoderConfig, VAEConfig

OptimizerName = Literal["adam", "adamw", "nadam", "sgd"]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where the pictures come from.

    Attributes:
        path: CelebA in either layout, MNIST's idx files, a folder or a zip of pictures; None
            draws faces.
        drawn: how many faces are drawn to train on.
        split: what is trained on, "train" where it is None; pictures without a partition are
            all of them "train".
        crop: None stretches; "square" takes the largest central square, a number the central
            square of so many pixels; then the picture is resized to the model's shape.
        limit: train on at most so many pictures, the first ones.
        strict: refuse a set with a broken picture instead of skipping it.
        binarize: "threshold" makes pixels of 128 and more white, the others black; "static" draws
            each pixel once, white with probability grey / 255, the same in every run.
        cache: a folder to keep decoded pictures in, so that the next start need not decode them.
            It grows with every set, shape and crop, and may be emptied at any time.
        stream: leave the pictures in the host's memory, or mapped from the cache, and send each
            chunk's to the device: for sets that its memory does not hold.
    """

    path: str | None = None
    drawn: int = 20_000
    split: Literal["train", "validation", "test", "train+validation", "all"] | None = None
    crop: int | Literal["square"] | None = None
    limit: int | None = None
    strict: bool = False
    binarize: Literal["none", "threshold", "static"] = "none"
    cache: str | None = None
    stream: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A whole run.

    Attributes:
        model: what is trained.
        data: what it learns from.
        optimizer: by optax's name.
        learning_rate: of the optimizer, after the warm-up.
        warmup_steps: the learning rate rises linearly from 0 over these steps.
        decay_steps: it falls as a cosine and is 0 at this step; None keeps it.
        batch_size: examples a step.
        epochs: passes over the data from the start of the run; with `steps` and `minutes`, at
            most one of the three is set, and none means until it is stopped.
        steps: the step to reach, counted from the start of the run.
        minutes: of training from now on.
        seed: of the initialisation, the order, the noise and the drawn data.
        chunk: steps an executable; about two seconds' worth is a good length.
        tensorboard: write curves and pictures for TensorBoard too, into the run's folder.
    """

    model: VAEConfig | AutoencoderConfig = field(default_factory=VAEConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimizer: OptimizerName = "adam"
    learning_rate: float = 5e-4
    warmup_steps: int = 0
    decay_steps: int | None = None
    batch_size: int = 128
    epochs: float | None = None
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    chunk: int = 5
    tensorboard: bool = False

    def check(self) -> None:
        """Raise InputError if a value cannot be used, before anything is loaded or written."""
        self.model.build()
        given = [name for name in LIMITS if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"name one of {', '.join(given)}, not {len(given)}")
        if self.optimizer not in get_args(OptimizerName):
            raise InputError(f"no optimizer {self.optimizer!r}: {get_args(OptimizerName)}")
        for name in ("learning_rate", "batch_size", "chunk", *given):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise InputError(f"{name} must be positive and finite, got {value}")
        if not 0 <= self.warmup_steps < (2**31 if self.decay_steps is None else self.decay_steps):
            raise InputError(
                "warmup_steps are 0 or more and fewer than decay_steps: got "
                f"{self.warmup_steps}, {self.decay_steps}"
            )
        if not 0 <= self.seed < 2**32:
            raise InputError(f"a seed lies in [0, 2^32), not {self.seed}")

    def tx(self) -> optax.GradientTransformation:
        """Return the optimizer."""
        return getattr(optax, self.optimizer)(self._rate())

    def _rate(self) -> float | optax.Schedule:
        """Return the learning rate: linearly up, then constant or down as a cosine."""
        peak, warmup, decay = self.learning_rate, self.warmup_steps, self.decay_steps
        if decay is not None:
            start = 0.0 if warmup else peak
            return optax.warmup_cosine_decay_schedule(start, peak, warmup, decay)
        return optax.linear_schedule(0.0, peak, warmup) if warmup else peak

    def algorithm(self) -> Algorithm:
        """Return what the run trains."""
        return self.model.build().algorithm(self.tx())

    def steps_of(self, rows: int) -> int:
        """Return the step to reach with so many rows: 2^31 - 1 where time alone decides."""
        if self.steps is not None:
            return self.steps
        if self.epochs is not None:
            return round(self.epochs * rows / self.batch_size)
        return 2**31 - 1


# How long and how patiently: what may differ when a run goes on. The data's rows and digest are
# compared instead of the place that they are read from.
LIMITS = ("epochs", "steps", "minutes")
FREE = (*LIMITS, "data.path", "data.strict", "data.cache", "tensorboard")
IDENTITY = ("rows", "digest")

_KINDS = KINDS | {kind.__name__: kind for kind in (TrainingConfig, DataConfig)}


def to_plain(config: Any) -> Any:
    """Return a config as JSON's types; a dataclass names its kind."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        fields = {f.name: to_plain(getattr(config, f.name)) for f in dataclasses.fields(config)}
        return {"kind": type(config).__name__, **fields}
    if isinstance(config, tuple | list):
        return [to_plain(item) for item in config]
    return config


def from_plain(plain: Any) -> Any:
    """Return the config that `to_plain` was given; lists become tuples.

    Raises:
        InputError: a kind or a setting that this version does not know.
    """
    if isinstance(plain, dict):
        values = {name: from_plain(value) for name, value in plain.items() if name != "kind"}
        kind = _KINDS.get(plain.get("kind", ""))
        if kind is None:
            raise InputError(f"unknown kind of configuration: {plain.get('kind')!r}")
        known = {f.name for f in dataclasses.fields(kind)}
        if unknown := sorted(set(values) - known):
            raise InputError(f"{plain['kind']} has no setting {', '.join(unknown)}")
        return kind(**values)
    return tuple(from_plain(item) for item in plain) if isinstance(plain, list) else plain


def read_plain(path: Path) -> dict[str, Any]:
    """Return the plain values of a JSON file.

    Raises:
        InputError: it cannot be read, or holds no object.
    """
    try:
        plain = json.loads(path.read_text())
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if not isinstance(plain, dict):
        raise InputError(f"{path} does not hold a configuration")
    return plain


def read_config(path: Path) -> TrainingConfig:
    """Return the configuration that a run's `config.json` holds, checked.

    Raises:
        InputError: it holds none, or one that cannot be used.
    """
    plain = read_plain(path)
    try:
        config = from_plain({name: plain[name] for name in plain if name not in IDENTITY})
        config.check()
    except (TypeError, AttributeError, KeyError) as error:
        raise InputError(f"{path} does not hold a configuration: {error}") from error
    return config


def differences(old: Any, new: Any, name: str = "") -> list[str]:
    """Return a line for each setting that differs, but for those that are free to.

    Args:
        old: plain values.
        new: plain values.
        name: of what is compared, for the lines.

    Example:
        >>> differences({"a": 1, "b": {"c": [2]}}, {"a": 1, "b": {"c": [3]}})
        ['b.c: [2] there, [3] here']
    """
    if name in FREE:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        names = [*old, *(key for key in new if key not in old)]
        prefix = f"{name}." if name else ""
        return [
            line for key in names for line in differences(old.get(key), new.get(key), prefix + key)
        ]
    return [] if old == new else [f"{name}: {json.dumps(old)} there, {json.dumps(new)} here"]
