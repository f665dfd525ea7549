"""What a run is made of, as frozen dataclasses of plain values, and their JSON."""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import optax

from genjax.algorithm import Algorithm
from genjax.data.config import DataConfig, TableConfig
from genjax.errors import InputError
from genjax.models import KINDS, AutoencoderConfig, GANConfig, VAEConfig
from genjax.optimizers import OptimizerName, build_optimizer, learning_rate


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A whole run.

    Attributes:
        model: what is trained.
        data: what it learns from.
        optimizer: by optax's name.
        learning_rate: of the optimizer, after the warm-up.
        b1: decay of Adam's first moment, and its kin's.
        b2: decay of Adam's second moment, and its kin's.
        warmup_steps: the learning rate rises linearly from 0 over these steps.
        decay_steps: it falls as a cosine and is 0 at this step; None keeps it.
        stair_steps: it is multiplied by `stair_factor` after each of so many steps; None keeps it.
        stair_factor: in (0, 1].
        momentum: of sgd.
        historical_averaging: weight of the squared distance of parameters from the mean of all
            that they have been; 0 without.
        batch_size: examples a step.
        epochs: passes over the data from the start of the run; with `steps` and `minutes`, at
            most one of the three is set, and none means until it is stopped.
        steps: the step to reach, counted from the start of the run.
        minutes: of training from now on.
        seed: of the initialisation, the order, the noise and the drawn data.
        chunk: steps an executable; about two seconds' worth is a good length.
        features: file of a classifier that scripts/train_classifier.py saved: what distances of a
            GAN's pictures are measured in as it trains; None takes principal components.
        tensorboard: write curves and pictures for TensorBoard too, into the run's folder.
    """

    model: VAEConfig | AutoencoderConfig | GANConfig = field(default_factory=VAEConfig)
    data: DataConfig | TableConfig = field(default_factory=DataConfig)
    optimizer: OptimizerName = "adam"
    learning_rate: float = 5e-4
    b1: float = 0.9
    b2: float = 0.999
    warmup_steps: int = 0
    decay_steps: int | None = None
    stair_steps: int | None = None
    stair_factor: float = 0.95
    momentum: float = 0.0
    historical_averaging: float = 0.0
    batch_size: int = 128
    epochs: float | None = None
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    chunk: int = 5
    features: str | None = None
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
        if self.decay_steps is not None and (self.steps or 0) > self.decay_steps:
            raise InputError(
                f"the learning rate is 0 from decay_steps, {self.decay_steps}, on: {self.steps} "
                "steps would learn nothing after it"
            )
        if self.stair_steps is not None and (self.decay_steps or self.stair_steps < 1):
            raise InputError("stair_steps are 1 or more, and go with no decay_steps")
        for name, least, most in (
            ("b1", 0, 1),
            ("b2", 0, 1),
            ("momentum", 0, 1),
            ("stair_factor", 1e-9, 1 + 1e-9),
        ):
            if not least <= getattr(self, name) < most:
                raise InputError(f"{name} lies in [0, 1], not {getattr(self, name)}")
        if not 0 <= self.historical_averaging < math.inf:
            raise InputError(f"historical_averaging is 0 or more: {self.historical_averaging}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"a seed lies in [0, 2^32), not {self.seed}")

    def tx(self, updates: int = 1) -> optax.GradientTransformation:
        """Return the optimizer of a network that is updated so many times a step."""
        rate = learning_rate(
            self.learning_rate,
            warmup_steps=self.warmup_steps,
            decay_steps=self.decay_steps,
            stair_steps=self.stair_steps,
            stair_factor=self.stair_factor,
        )
        return build_optimizer(
            self.optimizer,
            # A schedule is of steps, and the optimizer counts its updates.
            (lambda count: rate(count // updates)) if callable(rate) and updates > 1 else rate,
            b1=self.b1,
            b2=self.b2,
            momentum=self.momentum,
            history=self.historical_averaging,
        )

    def pictures(self) -> tuple[DataConfig, tuple[int, int, int]]:
        """Return where the pictures come from, and their shape.

        Raises:
            InputError: the run is of a table.
        """
        if not isinstance(self.data, DataConfig):
            raise InputError("this is of pictures, and the configuration of a table's columns")
        return self.data, self.model.picture_shape

    def algorithm(self) -> Algorithm:
        """Return what the run trains."""
        return self.model.algorithm(self.tx)

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
FREE = (*LIMITS, "data.path", "data.strict", "data.cache", "features", "tensorboard")
IDENTITY = ("rows", "digest")

_OWN_KINDS = {kind.__name__: kind for kind in (TrainingConfig, DataConfig, TableConfig)}


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
        kind = (KINDS | _OWN_KINDS).get(plain.get("kind", ""))
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
