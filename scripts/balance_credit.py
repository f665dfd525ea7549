"""Does over-sampling help to tell delinquent borrowers? Arms and classifiers, fold by fold.

    python scripts/balance_credit.py [--data cs-training.csv] [--out runs/credit] [--seed 0]
        [--arms unbalanced smote vae ...] [--ratios .25 .5 1] [--folds 5] [--repeats 1]
        [--network-seeds 1] [--steps N] [--rows N] [--minority-share P]
    python scripts/balance_credit.py --protocol study [--data cs-training.csv] [--out DIR]

The first use is fair: all that learns is fitted inside a fold, networks start afresh and take as
many steps, and differences have corrected intervals. The second repeats a published study, leaks
and all, says what is wrong with each step, and sets its figures beside the published ones.

FILE is the csv of Give Me Some Credit. Without it OpenML's copy is taken, else simulated borrowers,
and the report says so. Codes 96 and 98 among counts of late payments and ages of 0 are missing
values. The folder then holds results.csv (every fold's scores), report.txt, settings.json and,
of the first use, roc_calibration.png.
"""

import dataclasses
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

import credit_report
from command_line import report_errors
from credit_study_published import run_published_study
from genjax.data.credit import Credit, load_credit
from genjax.errors import InputError, needs_extra
from genjax.estimators.arms import ARMS, DEFAULT
from genjax.estimators.augmentation import NETWORK, augmentation_report
from genjax.near_names import near_names
from genjax.plots.probabilities import save_roc_and_calibration

with needs_extra("scripts", "command lines"):
    import tyro


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to compare, on which rows, and where to put what comes of it."""

    data: Path | None = None
    """Kaggle's cs-training.csv, or a table like it, csv or parquet."""
    protocol: Literal["right", "study"] = "right"
    """A fair comparison, or a published one with all its faults."""
    out: Path = Path("runs/credit")
    """A folder; results of other settings are never overwritten."""
    seed: int = 0
    """Of all that is random."""
    rows: int | None = None
    """Draw so many rows, classes by their shares."""
    minority_share: float | None = None
    """Drop delinquents until they are this share of the rows."""
    arms: tuple[str, ...] = tuple(name for name in ARMS if name != "vae")
    """Ways to balance: all but the plain VAE, of which the conditional one was chosen."""
    ratios: tuple[float, ...] = (0.25, 0.5, 1.0)
    """Of delinquents to others, for SMOTE and the default sampler."""
    folds: int = 5
    """Of a repeat."""
    repeats: int = 1
    """Of all folds."""
    network_seeds: int = 1
    """Networks an arm and fold."""
    steps: int | None = None
    """Of each network; by default four epochs of a balanced table."""


_OF_STUDY = ("data", "protocol", "out", "seed", "rows", "minority_share")


def main() -> int:
    """Parse, load, compare."""
    arguments = tyro.cli(Arguments, description=__doc__)
    _check(arguments)
    right = arguments.protocol == "right"
    credit = load_credit(
        arguments.data,
        codes="missing" if right else "keep",
        limit=arguments.rows,
        seed=arguments.seed,
    )
    if arguments.minority_share is not None:
        credit = thinned(credit, arguments.minority_share, seed=arguments.seed)
    print(*credit.notes, sep="\n", file=sys.stderr)
    _keep_others(arguments, credit)
    arguments.out.mkdir(parents=True, exist_ok=True)  # what cannot be written fails before hours
    try:
        (_compare if right else _repeat)(arguments, credit)
    except BaseException as error:
        with suppress(OSError):
            arguments.out.rmdir()  # an empty folder alone
        if isinstance(error, KeyboardInterrupt | SystemExit):  # of SIGINT, of SIGTERM
            print("interrupted", file=sys.stderr, flush=True)
            os._exit(130)  # threads that are fitting cannot be asked to stop
        raise
    print(arguments.out)
    return 0


def _check(arguments: Arguments) -> None:
    """Raise InputError for what would fail late, or be of no effect."""
    if not 0 <= arguments.seed < 2**31:
        raise InputError(f"--seed lies in [0, 2^31), not {arguments.seed}")
    for name, least in (("folds", 2), ("repeats", 1), ("network_seeds", 1), ("steps", 1)):
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise InputError(f"--{name.replace('_', '-')} must be {least} or more, got {value}")
    if not arguments.arms:
        raise InputError(f"--arms names none of {', '.join(ARMS)}")
    for name in arguments.arms:
        if name not in ARMS:
            raise InputError(f"no arm {name!r}; there is {near_names(name, ARMS)}")
    if not all(0 < ratio <= 1 for ratio in arguments.ratios):
        raise InputError(f"--ratios lie in (0, 1], not {arguments.ratios}")
    if arguments.protocol == "study":
        for field in dataclasses.fields(Arguments):
            if field.name in _OF_STUDY or getattr(arguments, field.name) == field.default:
                continue
            option = field.name.replace("_", "-")
            raise InputError(f"--{option} is for --protocol right: the study has its own")


