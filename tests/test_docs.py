"""The examples of the docstrings and of the README run as they stand."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import genjax

ROOT = Path(__file__).parents[1]
MODULES = sorted(module.name for module in pkgutil.walk_packages(genjax.__path__, "genjax."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_the_modules_of_the_design_are_all_here():
    words = {"algorithm", "fit", "run", "checkpoint", "sharding", "latent", "plots"}
    assert {f"genjax.{word}" for word in words} <= set(MODULES)


@pytest.mark.slow
def test_the_readme_s_library_use():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {}
    for block in blocks:
        exec(block.replace("steps=100", "steps=2, chunk=2"), names)
    assert names["pictures"].shape == (16, 28, 28, 1)
    assert names["bounds"].shape == (8,)
    assert names["rows"].shape == (5, 2)
    assert names["realness"].shape == (5,)


def test_every_public_name_is_documented():
    for name in genjax.__all__:
        assert getattr(genjax, name).__doc__, name
