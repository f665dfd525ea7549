"""What is told of detectors of frauds: verdicts by row, tables, figures, numbers in a file."""

import json
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fraud_splits import Judged
from genjax.data.transactions import Transactions
from genjax.errors import InputError
from genjax.estimators.outliers import OutlierDetector
from genjax.metrics.detection import Detection, Paired, paired
from genjax.plots.detection import (
    save_latent_space,
    save_roc_and_precision_recall,
    save_score_histogram,
)

_LEGEND = (
    "AUROC: area under the ROC curve. AP: average precision, then reweighted to this share of "
    "frauds.\nP@k: precision among the k lowest scores. R@r: recall at false alarms of r of the "
    "genuine rows.\ns: seconds to learn."
)
_BLAMED = 3
_PACKAGES = ("genjax-models", "jax", "flax", "optax", "numpy", "pandas", "scikit-learn")
_NAMES = {
    "reconstruction_probability": "log reconstruction probability in nats",
    "mean_log_likelihood": "log reconstruction probability (mean log-likelihood) in nats",
    "elbo": "evidence lower bound in nats",
    "log_likelihood": "log-likelihood in nats",
    "kl": "negative KL in nats",
    "reconstruction_error": "negative reconstruction error",
}


class Comparison(NamedTuple):
    """Detectors on the same splits.

    Attributes:
        ours: the name of the one whose threshold counts.
        splits: detector -> how it does, of each split.
        test_to_train: see `genjax.metrics.detection.paired`; None where splits share all rows.
    """

    ours: str
    splits: Sequence[dict[str, Judged]]
    test_to_train: float | None

    def show(self, title: str) -> None:
        """Print all: the table, ours against each peer, and what our threshold decides."""
        print(f"\n{title}\n{self.table().to_string()}\n{_LEGEND}")
        if len(self.splits) > 1 and len(self.splits[0]) > 1:
            print(f"\n{self.ours} and its peers, split by split\n{self.pair_table().to_string()}")
        print(f"\n{self.ours}'s decisions")
        for number, split in enumerate(self.splits, 1):
            ours = split[self.ours]
            cost = [] if ours.cost is None else [f"a row costs {ours.cost:.6g} on average"]
            for line in (*ours.detection.to_lines()[-2:], *cost):
                print(f"split {number}: {line}")

    def table(self) -> pd.DataFrame:
        """Return what to print: a row a detector, means and deviations over the splits."""
        cells = {}
        for name in self.splits[0]:
            values = self._values(name)
            cells[name] = {column: _cell(values[column].tolist()) for column in values}
            seconds = statistics.mean(split[name].seconds for split in self.splits)
            cells[name]["s"] = f"{seconds:.1f}"
        return pd.DataFrame.from_dict(cells, orient="index")

    def pairs(self, measure: str) -> dict[str, Paired]:
        """Return peer -> ours compared with it by an attribute of `Detection`; 2 splits or more."""
        of = {
            name: [getattr(split[name].detection, measure) for split in self.splits]
            for name in self.splits[0]
        }
        return {
            name: paired(of[self.ours], values, test_to_train=self.test_to_train)
            for name, values in of.items()
            if name != self.ours and len(values) > 1
        }

    def pair_table(self) -> pd.DataFrame:
        """Return what to print of the pairs, by average precision: a row a peer."""
        cells = {}
        for name, pair in self.pairs("average_precision").items():
            cells[name] = {
                "AP, ours less theirs": f"{pair.mean:+.3f} ± {pair.deviation:.3f}",
                "ours is higher": f"{pair.wins} of {pair.splits}",
            }
            if self.test_to_train is not None:
                p_value = pair.corrected_p_value
                shown = "none" if p_value is None else f"{p_value:.3g}"
                cells[name]["p, corrected for shared rows"] = shown
        return pd.DataFrame.from_dict(cells, orient="index")

    def _plain(self, pair: Paired) -> dict[str, Any]:
        """Return a pair without the p-values that have no meaning: of splits by time none has."""
        without = {"p_value"} | ({"corrected_p_value"} if self.test_to_train is None else set())
        return {name: value for name, value in pair._asdict().items() if name not in without}

    def to_plain(self) -> dict[str, Any]:
        """Return JSON's types: each detector's splits, means and deviations, and the pairs."""
        found: dict[str, Any] = {}
        for name in self.splits[0]:
            each = [
                {
                    "seconds": split[name].seconds,
                    **split[name].detection.to_plain(),
                    "cost": split[name].cost,
                }
                for split in self.splits
            ]
            if name != self.ours:
                without = ("threshold", "confusion", "decisions", "cost")
                each = [{k: v for k, v in one.items() if k not in without} for one in each]
            values = self._values(name)
            found[name] = {"splits": each, "mean": values.mean().to_dict()}
            if len(each) > 1:
                found[name]["deviation"] = values.std().to_dict()
        pairs = {
            measure: {name: self._plain(pair) for name, pair in self.pairs(measure).items()}
            for measure in ("average_precision", "auroc")
        }
        return {"detectors": found, "pairs": pairs}

    def _values(self, name: str) -> pd.DataFrame:
        """Return a detector's measures, a row a split."""
        return pd.DataFrame([_measures(split[name].detection) for split in self.splits])