def thinned(credit: Credit, share: float, *, seed: int) -> Credit:
    """Return the table without as many delinquents as make them this share of the rows.

    Raises:
        InputError: they are no larger share as it is, or none would be left.
    """
    delinquent, others = np.flatnonzero(credit.y == 1), np.flatnonzero(credit.y == 0)
    if not 0 < share < credit.y.mean():
        given = f"{credit.y.mean():.4g}, the delinquents' share"
        raise InputError(f"--minority-share lies between 0 and {given}, not {share}")
    wanted = round(share / (1 - share) * len(others))
    if wanted < 1:
        raise InputError(f"--minority-share {share} leaves no delinquent")
    kept = np.random.default_rng(seed).choice(delinquent, wanted, replace=False)
    rows = np.sort(np.concatenate([others, kept]))
    note = f"thinned: {wanted:,} of {len(delinquent):,} delinquents are kept ({share:.2%} of rows)"
    x = credit.x.iloc[rows].reset_index(drop=True)
    return Credit(x, credit.y[rows], (*credit.notes, note))


def _compare(arguments: Arguments, credit: Credit) -> None:
    report = augmentation_report(
        credit.x,
        credit.y,
        arms=arguments.arms,
        ratios=arguments.ratios,
        swept=[name for name in dict.fromkeys(("smote", DEFAULT)) if name in arguments.arms],
        steps=arguments.steps,
        network_seeds=arguments.network_seeds,
        folds=arguments.folds,
        repeats=arguments.repeats,
        seed=arguments.seed,
        say=lambda line: print(line, file=sys.stderr),
    )
    steps = "four epochs of a balanced table" if arguments.steps is None else arguments.steps
    how = (
        f"{arguments.folds} stratified folds, {arguments.repeats} time(s); all is fitted inside "
        f"the fold; {arguments.network_seeds} network(s) each start afresh; all take as many "
        f"steps: {steps}",
        "missing values are medians to all classifiers, and normal quantiles the columns' scale",
        f"the default sampler, {DEFAULT}, was chosen by half of the rows of Kaggle's table, after "
        "studies that had seen all of them; where this is that table, no test fold is untouched "
        "(docs/credit.md)",
    )
    lines = credit_report.report_lines(report, DEFAULT, (*credit.notes, *how))
    _save(arguments, credit, report.scores, lines)
    curves = {name: report.curves[NETWORK, name] for name in arguments.arms}
    title = f"The credit study's network, {len(credit.y):,} borrowers"
    path = arguments.out / "roc_calibration.png"
    save_roc_and_calibration(path, curves, title=title, positive="delinquents")


def _repeat(arguments: Arguments, credit: Credit) -> None:
    arms = run_published_study(
        credit.x.to_numpy(np.float64),
        credit.y,
        seed=arguments.seed,
        say=lambda line: print(line, file=sys.stderr),
    )
    scores = pd.DataFrame([arm._asdict() for arm in arms])
    _save(arguments, credit, scores, credit_report.study_lines(arms, credit.notes))


def _settings(arguments: Arguments, credit: Credit) -> dict[str, Any]:
    """Return what the results depend on, as JSON has it."""
    settings = {name: value for name, value in vars(arguments).items() if name != "out"}
    path = arguments.data
    settings["data"] = None if path is None else str(path.expanduser().resolve())
    settings |= {"table": credit.notes[:3], "default_sampler": DEFAULT}
    return json.loads(json.dumps(settings))


def _keep_others(arguments: Arguments, credit: Credit) -> None:
    """Raise InputError where the folder has results of other settings."""
    out, path = arguments.out, arguments.out / "settings.json"
    if not any((out / name).exists() for name in ("results.csv", "report.txt", path.name)):
        return
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    asked = _settings(arguments, credit)
    if other := [name for name in asked if name not in known or known[name] != asked[name]]:
        names = ", ".join(name.replace("_", " ") for name in other)
        raise InputError(f"{out} has results of another {names}: choose another --out")


def _save(arguments: Arguments, credit: Credit, scores: pd.DataFrame, lines: list[str]) -> None:
    """Write what took long, then print the report."""
    out = arguments.out
    (out / "settings.json").write_text(json.dumps(_settings(arguments, credit), indent=1) + "\n")
    scores.to_csv(out / "results.csv", index=False)
    (out / "report.txt").write_text("\n".join(lines) + "\n")
    print(*lines, sep="\n")


if __name__ == "__main__":
    report_errors(main)
