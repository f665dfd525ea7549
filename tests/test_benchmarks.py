"""The benchmark of our own side: arithmetic on given numbers, and whole runs on little data."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks import chunks, many, steps, timing
from benchmarks.families import FAMILIES
from benchmarks.growth_axes import AXES
from benchmarks.growth_curves import FEWEST_CHANGE, knee_of, slope_of
from benchmarks.growth_plots import save_growth
from benchmarks.machine import copy_bandwidth, describe, matrix_rate, peak_memory
from benchmarks.precisions import time_precisions
from benchmarks.sections import SECTIONS, time_family
from benchmarks.timing import Effort, Pace, Training, ratios, spread, take_turns
from genjax.dry_run import flops_of
from genjax.fit import Progress, init

ROOT = Path(__file__).parents[1]
QUICK = Effort(rounds=2, seconds=0.01, members=(1, 2))


def small(name="credit_vae_6"):
    return replace(FAMILIES[name], rows=500, chunk=5)


def test_median_least_most_and_ratios_of_neighbours():
    assert spread([5.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "most": 5.0}
    assert spread([1.0, 4.0])["median"] == 2.5
    # A machine that halves its speed after each round leaves the ratios alone.
    assert ratios([12.0, 6.0, 3.0], [4.0, 2.0, 1.0]) == [3.0, 3.0, 3.0]
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.filterwarnings("default")
def test_examples_of_docstrings():
    import doctest

    from benchmarks import growth_curves

    for module in (timing, growth_curves):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


class Clocked:
    """A training whose steps take a known time."""

    chunk = 10

    def __init__(self, log, name, seconds):
        self.log, self.name, self.seconds = log, name, seconds

    def calibrate(self, seconds):
        return round(seconds / (self.seconds * self.chunk))

    def turn(self, chunks):
        self.log.append(self.name)
        return chunks * self.chunk * self.seconds


def test_turns_alternate_and_give_steps_a_second():
    log = []
    trainings = {"a": Clocked(log, "a", 0.001), "b": Clocked(log, "b", 0.01)}
    rates = take_turns(trainings, Effort(rounds=3, seconds=1.0))
    assert log == ["a", "b"] * 3
    assert rates["a"] == pytest.approx([1000.0] * 3)
    assert rates["b"] == pytest.approx([100.0] * 3)


@given(
    seconds=st.floats(0.001, 0.2),
    compiling=st.floats(0.0, 100.0),
    chunk=st.integers(1, 1000),
    rounds=st.integers(1, 6),
)
def test_pace_counts_neither_compilation_nor_the_chunk_in_flight(seconds, compiling, chunk, rounds):
    now = compiling
    pace = Pace(Effort(rounds=rounds, seconds=0.1), clock=lambda: now)
    step, stop = chunk, False
    while not stop:
        stop = pace(Progress(step, {}, None))
        now += seconds
        step += chunk
    now += 50 * seconds  # what comes after the end
    pace(Progress(step, {}, None))
    assert pace.rates() == pytest.approx([chunk / seconds] * len(pace.rates()), rel=1e-6)
    assert 3 <= len(pace.rates()) <= max(rounds, 3)
    assert (step / chunk - 2) * seconds >= rounds * 0.1 * (1 - 1e-9)


sizes_of = st.lists(st.integers(0, 30), min_size=4, max_size=9, unique=True).map(
    lambda powers: [1.5**power for power in sorted(powers)]
)


@given(sizes=sizes_of, slope=st.floats(-3, 3), scale=st.floats(1e-3, 1e6))
def test_the_slope_of_a_power_is_its_exponent_and_it_has_no_knee(sizes, slope, scale):
    values = [scale * size**slope for size in sizes]
    assert slope_of(sizes, values) == pytest.approx(slope, abs=1e-6)
    assert knee_of(sizes, values) is None


@given(
    sizes=sizes_of,
    before=st.floats(-2, 2),
    after=st.floats(-2, 2),
    where=st.integers(1, 7),
)
def test_the_knee_of_two_powers_is_where_they_meet(sizes, before, after, where):
    knee = sizes[min(where, len(sizes) - 2)]
    values = [(size / knee) ** (before if size <= knee else after) for size in sizes]
    found = knee_of(sizes, values)
    if abs(after - before) > FEWEST_CHANGE * 1.001:
        assert found.size == knee
        assert (found.before, found.after) == pytest.approx((before, after), abs=1e-6)
    elif abs(after - before) < FEWEST_CHANGE * 0.999:
        assert found is None


def test_the_slope_is_of_the_upper_half_alone():
    sizes, values = [1, 10, 100, 1000, 10_000], [3.0, 99.0, 100.0, 10.0, 1.0]
    assert slope_of(sizes, values) == pytest.approx(-1.0)
    assert slope_of(sizes, [1.0, 1.0, *values[2:]]) == pytest.approx(-1.0)


def test_axes_grow_and_name_trainings_that_can_be_made():
    for name, axis in AXES.items():
        assert list(axis.sizes) == sorted(set(axis.sizes)), name
        first, last = (axis.point(size) for size in (axis.sizes[0], axis.sizes[-1]))
        first.config.check()
        assert first != last
        assert last.config.batch_size <= last.rows
        assert (last.members is None) == (name != "members")


def test_growth_is_drawn(tmp_path):
    rates = [spread([9.0, 10.0, 11.0]), spread([0.9, 1.0, 1.1])]
    save_growth(tmp_path / "rows.png", [10, 100], rates, label="rows", title="slope -1.00")
    assert (tmp_path / "rows.png").read_bytes().startswith(b"\x89PNG")


def test_the_machine_is_described_in_json_s_types_and_its_rates_are_rates(monkeypatch):
    monkeypatch.setenv("NPROC", "3")
    about = describe()
    assert json.loads(json.dumps(about)) == about
    assert about["jax"] == jax.__version__
    assert about["threads"] == 3
    assert 1e7 < matrix_rate() < 1e18
    assert 1e7 < copy_bandwidth(4) < 1e16
    held = np.ones(10**7)  # 80 MB that a peak must have seen
    assert peak_memory()["process"] > held.nbytes


def test_a_turn_takes_the_steps_it_is_asked_for_and_a_call_none():
    family = small()
    training = Training(family.algorithm(), family.data(), batch_size=6, chunk=5)
    training.turn(2)
    assert int(training._state.step) == 10
    assert training.call() > 0
    assert int(training._state.step) == 10
    training.turn(1)
    assert int(training._state.step) == 15


def test_work_is_counted_as_the_forecast_counts_it():
    family = small()
    algorithm, data = family.algorithm(), family.data()
    state = init(algorithm, data, key=jax.random.key(0), batch_size=6)
    batch = {"x": data["x"][:6]}
    work = steps.count_work(algorithm, state, batch)
    assert work["accelerator"]["flops"] == flops_of(algorithm, state, batch)
    # 10-8-12 and 6-8-10, six rows: three products of 2 operations, but for the first gradient.
    products = 2 * 6 * (3 * (10 * 8 + 8 * 12 + 6 * 8 + 8 * 10) - 10 * 8)
    assert products < work["accelerator"]["flops"] < 3 * products
    assert 0 < work["device"]["bytes accessed"] < work["accelerator"]["bytes accessed"]


def test_chunks_of_slow_families_stay_short():
    assert chunks.lengths(FAMILIES["credit_vae_6"]) == (1, 10, 100, 1000)
    assert chunks.lengths(FAMILIES["gaussians_wgan_gp"]) == (1, 10)
    assert chunks.lengths(FAMILIES["demo_faces"]) == (1, 5, 20)


def test_families_without_a_dtype_say_so():
    assert time_precisions(small("credit_gan"), QUICK) == {"note": "no setting of dtype"}


def test_every_count_of_members_has_its_line(capsys):
    of = {str(count): spread([1e-6 * count]) for count in (1, 8)}
    found = {"vmap": of, "map": of, "mesh": {"8": of["8"]}}
    Console(width=100).print(SECTIONS["members"].table({"credit_gan": found}))
    shown = [line.split() for line in capsys.readouterr().out.splitlines() if ".00" in line]
    assert [line[-2] for line in shown] == ["1.00", "8.00"] * 2 + ["8.00"]
    assert sum("credit_gan" in line for line in shown) == 1


def test_members_are_compared_with_the_fastest_of_the_fewest():
    of = {"vmap": {"2": spread([4.0]), "32": spread([12.0])}, "map": {"2": spread([2.0])}}
    assert many.ratios(of | {"mesh": {"32": spread([6.0])}}) == {
        "vmap": {"2": 2.0, "32": 6.0},
        "map": {"2": 1.0},
        "mesh": {"32": 3.0},
    }


def answers(monkeypatch, *, failing=()):
    """Let processes answer at once; return what they were asked for."""
    asked = []

    def answer(name, sections, effort, *, devices):
        asked.append((sections, devices))
        if devices in failing:
            return {"sections": {}, "error": "exit status 1"}
        found = {section: {f"on {devices}": {"1": spread([1.0])}} for section in sections}
        return {"machine": {"devices": devices}, "sections": found}

    monkeypatch.setattr("benchmarks.sections._in_a_process", answer)
    monkeypatch.setattr("benchmarks.sections.cores", lambda: 2)
    return asked


def test_members_alone_are_timed_again_with_each_core_a_device(monkeypatch):
    asked = answers(monkeypatch)
    found = time_family("credit_gan", ("steps", "members"), QUICK)
    assert asked == [(("steps", "members"), 1), (("members",), 2)]
    assert found["machine"] == {"devices": 1}
    assert list(found["sections"]["members"]) == ["on 1", "on 2"]
    assert list(found["sections"]["steps"]) == ["on 1"]
    for name, sections in (("credit_gan", ("steps",)), ("demo_faces", ("members",))):
        asked.clear()
        time_family(name, sections, QUICK)
        assert asked == [(sections, 1)]


@pytest.mark.parametrize(("failing", "kept"), [((1,), []), ((2,), ["steps", "members"])])
def test_what_was_timed_before_a_failure_is_kept(monkeypatch, failing, kept):
    answers(monkeypatch, failing=failing)
    found = time_family("credit_gan", ("steps", "members"), QUICK)
    assert found["error"] == "exit status 1"
    assert list(found["sections"]) == kept


def numbers_in(tree):
    leaves = jax.tree.leaves(tree)
    return [leaf for leaf in leaves if not isinstance(leaf, str)]


@pytest.mark.slow
@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_gives_finite_positive_numbers_and_a_table(name, capsys, monkeypatch):
    section = SECTIONS[name]
    monkeypatch.setattr(jax, "device_count", lambda: 1)  # of several, members are only shared out
    found = section.measure(small(), QUICK)
    numbers = np.array(numbers_in(found), float)
    assert numbers.size > 3
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    Console(width=150).print(section.table({"credit_vae_6": json.loads(json.dumps(found))}))
    assert "credit_vae_6" in capsys.readouterr().out


def run_benchmarks(*arguments):
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_the_command_times_a_family_in_a_process_of_its_own(tmp_path):
    out = tmp_path / "figures.json"
    ended = run_benchmarks(
        *("--families", "credit_vae_6", "--sections", "steps"),
        *("--rounds", 1, "--seconds", 0.02, "--json", out),
    )
    assert ended.returncode == 0, ended.stderr
    results = json.loads(out.read_text())
    assert results["command"].startswith("python -m benchmarks --families credit_vae_6")
    assert results["machines"]["rows"]["threads"] >= 1
    assert results["failed"] == {}
    (found,) = results["sections"]["steps"].values()
    numbers = np.array(numbers_in(found), float)
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    rate = found["steps_per_second"]["median"]
    assert found["examples_per_second"]["median"] == pytest.approx(6 * rate)
    share = found["flops"]["accelerator"] * rate / found["matrix_rate"]
    assert found["share_of_matrix_rate"] == pytest.approx(share)
    assert found["peak_bytes"]["process"] > found["peak_bytes"]["process_before"]
    assert "credit_vae_6" in ended.stdout


def test_an_unknown_family_is_refused_with_those_there_are():
    ended = run_benchmarks("--families", "nobody")
    assert ended.returncode == 2
    assert "no family nobody" in ended.stderr
    assert "credit_vae_6" in ended.stderr
