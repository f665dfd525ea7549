"""The comparison of ways to balance: what each part sees, and its scores by hand."""

from dataclasses import dataclass, field

import jax
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import LinearSVC

from genjax.errors import InputError
from genjax.estimators import VAEOverSampler, augmentation, augmentation_report
from genjax.estimators.arms import ARMS, DEFAULT, OfTable, at_ratio
from genjax.estimators.augmentation_scores import scale_of
from genjax.estimators.augmentation_splits import repeated_folds
from genjax.estimators.networks import NetworkStudy, Rows
from genjax.metrics.probabilities import Recalibration
from genjax.metrics.resampled import corrected_interval

CHEAP = {name: ARMS[name] for name in ("unbalanced", "class weights", "random", "smote", "noise")}
OTHERS = {"logistic regression": LogisticRegression()}


def table(n=400, rare=0.2, seed=0):
    """Rows whose first column counts them, in an order that says nothing."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < rare).astype(int)
    a = rng.normal(size=n) + 1.5 * y
    frame = pd.DataFrame({"row": np.arange(n), "a": a, "b": rng.normal(size=n)})
    frame.loc[rng.random(n) < 0.1, "b"] = np.nan
    return frame, y


X, Y = table()


@dataclass(frozen=True)
class Quick:
    """What stands for networks: the difference of the classes' means, and a little of the seed."""

    batch_size: int = 20
    calls: list = field(default_factory=list, compare=False)

    def fit(self, members, *, steps, seed, twins):
        self.calls.append((members, steps, np.asarray(twins)))
        return [
            rows.x[rows.y == 1].mean(0) - rows.x[rows.y == 0].mean(0) + 0.01 * twin
            for rows, twin in zip(members, twins, strict=True)
        ]

    def predict(self, states, x):
        return np.stack([expit(rows @ state) for rows, state in zip(x, states, strict=True)])


def report(**how):
    given = {"arms": CHEAP, "network": Quick(), "others": OTHERS, "folds": 3, "jobs": 1}
    return augmentation_report(X, Y, **(given | how))


@pytest.fixture(scope="module")
def usual():
    return report(ratios=(0.5,), swept=("smote",), network_seeds=2, repeats=2)


def test_folds_part_the_rows_by_class():
    parts = repeated_folds(Y, folds=4, repeats=2, seed=0).folds
    for repeat in (parts[:4], parts[4:]):
        tested = np.concatenate([fold.test for fold in repeat])
        assert sorted(tested) == list(range(len(Y)))
    for fold in parts:
        assert sorted(np.concatenate(fold)) == list(range(len(Y)))
        for rows in fold:
            assert Y[rows].mean() == pytest.approx(Y.mean(), abs=0.02)
    assert not np.array_equal(np.sort(parts[0].test), np.sort(parts[4].test))


def test_an_arm_sees_the_training_rows_alone():
    seen = []

    def watched(frame, y, scale, seed):
        seen.append((frame, y, scale(frame)))
        return Rows(seen[-1][2], y)

    report(arms={"watched": watched})
    for (frame, y, x), fold in zip(
        seen, repeated_folds(Y, folds=3, repeats=1, seed=0).folds, strict=True
    ):
        assert frame["row"].tolist() == fold.train.tolist()
        np.testing.assert_array_equal(y, Y[fold.train])
        # Inside the range: the training rows' own quantiles, and their median for what is missing.
        filled = frame["b"].fillna(frame["b"].median()).to_numpy()[:, None]
        known = QuantileTransformer(
            n_quantiles=len(frame), output_distribution="normal"
        ).fit_transform(filled)
        inside = np.abs(known[:, 0]) < 5
        np.testing.assert_allclose(x[inside, 2], known[inside, 0], rtol=1e-5)


