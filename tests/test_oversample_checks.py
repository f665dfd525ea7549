"""All checks of imbalanced-learn and of scikit-learn, on all over-samplers; none is excused.

`make test` runs imbalanced-learn's on the sampler that is quickest to compile, `make checks` all.
"""

import pytest
from imblearn.utils import estimator_checks as imbalanced_learn
from sklearn.utils.estimator_checks import parametrize_with_checks

from genjax.estimators import CGANOverSampler, GANOverSampler, VAEOverSampler

SMALL = {"hidden": (8,), "latent_size": 2, "steps": 4, "batch_size": 16, "random_state": 0}
SAMPLERS = {
    "vae": VAEOverSampler(**SMALL),
    "conditional_vae": VAEOverSampler(**SMALL, conditional=True),
    "gan": GANOverSampler(**SMALL),
    "conditional_gan": CGANOverSampler(**SMALL),
}
CHECKS = [
    pytest.param(estimator, check, id=f"{name}-{check.func.__name__}")
    for name, sampler in SAMPLERS.items()
    for estimator, check in imbalanced_learn.estimator_checks_generator(sampler)
]


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_imbalanced_learn_s_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize(
    "check",
    [
        imbalanced_learn.check_param_validation,
        imbalanced_learn.check_dataframe_column_names_consistency,
    ],
)
def test_imbalanced_learn_s_own_further_checks(name, check):
    check(type(SAMPLERS[name]).__name__, SAMPLERS[name])


@pytest.mark.slow
@parametrize_with_checks(list(SAMPLERS.values()))
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)
