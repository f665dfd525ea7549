"""scikit-learn interfaces over the models."""

from genjax.estimators.detect import VAEDetector

__all__ = ["VAEDetector"]