def test_scores_are_those_of_the_steps_by_hand(usual):
    """Of logistic regression on SMOTE's rows, and of weights."""
    parts = repeated_folds(Y, folds=3, repeats=2, seed=0).folds
    for number in (0, 4):
        fold = parts[number]
        scale = scale_of(X.iloc[fold.train])
        train, calibration, test = (scale(X.iloc[rows]) for rows in fold)
        seed = int(np.random.SeedSequence([0, number]).generate_state(1)[0] // 2)
        more = SMOTE(random_state=seed).fit_resample(train, Y[fold.train])
        models = {
            "smote": LogisticRegression().fit(*more),
            "class weights": LogisticRegression(class_weight="balanced").fit(train, Y[fold.train]),
        }
        scores = usual.scores.set_index(["classifier", "arm", "ratio", "fold"])
        for arm, model in models.items():
            found = scores.loc["logistic regression", arm, 1.0, number].squeeze()
            p = model.predict_proba(test)[:, 1]
            assert found["auc"] == pytest.approx(roc_auc_score(Y[fold.test], p), abs=1e-3)
            before = model.predict_proba(calibration)[:, 1]
            again = Recalibration.fit(Y[fold.calibration], before)(p)
            brier = brier_score_loss(Y[fold.test], again)
            assert found["recalibrated_brier"] == pytest.approx(brier, abs=1e-4)
            assert found["recalibrated_brier"] < found["brier"]


def test_the_report_has_every_fold_seed_and_ratio(usual):
    counts = usual.scores.groupby(["classifier", "arm", "ratio"], sort=False).size()
    assert counts["network"].unique().tolist() == [2 * 3 * 2]
    assert counts["logistic regression"].unique().tolist() == [2 * 3]
    assert list(counts["network"].index) == [
        ("unbalanced", 1.0), ("class weights", 1.0), ("random", 1.0), ("smote", 0.5),
        ("smote", 1.0), ("noise", 1.0),
    ]  # fmt: skip
    assert list(usual.summary().index) == list(counts.index)
    assert list(counts.index.levels[0][counts.index.codes[0]].unique()) == ["network", *OTHERS]
    y, before, after = usual.curves["network", "smote"]
    assert len(y) == len(before) == len(after) == len(Y)  # of one repeat
    assert y.sum() == Y.sum()
    fold = repeated_folds(Y, folds=3, repeats=2, seed=0).folds[0]
    assert usual.test_to_train == pytest.approx(len(fold.test) / len(fold.train), abs=0.01)
    own = usual.scores.query("classifier == 'network' and ratio == 1").groupby(["arm", "fold"])
    folds = own["auc"].mean()  # of both seeds
    found = usual.difference("smote", "random")
    difference = folds["smote"] - folds["random"]
    assert found == corrected_interval(difference, test_to_train=usual.test_to_train)
    assert found.splits == 6
    back = usual.difference("random", "smote", score="auc")
    assert (back.mean, back.low) == pytest.approx((-found.mean, -found.high))


def test_networks_of_a_fold_and_seed_start_alike_in_all_arms_and_take_as_many_steps():
    network = Quick()
    report(network=network, network_seeds=2)
    by_length = {max(len(rows.y) for rows in call[0]): call for call in network.calls}
    assert len(network.calls) == 2  # tables of two lengths, a program each
    assert {len(call[0]) for call in network.calls} == {3 * 6, 2 * 6}
    balanced = 2 * int((Y[repeated_folds(Y, folds=3, repeats=1, seed=0).folds[0].train] == 0).sum())
    assert max(by_length) == pytest.approx(balanced, abs=2)
    for _, steps, twins in network.calls:
        assert steps == pytest.approx(4 * balanced / 20, abs=1)  # four epochs of a balanced table
        assert twins.reshape(-1, 6).tolist() == [list(range(6))] * (len(twins) // 6)


@pytest.mark.slow
def test_results_depend_on_neither_jobs_nor_memory_nor_other_arms(monkeypatch):
    arms = {name: CHEAP[name] for name in ("unbalanced", "smote", "noise")}
    how = {"ratios": (0.5, 1.0), "swept": ("smote",), "folds": 2, "arms": arms}
    first = report(**how).scores
    pd.testing.assert_frame_equal(report(**how, jobs=2).scores, first)
    some = {name: CHEAP[name] for name in ("noise", "smote")}
    alone = report(**(how | {"arms": some})).scores
    rest = first[first["arm"].isin(some)].sort_values(list(first)[:4])
    pd.testing.assert_frame_equal(
        alone.sort_values(list(alone)[:4]).reset_index(drop=True), rest.reset_index(drop=True)
    )
    monkeypatch.setattr(augmentation, "_BYTES", 1)
    pd.testing.assert_frame_equal(report(**how).scores, first)


def test_arms_put_the_given_rows_first_and_balance_the_classes():
    scale = scale_of(X)
    x, others, rare = scale(X), int((Y == 0).sum()), int(Y.sum())
    for name in ("random", "smote", "noise"):
        made = ARMS[name](X, Y, scale, 0)
        np.testing.assert_array_equal(made.x[: len(Y)], x)
        np.testing.assert_array_equal(made.y[: len(Y)], Y)
        assert (made.y[len(Y) :] == 1).all()
        assert len(made.y) == 2 * others
        assert made.x.dtype == np.float32
        half = at_ratio(made, len(Y), 0.5)
        assert (half.y == 1).sum() == round(0.5 * others)
        np.testing.assert_array_equal(half.x, made.x[: len(half.y)])
    with pytest.raises(InputError, match="larger ratio"):
        at_ratio(made, len(Y), 0.5 * rare / others)
    copies = ARMS["random"](X, Y, scale, 0).x[len(Y) :]
    assert set(map(tuple, copies.tolist())) <= set(map(tuple, x[Y == 1].tolist()))
    noise = ARMS["noise"](X, Y, scale, 0).x[len(Y) :]
    assert np.abs(noise.mean(0)).max() < 0.25
    assert noise.std(0) == pytest.approx(1, abs=0.2)
    weights = ARMS["class weights"](X, Y, scale, 0).weight
    assert weights[Y == 1].sum() == pytest.approx(weights[Y == 0].sum())
    assert weights.mean() == pytest.approx(1)
    assert isinstance(ARMS[DEFAULT], OfTable)


def test_a_sampler_of_tables_gets_the_gaps_and_its_rows_are_scaled():
    class Copier:
        """As imbalanced-learn's samplers, with what `clone` asks for."""

        seen: list = []  # noqa: RUF012

        def get_params(self, deep=True):
            return {}

        def set_params(self, random_state):
            return self

        def fit_resample(self, frame, y):
            self.seen.append(frame)
            return pd.concat([frame, frame[y == 1]]), np.append(y, y[y == 1])

    scale = scale_of(X)
    made = OfTable(Copier())(X, Y, scale, 0)
    pd.testing.assert_frame_equal(Copier.seen[0], X)
    np.testing.assert_array_equal(made.x[len(Y) :], scale(X[Y == 1]))
    assert len(made.y) == len(Y) + Y.sum()


def test_what_cannot_be_compared_is_refused(usual):
    for how, message in (
        ({"swept": ("gan",)}, "no arm 'gan'"),
        ({"ratios": (0.5, 1.5)}, "ratios lie"),
        ({"ratios": (0.01,)}, "the table's own"),
        ({"folds": 1}, "2 or more"),
        ({"folds": 200}, "rows of each class"),
        ({"repeats": 0}, "repeats"),
        ({"network_seeds": 0}, "network_seeds"),
    ):
        with pytest.raises(InputError, match=message):
            report(**how)
    with pytest.raises(InputError, match="0 or 1"):
        augmentation_report(X, Y + 1)
    with pytest.raises(InputError, match="399 rows"):
        augmentation_report(X[1:], Y)
    for args, message in (
        (("gan", "smote"), "no arm 'gan'"),
        (("smote", "random", "auroc"), "no score 'auroc'"),
        (("smote", "random", "fold"), "no score 'fold'"),
    ):
        with pytest.raises(InputError, match=message):
            usual.difference(*args[:2], score=args[2] if args[2:] else "auc")


def test_a_failure_in_one_of_many_jobs_is_told():
    def broken(frame, y, scale, seed):
        raise InputError("broken arm")

    with pytest.raises(InputError, match="broken arm"):
        report(arms={"unbalanced": CHEAP["unbalanced"], "broken": broken}, jobs=2)


def test_networks_learn_by_the_loss_that_is_written_down():
    """A step's gradient by differences of the loss in NumPy; Adam then moves by its sign."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype(np.float32), (rng.random(40) < 0.3).astype(int)
    weight = rng.uniform(0.5, 2, 40)
    study = NetworkStudy(hidden=(4,), l2=0.05, learning_rate=1e-3, batch_size=40)
    rows = Rows(x, y, weight)
    flipped = Rows(x, 1 - y, weight)
    twins = np.array([0, 1, 0, 0])
    start = study.fit([rows] * 4, steps=0, seed=0, twins=twins, chunk=1)
    after = study.fit([rows, rows, rows, flipped], steps=1, seed=0, twins=twins, chunk=1)
    before, moved = (jax.tree.map(np.asarray, s.params["network"]) for s in (start, after))
    for tree in (before, moved):
        for leaf in jax.tree.leaves(tree):
            np.testing.assert_allclose(leaf[0], leaf[2], atol=1e-6)
        kernel = tree["hidden_0"]["kernel"]
        assert not np.allclose(kernel[0], kernel[1], atol=1e-2)
    bound = np.sqrt(6 / (3 + 4))  # Glorot's
    assert np.abs(before["hidden_0"]["kernel"]).max() <= bound
    assert (before["logit"]["bias"] == 0).all()

    def loss(params, y=y):
        hidden = np.maximum(x @ params["hidden_0"]["kernel"] + params["hidden_0"]["bias"], 0)
        logits = (hidden @ params["logit"]["kernel"] + params["logit"]["bias"])[:, 0]
        entropy = np.logaddexp(0, logits) - y * logits
        return np.mean(weight * entropy) + 0.05 * (params["hidden_0"]["kernel"] ** 2).sum()

    own = jax.tree.map(lambda leaf: leaf[0].astype(np.float64), before)
    for layer, name in (("hidden_0", "kernel"), ("hidden_0", "bias"), ("logit", "kernel")):
        step = moved[layer][name][0] - own[layer][name]
        for place in np.ndindex(step.shape):
            ends = []
            for shift in (1e-5, -1e-5):
                near = jax.tree.map(np.copy, own)
                near[layer][name][place] += shift
                ends.append(loss(near))
            slope = (ends[0] - ends[1]) / 2e-5
            assert step[place] == pytest.approx(-1e-3 * np.sign(slope), abs=2e-5)
    up, down = (moved["logit"]["bias"][member, 0] for member in (3, 0))
    assert up > 0 > down  # labels turned round


def test_shorter_tables_are_repeated_and_each_predicts_its_own_rows():
    study = NetworkStudy(hidden=(4,), batch_size=8, learning_rate=0.02)
    x = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    short = Rows(x[:20], x[:20, 0] > 0)
    long = Rows(x, x[:, 0] < 0)
    states = study.fit([short, long], steps=200, seed=0, chunk=100)
    first, second = study.predict(states, [x, x])
    assert roc_auc_score(x[:, 0] > 0, first) > 0.9
    assert roc_auc_score(x[:, 0] < 0, second) > 0.9
    assert states.step.tolist() == [200, 200]


@pytest.mark.parametrize(
    ("frame", "y", "said"),
    [
        (X.assign(a="text"), Y, "column 'a' holds .*, not numbers"),
        (X.assign(a=np.inf), Y, "column 'a' holds infinite"),
        (X, Y[:-1], "a class, 0 or 1, of each row"),
        (X, np.where(Y == 1, np.nan, 0), "a class, 0 or 1, of each row"),
    ],
)
def test_what_is_no_such_table_is_refused(frame, y, said):
    with pytest.raises(InputError, match=said):
        augmentation_report(frame, y, arms=("unbalanced",))


def test_arms_are_known_by_name():
    assert report(arms=("unbalanced", "random")).scores["arm"].unique().tolist() == [
        "unbalanced",
        "random",
    ]
    with pytest.raises(InputError, match=r"no arm 'smoot'; there is .*smote"):
        report(arms=("smoot",))


def test_trees_are_as_many_in_every_arm():
    """Copies on both sides of a split for early stopping would let balanced tables learn longer."""
    x, y = np.random.default_rng(0).normal(size=(12_000, 1)), np.arange(12_000) % 20 == 0
    trees = augmentation.default_classifiers(0)["trees"]
    assert trees.fit(x, y).n_iter_ == trees.max_iter


def test_a_network_that_breaks_is_no_score():
    x = np.zeros((40, 1), np.float32)
    x[3] = np.nan
    with pytest.raises(InputError, match="member 1 led to a value that is not finite"):
        NetworkStudy().fit([Rows(np.ones((40, 1)), Y[:40]), Rows(x, Y[:40])], steps=4, seed=0)


@pytest.mark.slow
def test_a_generative_arm_and_real_networks_do_not_depend_on_other_arms():
    arms = {"vae": OfTable(VAEOverSampler(steps=2, hidden=(4,), batch_size=16)), **CHEAP}
    how = {"network": NetworkStudy(), "others": {}, "steps": 3, "folds": 2}
    both, alone = (
        report(arms={name: arms[name] for name in names}, **how).scores
        for names in (("vae", "random"), ("vae",))
    )
    columns = ["fold", "auc", "brier"]
    pd.testing.assert_frame_equal(
        both[both["arm"] == "vae"][columns].reset_index(drop=True), alone[columns]
    )


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"arms": ()}, "arms must be 1 or more"),
        ({"steps": 0}, "steps must be 1 or more"),
        ({"seed": -1}, "seed lies in"),
        ({"others": {"network": LogisticRegression()}}, "another name"),
        ({"others": {"near": KNeighborsClassifier()}}, "'near' takes no weights"),
        ({"others": {"line": LinearSVC()}}, "no predict_proba"),
        ({"swept": ("class weights",), "ratios": (0.5,)}, "the arm has 0"),
    ],
)
def test_settings_that_cannot_be_used(how, said):
    with pytest.raises(InputError, match=said):
        report(**how)
