"""In a world whose latents are known, the exploration finds what is there; the script says it."""

import json
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import explore_latents
from genjax.config import DataConfig, TrainingConfig
from genjax.data.attributes import attributes_of, choose_attributes, factors_of
from genjax.data.training_set import load_training_set
from genjax.errors import InputError
from genjax.explore import measures, sheets
from genjax.explore.exploration import FORMS, Encoded, Exploration, vectors_of
from genjax.models import VAEConfig
from genjax.observers.pictures import train_on_pictures as train

# A picture is linear in three latents: two patches that are there or not, and a slope.
PATTERNS = np.zeros((3, 8, 8, 1))
PATTERNS[0, :3, :3] = PATTERNS[1, 5:, 5:] = 60
PATTERNS[2] = np.linspace(-20, 20, 8)[None, :, None]


def decode(latents):
    return np.clip(100 + np.tensordot(latents, PATTERNS, 1), 0, 255).round().astype(np.uint8)


def encode(pixels):
    flat = pixels.reshape(len(pixels), -1) - 100.0
    return np.linalg.lstsq(PATTERNS.reshape(3, -1).T, flat.T)[0].T.astype(np.float32)


def part(n, seed):
    """Hats and smiles come together, four times out of five."""
    generator = np.random.default_rng(seed)
    hat = generator.random(n) < 0.5
    smile = np.where(generator.random(n) < 0.8, hat, ~hat)
    slope = generator.normal(size=n)
    factors = pd.DataFrame({"hat": hat, "smile": smile, "slope": slope})
    pixels = decode(factors.to_numpy(float) + 0.03 * generator.normal(size=(n, 3)))
    return Encoded(pixels, encode(pixels), factors)


@pytest.fixture(scope="module")
def world():
    training = part(900, 0)
    vectors = {
        form: vectors_of(training.latents, training.factors, regressed=regressed)
        for form, regressed in FORMS.items()
    }
    trained = SimpleNamespace(
        encode=encode,
        decode=decode,
        sample=lambda n, seed: part(n, seed).pixels,
        kl_per_dimension=lambda pixels: np.array([0.5, 3.0, 1.0]),
    )
    return Exploration(trained, training, part(300, 1), True, ["hat"], vectors, ())


@pytest.fixture
def sheet(monkeypatch):
    """What was drawn, instead of drawing it."""
    kept = {}
    monkeypatch.setattr(
        "genjax.plots.save_sheet", lambda path, images, **names: kept.update(images=images, **names)
    )
    return kept


def test_a_mean_difference_takes_smiles_along_and_a_regressed_vector_does_not(world, tmp_path):
    found, path = measures.edits(world, tmp_path)
    assert path.is_file()
    assert min(found.skill["reconstructions"].values()) > 0.95
    assert sorted(found.readable) == ["hat", "slope", "smile"]
    for effects in (found.added, found.removed):
        assert {one["hat"].success for one in effects.values()} == {1.0}
    difference, regressed = (found.added[form]["hat"] for form in FORMS)
    assert difference.leak == "smile"
    assert difference.changes["smile"] > 0.3
    assert max(abs(regressed.changes[name]) for name in ("smile", "slope")) < 0.05
    assert found.removed["difference"]["hat"].changes["smile"] < -0.3


def test_what_the_probe_cannot_read_is_not_judged(world, tmp_path):
    unseen = [
        one._replace(factors=one.factors.assign(unseen=np.arange(len(one.pixels)) % 2 == 0))
        for one in (world.training, world.held_out)
    ]
    vectors = {form: table.assign() for form, table in world.vectors.items()}
    for table in vectors.values():
        table.loc["unseen"] = 0.0
    it = world._replace(training=unseen[0], held_out=unseen[1], vectors=vectors)
    found, _ = measures.edits(it, tmp_path)
    assert "unseen" not in found.readable
    assert "unseen" not in found.added["difference"]
    assert "unseen" in found.skill["reconstructions"]


def test_classes_of_one_column_are_not_held_constant_for_each_other():
    labels = pd.DataFrame({"label": np.arange(60) % 3})
    latents = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    forms = [vectors_of(latents, factors_of(labels), regressed=flag) for flag in (False, True)]
    np.testing.assert_allclose(forms[0], forms[1], atol=1e-5)
    expected = latents[labels["label"] == 1].mean(0) - latents[labels["label"] != 1].mean(0)
    np.testing.assert_allclose(forms[0].loc["label=1"], expected, atol=1e-5)


