"""Small networks that tell two classes apart: every fold and seed of a study as one `fit_many`.

    loss = mean_i w_i CE(y_i, network(x_i)) + l2 Σ_hidden layers |kernel|²

as Keras' regularizers.l2 adds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax import Array

from genjax.algorithm import Algorithm, Aux, Context, Params, Phase, PyTree, TrainState, from_phases
from genjax.errors import InputError
from genjax.fit_many import fit_many


class Rows(NamedTuple):
    """What a member learns from.

    Attributes:
        x: (n, columns) float.
        y: (n,) 0 or 1.
        weight: (n,) of the rows' losses; None weighs all 1.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None


class Perceptron(nn.Module):
    """Hidden layers with ReLU and one logit, initialised as Keras does (Glorot and Bengio, 2010).

    Attributes:
        hidden: units of its layers.
    """

    hidden: tuple[int, ...]

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Return logits (batch,) of x (batch, columns)."""
        start = nn.initializers.glorot_uniform()
        for layer, units in enumerate(self.hidden):
            x = nn.relu(nn.Dense(units, kernel_init=start, name=f"hidden_{layer}")(x))
        return nn.Dense(1, kernel_init=start, name="logit")(x)[:, 0]


@dataclass(frozen=True)
class NetworkStudy:
    """The network, and how it is trained; the defaults are the credit study's.

    Attributes:
        hidden: units of its layers.
        l2: weight of the squares of the hidden kernels.
        learning_rate: of Adam.
        batch_size: rows a step.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(200, 2)).astype(np.float32)
        >>> study = NetworkStudy(learning_rate=1e-2)
        >>> states = study.fit([Rows(x, x[:, 0] > 0)] * 2, steps=300, seed=0)
        >>> probability = study.predict(states, [x, x])
        >>> probability.shape, bool(((probability > 0.5) == (x[:, 0] > 0)).mean() > 0.9)
        ((2, 200), True)
    """

    hidden: tuple[int, ...] = (10, 16, 8)
    l2: float = 0.01
    learning_rate: float = 1e-4
    batch_size: int = 20

    def fit(
        self,
        members: Sequence[Rows],
        *,
        steps: int,
        seed: int,
        states: TrainState | None = None,
        twins: np.ndarray | None = None,
        chunk: int = 1000,
    ) -> TrainState:
        """Return the members' trained states, with a leading axis, all after as many steps.

        Args:
            members: what each learns from; of other lengths than the longest they are repeated.
            steps: the step to reach.
            seed: of initialisation and order.
            states: where to go on; none starts afresh.
            twins: (members,) int from 0; members of the same number start and draw alike. None
                starts each on its own.
            chunk: steps a program.

        Raises:
            InputError: a member met a value that is not finite, and stopped there.
        """
        longest = max(len(rows.y) for rows in members)
        tables = [_repeated(rows, longest, np.random.default_rng(seed)) for rows in members]
        twins = np.arange(len(members)) if twins is None else np.asarray(twins)
        keys = jax.random.split(jax.random.key(seed), int(twins.max()) + 1)[twins]
        own = {name: jnp.asarray(np.stack([t[name] for t in tables])) for name in tables[0]}
        trained = fit_many(
            self.algorithm,
            {"row": np.arange(longest, dtype=np.int32)},
            steps=steps,
            keys=keys,
            batch_size=self.batch_size,
            settings=own,
            states=states,
            chunk=chunk,
        )
        if len(broken := np.flatnonzero(np.asarray(trained.step) < steps)):
            raise InputError(f"the rows of member {broken[0]} led to a value that is not finite")
        return trained

    def predict(self, states: TrainState, x: Sequence[np.ndarray]) -> np.ndarray:
        """Return each member's probabilities of class 1, (members, n), of its own x."""
        return np.asarray(_predict(self.hidden, states.params["network"], np.stack(x)), np.float64)

    def algorithm(self, own: dict[str, Array]) -> Algorithm:
        """Return what learns own rows {"x", "y", "weight"}, of which batches name some."""
        network = Perceptron(self.hidden)

        def init(key: Array, batch: PyTree) -> tuple[Params, dict[str, PyTree]]:
            return {"network": network.init(key, own["x"][:1])["params"]}, {}

        def loss(params: Params, batch: PyTree, context: Context) -> tuple[Array, Aux]:
            x, y, weight = (own[name][batch["row"]] for name in ("x", "y", "weight"))
            logits = network.apply({"params": params["network"]}, x)
            entropy = jnp.mean(weight * optax.sigmoid_binary_cross_entropy(logits, y))
            layers = params["network"].items()
            squares = [jnp.sum(p["kernel"] ** 2) for name, p in layers if name != "logit"]
            return entropy + self.l2 * sum(squares), Aux({"cross_entropy": entropy})

        tx = optax.adam(self.learning_rate)
        return from_phases(init, [Phase("network", ("network",), loss, tx)])


def _repeated(rows: Rows, size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return rows in another order, repeated until there are `size`."""
    n = len(rows.y)
    chosen = np.concatenate([rng.permutation(n) for _ in range(-(-size // n))])[:size]
    weight = np.ones(n) if rows.weight is None else rows.weight
    arrays = {"x": rows.x, "y": rows.y, "weight": weight}
    return {name: np.asarray(array, np.float32)[chosen] for name, array in arrays.items()}


@partial(jax.jit, static_argnums=0)
def _predict(hidden: tuple[int, ...], params: PyTree, x: Array) -> Array:
    network = Perceptron(hidden)

    def one(params: PyTree, x: Array) -> Array:
        logits: Any = network.apply({"params": params}, x)
        return jax.nn.sigmoid(logits)

    return jax.vmap(one)(params, x)
