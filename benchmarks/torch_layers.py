"""Layers of the peer's networks, each with the name of ours that it stands for.

Read by an interpreter that has PyTorch and no JAX. The layers are PyTorch's own, with PyTorch's
symmetric padding, where ours pads a strided convolution after the picture. Turn the pictures by
180 degrees, and both are the same: `load` turns kernels, and what is flattened, accordingly.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

Pair = tuple[int, int]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky_relu": lambda: nn.LeakyReLU(0.01, inplace=True),
    "leaky_relu_0.2": lambda: nn.LeakyReLU(0.2, inplace=True),
    "elu": lambda: nn.ELU(inplace=True),
    "gelu": lambda: nn.GELU("tanh"),
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def named(
    layer: Any,
    name: str,
    *,
    spectral: bool = False,
    in_grid: Pair | None = None,
    out_grid: Pair | None = None,
) -> Any:
    """Return the layer, which knows which of ours it is.

    Args:
        layer: PyTorch's.
        name: ours, within its network: "trunk/Dense_0".
        spectral: divide its kernel by its spectral norm.
        in_grid: (height, width) of pictures, channels last, that its inputs are.
        out_grid: the same of its outputs.
    """
    layer.ours, layer.in_grid, layer.out_grid = name, in_grid, out_grid
    return spectral_norm(layer) if spectral else layer


def dense(inputs: int, outputs: int, name: str, *, bias: bool = True, **how: Any) -> nn.Linear:
    """Return a linear layer; see `named`."""
    return named(nn.Linear(inputs, outputs, bias=bias), name, **how)


def conv(
    inputs: int,
    outputs: int,
    side: int,
    name: str,
    *,
    stride: int = 2,
    bias: bool = True,
    **how: Any,
) -> nn.Conv2d:
    """Return a convolution to the size divided by the stride, rounded up; see `named`."""
    return named(nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=bias), name, **how)


def conv_transpose(
    inputs: int, outputs: int, side: int, name: str, sizes: tuple[Pair, Pair], *, bias: bool = True
) -> nn.ConvTranspose2d:
    """Return a transposed convolution between two (height, width), the second about twice."""
    rest = [large - 2 * small + 1 for small, large in zip(*sizes, strict=True)]
    layer = nn.ConvTranspose2d(inputs, outputs, side, 2, side // 2, output_padding=rest, bias=bias)
    return named(layer, name)


def norm(kind: str, features: int, name: str, *, flat: bool = False) -> list[nn.Module]:
    """Return no layer, or batch normalisation of pictures or of rows."""
    if kind == "none":
        return []
    if kind != "batch":
        raise NotImplementedError(f"the peer knows no {kind} normalisation")
    layer = nn.BatchNorm1d(features) if flat else nn.BatchNorm2d(features)
    return [named(layer, f"{name}/BatchNorm_0")]


def mlp(
    inputs: int, hidden: list[int], outputs: int, activation: str, prefix: str = "", **how: Any
) -> nn.Sequential:
    """Return a multilayer perceptron, linear at its end.

    Args:
        inputs: of the first layer.
        hidden: units of the others.
        outputs: of the last layer.
        activation: of the hidden layers.
        prefix: of our layers' names.
        how: `norm`, `norm_from`, `dropout` and `spectral`, as ours.
    """
    layers: list[nn.Module] = []
    spectral = how.get("spectral", False)
    for index, (before, units) in enumerate(pairwise([inputs, *hidden])):
        kind = how.get("norm", "none") if index >= how.get("norm_from", 0) else "none"
        name = f"{prefix}Dense_{index}"
        layers.append(dense(before, units, name, bias=kind != "batch", spectral=spectral))
        layers += norm(kind, units, f"{prefix}Norm_{index}", flat=True)
        layers.append(ACTIVATIONS[activation]())
        if how.get("dropout"):
            layers.append(nn.Dropout(how["dropout"]))
    last = [inputs, *hidden][-1]
    name = f"{prefix}Dense_{len(hidden)}"
    return nn.Sequential(*layers, dense(last, outputs, name, spectral=spectral))


def load(network: nn.Module, given: Mapping[str, np.ndarray]) -> None:
    """Give a network our parameters, turned by 180 degrees where they are of pictures.

    Args:
        network: of layers that are `named`, each of which must be given.
        given: "trunk/Dense_0/kernel" -> array, none of which may be left over.

    Raises:
        ValueError: names or shapes do not fit.
    """
    left = dict(given)
    with torch.no_grad():
        for layer in network.modules():
            if not hasattr(layer, "ours"):
                continue
            spectral = is_parametrized(layer)
            weight = layer.parametrizations.weight.original if spectral else layer.weight
            weight.copy_(_as_weight(layer, left.pop(f"{layer.ours}/{_weight_name(layer)}")))
            if getattr(layer, "bias", None) is not None:
                bias = left.pop(f"{layer.ours}/bias")
                layer.bias.copy_(torch.tensor(bias[_order(len(bias), layer.out_grid)]))
            if spectral:  # power iterations are at their end, as ours
                left_vectors, _, right_vectors = torch.linalg.svd(weight.flatten(1), False)
                layer.parametrizations.weight[0]._u.copy_(left_vectors[:, 0])
                layer.parametrizations.weight[0]._v.copy_(right_vectors[0])
    if left:
        raise ValueError(f"the peer has no {', '.join(left)}")


def _weight_name(layer: nn.Module) -> str:
    return "scale" if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) else "kernel"


def _as_weight(layer: Any, kernel: np.ndarray) -> torch.Tensor:
    """Return our kernel in PyTorch's order of axes."""
    if kernel.ndim == 4:  # rows and columns first: ours, HWIO, or its transpose, HWOI
        kernel = np.ascontiguousarray(kernel[::-1, ::-1].transpose(3, 2, 0, 1))
    elif isinstance(layer, nn.Embedding):
        kernel = kernel[:, _order(kernel.shape[1], layer.in_grid)]
    elif kernel.ndim == 2:
        inputs, outputs = kernel.shape
        kernel = kernel[_order(inputs, layer.in_grid)][:, _order(outputs, layer.out_grid)].T
        kernel = kernel.reshape(layer.weight.shape)
    return torch.tensor(kernel)


def _order(n: int, grid: Pair | None) -> np.ndarray:
    """Return the places, in ours, of flattened pictures' values, channels first and turned."""
    places = np.arange(n)
    if grid is None:
        return places
    return places.reshape(*grid, -1)[::-1, ::-1].transpose(2, 0, 1).ravel()