def _measures(detection: Detection) -> dict[str, float]:
    return {
        "AUROC": detection.auroc,
        "AP": detection.average_precision,
        f"AP {detection.prevalence:.2%}": detection.average_precision_at_prevalence,
        **{f"P@{k}": value for k, value in detection.precision_at_k.items()},
        **{f"R@{rate:.1%}": value for rate, value in detection.recall_at_false_alarms.items()},
    }


def _cell(values: Sequence[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{deviation}"


def verdicts(
    detector: OutlierDetector, part: Transactions, rows: np.ndarray, scores: np.ndarray
) -> pd.DataFrame:
    """Return a line for each row: its score, the verdict, and the columns most to blame.

    Args:
        detector: fitted; one that cannot explain its scores blames no columns.
        part: the rows that were scored.
        rows: (n,) their places in the file, from 0; the table counts from 1.
        scores: (n,) of the rows.
    """
    known = {"Time": part.time, "Class": part.y}
    columns: dict[str, Any] = {"row": rows + 1}
    columns |= {name: values for name, values in known.items() if values is not None}
    columns |= {
        "score": scores,
        "threshold": detector.offset_,
        "verdict": np.where(scores < detector.offset_, "anomaly", "genuine"),
    }
    if explain := getattr(detector, "explain", None):
        with suppress(InputError):  # some scores have no parts
            order = np.argsort(explain(part.x), axis=1, kind="stable")[:, :_BLAMED]
            blamed = part.x.columns.to_numpy()[order]
            columns |= {f"blame_{place + 1}": names for place, names in enumerate(blamed.T)}
    return pd.DataFrame(columns)


class Scored(NamedTuple):
    """Rows of a file: their scores, labels if it has any, and whether columns were blamed."""

    scores: np.ndarray
    y: np.ndarray | None
    blames: bool


def save_verdicts(path: Path, detector: OutlierDetector, pieces: Iterable[Transactions]) -> Scored:
    """Score pieces of a table, and write their verdicts one after another.

    The file takes its name when it is whole.

    Args:
        path: of the csv file.
        detector: fitted.
        pieces: one or more.
    """
    unfinished = path.with_suffix(".part")
    parts: list[Scored] = []
    done = 0
    try:
        with unfinished.open("w", newline="") as file:
            for piece in pieces:
                scores = detector.score_samples(piece.x)
                table = verdicts(detector, piece, np.arange(done, done + len(scores)), scores)
                table.to_csv(file, index=False, header=not done)
                done += len(scores)
                parts.append(Scored(scores, piece.y, blames(table)))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    labels = [part.y for part in parts if part.y is not None]
    return Scored(
        np.concatenate([part.scores for part in parts]),
        np.concatenate(labels) if labels else None,
        parts[0].blames,
    )


def blames(table: pd.DataFrame) -> bool:
    """Return whether verdicts blame columns."""
    return "blame_1" in table


def save_figures(
    folder: Path,
    detector: OutlierDetector,
    scores: dict[str, np.ndarray],
    y: np.ndarray,
    x: pd.DataFrame | None = None,
) -> None:
    """Draw the first scores by class, all curves, and the latent space by class, if there is one.

    Args:
        folder: is made.
        detector: whose scores come first.
        scores: name -> (n,) scores.
        y: (n,) labels, of both classes.
        x: the rows, for the latent space; None leaves it out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = _NAMES.get(str(getattr(detector, "scored_by", None)), "score")
    first = next(iter(scores.values()))
    save_score_histogram(folder / "scores.png", first, y, float(detector.offset_), name=name)
    save_roc_and_precision_recall(folder / "curves.png", scores, y)
    if x is not None and hasattr(detector, "encode"):
        save_latent_space(folder / "latent.png", detector.encode(x), y)


def say_what_is_left_out(detector: OutlierDetector, *, blames: bool, latent: bool = True) -> None:
    """Print, in one line or none, what such a detector does not give.

    Args:
        detector: fitted.
        blames: whether its verdicts blame columns.
        latent: whether a figure of the latent space is asked for.
    """
    lacking = [] if blames else ["columns to blame"]
    if latent and not hasattr(detector, "encode"):
        lacking.append("a latent space")
    if lacking:
        kind = type(detector).__name__
        print(f"left out, as this {kind} has none: {' and '.join(lacking)}", file=sys.stderr)


def save_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write them as JSON with the packages' versions; what it has no type for is its text."""
    packages = {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}
    text = json.dumps(metrics | {"versions": packages}, indent=1, default=str, allow_nan=False)
    path.write_text(text + "\n")
