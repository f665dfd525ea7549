"""scikit-learn interfaces over the models."""

from genjax.estimators.detect import VAEDetector
from genjax.estimators.gan_detect import GANDetector

__all__ = ["GANDetector", "VAEDetector"]
