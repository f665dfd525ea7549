"""The peer's networks, as a user of PyTorch writes them, from the plain values of our models.

Each is the same function of the same number of parameters as ours; `benchmarks.compare --check`
computes both. What no timed family uses is refused.
"""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.torch_layers import (
    ACTIVATIONS,
    Pair,
    conv,
    conv_transpose,
    dense,
    mlp,
    named,
)

Plain = dict[str, Any]


def halvings(size: Pair, smallest: int) -> list[Pair]:
    """Return the sizes that strided convolutions pass through, as ours."""
    sizes = [size]
    while min(sizes[-1]) > smallest:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))
    return sizes


def coder(model: Plain) -> tuple[nn.Module, nn.Module]:
    """Return the encoder and the decoder of a VAE's plain values."""
    if model["classes"] or model["norm"] != "none" or model["dtype"] != "float32":
        raise NotImplementedError("the peer's coders have no classes, norm or bfloat16")
    code, latent, activation = 2 * model["latent_size"], model["latent_size"], model["activation"]
    if model["network"] == "mlp":
        hidden, size = model["hidden"], math.prod(model["event_shape"])
        encoder = mlp(size, hidden, code, activation)
        return encoder, mlp(latent, hidden[::-1], size, activation)
    if model["network"] == "conv":
        return _conv_encoder(model, code), _conv_decoder(model)
    return ResidualEncoder(model, code), ResidualDecoder(model)


def _widths(model: Plain, depth: int) -> list[int]:
    channels = model["channels"]
    return [channels[min(level, len(channels) - 1)] for level in range(depth)]


def _conv_encoder(model: Plain, outputs: int) -> nn.Module:
    height, width, channels = model["event_shape"]
    *larger, smallest = halvings((height, width), 8)
    features = [channels, *_widths(model, len(larger))]
    layers: list[nn.Module] = []
    for index, (before, after) in enumerate(pairwise(features)):
        layers += [conv(before, after, 3, f"Conv_{index}"), ACTIVATIONS[model["activation"]]()]
    flat = math.prod(smallest) * features[-1]
    return nn.Sequential(*layers, nn.Flatten(), dense(flat, outputs, "Dense_0", in_grid=smallest))


def _conv_decoder(model: Plain) -> nn.Module:
    height, width, channels = model["event_shape"]
    sizes = halvings((height, width), 8)[::-1]
    features = [*_widths(model, len(sizes) - 1)[::-1], channels]
    smallest = sizes[0]
    flat = math.prod(smallest) * features[0]
    layers: list[nn.Module] = [
        dense(model["latent_size"], flat, "Dense_0", out_grid=smallest),
        Unflatten(features[0], smallest),
    ]
    for index, ((before, after), between) in enumerate(
        zip(pairwise(features), pairwise(sizes), strict=True)
    ):
        layers.append(conv_transpose(before, after, 3, f"ConvTranspose_{index}", between))
        layers.append(ACTIVATIONS[model["activation"]]())
    return nn.Sequential(*layers[:-1])


class Unflatten(nn.Module):
    """Rows as pictures, channels first in their order and last in memory."""

    def __init__(self, channels: int, size: Pair):
        super().__init__()
        self.shape = (channels, *size)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channels, height, width) of x (batch, numbers)."""
        return x.view(-1, *self.shape).contiguous(memory_format=torch.channels_last)


class ResidualBlock(nn.Module):
    """x + conv1x1(act(conv3x3(act(x))))."""

    def __init__(self, features: int, activation: str, name: str):
        super().__init__()
        self.first = conv(features, features, 3, f"{name}/Conv_0", stride=1)
        self.second = conv(features, features, 1, f"{name}/Dense_0", stride=1)
        self.before, self.between = nn.ReLU(), ACTIVATIONS[activation]()  # x itself is kept
        if activation != "relu":
            raise NotImplementedError(f"the peer's residual networks know no {activation}")

    def forward(self, x: Tensor) -> Tensor:
        """Return pictures of x's shape."""
        return x + self.second(self.between(self.first(self.before(x))))


class ResidualEncoder(nn.Module):
    """A linear path of the picture at half its size, and a trunk of patches and blocks."""

    def __init__(self, model: Plain, outputs: int):
        super().__init__()
        height, width, channels = model["event_shape"]
        self.half = ((height + 1) // 2, (width + 1) // 2)
        inputs = math.prod(self.half) * channels
        self.linear = dense(inputs, outputs, "linear", in_grid=self.half)
        layers: list[nn.Module] = []
        before, blocks = channels, 0
        for level, (features, count) in enumerate(
            zip(model["channels"], model["blocks"], strict=True)
        ):
            side = 2 if level else model["patch"]
            height, width = height // side, width // side
            patches = nn.Conv2d(before, features, side, side)
            layers.append(named(patches, f"Dense_{level}", in_grid=(side, side)))
            for index in range(blocks, blocks + count):
                layers.append(
                    ResidualBlock(features, model["activation"], f"ResidualBlock_{index}")
                )
            before, blocks = features, blocks + count
        name = f"Dense_{len(model['channels'])}"
        flat = height * width * before
        last = dense(flat, outputs, name, in_grid=(height, width))
        self.trunk = nn.Sequential(*layers, ACTIVATIONS[model["activation"]](), nn.Flatten(), last)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, outputs) of x (batch, channels, height, width)."""
        small = functional.interpolate(x, self.half, mode="bilinear", antialias=True)
        return self.linear(0.1 * small.flatten(1)) + self.trunk(x - 0.5)


class ResidualDecoder(nn.Module):
    """The mirror image: a linear path, enlarged by cubic splines, and a trunk of sub-pixels."""

    def __init__(self, model: Plain):
        super().__init__()
        height, width, channels = model["event_shape"]
        self.size, self.half = (height, width), ((height + 1) // 2, (width + 1) // 2)
        self.channels, latent = channels, model["latent_size"]
        outputs = math.prod(self.half) * channels
        self.linear = dense(latent, outputs, "linear", out_grid=self.half)
        features = model["channels"]
        side = model["patch"] * 2 ** (len(features) - 1)
        coarse = (height // side, width // side)
        flat = math.prod(coarse) * features[-1]
        layers: list[nn.Module] = [dense(latent, flat, "Dense_0", out_grid=coarse)]
        layers.append(Unflatten(features[-1], coarse))
        blocks = 0
        for level in reversed(range(len(features))):
            for _ in range(model["blocks"][level]):
                name = f"ResidualBlock_{blocks}"
                layers.append(ResidualBlock(features[level], model["activation"], name))
                blocks += 1
            factor = 2 if level else model["patch"]
            made = features[level - 1] if level else channels
            if not level:
                layers.append(ACTIVATIONS[model["activation"]]())
            upwards = nn.Conv2d(features[level], factor**2 * made, 1)
            name = f"Dense_{len(features) - level}"
            layers.append(named(upwards, name, out_grid=(factor, factor)))
            layers.append(nn.PixelShuffle(factor))
        self.trunk = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Return (batch, channels, height, width) of z (batch, latent)."""
        linear = self.linear(0.1 * z).view(-1, self.channels, *self.half)
        linear = linear.contiguous(memory_format=torch.channels_last)
        # Cubic splines of a = -.5, as ours; without `antialias` PyTorch's a is -.75.
        large = functional.interpolate(linear, self.size, mode="bicubic", antialias=True)
        return large + self.trunk(z)
