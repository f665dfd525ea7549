"""Where does generative over-sampling help? Small samples, rare classes, several classifiers.

    python -m benchmarks.augmentation --data PATH/cs-training.csv
        --study choice small rare worth [--out runs/augmentation] [--seed 0]

- choice: half of the rows choose one sampler, by the AUC of the credit study's network over five
  folds; the other half, which had no say, tells what it is worth.
- small: training sets of 500, 2,000 and 10,000 rows, also of 1 % and .2 % delinquents, each with
  test rows of its own, so that their results are independent.
- rare: the whole table in five folds, with delinquents dropped from what is learnt until they are
  1 % or .2 %; test rows are as they were. Intervals are corrected for folds that overlap in all
  rows, and rather too wide.
- worth: the same with half and a quarter of the delinquents: what real ones are worth bounds what
  the best of generators could add.

All that learns is fitted on the training rows; networks take as many steps in every arm. Each
study writes its scores, DIR/STUDY.csv, and prints and writes differences, DIR/STUDY.txt. Of these
the network's differences of the default sampler from copies and SMOTE are the ones asked for
beforehand; of all others one in twenty would stand out by chance. Minutes on two cores: choice 6,
small 20, rare 7, worth 4 (with JAX_COMPILATION_CACHE_DIR set; longer without).
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import tyro
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from genjax.data.credit import load_credit
from genjax.estimators.arms import ARMS, DEFAULT, Arm
from genjax.estimators.augmentation import (
    AugmentationReport,
    augmentation_report,
    default_classifiers,
)
from genjax.estimators.augmentation_splits import Splits, rarer, repeated_folds, small_samples
from genjax.estimators.augmentation_trials import NETWORK

CANDIDATES = ("vae", "conditional vae", "gan", "cgan")
_STEPS = 5_000  # of networks that learn small samples; four epochs would be some hundreds
_SCORES = ("auc", "average_precision")


@dataclass(frozen=True)
class Arguments:
    """What to find out."""

    data: Path
    """Kaggle's cs-training.csv."""
    study: tuple[Literal["choice", "small", "rare", "worth"], ...] = (
        "choice",
        "small",
        "rare",
        "worth",
    )
    """Which questions."""
    out: Path = Path("runs/augmentation")
    """A folder for scores and tables."""
    seed: int = 0
    """Of all that is random."""


class Condition(NamedTuple):
    """One comparison.

    Attributes:
        name: what was learnt from.
        x: a table.
        y: (n,) its classes.
        splits: of it.
        how: further arguments of `augmentation_report`.
    """

    name: str
    x: pd.DataFrame
    y: np.ndarray
    splits: Splits
    how: dict[str, Any]


def main() -> None:
    """Run the studies one by one."""
    arguments = tyro.cli(Arguments, description=__doc__)
    credit = load_credit(arguments.data)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for study in arguments.study:
        reports: dict[str, AugmentationReport] = {}
        for condition in _STUDIES[study](credit.x, credit.y, arguments.seed):
            print(f"{study}: {condition.name}", file=sys.stderr)
            reports[condition.name] = _compared(condition, arguments.seed)
            _save(arguments.out / study, reports)
        print(study, (arguments.out / f"{study}.txt").read_text(), sep="\n\n")
        if study == "choice":
            means = next(iter(reports.values())).summary()["auc"][NETWORK].droplevel("ratio")
            print(f"chosen: {means[[*CANDIDATES]].idxmax()}")


def _compared(condition: Condition, seed: int) -> AugmentationReport:
    return augmentation_report(
        condition.x,
        condition.y,
        splits=condition.splits,
        seed=seed,
        say=lambda line: print(f"  {line}", file=sys.stderr),
        **condition.how,
    )


def _choice(x: pd.DataFrame, y: np.ndarray, seed: int) -> Iterator[Condition]:
    halves = train_test_split(np.arange(len(y)), test_size=0.5, stratify=y, random_state=seed)
    arms = {name: ARMS[name] for name in ("unbalanced", "random", "smote", *CANDIDATES)}
    for name, rows in zip(("the half that chooses", "the half that tells"), halves, strict=True):
        own = y[rows]
        splits = repeated_folds(own, folds=5, repeats=1, seed=seed)
        how = {"arms": arms, "network_seeds": 3, "others": {}}
        yield Condition(name, x.iloc[rows].reset_index(drop=True), own, splits, how)


