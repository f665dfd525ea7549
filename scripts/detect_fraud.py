"""Find frauds among card transactions: learn what is genuine, judge on other rows, score files.

    python scripts/detect_fraud.py [--data FILE] [--config configs/fraud_vae.py] [--out runs/fraud]
        [--split random|time] [--splits 1] [--seed 0] [--impute] [--no-peers]
        [--threshold contamination|robust|tail|cost --false-alarm-cost 5 --miss-cost 100|Amount]
        [--set NAME=VALUE ...]
    python scripts/detect_fraud.py --model runs/fraud/detector.joblib --data FILE [--out DIR]

FILE is csv or parquet: columns of numbers, Class (0 genuine, 1 fraud), and Time if there is one.

The first use learns the genuine rows of a split's training part; scikit-learn's detectors learn and
score the same rows. Split k has the seed --seed + k; splits by time have the same rows, and differ
in the detectors' seeds alone. A threshold by cost is chosen on a fifth of the training part, which
is held out of the fit. Without FILE it takes OpenML's copy of the European card holders' table,
else simulated rows, and says so. The folder then holds metrics.json and, of the last split,
scores.csv, figures/ and detector.joblib.

The second use scores a file with the same columns, in any order, piece by piece, into scores.csv.
Loading a detector runs what its file says: load only files that you trust.
"""

import ast
import dataclasses
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

import fraud_report
from command_line import CONFIGS, report_errors
from fraud_splits import costs_of, judged, labels_of, part_of, split_rows
from genjax.data.transactions import load_transactions, read_in_chunks
from genjax.errors import InputError, needs_extra
from genjax.estimators.outliers import FORMAT, OutlierDetector
from genjax.estimators.peers import PEERS
from genjax.metrics.detection import judge
from genjax.near_names import near_names

with needs_extra("tables", "detectors"):
    import joblib
    from sklearn.base import clone
with needs_extra("scripts", "command lines"):
    import tyro


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to learn or score, how to split it, and where to put what comes of it."""

    data: Path | None = None
    """Transactions, csv or parquet."""
    model: Path | None = None
    """A detector.joblib that scores the file; nothing is learnt."""
    out: Path | None = None
    """A folder: by default runs/fraud, and with --model the folder scored beside it."""
    chunk: int = 100_000
    """Rows that are read at a time, with --model."""
    impute: bool = False
    """Allow missing values: they become the training rows' medians."""
    config: Path = CONFIGS / "fraud_vae.py"
    """A file whose CONFIG is a detector."""
    split: Literal["random", "time"] = "random"
    """Test with a quarter of the rows, by chance, or with the latest 30 %."""
    splits: int = 1
    """How many."""
    seed: int = 0
    """Of the first split, and of its detectors."""
    peers: bool = True
    """Compare with scikit-learn's detectors."""
    threshold: Literal["contamination", "robust", "tail", "cost"] | None = None
    """Where anomalies begin; by default as the configuration says."""
    false_alarm_cost: float | None = None
    """Of a genuine row that is flagged."""
    miss_cost: float | str | None = None
    """Of a fraud that is not: a number, or a column, such as Amount."""
    settings: Annotated[tuple[str, ...], tyro.conf.arg(name="set", metavar="NAME=VALUE ...")] = ()
    """Parameters of the detector, in place of the configuration's."""


_OF_SCORING = ("data", "model", "out", "chunk", "impute")


def main() -> int:
    """Parse, then learn and judge, or score."""
    arguments = tyro.cli(Arguments, description=__doc__)
    _check(arguments)
    if arguments.model is not None and arguments.data is not None:
        return _score(arguments, arguments.model, arguments.data)
    return _learn(arguments, arguments.out or Path("runs/fraud"))


