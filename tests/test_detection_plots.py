"""A detector's pictures show its numbers: bars, lines and dots are read back from the figures."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, roc_auc_score

from genjax.errors import InputError
from genjax.plots.detection import (
    save_latent_space,
    save_roc_and_precision_recall,
    save_score_histogram,
)


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were written."""
    figures = []
    write = Figure.savefig

    def keep(self, *args, **options):
        figures.append(self)
        write(self, *args, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def rows(genuine=3000, frauds=40):
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(size=genuine), rng.normal(-3, 1, frauds)])
    return scores, np.repeat([0, 1], [genuine, frauds])


def named(axes):
    return bool(axes.get_title() and axes.get_xlabel() and axes.get_ylabel())


def bars(axes):
    """Class -> (shares, edges)."""
    return {patch.get_label().split(" (")[0]: patch.get_data() for patch in axes.patches}


def test_bars_before_the_threshold_are_the_rows_that_are_flagged(tmp_path, drawn):
    scores, y = rows()
    scores[:3], scores[-2:] = -1e7, -1e9
    threshold = -1.82
    scores[3] = threshold  # is not flagged
    save_score_histogram(tmp_path / "h.png", scores, y, threshold, name="score")
    (axes,) = drawn[0].axes
    assert named(axes)
    assert axes.get_xlabel().startswith("score")
    (line,) = axes.lines
    assert line.get_color() == "red"
    assert set(line.get_xdata()) == {threshold}
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend[:2] == ["genuine rows (3,000)", "frauds (40)"]
    assert "-1.82" in legend[2]
    for label, chosen in (("genuine rows", y == 0), ("frauds", y == 1)):
        shares, edges, _ = bars(axes)[label]
        assert shares.sum() == pytest.approx(1)  # those out of sight too
        before = shares[edges[1:] <= threshold].sum()
        assert before == pytest.approx((scores[chosen] < threshold).mean())
    assert axes.get_xlim()[0] > -20
    assert "genuine rows 3 (0.10%), frauds 2 (5.00%)" in axes.get_title()


def test_a_threshold_far_out_and_scores_all_alike_are_in_the_picture(tmp_path, drawn):
    scores, y = rows()
    save_score_histogram(tmp_path / "h.png", scores, y, -100.0)
    save_score_histogram(tmp_path / "i.png", np.zeros(len(y)), y, 0.0)
    for figure, threshold in zip(drawn, (-100, 0), strict=True):
        (axes,) = figure.axes
        low, high = axes.get_xlim()
        assert low < threshold < high
        assert "beyond" not in axes.get_title()


def test_curves_enclose_the_areas_that_the_legends_say(tmp_path, drawn):
    scores, y = rows()
    detectors = {"good": scores, "poor": scores + 5 * np.random.default_rng(1).normal(size=len(y))}
    save_roc_and_precision_recall(tmp_path / "c.png", detectors, y)
    roc, trade = drawn[0].axes
    assert named(roc)
    assert named(trade)
    for (name, values), curve, steps in zip(
        detectors.items(), roc.lines[:2], trade.lines[:2], strict=True
    ):
        area, average = roc_auc_score(y, -values), average_precision_score(y, -values)
        assert curve.get_label() == f"{name}: area {area:.3f}"
        assert np.trapezoid(curve.get_ydata(), curve.get_xdata()) == pytest.approx(area)
        assert steps.get_label() == f"{name}: average precision {average:.3f}"
        assert steps.get_drawstyle() == "steps-post"
        recalls, precisions = steps.get_data()
        assert (recalls[0], recalls[-1]) == (1, 0)
        assert -np.diff(recalls) @ precisions[:-1] == pytest.approx(average)
    np.testing.assert_array_equal(roc.lines[2].get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_allclose(trade.lines[2].get_ydata(), 40 / 3040)


def dots(axes):
    genuine, frauds = (found for found in axes.collections if isinstance(found, PathCollection))
    assert frauds.get_zorder() >= genuine.get_zorder()  # drawn later, hence on top
    return np.asarray(genuine.get_offsets()), np.asarray(frauds.get_offsets())


def test_two_latents_are_drawn_as_they_are(tmp_path, drawn):
    _, y = rows()
    codes = np.random.default_rng(0).normal(size=(len(y), 2))
    codes[0], codes[-1] = 1e4, -1e4
    save_latent_space(tmp_path / "l.png", codes, y)
    (axes,) = drawn[0].axes
    genuine, frauds = dots(axes)
    np.testing.assert_array_equal(genuine, codes[y == 0])
    np.testing.assert_array_equal(frauds, codes[y == 1])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent 1", "latent 2")
    assert -10 < axes.get_xlim()[0] < axes.get_xlim()[1] < 10  # as if none were far out
    assert "genuine rows 1 (0.03%), frauds 1 (2.50%)" in axes.get_title()


def test_of_more_latents_the_widest_directions_are_drawn(tmp_path, drawn):
    _, y = rows()
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(len(y), 2)) * [3, 1]
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    codes = plane @ turn + 0.01 * rng.normal(size=(len(y), 5))
    codes[0] += 1e4 * rng.normal(size=5)  # does not turn the others' picture
    save_latent_space(tmp_path / "l.png", codes, y)
    (axes,) = drawn[0].axes
    _, found = dots(axes)
    for index in range(2):
        assert abs(np.corrcoef(found[:, index], plane[y == 1, index])[0, 1]) > 0.98
    assert axes.get_xlabel().startswith("principal component 1 (")


def test_a_single_latent_is_a_histogram(tmp_path, drawn):
    scores, y = rows()
    save_latent_space(tmp_path / "l.png", scores[:, None], y)
    (axes,) = drawn[0].axes
    assert named(axes)
    shares, edges, _ = bars(axes)["frauds"]
    np.testing.assert_allclose(shares, np.histogram(scores[y == 1], edges)[0] / 40)


def test_many_genuine_rows_are_thinned_and_always_the_same(tmp_path, drawn):
    y = np.repeat([0, 1], [20_500, 30])
    codes = np.random.default_rng(0).normal(size=(len(y), 2))
    for name in ("l", "m"):
        save_latent_space(tmp_path / f"{name}.png", codes, y)
    (some, frauds), (same, _) = (dots(figure.axes[0]) for figure in drawn)
    assert (len(some), len(np.unique(some, axis=0)), len(frauds)) == (20_000, 20_000, 30)
    np.testing.assert_array_equal(some, same)
    assert np.isin(some, codes[y == 0]).all()
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend[0] == "genuine rows (20,000 of 20,500)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: save_score_histogram(path, [0.0, 1.0], [0, 1], np.inf), "finite, not inf"),
        (lambda path: save_score_histogram(path, [0.0, np.nan], [0, 1], 0.0), "1 of 2"),
        (lambda path: save_roc_and_precision_recall(path, {}, [0, 1]), "no detector"),
        (lambda path: save_roc_and_precision_recall(path, {"a": [0.0, 1.0]}, [1, 1]), "both"),
        (lambda path: save_latent_space(path, [0.0, 1.0], [0, 1]), r"\(2,\)"),
        (lambda path: save_latent_space(path, [[0.0], [np.inf]], [0, 1]), "finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, call, message):
    with pytest.raises(InputError, match=message):
        call(tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
