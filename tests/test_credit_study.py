from dataclasses import dataclass, field
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import credit_models_published as models
import credit_study_published as study
from genjax import InputError
from genjax.estimators.networks import NetworkStudy
from genjax.losses import kl_standard_normal

pytestmark = pytest.mark.slow  # a study from end to end

ROWS, MISSING = 3000, 40


@dataclass(frozen=True)
class Watched(NetworkStudy):
    """The network, which writes down how it is trained: (members, steps, states before, after)."""

    calls: list = field(default_factory=list, compare=False)

    def fit(self, members, *, steps, seed, states=None, chunk=1000):
        kept = None if states is None else jax.tree.map(np.asarray, states)
        if len(self.calls) < 2:
            after = super().fit(members, steps=steps, seed=seed, states=states, chunk=100)
        else:  # each call compiles for seconds, and the third would prove no more than the second
            after = states._replace(step=jnp.full_like(states.step, steps))
        self.calls.append((members, steps, kept, jax.tree.map(np.asarray, after)))
        return after


def few_steps(algorithm, data, *, steps, key, batch_size, chunk):
    """Take three steps instead of all."""
    batch = {"x": jnp.asarray(data["x"][:batch_size])}
    state, step = jax.jit(algorithm.init)(key, batch), jax.jit(algorithm.step)
    batches = {"x": jnp.stack([batch["x"]] * algorithm.minibatches)}
    for _ in range(3):
        state, _ = step(state, batches, key)
    return state