def _check(arguments: Arguments) -> None:
    """Raise InputError for what would fail late, or be of no effect."""
    for name in ("splits", "chunk"):
        if getattr(arguments, name) < 1:
            raise InputError(f"--{name} must be 1 or more, got {getattr(arguments, name)}")
    if not 0 <= arguments.seed < 2**31:
        raise InputError(f"--seed lies in [0, 2^31), not {arguments.seed}")
    for name in ("false_alarm_cost", "miss_cost"):
        cost, option = getattr(arguments, name), f"--{name.replace('_', '-')}"
        if (cost is not None) != (arguments.threshold == "cost"):
            raise InputError(f"{option} and --threshold cost go together")
        if isinstance(cost, float) and not 0 <= cost < float("inf"):
            raise InputError(f"{option} must be finite and 0 or more, got {cost}")
    if arguments.model is None:
        if arguments.chunk != Arguments.chunk:
            raise InputError("--chunk is for scoring with --model")
        return
    if arguments.data is None:
        raise InputError("--model scores a file: name it with --data")
    for field in dataclasses.fields(Arguments):
        if field.name not in _OF_SCORING and getattr(arguments, field.name) != field.default:
            option = {"settings": "set"}.get(field.name, field.name).replace("_", "-")
            raise InputError(f"--{option} is for learning, and with --model nothing is learnt")


def _learn(arguments: Arguments, out: Path) -> int:
    """Learn, judge and compare on every split, and leave what came of it in a folder."""
    configured = _configured(arguments)
    data = load_transactions(arguments.data, impute=configured.impute)
    print(*data.notes, sep="\n", file=sys.stderr)
    if copies := int(data.x.duplicated().sum()):
        print(f"{copies:,} rows are copies of others: a split may part them", file=sys.stderr)
    costs = None
    if arguments.false_alarm_cost is not None and arguments.miss_cost is not None:
        costs = costs_of(data, arguments.false_alarm_cost, arguments.miss_cost)
    splits = [
        split_rows(data, arguments.split, arguments.seed + k, choose=costs is not None)
        for k in range(arguments.splits)
    ]
    out.mkdir(parents=True, exist_ok=True)
    ours, found = type(configured).__name__, []
    for number, split in enumerate(splits, 1):
        counts = f"{len(split.learn):,} genuine rows to learn, {len(split.test):,} to test with"
        print(f"split {number} of {len(splits)}: {counts}", file=sys.stderr)
        detector = clone(configured).set_params(random_state=split.seed)
        results = {ours: judged(ours, detector, data, split, costs)}
        if arguments.peers:
            for name, build in PEERS.items():
                results[name] = judged(name, build(split.seed), data, split)
        found.append(results)
    # Splits by time share all their rows: no p-value has a meaning there.
    ratio = len(split.test) / len(split.learn) if arguments.split == "random" else None
    comparison = fraud_report.Comparison(ours, found, ratio)
    comparison.show(f"{data.notes[0]}; {arguments.split} split, {len(splits)} in all")
    if costs:
        held_out = f"{len(split.choose):,} labelled rows, a fifth of the training part"
        print(f"the threshold was chosen on {held_out}, that were held out of the fit")
    protocol = {
        "data": data.notes,
        "columns": data.x.columns.tolist(),
        "split": arguments.split,
        "splits": [split.to_plain() for split in splits],
        "threshold": arguments.threshold or configured.threshold,
        "costs": [arguments.false_alarm_cost, arguments.miss_cost] if costs else None,
        "detector": {"kind": ours, **configured.get_params(), "random_state": "the split's seed"},
    }
    scores = {name: each.scores for name, each in results.items()}
    part = part_of(data, split.test)
    # What took long comes first, what could fail last.
    joblib.dump(detector, out / "detector.joblib")
    fraud_report.save_metrics(out / "metrics.json", {"protocol": protocol} | comparison.to_plain())
    table = fraud_report.verdicts(detector, part, split.test, scores[ours])
    table.to_csv(out / "scores.csv", index=False)
    fraud_report.save_figures(out / "figures", detector, scores, labels_of(part), part.x)
    fraud_report.say_what_is_left_out(detector, blames=fraud_report.blames(table))
    print(out)
    return 0


