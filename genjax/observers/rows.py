"""How near generated rows of numbers are, how the game is going, and the picture of both."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genjax import plots
from genjax.data.rows import Rows
from genjax.metrics.univariate import kolmogorov_smirnov, wasserstein_1
from genjax.metrics.verdict import measure
from genjax.permutation import spread
from genjax.run import Run
from genjax.tensorboard import TensorBoard
from genjax.trained import Trained

_DRAWS = 10_000  # compared in each look
_NEIGHBOURS = 1_000  # of them for the verdict
_SECONDS = 20.0  # between pictures


@dataclass
class RowsObserver:
    """Looks at a GAN of rows of numbers; see `Observer`.

    Each look appends to the run's `signals.jsonl`: the verdict and its signals, Kolmogorov-Smirnov
    statistic and Wasserstein-1 distance (the worst column's), the mean decisions.

    Attributes:
        rows: what it learns from.
        labels: (n,) int, theirs, for a model of classes.
    """

    rows: Rows
    labels: np.ndarray | None = None
    unit: str = "rows"
    seconds: float = 0.1
    growth: float = 1.0
    log_seconds: float = 0.0
    _logged: int = field(default=-1, repr=False)
    _said: str = field(default="", repr=False)
    _drawn: float = field(default=-np.inf, repr=False)

    def look(
        self, trained: Trained, run: Run, board: TensorBoard | None, *, final: bool
    ) -> list[Path]:
        """Log the signals; draw the picture now and then, and at the end."""
        step = int(trained.state.step)
        chosen = spread(len(self.rows.x), _DRAWS)
        real, y = self.rows.x[chosen], None if self.labels is None else self.labels[chosen]
        fake = trained.sample(len(real), y=y, seed=step)
        if step != self._logged:
            self._log(trained, run, real, fake, y, step)
            self._logged = step
        if not final and time.perf_counter() - self._drawn < _SECONDS:
            return []
        self._drawn = time.perf_counter()
        path = run.folder / "figures" / f"density_{step:07}.png"
        plots.save_densities(
            path,
            {name: (real[:, i], fake[:, i]) for i, name in enumerate(self.rows.columns)},
            decision=self._decision(trained),
            losses=run.records(),
            fit=run.records("signals"),
        )
        return [path]

    def _log(
        self,
        trained: Trained,
        run: Run,
        real: np.ndarray,
        fake: np.ndarray,
        y: np.ndarray | None,
        step: int,
    ) -> None:
        logits = trained.score(real, y=y), trained.score(fake, y=y)
        few = spread(len(real), _NEIGHBOURS)
        signals = measure(real[few], fake[few], logits[0][few], logits[1][few], ranks=True)
        record = {"step": step, "verdict": str(signals.verdict), **signals._asdict()}
        pairs = [(fake[:, i], real[:, i]) for i in range(real.shape[1])]
        if np.isfinite(fake).all():
            record["kolmogorov_smirnov"] = max(kolmogorov_smirnov(*pair) for pair in pairs)
            record["wasserstein_1"] = max(wasserstein_1(*pair) for pair in pairs)
        for name, values in zip(("real", "fake"), logits, strict=True):
            if (decision := trained.decide(values)) is not None:
                record[f"{name}_decision"] = float(decision.mean())
        run.log(record, "signals")
        if record["verdict"] != self._said:
            self._said = record["verdict"]
            print(f"step {step:,}: {self._said}", file=sys.stderr)

    def _decision(self, trained: Trained) -> tuple[np.ndarray, np.ndarray] | None:
        """Return (places, the decision there) of a single column, where the loss has decisions."""
        if self.rows.x.shape[1] > 1 or self.labels is not None:
            return None
        low, high = np.quantile(self.rows.x, [0.0005, 0.9995])
        places = np.linspace(low, high, 400, dtype=np.float32)
        decision = trained.decision(places[:, None])
        return None if decision is None else (places, decision)
