"""Heights: ten seeds trained as one program, and how far each is from the truth.

    python -m benchmarks.height_gan [--config configs/height_gan.py] [--members 10]

The truth is N(69, 3²) inches. One comparison of 10,000 with 10,000 is mostly chance, so that its
median of twenty is printed too, and that of true samples with one another. The article's recipe is
`--config configs/height_gan_article.py`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from scipy import stats

from benchmarks.members import Members, read_config, report, sample_members, train_members
from genjax.data.config import TableConfig
from genjax.data.rows import DEVIATION, MEAN, draw_heights
from genjax.metrics.two_sample import two_sample_auc
from genjax.metrics.univariate import kolmogorov_smirnov
from genjax.metrics.verdict import measure
from genjax.models import GANConfig
from genjax.models.head import ScalingName

_DRAWS, _MANY, _TIMES = 10_000, 1_000_000, 20


@dataclass(frozen=True)
class Arguments:
    """What to train."""

    config: Path = Path("configs/height_gan.py")
    """Of heights."""
    members: int = 10
    """Seeds."""
    scaling: ScalingName | None = None
    """Of the data, where it is not the configuration's."""


def main() -> None:
    """Train, measure, print."""
    arguments = tyro.cli(Arguments, description=__doc__)
    config = read_config(arguments.config)
    assert isinstance(config.data, TableConfig)
    assert isinstance(config.model, GANConfig)
    if arguments.scaling is not None:
        config = replace(config, model=replace(config.model, scaling=arguments.scaling))
    data = {"x": draw_heights(config.data.drawn, seed=0)}
    trained = train_members(config, data, arguments.members)
    title = f"{arguments.config.stem}: {arguments.members} seeds in {trained.seconds:.1f} s"
    figures, verdicts = _figures(trained)
    report(title, figures)
    print(*(f"{count} x {verdict}" for verdict, count in verdicts.items()), sep=", ")


def _figures(trained: Members) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Return name -> a number for each member, and how many have which verdict."""
    figures: dict[str, list[float]] = {}
    verdicts: dict[str, int] = {}
    score = jax.jit(trained.model.score)
    for member, drawn in enumerate(sample_members(trained, _MANY)):
        real = draw_heights(_DRAWS, seed=1000 + member)  # new to all members
        fake, state = drawn[:_DRAWS], jax.tree.map(lambda leaf, i=member: leaf[i], trained.states)
        logits = [np.asarray(score(state, rows)) for rows in (real, fake)]
        pairs = [
            (part, draw_heights(_DRAWS, seed=2000 + _TIMES * member + index))
            for index, part in enumerate(np.split(drawn, _MANY // _DRAWS)[:_TIMES])
        ]
        found = {
            "KS of 10,000 and 10,000": kolmogorov_smirnov(fake, real),
            f"its median of {_TIMES} pairs": median(kolmogorov_smirnov(*p) for p in pairs),
            "the same of true ones": median(
                kolmogorov_smirnov(*both)
                for both in zip((p[1] for p in pairs), (p[1] for p in pairs[1:]), strict=False)
            ),
            "KS of a million": kolmogorov_smirnov(drawn, stats.norm(MEAN, DEVIATION)),
            "mean - 69, inches": float(drawn.mean(dtype=float) - MEAN),
            "deviation / 3": float(drawn.std(dtype=float) / DEVIATION),
            "new classifier's AUC": two_sample_auc(real, fake),
        }
        for name, values in zip(("true", "generated"), logits, strict=True):
            if (decision := trained.model.decision(jnp.asarray(values))) is not None:
                found[f"mean decision on {name}"] = float(np.mean(decision))
        few = slice(0, 1000)
        signals = measure(real[few], fake[few], logits[0][few], logits[1][few])
        verdicts[signals.verdict] = verdicts.get(signals.verdict, 0) + 1
        for name, value in found.items():
            figures.setdefault(name, []).append(value)
    return figures, verdicts


if __name__ == "__main__":
    main()
