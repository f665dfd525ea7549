"""A strict session: eight virtual devices, no rank promotion, warnings are errors."""

import gc
import os
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Programs and drawn faces are made once for all tests, and for the next run of them.
os.environ["GENJAX_CACHE"] = str(Path(__file__).resolve().parents[1] / ".cache" / "tests")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "")
    + " --xla_force_host_platform_device_count=8"
    # Programs of the tests run for milliseconds and compile for seconds.
    + " --xla_llvm_disable_expensive_passes=true --xla_backend_optimization_level=1"
)

import jax
import pytest

from genjax.compilation_cache import keep_programs
from genjax.fit import known_programs

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config):
    jax.config.update("jax_numpy_rank_promotion", "raise")
    keep_programs()


@pytest.fixture(scope="module", autouse=True)
def _drop_programs():
    """Let go of a file's compiled programs: a session that kept all crashed in the compiler."""
    yield
    jax.clear_caches()
    known_programs.cache_clear()  # which counts what is there no longer
    gc.collect()


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside a checkout; its tests skip where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}")
    return SHARED


# The contract is run on every model by `make checks`, on one of each kind by `make test`, and there
# what compiles several programs on the first alone, or not at all. So are examples that fit whole
# estimators.
_LONGEST = ("test_eight_devices", "test_members_by", "test_a_member")
_OF_SEVERAL_PROGRAMS = ("test_members", "test_one_compilation", "test_a_planted_nan")
_ROWS = ("mlp_vae", "conv_vae_with_statistics", "conditional_vae_of_a_table", "gan_with_cures")
_SLOW_EXAMPLES = tuple(
    f"genjax.{name}"
    for name in (
        *(f"estimators.{name}" for name in ("augmentation", "detect", "gan_detect", "oversample")),
        *("estimators.tabular", "estimators.networks", "metrics.anomaly", "metrics.verdict"),
        *(
            "nets.residual",
            "data.kept_faces",
            "models.gan",
            "models.vae",
            "models.autoencoder",
            "data.drawn_faces",
        ),
    )
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name == "test_contract.py":
            several = item.name.startswith(_OF_SEVERAL_PROGRAMS)
            rows = _ROWS[:1] if several else _ROWS
            if item.callspec.params["row"] not in rows or item.name.startswith(_LONGEST):
                item.add_marker(pytest.mark.slow)
        if item.name.endswith(tuple(f"[{name}]" for name in _SLOW_EXAMPLES)):
            item.add_marker(pytest.mark.slow)
