"""Can a classifier that was trained for nothing else tell the two sets apart?

References:
    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
"""

from typing import Any

import numpy as np

from genjax.errors import InputError, needs_extra
from genjax.metrics.distance import checked


def two_sample_auc(
    real: np.ndarray, fake: np.ndarray, *, folds: int = 4, seed: int = 0, classifier: Any = None
) -> float:
    """Return a new classifier's area under the ROC curve at telling fake rows from real ones.

    .5 is a guess: nothing was found that differs. Each row is judged by a classifier that was not
    trained on it. With n rows of each the area's own deviation is about .41 / √n.

    Args:
        real: (n, d).
        fake: (m, d).
        folds: of the cross-validation.
        seed: of the folds and the classifier.
        classifier: scikit-learn's, with `predict_proba`; gradient-boosted trees by default.

    Raises:
        InputError: the sets are not of this form.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(400, 1))
        >>> two_sample_auc(x[:200], x[200:] + 9)
        1.0
    """
    with needs_extra("tables", "two-sample classifiers"):
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

    if folds < 2:
        raise InputError(f"2 or more folds: got {folds}")
    x, z = checked(real, fake, folds)
    if classifier is None:
        # Large leaves and few steps: small ones would learn the noise of single columns.
        classifier = HistGradientBoostingClassifier(
            max_iter=60, min_samples_leaf=50, learning_rate=0.05, random_state=seed
        )
    rows, labels = np.concatenate([x, z]), np.repeat([1, 0], [len(x), len(z)])
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    likely = cross_val_predict(classifier, rows, labels, cv=splits, method="predict_proba")
    return float(roc_auc_score(labels, likely[:, 1]))
