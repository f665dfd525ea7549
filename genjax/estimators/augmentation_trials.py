"""Trials of a study of imbalance: an arm at a ratio, its rows, and what classifiers learn of them.

Samplers and classifiers are fitted some at a time; arms whose tables are about as long have their
networks trained as one program, of all folds and seeds.
"""

from collections.abc import Callable, Mapping, Sequence
from multiprocessing.pool import ThreadPool
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genjax.errors import needs_extra
from genjax.estimators.arms import Arm, at_ratio
from genjax.estimators.augmentation_scores import Collected
from genjax.estimators.augmentation_splits import Fold
from genjax.estimators.networks import NetworkStudy, Rows

with needs_extra("tables", "estimators"):
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

NETWORK = "network"
_ALIKE = 0.01  # tables that differ in length by less are learnt by one program

Trial = tuple[str, float]  # arm and ratio
Probabilities = list[np.ndarray]  # (seeds, n) of each fold


class Study(NamedTuple):
    """What all trials share.

    Attributes:
        x: the table.
        y: (n,) 0 or 1.
        parts: its folds.
        scales: of each fold.
        ready: scaled calibration and test rows of each fold.
        network: the study's.
        steps: of each network.
        network_seeds: networks a fold.
        others: name -> classifier, not fitted.
        seed: of all that is random.
        jobs: that run at a time.
    """

    x: pd.DataFrame
    y: np.ndarray
    parts: list[Fold]
    scales: list[Any]
    ready: list[tuple[np.ndarray, np.ndarray]]
    network: NetworkStudy
    steps: int
    network_seeds: int
    others: Mapping[str, Any]
    seed: int
    jobs: int

    def draw(self, arm: Arm, number: int) -> Rows:
        """Return an arm's rows of a fold."""
        fold, scale = self.parts[number], self.scales[number]
        frame = self.x.iloc[fold.train].reset_index(drop=True)
        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0] // 2)
        return arm(frame, self.y[fold.train], scale, seed)  # scikit-learn's seeds are below 2^31

    def networks(self, trials: Sequence[Sequence[Rows]]) -> list[list[Probabilities]]:
        """Return what networks make of calibration and test rows, of each trial."""
        times, folds = self.network_seeds, len(self.parts)
        members = [rows for made in trials for rows in made for _ in range(times)]
        twins = np.tile(np.arange(folds * times), len(trials))
        states = self.network.fit(members, steps=self.steps, seed=self.seed, twins=twins)
        found: list[list[Probabilities]] = [[] for _ in trials]
        for x in zip(*self.ready, strict=True):
            longest = max(map(len, x))
            padded = [np.resize(rows, (longest, rows.shape[1])) for rows in x for _ in range(times)]
            probability = self.network.predict(states, padded * len(trials))
            split = probability.reshape(len(trials), folds, times, longest)
            for place, own in enumerate(split):
                found[place].append([p[:, : len(rows)] for p, rows in zip(own, x, strict=True)])
        return found

    def other(self, model: Any, made: Sequence[Rows], number: int) -> list[np.ndarray]:
        """Return what a classifier makes of a fold's calibration and test rows, (1, n) each."""
        rows = made[number]
        with threadpool_limits(1, user_api="openmp"):  # of this thread: folds share the processor
            weights = {} if rows.weight is None else {"sample_weight": rows.weight}
            fitted = clone(model).fit(rows.x, rows.y, **weights)
            return [fitted.predict_proba(x)[None, :, 1] for x in self.ready[number]]


def try_arms(
    study: Study,
    arms: Mapping[str, Arm],
    tries: Mapping[str, Sequence[float]],
    collected: Collected,
    say: Callable[[str], None],
) -> None:
    """Score some arms, each at its ratios, with all classifiers.

    Args:
        study: what all share.
        arms: name -> arm, all of whose rows are held at a time.
        tries: name -> ratios.
        collected: gets the scores.
        say: is told what was done.
    """
    numbers = range(len(study.parts))
    # Fold by fold: an arm's programs are compiled once, for its first fold.
    drawn = _at_once(study.jobs, [(study.draw, arm, n) for n in numbers for arm in arms.values()])
    made: dict[Trial, list[Rows]] = {}
    for place, name in enumerate(arms):
        own = drawn[place :: len(arms)]
        for ratio in tries[name]:
            made[name, ratio] = [
                at_ratio(rows, len(fold.train), ratio) if ratio < 1 else rows
                for rows, fold in zip(own, study.parts, strict=True)
            ]
    say(f"rows of {len(numbers)} folds drawn: {', '.join(arms)}")
    groups = _alike(made)
    of_networks = [(study.networks, [made[trial] for trial in group]) for group in groups]
    keys = [(trial, name, n) for trial in made for name in study.others for n in numbers]
    of_others = [(study.other, study.others[name], made[trial], n) for trial, name, n in keys]
    found = _at_once(study.jobs, [*of_networks, *of_others])
    networks = {
        trial: probability
        for group, own in zip(groups, found, strict=False)
        for trial, probability in zip(group, own, strict=True)
    }
    others = dict(zip(keys, found[len(groups) :], strict=True))
    for trial in made:
        collected.add(NETWORK, *trial, *networks[trial])
        for name in study.others:
            parts = [others[trial, name, n] for n in numbers]
            collected.add(name, *trial, *map(list, zip(*parts, strict=True)))
    say(f"classifiers of {len(numbers)} folds scored: {', '.join(arms)}")


def _alike(made: Mapping[Trial, Sequence[Rows]]) -> list[list[Trial]]:
    """Return groups of trials whose tables are about as long: few are then repeated to fit."""
    groups: list[list[Trial]] = []
    longest = {trial: max(len(rows.y) for rows in own) for trial, own in made.items()}
    for trial in sorted(made, key=lambda trial: -longest[trial]):
        if groups and longest[trial] >= (1 - _ALIKE) * longest[groups[-1][0]]:
            groups[-1].append(trial)
        else:
            groups.append([trial])
    return groups


def _at_once(jobs: int, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return what (function, *arguments) give, in order, some of them called at a time."""
    if jobs == 1:
        return [function(*arguments) for function, *arguments in calls]
    # Its threads are daemons: an interrupt, or a call that fails, does not wait for the others.
    with ThreadPool(jobs) as pool:
        return list(pool.imap(lambda call: call[0](*call[1:]), calls))
