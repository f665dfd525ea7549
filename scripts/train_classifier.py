"""Train a classifier that judges pictures of a conditional model, and their features by class.

    python scripts/train_classifier.py --data PATH --out FILE.npz [--attribute NAME]
        [--image-shape 28 28 1] [--crop square] [--steps 2000] [--seed 0]

It learns the training split and is tried on the test split: on the validation split where there is
none, and on a tenth that is held out where there is no partition. For scripts/evaluate.py, which
takes it as --features FILE.npz, the pictures' shape and crop must be the model's.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from class_scores import labels_of, print_by_class, rows_of
from command_line import report_errors
from genjax.data.celeba import Split
from genjax.data.config import DataConfig
from genjax.data.idx import is_mnist
from genjax.data.source import DataError
from genjax.data.training_set import Examples, load_split
from genjax.errors import InputError, needs_extra
from genjax.metrics import features
from genjax.metrics.by_class import accuracy_by_class, balanced_accuracy, conditional_accuracy
from genjax.permutation import spread

with needs_extra("scripts", "command lines"):
    import tyro

_SHIFT = 2  # pixels; what a classifier of digits, or of aligned faces, ought not to mind


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to learn, for how long, and where to put it."""

    data: Path
    """CelebA, MNIST's idx files, or a folder or zip with a sub-folder for each class."""
    out: Path
    """The file of the features, an .npz."""
    attribute: str | None = None
    """Which of the labels, such as Smiling; not needed where there is but one."""
    image_shape: tuple[int, int, int] | None = None
    """Height, width and channels: by default 28 28 1 for idx files, else 64 64 3."""
    crop: int | Literal["square"] | None = None
    """The central square that is taken, as in training."""
    steps: int = 2000
    """Of 128 pictures each."""
    seed: int = 0
    """Of the training."""


def main() -> int:
    """Load, train, try, write."""
    arguments = tyro.cli(Arguments, description=__doc__)
    _check(arguments)
    path = str(arguments.data.expanduser().resolve())
    shape = arguments.image_shape or ((28, 28, 1) if is_mnist(path) else (64, 64, 3))
    config = DataConfig(path=path, crop=arguments.crop)
    learnt, tried, part = _parts(config, shape)
    try:
        names, labels = labels_of(
            {"learnt": learnt.labels, "tried": tried.labels}, arguments.attribute
        )
    except InputError as error:
        raise InputError(str(error).replace("--data.attribute", "--attribute")) from None
    y, truth = labels["learnt"], labels["tried"]
    print(f"learning {len(names)} classes of {len(y):,} pictures", file=sys.stderr)
    found = features.classifier(
        learnt.pixels, y, classes=names, steps=arguments.steps, seed=arguments.seed, shift=_SHIFT
    )
    features.save(arguments.out, found)
    logits = found.classify(tried.pixels)
    counts = np.bincount(truth, minlength=len(names))
    print_by_class(
        names, {"pictures": counts.tolist(), "accuracy": accuracy_by_class(logits, truth)}
    )
    value, deviation = conditional_accuracy(logits, truth)
    print(f"accuracy {value:.4f} ± {deviation:.4f} on {len(truth):,} pictures ({part})")
    print(
        f"balanced accuracy {balanced_accuracy(logits, truth):.4f}; the most frequent class alone "
        f"would be right on {counts.max() / len(truth):.4f}"
    )
    print(f"features {found.hash}")
    print(arguments.out)
    return 0


def _check(arguments: Arguments) -> None:
    """Raise InputError for what would fail only after minutes."""
    if arguments.steps < 1:
        raise InputError(f"--steps must be 1 or more, got {arguments.steps}")
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"--seed lies in [0, 2^32), not {arguments.seed}")
    if arguments.image_shape is not None and min(arguments.image_shape) < 1:
        raise InputError(f"--image-shape is of 1 or more, not {arguments.image_shape}")
    if arguments.out.suffix != ".npz" or not arguments.out.resolve().parent.is_dir():
        raise InputError(f"--out is an .npz file in a folder that exists, not {arguments.out}")


def _parts(config: DataConfig, shape: tuple[int, int, int]) -> tuple[Examples, Examples, str]:
    """Return what is learnt, what it is tried on, and what that is."""
    learnt = load_split(config, shape, "train")
    splits: tuple[Split, ...] = ("test", "validation")
    for split in splits:
        try:
            return learnt, load_split(config, shape, split), f"{split} split"
        except InputError as error:
            if isinstance(error, DataError):  # a partition that lacks the part
                print(f"no {split} split: {error}", file=sys.stderr)
    n = len(learnt.pixels)
    is_tried = np.zeros(n, bool)
    is_tried[spread(n, max(n // 10, 1))] = True
    return rows_of(learnt, ~is_tried), rows_of(learnt, is_tried), "a tenth, held out"


if __name__ == "__main__":
    report_errors(main)
