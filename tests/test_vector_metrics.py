"""A metric may be an array: it is logged as a list, drawn as lines, guarded whole."""

import io
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from genjax import Aux, NonFiniteError, Phase, Progress, fit, fit_many, from_phases, plots
from genjax.hooks import MetricsLog, ProgressLine
from genjax.plots import charts

KEY = jax.random.key(0)
DATA = {"x": jnp.arange(8.0)}
OPTIONS = {"batch_size": 4, "chunk": 3}


def algorithm(breaks_at=99, repeats=1):
    """Metrics (step, 10 + step), of which the second may break."""

    def loss(params, batch, context):
        step = context.step.astype(jnp.float32)
        second = jnp.where(context.step == breaks_at, jnp.inf, 10 + step)
        return params["a"] ** 2, Aux({"pair": jnp.stack([step, second])})

    return from_phases(
        lambda key, batch: ({"a": jnp.float32(1)}, {}),
        [Phase("p", ("a",), loss, optax.sgd(0.1), repeats)],
    )


@pytest.mark.parametrize("repeats", [1, 2])
def test_hooks_see_a_row_for_each_step(repeats):
    seen = []
    fit(
        algorithm(repeats=repeats), DATA, steps=5, key=KEY, **OPTIONS,
        hooks=[lambda progress: seen.append(progress.metrics["p/pair"])],
    )  # fmt: skip
    assert [values.shape for values in seen] == [(3, 2), (2, 2)]
    np.testing.assert_array_equal(
        np.concatenate(seen), np.stack([np.arange(5), 10 + np.arange(5)], 1)
    )


def test_many_members_have_theirs():
    seen = []
    fit_many(
        lambda settings: algorithm(), DATA, steps=5, keys=jax.random.split(KEY, 3), **OPTIONS,
        hooks=[lambda progress: seen.append(progress.metrics)],
    )  # fmt: skip
    assert [metrics["p/pair"].shape for metrics in seen] == [(3, 3, 2), (3, 2, 2)]
    assert [metrics["p/loss"].shape for metrics in seen] == [(3, 3), (3, 2)]
    assert seen[1]["p/pair"][2].tolist() == [[3, 13], [4, 14]]


def test_one_number_that_is_not_finite_stops_the_run():
    with pytest.raises(NonFiniteError, match="step 4: not finite: p/pair") as caught:
        fit(algorithm(breaks_at=4), DATA, steps=9, key=KEY, **OPTIONS)
    assert int(caught.value.state.step) == 4


def test_the_log_holds_means_as_lists_and_the_line_single_numbers_alone():
    records, stream = [], io.StringIO()
    metrics = {"p/loss": np.array([1.0, 3.0]), "p/pair": np.array([[1.0, 2.0], [3.0, 6.0]])}
    progress = Progress(2, metrics, None)
    log = MetricsLog(SimpleNamespace(records=list, log=records.append), 4, every_seconds=99)
    log(progress)
    log(progress._replace(step=3, metrics={name: v[:1] for name, v in metrics.items()}))
    log.close()
    (record,) = records
    np.testing.assert_allclose(record["p/pair"], [5 / 3, 10 / 3])
    np.testing.assert_allclose(record["p/loss"], 5 / 3)
    assert type(record["p/pair"]) is list
    assert type(record["p/loss"]) is float
    with ProgressLine(4, lambda step: 0.5, stream=stream) as line:
        line(progress)
    assert "loss 3" in stream.getvalue()
    assert "pair" not in stream.getvalue()


def test_curves_draw_a_line_for_each_number(tmp_path, monkeypatch):
    drawn = {}

    def keep(figure, *arguments, **options):
        lines = {axes.get_title(): axes.get_lines() for axes in figure.axes}
        drawn.update(
            {title: [(*line.get_xdata(), *line.get_ydata()) for line in found]
             for title, found in lines.items()}
        )  # fmt: skip

    monkeypatch.setattr(charts.Figure, "savefig", keep)
    records = [
        {"step": 1, "seconds": 0.1, "examples_per_second": None, "p/pair": [3.0, 4.0]},
        {"step": 2, "seconds": 0.2, "examples_per_second": 9.0, "p/pair": [5.0, 6.0]},
    ]
    plots.save_curves(tmp_path / "curves.png", records)
    assert drawn["pair"] == [(1, 2, 3.0, 5.0), (1, 2, 4.0, 6.0)]
    assert drawn["examples per second"] == [(2, 9.0)]
