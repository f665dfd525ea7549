"""scikit-learn's and imbalanced-learn's interfaces over the models."""

from genjax.estimators.augmentation import augmentation_report
from genjax.estimators.detect import VAEDetector
from genjax.estimators.gan_detect import GANDetector
from genjax.estimators.oversample import CGANOverSampler, GANOverSampler, VAEOverSampler
from genjax.estimators.tabular import TabularGenerator

__all__ = [
    "CGANOverSampler",
    "GANDetector",
    "GANOverSampler",
    "TabularGenerator",
    "VAEDetector",
    "VAEOverSampler",
    "augmentation_report",
]
