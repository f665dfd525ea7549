"""What `oversamplers` draws: new delinquents by our samplers, by SMOTE and by the peers."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.preprocessing import QuantileTransformer

from genjax.estimators import CGANOverSampler, GANOverSampler, VAEOverSampler

TARGET = "SeriousDlqin2yrs"
Name = Literal[
    "vae", "cvae", "gan", "cgan", "random", "smote", "smote-quantiles", "smote-rounded",
    "tvae", "ctgan", "chance",
]  # fmt: skip
SAMPLERS: dict[str, Callable[[], Any]] = {
    "vae": VAEOverSampler,
    "cvae": partial(VAEOverSampler, conditional=True),
    "gan": GANOverSampler,
    "cgan": CGANOverSampler,
}
PEERS = ("tvae", "ctgan")
EPOCHS = 60


class Drawn(NamedTuple):
    """New rows of class 1, the seconds they took, and a peer's peak of memory."""

    rows: pd.DataFrame
    seconds: float
    peak_mib: float | None = None


def read(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return features and target; the first column counts the rows."""
    table = pd.read_csv(path, index_col=0)
    return table.drop(columns=TARGET), table[TARGET].to_numpy()


def as_taken(name: str, X: pd.DataFrame) -> pd.DataFrame:
    """Return rows as a sampler takes them: medians for missing values, but for ours and copies."""
    return X if name in SAMPLERS or name in ("random", "chance") else X.fillna(X.median())


def whole_where(real: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return new rows, rounded in the columns that are whole in the real ones."""
    whole = [name for name in real if (real[name].dropna() % 1 == 0).all()]
    return new.assign(**{str(name): new[name].round() for name in whole})


def draw(
    name: str, X: pd.DataFrame, y: np.ndarray, count: int, seed: int, peer: Path | None = None
) -> Drawn:
    """Return `count` new rows of class 1, learnt from rows as the sampler takes them."""
    if name in PEERS:
        assert peer is not None
        return _draw_by_peer(name, X[y == 1], count, seed, peer)
    settings: dict[str, Any] = {
        "sampling_strategy": {1: int((y == 1).sum()) + count},
        "random_state": seed,
    }
    if name in SAMPLERS:
        sampler = SAMPLERS[name]().set_params(**settings)
    else:
        sampler = (RandomOverSampler if name == "random" else SMOTE)(**settings)
    began = time.perf_counter()
    if name in ("smote-quantiles", "smote-rounded"):
        normal = QuantileTransformer(output_distribution="normal", subsample=None)
        more = sampler.fit_resample(normal.fit_transform(X.astype(float)), y)[0]
        rows = pd.DataFrame(normal.inverse_transform(more[len(X) :]), columns=X.columns)
        rows = whole_where(X, rows) if name == "smote-rounded" else rows
    else:
        rows = sampler.fit_resample(X, y)[0].iloc[len(X) :]
    return Drawn(rows, time.perf_counter() - began)


def _draw_by_peer(name: str, rows: pd.DataFrame, count: int, seed: int, peer: Path) -> Drawn:
    script = Path(__file__).with_name("oversamplers_peers.py")
    with tempfile.TemporaryDirectory() as folder:
        given, new = Path(folder, "given.csv"), Path(folder, "new.csv")
        rows.to_csv(given, index=False)
        command = [str(peer), str(script), name.upper(), str(given), str(new)]
        for option, number in (("count", count), ("epochs", EPOCHS), ("seed", seed)):
            command += [f"--{option}", str(number)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        return Drawn(whole_where(rows, pd.read_csv(new)), told["seconds"], told["peak_mib"])
