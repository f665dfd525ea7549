"""The peers of `oversamplers`: a published model of tables, in an interpreter that has `ctgan`.

    .venv-peers/bin/python benchmarks/oversamplers_peers.py TVAE|CTGAN rows.csv new.csv
        --count N --epochs 60 --seed 0

Reads rows without missing values, trains, writes as many new ones; prints a line of JSON: the
seconds of training and drawing, without imports, and the peak of memory in MiB (on Linux). The
package's defaults but for the epochs; all columns are numbers to it.
"""

import argparse
import json
import time
from pathlib import Path

import ctgan
import pandas as pd


def main() -> None:
    """Train and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("TVAE", "CTGAN"))
    parser.add_argument("given", type=Path)
    parser.add_argument("drawn", type=Path)
    for name in ("--count", "--epochs", "--seed"):
        parser.add_argument(name, type=int, required=True)
    arguments = parser.parse_args()
    rows = pd.read_csv(arguments.given)
    began = time.perf_counter()
    model = getattr(ctgan, arguments.model)(epochs=arguments.epochs)
    model.set_random_state(arguments.seed)
    model.fit(rows)
    new = model.sample(arguments.count)
    seconds = time.perf_counter() - began
    new.to_csv(arguments.drawn, index=False)
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_mib()}))


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
