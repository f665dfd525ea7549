"""Train a GAN on pictures, of any class that they have, and go on with a run that exists.

    python scripts/train_gan.py [--config FILE] [--data PATH] [--run DIR] [--steps N | --minutes M]
        [--batch-size B] [--seed S] [--dry-run] [--features FILE.npz] [--data.attribute NAME]

PATH holds MNIST's idx files, CelebA, or any pictures, whose sub-folders are classes; without it
faces are drawn. A model of classes learns the digits, the sub-folders, or the attribute that is
named; naming one makes any model conditional. --features names a classifier that
scripts/train_classifier.py saved: distances are then measured in its features, otherwise in
principal components.
"""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import genjax
from command_line import kept_pictures, parse_training, report_errors
from genjax import Run, sharding
from genjax.config import TrainingConfig
from genjax.data.conditions import Condition, condition_of
from genjax.data.source import few
from genjax.data.training_set import TrainingSet, load_training_set
from genjax.dry_run import forecast, show
from genjax.metrics import features
from genjax.models import GANConfig
from genjax.observers.picture_game import PictureGameObserver
from genjax.permutation import spread
from genjax.start import Start
from genjax.train import check, train

_FITTED_ON = 5_000  # pictures, for the principal components


def main() -> int:
    """Parse, load, train, report."""
    start = Start()
    sharding.start()
    config, folder, dry_run = parse_training(default="dcgan_faces", description=__doc__)
    if not isinstance(config.model, GANConfig):
        raise genjax.InputError(f"a GAN is trained here, not a {type(config.model).__name__}")
    measured_in = features.load(config.features) if config.features else None
    if sharding.is_main() and not (folder / "config.json").exists():
        check(config, folder)  # before minutes of loading; again when the classes are known
    data = load_training_set(*kept_pictures(config), seed=config.seed)
    start.loaded()
    config, condition = _conditioned(config, config.model, data)
    examples = {"x": data.pixels} | ({"y": condition.y} if condition else {})
    if dry_run:
        forecasted = forecast(config, examples, len(data.pixels))
        if sharding.is_main():
            show(forecasted, config)
        return 0
    if sharding.is_main():
        check(config, folder)
        print(*data.notes, sep="\n", file=sys.stderr)
        if condition:
            print(f"{len(condition.names)} classes: {few(condition.names, 12)}", file=sys.stderr)
    if measured_in is None:
        few_rows = spread(len(data.pixels), _FITTED_ON)
        measured_in = features.leading_components(data.pixels[few_rows])
    observer = PictureGameObserver(data, measured_in, condition)
    outcome = train(config, examples, folder, observer, start)
    if not sharding.is_main():
        return 0
    print(f"trained to step {outcome.step:,} in {outcome.seconds:,.0f} s; saved in {folder}")
    for figure in outcome.figures:
        print(f"  {figure}")
    _report(config, folder)
    where = shlex.quote(str(folder))
    print(f"go on:  python scripts/train_gan.py --run {where}")
    print(f"score:  python scripts/evaluate.py {where}")
    classes = f"y={condition.names[0]!r}, " if condition else ""
    print(f"use it: genjax.load({str(folder)!r}).sample(16, {classes}seed=0)")
    return 128 + outcome.interrupted if outcome.interrupted else 0


def _conditioned(
    config: TrainingConfig, model: GANConfig, data: TrainingSet
) -> tuple[TrainingConfig, Condition | None]:
    """Return the configuration with the data's classes, where the model is to know any."""
    attribute = config.pictures()[0].attribute
    if not model.classes and attribute is None:
        return config, None
    condition = condition_of(data.labels, attribute)
    model = replace(model, classes=len(condition.names), class_names=condition.names)
    return replace(config, model=model), condition


def _report(config: TrainingConfig, folder: Path) -> None:
    """Print how the last look went, and the best one."""
    signals = Run(folder, config, read_only=True).records("signals")
    if not signals:
        return
    last = signals[-1]
    alike = [record for record in signals if record["features_hash"] == last["features_hash"]]
    best = min(alike, key=lambda record: record["frechet_distance"])
    for name, record in ((f"best of {len(alike)} looks", best), ("last", last)):
        real = record["frechet_distance_of_real"]
        print(
            f"{name}: step {record['step']:,}, verdict {record['verdict']}, Fréchet distance "
            f"{record['frechet_distance']:.4g} (of real pictures {real:.4g}) in {last['features']}"
        )


if __name__ == "__main__":
    report_errors(main)
