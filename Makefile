# `make demo` and `make test` need git, make and Python 3.11 or newer; each sets itself up.
PYTHON ?= python3
VENV ?= .venv
PEERS = .venv-peers
TORCH = .venv-torch
BIN = $(VENV)/bin

.PHONY: setup demo picture heights test checks lint types bench peers torch-peer compare clean

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("genjax needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/python scripts/train_celeba_vae.py --config configs/faces_demo.py --run runs/demo

picture: demo
	$(BIN)/python scripts/demo_picture.py

heights: setup
	$(BIN)/python scripts/train_height_gan.py --run runs/heights
	cp runs/heights/figures/density_0010000.png docs/images/heights.png

# In two sessions: one that compiled everything has crashed within the compiler.
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/test_[a-f]*.py
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/test_[g-z]*.py

checks: setup
	$(BIN)/python -m pytest -n 2 -m slow

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks

# What `benchmarks.oversamplers` is measured against, and its torch: never in the project's own.
peers: $(PEERS)/.installed

$(PEERS)/.installed:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'ctgan==0.12.1'
	@touch $@

# What `benchmarks.compare` is measured against: never in the project's own environment.
torch-peer: $(TORCH)/.installed

$(TORCH)/.installed:
	$(PYTHON) -m venv $(TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' numpy
	@touch $@

compare: setup torch-peer
	$(BIN)/python -m benchmarks --peer torch --peer-python $(TORCH)/bin/python

clean:
	rm -rf $(VENV) $(PEERS) $(TORCH) .cache build dist *.egg-info
