"""What a discriminator and a generator minimise, by name; per example.

A loss pair is two functions of two judgements, of the real and of the generated rows of a batch.
With r and f their logits, D = sigmoid(logit), softplus(x) = log(1 + eˣ) and -log D = softplus(-x):

| name | discriminator | generator |
| --- | --- | --- |
| minimax | -log D(r) - log(1 - D(f)) | log(1 - D(f)) |
| non_saturating | the same | -log D(f) |
| least_squares | ½(r - 1)² + ½f² | ½(f - 1)² |
| hinge | max(0, 1 - r) + max(0, 1 + f) | -f |
| wasserstein | f - r | -f |
| relativistic_average | -log D(r - f̄) - log(1 - D(f - r̄)) | -log D(f - r̄) - log(1 - D(r - f̄)) |
| boundary_seeking | as minimax | ½f² |

with r̄ and f̄ the batch's means.

References:
    minimax, non-saturating: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, eq. 1
    and section 3.
    least squares: Mao et al., "Least squares generative adversarial networks", ICCV 2017, eq. 9
    (with the paper's halves).
    hinge: Lim and Ye, "Geometric GAN", 2017; Miyato et al., ICLR 2018, eq. 16 and 17.
    Wasserstein: Arjovsky, Chintala and Bottou, "Wasserstein GAN", ICML 2017, eq. 2.
    relativistic average: Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, eq. 18.
    boundary-seeking: Hjelm et al., "Boundary-seeking generative adversarial networks", ICLR 2018,
    eq. 11 (½(log D - log(1 - D))², which is ½ the squared logit).
    Label smoothing, feature matching: Salimans et al., "Improved techniques for training GANs",
    NeurIPS 2016, sections 3.1 and 3.4.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_sigmoid, relu, softplus

from genjax.errors import InputError


class Judgement(NamedTuple):
    """What a discriminator says of a batch.

    Attributes:
        logits: (batch,); higher is more real.
        features: (batch, k), what its last layer sees; None where a network gives no more
            than logits.
    """

    logits: Array
    features: Array | None = None


PairLoss = Callable[[Judgement, Judgement], Array]
"""(judgement of real rows, of generated rows) -> (batch,)."""


class AdversarialLoss(NamedTuple):
    """What the two players minimise.

    Attributes:
        name: of the pair.
        discriminator: its loss, (batch,).
        generator: its loss, (batch,).
        decision: logits -> the share of real rows among those judged so, in [0, 1], if the
            discriminator is the best one; None where its outputs do not say.
        relabel: s -> this pair with the real rows' label s instead of 1; None where the
            discriminator's loss has no labels.
    """

    name: str
    discriminator: PairLoss
    generator: PairLoss
    decision: Callable[[Array], Array] | None = None
    relabel: Callable[[float | Array], "AdversarialLoss"] | None = None


def _cross_entropy(logits: Array, label: float | Array) -> Array:
    # -s log D - (1 - s) log(1 - D), and log(1 - D) = -softplus(logit).
    return softplus(logits) - label * logits


def _half_square(logits: Array, label: float | Array) -> Array:
    return (logits - label) ** 2 / 2


def _labelled(
    name: str,
    cost: Callable[[Array, float | Array], Array],
    generator: PairLoss,
    decision: Callable[[Array], Array],
    label: float | Array = 1.0,
) -> AdversarialLoss:
    """Return a pair whose discriminator predicts labels, 1 of real rows and 0 of generated ones.

    With another label s of real rows the best prediction is s times their share.
    """
    return AdversarialLoss(
        name,
        lambda real, fake: cost(real.logits, label) + cost(fake.logits, 0.0),
        generator,
        lambda logits: jnp.clip(decision(logits) / label, 0.0, 1.0),
        lambda label: _labelled(name, cost, generator, decision, label),
    )


def _relativistic(real: Judgement, fake: Judgement) -> Array:
    """Return what is low where real rows are judged above the average generated one."""
    return softplus(jnp.mean(fake.logits) - real.logits) + softplus(
        fake.logits - jnp.mean(real.logits)
    )


LOSSES: dict[str, AdversarialLoss] = {
    loss.name: loss
    for loss in (
        _labelled(
            "minimax",
            _cross_entropy,
            lambda real, fake: -softplus(fake.logits),
            jax.nn.sigmoid,
        ),
        _labelled(
            "non_saturating",
            _cross_entropy,
            lambda real, fake: -log_sigmoid(fake.logits),
            jax.nn.sigmoid,
        ),
        _labelled(
            "least_squares",
            _half_square,
            lambda real, fake: _half_square(fake.logits, 1.0),
            lambda logits: jnp.clip(logits, 0.0, 1.0),
        ),
        AdversarialLoss(
            "hinge",
            lambda real, fake: relu(1 - real.logits) + relu(1 + fake.logits),
            lambda real, fake: -fake.logits,
        ),
        AdversarialLoss(
            "wasserstein",
            lambda real, fake: fake.logits - real.logits,
            lambda real, fake: -fake.logits,
        ),
        AdversarialLoss(
            "relativistic_average",
            _relativistic,
            lambda real, fake: _relativistic(fake, real),
        ),
        # The boundary that is sought is the logit 0 of labels 0 and 1: others would move it.
        _labelled(
            "boundary_seeking",
            _cross_entropy,
            lambda real, fake: _half_square(fake.logits, 0.0),
            jax.nn.sigmoid,
        )._replace(relabel=None),
    )
}


def adversarial_loss(name: str) -> AdversarialLoss:
    """Return a pair by its name.

    Raises:
        InputError: there is none of this name; the message lists them.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = adversarial_loss("least_squares")
        >>> loss.generator(Judgement(jnp.zeros(2)), Judgement(jnp.array([1.0, 3.0]))).tolist()
        [0.0, 2.0]
    """
    if name not in LOSSES:
        raise InputError(f"no adversarial loss {name!r}: there are {', '.join(LOSSES)}")
    return LOSSES[name]


def smooth_labels(loss: AdversarialLoss, label: float | Array) -> AdversarialLoss:
    """Return the pair with a label below 1 for real rows; that of generated rows stays 0.

    The best discriminator then says D = s p / (p + q), for p real and q generated; its decision,
    the share of real rows, is D / s.

    Args:
        loss: whose discriminator predicts labels.
        label: s, in (0, 1].

    Raises:
        InputError: its discriminator predicts no labels.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = smooth_labels(adversarial_loss("least_squares"), 0.5)
        >>> loss.discriminator(Judgement(jnp.ones(1) / 2), Judgement(jnp.zeros(1))).tolist()
        [0.0]
    """
    if loss.relabel is None:
        with_labels = ", ".join(name for name, known in LOSSES.items() if known.relabel)
        raise InputError(f"{loss.name} has no labels to smooth: {with_labels} have")
    return loss.relabel(label)


def match_features(loss: AdversarialLoss) -> AdversarialLoss:
    """Return the pair with another generator's loss: the batch means of the features agree.

        |mean f(x) - mean f(G(z))|²

    for each row of the batch, where f are the discriminator's features.

    Args:
        loss: whose discriminator's part stays.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = match_features(adversarial_loss("hinge"))
        >>> real = Judgement(jnp.zeros(2), jnp.array([[0.0], [4.0]]))
        >>> loss.generator(real, Judgement(jnp.zeros(2), jnp.ones((2, 1)))).tolist()
        [1.0, 1.0]
    """

    def generator(real: Judgement, fake: Judgement) -> Array:
        gap = jnp.mean(_features(real), axis=0) - jnp.mean(_features(fake), axis=0)
        return jnp.broadcast_to(jnp.sum(gap**2), fake.logits.shape)

    return loss._replace(generator=generator)


def _features(judgement: Judgement) -> Any:
    if judgement.features is None:
        raise InputError(
            "features are matched of a discriminator that returns Judgement(logits, features); "
            "this one gives logits alone"
        )
    return judgement.features


def accuracy(real: Array, fake: Array, cut: Array | float | None = None) -> Array:
    """Return how well logits tell rows apart: .5 is a guess, 0 or 1 no error (or all).

    Whatever the loss and its scale; a discriminator that says the same of all rows has .5.

    Args:
        real: (n,) logits.
        fake: (m,) logits.
        cut: above which a row is taken to be real; halfway between the means by default.

    Example:
        >>> import jax.numpy as jnp
        >>> float(accuracy(jnp.array([3.0, 5.0, -9.0]), jnp.array([-8.0, -7.0, -6.0])))
        0.8333333730697632
    """
    if cut is None:
        cut = (jnp.mean(real) + jnp.mean(fake)) / 2
    above, below = jnp.sign(real - cut), jnp.sign(cut - fake)
    return (jnp.mean(above) + jnp.mean(below) + 2) / 4
