"""Pictures of every class, classes as a model numbers them, their scores and a table of these."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from genjax.data.celeba import Split, has_partition
from genjax.data.conditions import condition_of
from genjax.data.config import DataConfig
from genjax.data.idx import is_mnist
from genjax.data.source import few
from genjax.data.training_set import Examples, load_split
from genjax.errors import InputError, needs_extra
from genjax.metrics.features import Features
from genjax.metrics.protocol import Judged, Score, compare_classes, judge_classes
from genjax.trained import Trained

with needs_extra("scripts", "tables"):
    from rich.console import Console
    from rich.table import Table


def rows_of(examples: Examples, rows: np.ndarray | slice) -> Examples:
    """Return some of the pictures, with their labels."""
    labels = None if examples.labels is None else examples.labels.iloc[rows]
    return examples._replace(pixels=examples.pixels[rows], labels=labels)


def load_mixed(
    config: DataConfig, shape: tuple[int, int, int], split: Split, *, seed: int, limit: int
) -> Examples:
    """Return as many pictures of a split as `load_split`, with some of every class.

    Sets with a partition are mixed as they are. Folders are read one after another: all of their
    pictures are, and shuffled, always in the same way.
    """
    path = config.path
    if path is None or is_mnist(path) or has_partition(path):
        return load_split(config, shape, split, seed=seed, limit=limit)
    examples = load_split(config, shape, split, seed=seed, limit=config.limit)
    order = np.random.default_rng(0).permutation(len(examples.pixels))
    return rows_of(examples, order[:limit])


def labels_of(
    tables: Mapping[str, pd.DataFrame | None],
    attribute: str | None,
    names: tuple[str, ...] = (),
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Return the classes' names and, of several sets of pictures, the class of each picture.

    Args:
        tables: labels of each set, a row a picture.
        attribute: see `condition_of`.
        names: of the classes, in order, where a model has numbered them already; without any,
            classes are those of all sets together, as a small one may lack some.

    Raises:
        InputError: what `condition_of` refuses.
    """
    if not names:
        known = [table for table in tables.values() if table is not None]
        complete = len(known) == len(tables)
        names = condition_of(pd.concat(known) if complete else None, attribute).names
    return names, {
        subject: condition_of(table, attribute, names=names).y for subject, table in tables.items()
    }


def labels_for(
    trained: Trained, tables: Mapping[str, pd.DataFrame | None]
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Return `labels_of` as the model numbers its classes; neither of a model without classes.

    Raises:
        InputError: as `labels_of`, or the pictures have more or fewer classes than the model.
    """
    classes = getattr(trained.model, "classes", 0)
    if not classes:
        return (), {}
    data, _ = trained.config.pictures()
    known = getattr(trained.config.model, "class_names", ())
    names, labels = labels_of(tables, data.attribute, known)
    if len(names) != classes:
        raise InputError(f"the model knows {classes} classes, these pictures have {len(names)}")
    return names, labels


def score_classes(
    feature: Features,
    vectors: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    names: tuple[str, ...],
    *,
    split: str,
    seed: int,
) -> list[Score]:
    """Return the scores by class, of features that are of a classifier of these classes.

    Args:
        feature: the features.
        vectors: (n, d) features of each set: held-out pictures first, then what is scored.
        labels: (n,) classes of the same sets.
        names: of the classes.
        split: of the held-out pictures.
        seed: of the samples.
    """
    if feature.head is None:
        return []
    if feature.head.classes != names:
        what = few(feature.head.classes) or "attributes"
        print(
            f"no scores by class in {feature.name} {feature.hash}: it tells {what}, not "
            f"{few(names)}; scripts/train_classifier.py trains one that does",
            file=sys.stderr,
        )
        return []
    judged = {
        subject: Judged(of_set, feature.head(of_set), labels[subject])
        for subject, of_set in vectors.items()
    }
    held_out, *others = judged
    real = judged[held_out]
    about = {"split": split, "features": feature.name, "features_hash": feature.hash}
    scores = judge_classes(
        real, names, subject=held_out, n_real=len(real.labels), seed=seed, **about
    )
    for subject in others:
        scores += compare_classes(real, judged[subject], names, subject=subject, seed=seed, **about)
    return scores


def print_by_class(classes: Sequence[str], columns: Mapping[str, Sequence[float]]) -> None:
    """Print a table of a row a class."""
    table = Table("class", *columns)
    for row, name in enumerate(classes):
        table.add_row(name, *(f"{values[row]:.4g}" for values in columns.values()))
    console = Console()
    console.width = max(console.width, 120)
    console.print(table)


def print_scores_by_class(scores: Sequence[Score]) -> None:
    """Print a table for each classifier that scored classes."""
    lists = [score for score in scores if score.classes]
    for judge in dict.fromkeys(score.features_hash for score in lists):
        of_judge = [score for score in lists if score.features_hash == judge]
        columns = {
            f"{score.name.removesuffix('_by_class').replace('_', ' ')} of {score.subject}": value
            for score in of_judge
            if isinstance(value := score.value, list)
        }
        print_by_class(of_judge[0].classes, columns)