@pytest.fixture(scope="module")
def run():
    """The protocol on rows that say nothing of their labels: an honest AUC is a half."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(5, 3, size=(ROWS, 3)), rng.uniform(size=ROWS) < 0.1
    x[:MISSING, 1] = np.nan
    network, lines, fits, made = Watched(learning_rate=1e-2, l2=0.0), [], [], []
    settings = study.Settings(network, epochs=8, vae_epochs=2, gan_epochs=4, fresh_share=0.5)

    def fit(algorithm, data, **how):
        state = few_steps(algorithm, data, **how)
        fits.append((data["x"], how["steps"], state))
        return state

    def kept(rows):
        return lambda x, n, **how: made.append(rows(x, n, **how)) or made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "fit", fit)
        patch.setattr(study, "vae_rows", kept(models.vae_rows))
        patch.setattr(study, "gan_rows", kept(models.gan_rows))
        arms = study.run_published_study(x, y, say=lines.append, settings=settings)
    return arms, network.calls, lines, fits, made


def test_its_arms_stand_beside_the_published_figures(run):
    arms, _, lines, *_ = run
    told = [(arm.name, arm.published_auc) for arm in arms]
    assert told == [("unbalanced", 0.75), ("SMOTE", 0.805), ("VAE", 0.81), ("GAN", 0.801)]
    assert any(line.startswith(f"{MISSING} of {ROWS:,} rows are incomplete") for line in lines)
    assert all(f"AUC {arm.auc:.3f}" in lines[-4 + i] for i, arm in enumerate(arms))


def test_synthetic_rows_make_up_what_delinquents_lack(run):
    arms, calls, *_ = run
    labels = [members[0].y for members, *_ in calls]
    kept = (ROWS - MISSING) // 2
    assert [arm.synthetic for arm in arms] == [0] + [arms[1].synthetic] * 3
    assert 0.7 * kept < arms[1].synthetic < 0.9 * kept
    assert len(labels[0]) == int(0.6 * kept)
    assert [len(y) for y in labels[1:]] == [int(0.6 * (kept + arms[1].synthetic))] * 3
    assert all(abs(y.mean() - 0.5) < 0.05 for y in labels[1:])


def test_one_network_trains_on_through_every_arm(run):
    _, calls, *_ = run
    assert calls[0][2] is None
    for (*_, before), (_, steps, given, after) in pairwise(calls):
        jax.tree.map(np.testing.assert_array_equal, given, before)
        assert before.step[0] < after.step[0] == steps


def test_interpolated_test_rows_tell_labels_that_nothing_tells(run):
    arms, *_ = run
    by_name = {arm.name: arm for arm in arms}
    assert abs(by_name["unbalanced"].auc - 0.5) < 0.1
    smote = by_name["SMOTE"]
    assert smote.auc > smote.auc_on_fresh_rows + 0.1
    assert abs(smote.auc_on_fresh_rows - 0.5) < 0.07
    assert by_name["unbalanced"].trained_on == 0
    assert all(by_name[name].trained_on > 0.3 for name in ("VAE", "GAN"))


def test_fresh_rows_give_the_protocol_nothing():
    x = np.random.default_rng(0).normal(5, 3, size=(100, 2))
    y = (np.arange(100) % 3 == 0).astype(int)
    kept, _, fresh = study._laid_aside(x, y, 0.2, 0, lambda line: None)
    assert (len(fresh.y), len(kept)) == (20, 80)
    np.testing.assert_allclose(kept.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(kept.std(axis=0), 1, atol=1e-6)
    scale = x.std() / np.concatenate([kept, fresh.x]).std()
    assert abs(scale - 3) < 0.5  # the fresh rows are on the same scale
    assert not (kept[:, None] == fresh.x[None]).all(axis=-1).any()


def test_the_noise_is_not_that_whose_divergence_is_charged():
    mean, head = jnp.array([[0.5, -1.0]]), jnp.array([[0.5, -2.0]])
    noise = jax.random.normal(jax.random.key(0), (20_000, 2))
    z = np.asarray(models.published_draw(mean, head, noise))
    np.testing.assert_allclose(z.mean(axis=0), mean[0], atol=0.1)
    np.testing.assert_allclose(z.std(axis=0), [0.25, 4.0], rtol=0.03)
    h, m = np.array([0.5, -2.0]), np.array([0.5, -1.0])
    charged = models.published_kl(mean, head)
    np.testing.assert_allclose(charged[0], (m**2 + h**2 - np.log(h**2) - 1).sum() / 2, rtol=1e-5)
    of_the_draws = kl_standard_normal(mean, 2 * jnp.log(head**2))
    assert of_the_draws[0] > 2 * charged[0]


def test_a_head_that_is_off_has_a_finite_divergence_and_slope():
    value, slope = jax.value_and_grad(lambda h: models.published_kl(h[None] * 0, h[None])[0])(
        jnp.zeros(6)
    )
    assert np.isfinite([value, *slope]).all()


def test_the_generators_cannot_leave_their_outputs_range(run):
    *_, fits, (vae, gan) = run
    x = fits[0][0]
    assert x.min() < -1 < 1 < x.max()
    assert np.abs(vae).max() <= 1
    assert 0 <= gan.min() <= gan.max() <= 1
    assert vae.shape == gan.shape


def test_both_learn_delinquents_alone_for_their_epochs(run):
    arms, _, _, ((x, vae_steps, _), (same, gan_steps, _)), _ = run
    np.testing.assert_array_equal(x, same)
    assert len(x) == (ROWS - MISSING) // 2 - len(x) - arms[1].synthetic
    assert (vae_steps, gan_steps) == (-(-2 * len(x) // 6), 4 * (len(x) // 64))


def test_the_discriminator_turns_twice_under_one_optimiser(run):
    *_, ((_, _, _), (_, _, state)), _ = run
    assert int(state.opt["discriminator"][0].count) == 2 * 3
    assert int(state.opt["generator"][0].count) == 3
    assert bool(state.extra["is_real"])  # the next step begins with real rows again


def test_every_step_has_its_fault_in_a_line(run):
    _, _, lines, *_ = run
    assert all("\n" not in fault and ": " in fault for fault in study.FAULTS)
    steps = {fault.split(":")[0] for fault in study.FAULTS}
    assert steps >= {"missing values", "scaling", "over-sampling", "network", "conclusion"}
    assert steps >= {step.name for step in study._STEPS}
    assert [line for line in lines if line.startswith("fault")] == [
        f"fault  {fault}" for fault in study.FAULTS
    ]


@pytest.mark.parametrize(
    ("x", "y", "share", "said"),
    [
        (np.zeros((4, 2)), np.zeros(3), 0.2, "as many 0 or 1"),
        (np.zeros((4, 2)), np.arange(4), 0.2, "as many 0 or 1"),
        (np.zeros((400, 2)), np.arange(400) % 10 == 0, 0.2, "64 delinquents or more"),
        (np.zeros((400, 2)), np.arange(400) % 10 > 0, 0.2, "64 delinquents or more"),
        (np.zeros((400, 2)), np.arange(400) % 2, 1.0, "share"),
    ],
)
def test_what_is_no_such_table_is_refused(x, y, share, said):
    with pytest.raises(InputError, match=said):
        study.run_published_study(
            x, y, say=lambda line: None, settings=study.Settings(fresh_share=share)
        )
