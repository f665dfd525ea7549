"""The comparison with PyTorch: what it makes of turns, how it talks, and that both are the same."""

import importlib
import json
import math
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PEER = os.environ.get("GENJAX_TORCH_PYTHON")
sys.path.insert(0, str(ROOT))
FAMILIES = importlib.import_module("benchmarks.families").FAMILIES
compare = importlib.import_module("benchmarks.compare")
compare_table = importlib.import_module("benchmarks.compare_table")
peers = importlib.import_module("benchmarks.peer")
sys.path.remove(str(ROOT))

# A side whose steps cost what is written here, whatever the clock says.
STAND_IN = """
import sys
from benchmarks.peer import serve

class Side:
    def build(self, *, mode="", threads=None, **how):
        if mode == "compile":
            raise ValueError("no compiler\\nand more lines")
        self.cost = {"ours": 0.001, "theirs": 0.004 if threads == 1 else 0.008}[sys.argv[1]]
        print("what a compiler says")
        return {"threads": threads or 2, "device": "none", "versions": {}, "parameters": {}}

    def turn(self, *, steps):
        return {"seconds": self.cost * steps}

side = Side()
serve({"build": side.build, "turn": side.turn})
"""


def stand_in(name: str):
    return peers.Peer([sys.executable, "-c", STAND_IN, name])


@pytest.fixture
def stand_ins(monkeypatch):
    monkeypatch.setattr(compare, "start_ours", lambda threads: stand_in("ours"))
    monkeypatch.setattr(compare, "start_theirs", lambda python: stand_in("theirs"))
    monkeypatch.setattr(compare, "_PAUSE", 0.0)


def test_a_peer_answers_though_other_lines_are_printed():
    with stand_in("ours") as peer:
        assert peer.ask("build")["threads"] == 2
        assert peer.ask("turn", steps=5) == {"seconds": 0.005}


def test_a_failure_is_told_and_the_peer_goes_on():
    with stand_in("ours") as peer:
        with pytest.raises(peers.PeerError, match=r"^ValueError: no compiler$"):
            peer.ask("build", mode="compile")
        assert peer.ask("build")["device"] == "none"


def test_a_peer_that_ends_is_an_error_and_no_endless_wait():
    with (
        peers.Peer([sys.executable, "-c", "raise SystemExit(3)"]) as peer,
        pytest.raises(peers.PeerError, match="exit code 3"),
    ):
        peer.ask("build")


def test_a_turn_fills_its_time_in_whole_chunks_and_compiles_first():
    taken: list[int] = []

    def turn(steps: int) -> float:
        taken.append(steps)
        return 0.01 * steps + (60.0 if len(taken) == 1 else 0.0)

    assert compare_table.steps_a_turn(turn, 1.0, 5) == 100
    assert all(steps % 5 == 0 for steps in taken)
    assert compare_table.steps_a_turn(lambda steps: 9.0 * steps, 1.0, 5) == 5


def test_ratios_are_of_neighbouring_turns_and_not_of_medians():
    ours, theirs = [10.0, 40.0, 20.0], [5.0, 10.0, 20.0]  # medians say 20 / 10
    assert compare_table.ratios(ours, theirs) == (2.0, 1.0, 4.0)
    with pytest.raises(ValueError, match="zip"):
        compare_table.ratios(ours, theirs[:2])


def test_each_mode_is_timed_on_its_better_threads_and_one_that_fails_is_named(stand_ins, tmp_path):
    arguments = compare.Arguments(peer_python=tmp_path, rounds=3, seconds=0.1)
    result = compare.time_family(FAMILIES["credit_vae_6"], arguments)
    eager, compiled = result["modes"]["eager"], result["modes"]["compile"]
    assert len(eager["rates"]) == len(result["ours"]["rates"]) == 3
    assert eager["threads"] == 1  # the stand-in is slower on two
    assert eager["tried"]["1"] == pytest.approx(2 * eager["tried"]["2"])
    assert eager["ratio"] == pytest.approx((4.0, 4.0, 4.0))
    assert compiled == {"error": "ValueError: no compiler"}
    assert result["ours"]["steps"] % FAMILIES["credit_vae_6"].chunk == 0
    assert json.loads(json.dumps(result))["modes"]["eager"]["steps"] == eager["steps"]
    rows = compare_table.table_of({"credit_vae_6": result}, "title").columns
    assert list(rows[5].cells) == ["4.00", ""]
    assert list(rows[4].cells) == ["250", "ValueError: no compiler"]


def test_pictures_take_all_threads_of_either_side(stand_ins, tmp_path):
    arguments = compare.Arguments(peer_python=tmp_path, modes=("eager",), rounds=1, seconds=0.1)
    result = compare.time_family(FAMILIES["report_faces"], arguments)
    assert list(result["modes"]["eager"]["tried"]) == ["2"]
    assert result["modes"]["eager"]["ratio"] == pytest.approx((8.0, 8.0, 8.0))


def test_an_optimiser_of_another_rate_is_a_difference_and_rounding_is_none():
    ours = {"loss": {"vae": 20.0}, "losses": {"vae": [20.0, 19.9]}, "average": None}
    near = {"loss": {"vae": 20.0001}, "losses": {"vae": [20.0001, 19.9002]}, "average": None}
    slow = {"loss": {"vae": 20.0}, "losses": {"vae": [20.0, 19.95]}, "average": None}

    def wrong(theirs: dict) -> list[str]:
        found = compare_table.differences(ours, theirs).items()
        return [name for name, value in found if not compare_table.is_same(name, value)]

    assert wrong(near) == []
    assert wrong(slow) == ["change/vae/0"]
    assert wrong({**ours, "average": 1.0}) == ["average"]
    assert wrong({**ours, "loss": {"vae": math.nan}}) == ["loss/vae"]


def test_what_is_compared_has_no_masks_and_no_schedule():
    for family in FAMILIES.values():
        config = compare.comparable(family.config, 8)
        model = config.model
        assert config.batch_size <= 8
        assert (config.warmup_steps, config.decay_steps, config.stair_steps) == (0, None, None)
        assert not getattr(getattr(model, "generator", None), "dropout", 0.0)
        assert model.build() is not None


@pytest.mark.skipif(PEER is None, reason="GENJAX_TORCH_PYTHON names no interpreter with torch")
@pytest.mark.parametrize("name", FAMILIES)
def test_pytorch_computes_the_same_losses_gradients_and_steps(name):
    assert PEER is not None
    differences, parameters = compare.check_family(FAMILIES[name], Path(PEER))
    wrong = {k: v for k, v in differences.items() if not compare_table.is_same(k, v)}
    assert parameters
    assert not wrong
    assert len(differences) >= 4


def test_an_interpreter_that_is_not_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["compare", "--peer-python", str(tmp_path / "python")])
    with pytest.raises(SystemExit, match=r"no interpreter .*python: `make torch-peer` makes one"):
        compare.main()
