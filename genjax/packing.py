"""Small arrays of a tree side by side in one vector: one kernel where there would be dozens.

A step of a small network on a CPU is mostly the starting of kernels: three for each of Adam's
leaves, more for the guard's. Packed, the leaves of a network are one vector. To pack what was just
unpacked costs nothing: the compiler sees that slices put together again are the vector. Other
devices do the same, which was not measured.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

PyTree = Any
Key = tuple[str, ...]
MOST = 1 << 14  # numbers of a leaf that is packed: a larger one is worth a kernel of its own


class Group(NamedTuple):
    """Leaves that travel together.

    Attributes:
        key: what they have in common.
        leaves: their places among the tree's leaves, in order.
    """

    key: Key
    leaves: tuple[int, ...]


class Packed(NamedTuple):
    """A tree in its packed form: an array a group, itself a tree."""

    arrays: tuple[Array, ...]


class Packing:
    """How the leaves of trees of one form are packed; only shapes and types are kept.

    Args:
        tree: of arrays, or of their shapes and types.
        key: (path, as `jax.tree_util` has it) -> what a leaf has in common with those that it
            may be packed with.

    Attributes:
        groups: one for each array of the packed form. Those of several leaves are vectors; a leaf
            that is large, of no float32 or alone keeps its shape.

    Example:
        >>> import jax.numpy as jnp
        >>> tree = {"a": jnp.ones((2, 3)), "b": jnp.zeros(2), "count": jnp.int32(7)}
        >>> packing = Packing(tree, lambda path: ())
        >>> [array.shape for array in packing.pack(tree).arrays]
        [(8,), ()]
        >>> packing.unpack(packing.pack(tree))["a"].shape
        (2, 3)
    """

    def __init__(self, tree: PyTree, key: Callable[[Any], Key]):
        found, structure = jax.tree_util.tree_flatten_with_path(tree)
        self._structure: Any = structure
        self._leaves = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for _, leaf in found]
        together: dict[tuple[Key, int | None], list[int]] = {}
        for place, (path, leaf) in enumerate(found):
            alone = leaf.dtype != jnp.float32 or math.prod(leaf.shape) > MOST
            together.setdefault((key(path), place if alone else None), []).append(place)
        self.groups = tuple(Group(of, tuple(places)) for (of, _), places in together.items())

    def is_like(self, tree: PyTree) -> bool:
        """Return whether a tree has the structure of what is packed, whatever its leaves are."""
        return bool(jax.tree.structure(tree) == self._structure)

    def fits(self, tree: PyTree) -> bool:
        """Return whether a tree of that structure has its shapes and types too."""
        pairs = zip(jax.tree.leaves(tree), self._leaves, strict=True)
        return all((leaf.shape, leaf.dtype) == (form.shape, form.dtype) for leaf, form in pairs)

    def pack(self, tree: PyTree) -> Packed:
        """Return the groups' arrays.

        Raises:
            TypeError: the tree, a shape or a type is another one.
        """
        leaves, structure = jax.tree.flatten(tree)
        if structure != self._structure:
            raise TypeError(f"the form was {self._structure} and is now {structure}")
        for leaf, form in zip(leaves, self._leaves, strict=True):
            if (leaf.shape, leaf.dtype) != (form.shape, form.dtype):
                raise TypeError(f"an array was {form} and is now {leaf.dtype}{list(leaf.shape)}")
        return Packed(
            tuple(
                leaves[places[0]]
                if len(places) == 1
                else jnp.concatenate([leaves[place].reshape(-1) for place in places])
                for _, places in self.groups
            )
        )

    def unpack(self, packed: Packed) -> PyTree:
        """Return the tree of groups' arrays."""
        leaves: list[Any] = [None] * len(self._leaves)
        for array, (_, places) in zip(packed.arrays, self.groups, strict=True):
            if len(places) == 1:
                leaves[places[0]] = array
                continue
            start = 0
            for place in places:
                shape = self._leaves[place].shape
                end = start + math.prod(shape)
                leaves[place] = array[start:end].reshape(shape)
                start = end
        return jax.tree.unflatten(self._structure, leaves)