def test_copies_are_found_and_new_pictures_are_not_called_copies(world, tmp_path):
    found, paths = measures.copies(world, tmp_path, samples=200, pictures=3)
    assert all(path.is_file() for path in paths)
    assert found.expected == 0.75
    for share in found.share.values():
        assert abs(share - found.expected) < 4 * found.error
    copying = SimpleNamespace(**vars(world.trained))
    copying.sample = lambda n, seed: world.training.pixels[:n]
    copied, _ = measures.copies(world._replace(trained=copying), tmp_path, samples=200)
    assert copied.share["pixels"] > 0.95  # the rest are equal pictures that were held out
    assert copied.nearness["pixels"]["samples"].median == 0
    assert copied.nearness["pixels"]["held-out"].ratio == 1
    with pytest.raises(InputError, match="no held-out"):
        measures.copies(world._replace(is_held_out=False), tmp_path)


def test_neighbours_stand_beside_their_sample_with_their_distance(world, tmp_path, sheet):
    measures.copies(world, tmp_path, samples=20, pictures=4, seed=5)
    drawn = part(20, 5).pixels[:4]
    np.testing.assert_array_equal(sheet["images"][:, 0], drawn)
    assert sheet["images"].shape == (4, 7, 8, 8, 1)
    difference = (sheet["images"][:, 1] / 255.0 - drawn / 255.0).reshape(4, -1)
    rms = np.sqrt((difference**2).mean(axis=1))
    written = [float(line[1]) for line in sheet["captions"]]
    np.testing.assert_allclose(written, rms, rtol=0.01)
    every = (world.training.pixels[None] / 255.0 - drawn[:, None] / 255.0).reshape(4, 900, -1)
    np.testing.assert_allclose(rms, np.sqrt((every**2).mean(axis=2)).min(axis=1), rtol=1e-6)


def test_walks_go_along_the_latents_of_the_largest_kl(world, tmp_path, sheet):
    sheets.walks(world, tmp_path, latents=2)
    assert sheet["rows"] == ["latent 1\nKL 3.00 nats", "latent 2\nKL 1.00 nats"]
    latents = world.held_out.latents
    expected = latents[0].copy()
    expected[2] = latents[:, 2].mean() + 2 * latents[:, 2].std()
    column = sheet["columns"].index("+2")
    np.testing.assert_allclose(sheet["images"][1, column], decode(expected[None])[0], atol=1)
    np.testing.assert_array_equal(sheet["images"][0, 0], world.held_out.pixels[0])

    def refuse(pixels):
        raise InputError("no KL")

    plain = world.trained.__class__(**vars(world.trained) | {"kl_per_dimension": refuse})
    sheets.walks(world._replace(trained=plain), tmp_path, latents=1)
    assert sheet["rows"] == [f"latent 2\nvariance {latents[:, 2].var():.2f}"]


def test_interpolations_have_their_originals_beside_them(world, tmp_path, sheet):
    sheets.interpolations(world, tmp_path, pictures=5)
    held_out = world.held_out
    assert len(sheet["rows"]) == len(sheet["images"]) == 4
    for row in (2, 3):
        np.testing.assert_array_equal(sheet["images"][row, 0], held_out.pixels[2])
        np.testing.assert_array_equal(sheet["images"][row, -1], held_out.pixels[3])
        ends = sheet["images"][row, [1, -2]].astype(int)
        np.testing.assert_allclose(ends, decode(held_out.latents[2:4]), atol=1)
    assert (sheet["images"][2] != sheet["images"][3]).any()


def test_an_attribute_is_removed_on_the_left_and_added_on_the_right(world, tmp_path, sheet):
    sheets.attributes(world, tmp_path, pictures=3)
    assert sheet["images"].shape == (3, 11, 8, 8, 1)
    assert [row == "with" for row in sheet["rows"]] == world.held_out.factors["hat"][:3].tolist()
    vector = world.vectors["regressed"].loc["hat"].to_numpy()
    expected = decode(world.held_out.latents[:3] + 2 * vector)
    np.testing.assert_allclose(sheet["images"][:, -1].astype(int), expected, atol=1)
    np.testing.assert_array_equal(sheet["images"][:, 3], decode(world.held_out.latents[:3]))


