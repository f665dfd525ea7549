"""Scores into a run's folder, and as a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genjax.errors import needs_extra
from genjax.metrics.protocol import Score

with needs_extra("scripts", "tables"):
    from rich.console import Console
    from rich.table import Table


def report_scores(scores: Sequence[Score], run: Path, about: dict[str, Any]) -> None:
    """Add the scores to the run's file, and print a table of a column a subject."""
    with (run / "scores.jsonl").open("a") as file:
        for score in scores:
            file.write(json.dumps(about | score.to_plain()) + "\n")
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for score in scores:
        settings = ", ".join(f"{name} {number}" for name, number in score.settings.items())
        name = f"{score.name} ({settings})" if settings else score.name
        rows.setdefault((name, score.features or ""), {})[score.subject] = _cell(score)
    subjects = list(dict.fromkeys(score.subject for score in scores))
    table = Table("score", "in", *subjects)
    for head, cells in rows.items():
        table.add_row(*head, *(cells.get(subject, "") for subject in subjects))
    console = Console()
    console.width = max(console.width, 120)
    console.print(table)
    for note in sorted(
        {f"{score.features or score.name}: {score.note}" for score in scores if score.note}
    ):
        print(note)
    print(run / "scores.jsonl")


def _cell(score: Score) -> str:
    if isinstance(score.value, list):
        return f"{len(score.value)} values"
    error = "" if score.standard_error is None else f" ± {score.standard_error:.2g}"
    return f"{score.value:.4g}{error}"
