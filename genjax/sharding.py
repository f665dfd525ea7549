"""Devices: the mesh, what is copied to each and what is split; the only file that knows of them.

Data and state are replicated; every gathered batch is split along its examples. Without that
constraint each device would compute the whole batch.

References:
    jax.sharding, "Distributed arrays and automatic parallelization" (JAX documentation).
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from genjax.errors import InputError

AXIS = "data"
Tree = TypeVar("Tree")


def start() -> None:
    """Join the other hosts, if a cluster's launcher or the environment names any.

    Slurm, Open MPI, Kubernetes and TPU pods are recognised by `jax.distributed.initialize`; by
    hand, set JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID. Call it before
    anything else of JAX; without a cluster it does nothing.
    """
    if "JAX_COORDINATOR_ADDRESS" in os.environ:
        jax.distributed.initialize(
            num_processes=int(os.environ["JAX_NUM_PROCESSES"]),
            process_id=int(os.environ["JAX_PROCESS_ID"]),
        )
    elif int(os.environ.get("SLURM_NTASKS", 1)) > 1 or "TPU_WORKER_HOSTNAMES" in os.environ:
        jax.distributed.initialize()


def data_mesh(devices: Sequence[jax.Device] | None = None) -> Mesh:
    """Return a one-dimensional mesh, axis "data", over `devices` (all of them by default)."""
    devices = list(jax.devices() if devices is None else devices)
    return jax.make_mesh((len(devices),), (AXIS,), (AxisType.Auto,), devices=devices)


def check_divides(batch_size: int, mesh: Mesh) -> None:
    """Raise InputError unless a batch splits evenly over the mesh's devices."""
    if batch_size % mesh.size:
        raise InputError(
            f"a batch of {batch_size} does not split over {mesh.size} devices; "
            f"take a multiple of {mesh.size}"
        )


def join(tree: Tree, mesh: Mesh) -> Tree:
    """Inside jit: give every device the whole of each leaf."""
    if mesh.size == 1:
        return tree
    return jax.lax.with_sharding_constraint(tree, replicated(mesh))


def replicated(mesh: Mesh) -> NamedSharding:
    """Return the placement of what every device has whole."""
    return NamedSharding(mesh, PartitionSpec())


def replicate(tree: Tree, mesh: Mesh) -> Tree:
    """Put a tree of arrays, the same on every host, on every device of the mesh."""
    if jax.process_count() == 1:
        return jax.device_put(tree, replicated(mesh))

    def put(leaf: Any) -> jax.Array:
        if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
            return leaf
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(
                put(jax.random.key_data(leaf)), impl=jax.random.key_impl(leaf)
            )
        # Not device_put, which would gather all of the data from all hosts to compare it.
        host = np.asarray(leaf)
        return jax.make_array_from_callback(host.shape, replicated(mesh), lambda part: host[part])

    return jax.tree.map(put, tree)


def own_copy(tree: Tree, mesh: Mesh) -> Tree:
    """Replicate into new buffers, which may be donated: `device_put` alone may alias.

    Types become strong: a weakly typed leaf would be compiled for once more after its first step.
    """
    # Copied where they will be: leaves on several devices are no input of one program.
    return _copy(replicate(tree, mesh))


@jax.jit
def _copy(tree: Tree) -> Tree:
    """One program: a copy by itself would be one for each shape, at every start."""
    return jax.tree.map(lambda leaf: jnp.array(leaf, leaf.dtype), tree)


def split_batch(tree: Tree, mesh: Mesh) -> Tree:
    """Inside jit: split axis 1 (the examples; axis 0 counts minibatches) over the devices."""
    if mesh.size == 1:
        return tree
    return jax.lax.with_sharding_constraint(tree, NamedSharding(mesh, PartitionSpec(None, AXIS)))


def place_batches(tree: Tree, mesh: Mesh) -> Tree:
    """Put minibatches, (steps, minibatches, batch, ...), on the devices, split as `split_batch`."""
    place = NamedSharding(mesh, PartitionSpec(None, None, AXIS))
    return jax.tree.map(
        lambda leaf: jax.make_array_from_callback(leaf.shape, place, lambda part: leaf[part]), tree
    )


def over_members(function: Callable[..., Any], mesh: Mesh) -> Callable[..., Any]:
    """Return a function of members that each device computes for its own share of them.

    Args:
        function: (states, settings, keys, data, clock) -> a tree; the first three and the result
            have a leading axis of members, a multiple of the devices, the others no such axis.
        mesh: the devices.
    """
    if mesh.size == 1:
        return function
    own, whole = PartitionSpec(AXIS), PartitionSpec()
    return jax.shard_map(
        function,
        mesh=mesh,
        in_specs=(own, own, own, whole, whole),
        out_specs=own,
        check_vma=False,  # members never meet
    )


def place_members(tree: Tree, mesh: Mesh) -> Tree:
    """Put arrays with a leading axis of members on the devices, a share on each, as new buffers."""
    place = NamedSharding(mesh, PartitionSpec(AXIS))
    return _copy(jax.device_put(tree, place))


def local(tree: Tree) -> Tree:
    """Return this host's copy of a replicated tree, which it may use without the other hosts."""
    return jax.tree.map(lambda leaf: leaf.addressable_data(0), tree)


def is_main() -> bool:
    """Return whether this host is the one that writes and prints."""
    return jax.process_index() == 0


def agree(flag: bool) -> bool:
    """Return whether the flag is set on any host: what hosts decide by their own clocks.

    Every host must call it, the same number of times.
    """
    if jax.process_count() == 1:
        return flag
    from jax.experimental import multihost_utils

    return bool(np.any(multihost_utils.process_allgather(np.array(flag))))