@pytest.mark.parametrize("kind", ["pca", "tsne"])
def test_maps_of_encodings(world, tmp_path, kind):
    few = world._replace(held_out=world.held_out.first(20))
    assert sheets.encoding_map(few, tmp_path, kind=kind).stat().st_size > 1000
    flat = few.held_out._replace(latents=few.held_out.latents[:, :1])
    with pytest.raises(InputError, match="no map"):
        sheets.encoding_map(world._replace(held_out=flat), tmp_path, kind=kind)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["smilling"], "near names: Smiling"),
        (["Xyz"], "near names: Smiling, Eyeglasses, Male, Young, Bald"),
        (["Bald"], "none of 3 pictures"),
        (["Young"], "all of 3 pictures"),
        (["yaw"], "no attribute 'yaw'"),
    ],
)
def test_attributes_that_cannot_be_looked_at_are_refused(names, words):
    table = pd.DataFrame({name: [True, False, True] for name in ("Smiling", "Eyeglasses", "Male")})
    table = table.assign(Young=True, Bald=False, yaw=[0.1, 0.2, 0.3])
    with pytest.raises(InputError, match=words):
        choose_attributes(table, names)
    assert choose_attributes(table, ["Male"]) == ["Male"]
    assert choose_attributes(table[["Male", "Smiling", "Bald"]]) == ["Smiling", "Male"]
    with pytest.raises(InputError, match="none at all"):
        choose_attributes(pd.DataFrame(index=range(3)), ["Male"])


def test_labels_become_factors():
    labels = pd.DataFrame({"Hat": [True, False], "Tie": [0, 1], "label": [3, 9], "x": [0.5, 1]})
    found = factors_of(labels)
    assert found.to_dict("list") == {
        "Hat": [True, False], "Tie": [False, True], "x": [0.5, 1.0],
        "label=3": [True, False], "label=9": [False, True],
    }  # fmt: skip
    assert list(attributes_of(found)) == ["Hat", "Tie", "label=3", "label=9"]


TINY = TrainingConfig(
    model=VAEConfig(event_shape=(12, 12, 3), network="mlp", hidden=(8,), latent_size=3),
    data=DataConfig(drawn=60), batch_size=8, steps=1, chunk=1,
)  # fmt: skip


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["explore_latents", *map(str, args)])
    return explore_latents.main()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "drawn"
    train(TINY, load_training_set(TINY.data, (12, 12, 3), shown=1), folder)
    return folder


@pytest.mark.slow
def test_the_script_writes_what_it_names(run, monkeypatch, capsys):
    options = ("--pictures", 2, "--latents", 2, "--samples", 8, "--attributes", "Bangs")
    assert call(monkeypatch, run, *options) == 0
    out = capsys.readouterr().out
    folder = run / "figures" / "latents"
    names = {"interpolations.png", "walks.png", "map_pca.png", "attribute_Bangs.png",
             "nearest.png", "nearest_distances.png", "nearest.json"}  # fmt: skip
    assert names <= {path.name for path in folder.iterdir()}
    assert all(str(folder / name) in out for name in names)
    figures = json.loads((folder / "nearest.json").read_text())
    assert figures["expected"] == pytest.approx(60 / 66)
    assert f"{figures['share']['pixels']:.1%}" in out
    # A model of one step knows nothing that a probe could read, or next to nothing.
    assert "probe" in out


@pytest.mark.slow
def test_pictures_without_labels_go_without_attributes(tmp_path, monkeypatch, capsys):
    (tmp_path / "pictures").mkdir()
    for index in range(10):
        pixels = np.random.default_rng(index).integers(0, 256, (12, 12, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{index}.png")
    config = replace(TINY, data=DataConfig(path=str(tmp_path / "pictures")))
    train(config, load_training_set(config.data, (12, 12, 3)), tmp_path / "run")
    assert call(monkeypatch, tmp_path / "run", "--pictures", 2, "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "no labels" in out
    assert "left out: no held-out pictures" in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "interpolations.png", "walks.png", "map_pca.png"
    }  # fmt: skip
    with pytest.raises(InputError, match="none at all"):
        call(monkeypatch, tmp_path / "run", "--attributes", "Bangs")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pictures", "0"], "--pictures must be 2 or more"),
        (["--pictures", "7"], "--pictures 7 of 6"),
        (["--latents", "0"], "--latents must be 1"),
        (["--samples", "0"], "--samples must be 1"),
        (["--seed", "-1"], "--seed"),
        (["--attributes", "Eyeglases"], "near names: Eyeglasses"),
        (["--data", "nowhere"], "no such"),
    ],
)
def test_what_cannot_be_explored_is_one_line(run, monkeypatch, options, words):
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        call(monkeypatch, run, *options)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_run_without_latents_is_one_line(run, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no run"):
        call(monkeypatch, tmp_path)
    trained = SimpleNamespace(model=SimpleNamespace(decode=None), config=TINY)
    monkeypatch.setattr("genjax.load", lambda folder: trained)
    with pytest.raises(InputError, match="no latents: no code"):
        call(monkeypatch, run)