def _small(x: pd.DataFrame, y: np.ndarray, seed: int) -> Iterator[Condition]:
    how = {"arms": _arms(), "steps": _STEPS, "others": _classifiers(seed)}
    sizes = ((500, None), (2_000, None), (10_000, None), (10_000, 0.01), (10_000, 0.002))
    for rows, share in sizes:
        splits = small_samples(y, rows=rows, share=share, draws=6, seed=seed)
        name = f"{rows:,} rows, {y.mean() if share is None else share:.1%} delinquent"
        yield Condition(name, x, y, splits, how)


def _rare(x: pd.DataFrame, y: np.ndarray, seed: int) -> Iterator[Condition]:
    whole = repeated_folds(y, folds=5, repeats=1, seed=seed)
    for share in (0.01, 0.002):
        splits = rarer(whole, y, share=share, seed=seed)
        name = f"{len(y):,} rows in folds, {share:.1%} delinquent"
        others = _classifiers(seed)
        del others["forest"]  # of 180,000 rows, seventy times: hours
        yield Condition(name, x, y, splits, {"arms": _arms(), "others": others})


def _worth(x: pd.DataFrame, y: np.ndarray, seed: int) -> Iterator[Condition]:
    whole = repeated_folds(y, folds=5, repeats=1, seed=seed)
    arms = {name: ARMS[name] for name in ("unbalanced", "random", DEFAULT)}
    for part in (1.0, 0.5, 0.25):
        few = part * y.mean()
        share = few / (few + 1 - y.mean())
        splits = whole if part == 1 else rarer(whole, y, share=share, seed=seed)
        name = f"{part:.0%} of the delinquents"
        yield Condition(name, x, y, splits, {"arms": arms, "network_seeds": 3})


_STUDIES = {"choice": _choice, "small": _small, "rare": _rare, "worth": _worth}


def _arms() -> dict[str, Arm]:
    return {name: arm for name, arm in ARMS.items() if name not in ("vae", "noise")}


def _classifiers(seed: int) -> dict[str, Any]:
    """Return the report's classifiers and others that people balance for."""
    return default_classifiers(seed) | {
        "forest": RandomForestClassifier(100, min_samples_leaf=5, random_state=seed),
        "one tree": DecisionTreeClassifier(min_samples_leaf=20, random_state=seed),
        "naive Bayes": GaussianNB(),
    }


def _save(path: Path, reports: Mapping[str, AugmentationReport]) -> None:
    """Write all scores and a table of each score's differences, as far as they have come."""
    scores = {name: report.scores for name, report in reports.items()}
    pd.concat(scores, names=["condition", None]).to_csv(path.with_suffix(".csv"))
    text = [
        f"{score}: of unbalanced; others less unbalanced, 95 % intervals\n\n"
        + difference_table(reports, score).to_string()
        for score in _SCORES
    ]
    path.with_suffix(".txt").write_text("\n\n".join(text) + "\n")


def difference_table(reports: Mapping[str, AugmentationReport], score: str) -> pd.DataFrame:
    """Return what to print: a row for each condition and classifier, a column for each arm.

    The last columns are the default sampler's less plain copies', and less SMOTE's.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for name, report in reports.items():
        means = report.summary()[score]
        for classifier in report.scores["classifier"].unique():
            arms = means[classifier].index.get_level_values("arm").unique()
            pairs = {arm: (arm, "unbalanced") for arm in arms if arm != "unbalanced"}
            pairs |= {
                f"{DEFAULT} - {arm}": (DEFAULT, arm) for arm in ("random", "smote") if arm in arms
            }
            cells = {"unbalanced": f"{means[classifier, 'unbalanced', 1.0]:.4f}"}
            for column, (arm, other) in pairs.items():
                found = report.difference(arm, other, classifier=classifier, score=score)
                cells[column] = f"{found.mean:+.4f}±{found.high - found.mean:.4f}"
            rows[name, classifier] = cells
    return pd.DataFrame.from_dict(rows, orient="index").fillna("")


if __name__ == "__main__":
    main()
