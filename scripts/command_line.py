"""What the scripts share: a configuration from a file and from options, and errors of one line."""

import math
import runpy
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NamedTuple

from genjax.compilation_cache import MOST, keep_programs, kept
from genjax.config import LIMITS, TrainingConfig, read_config
from genjax.data.config import DataConfig, TableConfig
from genjax.errors import InputError, needs_extra
from genjax.fit import NonFiniteError

with needs_extra("scripts", "command lines"):
    import tyro

_STOPPED = "stopped at once: what was saved before stays, steps since then are lost"
CONFIGS = Path(__file__).resolve().parents[1] / "configs"


@dataclass(frozen=True, kw_only=True)
class _Where:
    config: Annotated[
        Path | None, tyro.conf.arg(help="a file of configs/, or a run's config.json")
    ] = None
    run: Annotated[Path | None, tyro.conf.arg(help="the run's folder")] = None
    data: Annotated[
        Path | None,
        tyro.conf.arg(help="CelebA, a folder or a zip, or a csv table; default: drawn data"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class _Arguments(_Where):
    training: Annotated[TrainingConfig, tyro.conf.arg(name="")] = field(
        default_factory=TrainingConfig
    )


@dataclass(frozen=True, kw_only=True)
class _PictureArguments(_Arguments):
    strict: Annotated[
        bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help="refuse broken pictures")
    ] = False
    dry_run: Annotated[
        bool,
        tyro.conf.FlagCreatePairsOff,
        tyro.conf.arg(help="say what the training would take, and train nothing"),
    ] = False


class Command(NamedTuple):
    """What a command line asks for.

    Attributes:
        config: what to train.
        folder: of the run.
        dry_run: only say what it would take.
    """

    config: TrainingConfig
    folder: Path
    dry_run: bool


def load_config(path: Path) -> TrainingConfig:
    """Return a file's CONFIG, or the configuration that a run's `config.json` holds.

    Raises:
        InputError: there is no such file, or it holds no configuration.
    """
    if not path.is_file():
        raise InputError(f"no such configuration: {path}")
    if path.suffix == ".json":
        return read_config(path)
    try:
        config = runpy.run_path(str(path)).get("CONFIG")
    except (Exception, SystemExit) as error:
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not isinstance(config, TrainingConfig):
        raise InputError(f"{path} holds no TrainingConfig named CONFIG")
    return config


def parse_training(
    *,
    default: str,
    description: str | None,
    data: type[DataConfig] | type[TableConfig] = DataConfig,
    args: list[str] | None = None,
) -> Command:
    """Return what the command line asks for.

    Without --config a run that exists goes on with its own configuration.

    Args:
        default: the name of a file of `configs/`.
        description: for --help.
        data: the kind that the script trains on.
        args: instead of the process's.

    Raises:
        InputError: two limits, a value that cannot be used, or what `load_config` raises.
    """
    args = sys.argv[1:] if args is None else args
    where, _ = tyro.cli(_Where, args=[*args], return_unknown_args=True, add_help=False)
    saved = where.run / "config.json" if where.run else None
    if where.config is not None:
        path = where.config
    elif saved is not None and saved.is_file():
        path = saved
    else:
        path = CONFIGS / f"{default}.py"
    config = load_config(path)
    if not isinstance(config.data, data):
        raise InputError(f"{path} is of another kind of data: a {type(config.data).__name__}")
    unlimited = replace(config, epochs=None, steps=None, minutes=None)
    kind: Any = _PictureArguments if data is DataConfig else _Arguments
    parsed = tyro.cli(
        tyro.conf.AvoidSubcommands[kind],  # type: ignore[misc]
        default=kind(training=unlimited),
        description=description,
        args=args,
    )
    training = parsed.training
    if all(getattr(training, limit) is None for limit in LIMITS):
        training = replace(
            training, epochs=config.epochs, steps=config.steps, minutes=config.minutes
        )
    for name, value in (("run", parsed.run), ("data", parsed.data)):
        if value is not None and str(value) in ("", "."):
            raise InputError(f"--{name} names no folder; for the current one, write its path")
    source = training.data
    if parsed.data is not None:
        source = replace(source, path=_absolute(parsed.data))
    if isinstance(source, DataConfig) and isinstance(parsed, _PictureArguments):
        strict = source.strict or parsed.strict
        source = replace(source, cache=_absolute(source.cache), strict=strict)
    training = replace(training, data=source, features=_absolute(training.features))
    training.check()
    dry_run = isinstance(parsed, _PictureArguments) and parsed.dry_run
    return Command(training, parsed.run or Path("runs") / path.stem, dry_run)


def kept_pictures(config: TrainingConfig) -> tuple[DataConfig, tuple[int, int, int]]:
    """Return where the pictures come from, and their shape: drawn ones are kept for the user.

    The run does not save that folder: it is this machine's. More than may be kept are drawn anew.
    """
    source, shape = config.pictures()
    fits = source.drawn * math.prod(shape) <= MOST["faces"]
    if source.path is None and source.cache is None and fits and (folder := kept("faces")):
        source = replace(source, cache=str(folder))
    return source, shape


def _absolute(path: str | Path | None) -> str | None:
    """Return a path that a run can be resumed with from anywhere."""
    return str(Path(path).expanduser().resolve()) if path else None


def report_errors(main: Callable[[], int]) -> None:
    """Exit with main's status; what a user can mend is one line on standard error."""
    signal.signal(signal.SIGTERM, _terminate)
    warnings.formatwarning = lambda message, *_: f"warning: {message}\n"  # no line of our code
    keep_programs()
    try:
        status = main()
    except (InputError, NonFiniteError, ImportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print(_STOPPED, file=sys.stderr)
        status = 128 + signal.SIGINT
    sys.exit(status)


def _terminate(number: int, frame: FrameType | None) -> None:
    print(_STOPPED, file=sys.stderr)
    sys.exit(128 + number)