def _configured(arguments: Arguments) -> OutlierDetector:
    """Return the configuration's detector with the command line's parameters."""
    path = arguments.config
    if not path.is_file():
        raise InputError(f"no such configuration: {path}")
    try:
        config = runpy.run_path(str(path)).get("CONFIG")
    except (Exception, SystemExit) as error:
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not isinstance(config, OutlierDetector):
        raise InputError(f"{path} holds no detector of outliers named CONFIG")
    values = dict(_parsed(setting, config) for setting in arguments.settings)
    if arguments.threshold not in (None, "cost"):
        values["threshold"] = arguments.threshold
    if arguments.impute:
        values["impute"] = True
    return clone(config).set_params(**values)


def _parsed(setting: str, detector: OutlierDetector) -> tuple[str, Any]:
    """Return the name and the value of NAME=VALUE; what is no literal is a word."""
    name, equals, text = setting.partition("=")
    known = detector.get_params()
    if not equals:
        raise InputError(f"--set takes NAME=VALUE, not {setting!r}")
    if name == "random_state":
        raise InputError("the seed is --seed, not --set random_state")
    if name not in known:
        kind = type(detector).__name__
        raise InputError(f"{kind} has no parameter {name!r}; there is {near_names(name, known)}")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    try:
        return name, _like(value, known[name])
    except TypeError as error:
        raise InputError(f"{name} is such as {known[name]!r}, not {value!r}") from error


def _like(value: Any, example: Any) -> Any:
    """Return the value as the example's type; TypeError if it is of another kind."""
    if isinstance(example, tuple) and isinstance(value, tuple | list):
        return tuple(_like(each, example[0]) for each in value) if example else tuple(value)
    if type(example) is float and type(value) is int:
        return float(value)
    kind = type(example) if isinstance(example, bool | int | float | tuple) else str
    if example is not None and type(value) is not kind:
        raise TypeError
    return value


def _score(arguments: Arguments, model: Path, data: Path) -> int:
    """Score a file of any length, and judge where it has labels of both kinds."""
    detector = _load(model)
    if arguments.impute and not detector.impute:
        raise InputError(f"{model} was learnt without --impute: it knows no medians to fill in")
    out = arguments.out or model.parent / "scored"
    if (out / "scores.csv").resolve() == data.resolve():
        raise InputError(f"{data} would be overwritten by its own scores: choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    columns = detector.feature_names_in_.tolist()
    pieces = read_in_chunks(
        data, rows=arguments.chunk, columns=columns, labelled=False, impute=arguments.impute
    )
    scored = fraud_report.save_verdicts(out / "scores.csv", detector, pieces)
    scores, y = scored.scores, scored.y
    flagged = int((scores < detector.offset_).sum())
    print(
        f"{flagged:,} of {len(scores):,} rows are flagged: they score below {detector.offset_:.6g}"
    )
    fraud_report.say_what_is_left_out(detector, blames=scored.blames, latent=False)
    if y is None or len(np.unique(y)) < 2:
        print("no labels of both kinds: nothing is judged")
        if (out / "metrics.json").exists():
            print(f"metrics.json and figures in {out} are of an earlier file")
    else:
        detection = judge(scores, y, threshold=detector.offset_)
        print(*detection.to_lines(), sep="\n")
        print("rows that the detector has learnt count too, if the file has any of them")
        ours = {type(detector).__name__: scores}
        fraud_report.save_figures(out / "figures", detector, ours, y)
        protocol = {"data": str(data), "model": str(model), "rows": len(scores)}
        metrics = {"protocol": protocol, "detection": detection.to_plain()}
        fraud_report.save_metrics(out / "metrics.json", metrics)
    print(out)
    return 0


def _load(path: Path) -> OutlierDetector:
    if not path.is_file():
        raise InputError(f"no such model: {path}")
    try:
        detector = joblib.load(path)
    except Exception as error:  # whatever its bytes lead to
        raise InputError(
            f"{path} cannot be loaded ({type(error).__name__}): it is no whole detector.joblib"
        ) from error
    if not isinstance(detector, OutlierDetector) or not hasattr(detector, "feature_names_in_"):
        raise InputError(f"{path} holds no detector of outliers that has learnt named columns")
    if getattr(detector, "format_", None) != FORMAT:
        raise InputError(f"{path} is a detector of another version of genjax: learn it anew")
    return detector


if __name__ == "__main__":
    report_errors(main)
