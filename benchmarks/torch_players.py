"""The peer's generators and discriminators; see `benchmarks.torch_networks`."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.torch_layers import ACTIVATIONS, conv, conv_transpose, dense, mlp, named, norm
from benchmarks.torch_networks import Plain, Unflatten, halvings

_EMBEDDING = 16  # numbers of a class's vector


class Generator(nn.Module):
    """A body that makes rows of noise, beside a learnt vector of a label."""

    def __init__(self, model: Plain):
        super().__init__()
        classes, latent = model["classes"], model["latent_size"]
        if classes and model["condition"] != "project":
            raise NotImplementedError(f"the peer knows no condition {model['condition']}")
        self.embedding = named(nn.Embedding(classes, _EMBEDDING), "embedding") if classes else None
        inputs, player = latent + (_EMBEDDING if classes else 0), model["generator"]
        if player["kind"] == "GeneratorConfig":
            self.body: nn.Module = mlp(
                inputs,
                player["hidden"],
                math.prod(model["event_shape"]),
                player["activation"],
                "body/",
                norm=player["norm"],
                dropout=player["dropout"],
            )
        elif player["kind"] == "DCGANGeneratorConfig":
            self.body = _dcgan_generator(model["event_shape"], player, inputs)
        else:
            raise NotImplementedError(f"the peer knows no {player['kind']}")

    def forward(self, z: Tensor, y: Tensor | None) -> Tensor:
        """Return raw rows, or pictures (batch, channels, height, width)."""
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(y)], dim=1)
        return self.body(z)


class Discriminator(nn.Module):
    """A trunk of features, a linear layer to the logit, and a projection of a label."""

    def __init__(self, model: Plain):
        super().__init__()
        player, classes = model["discriminator"], model["classes"]
        grid, spectral = None, player["spectral_norm"]
        how: dict[str, Any] = {"norm": player["norm"], "spectral": spectral}
        if player["kind"] == "DiscriminatorConfig":
            if player["minibatch_kernels"] or player["instance_noise"]:
                raise NotImplementedError("the peer's discriminators see single rows, and no noise")
            *hidden, features = player["hidden"]
            how |= {"norm_from": 1, "dropout": player["dropout"]}
            size = math.prod(model["event_shape"])
            self.trunk: nn.Module = mlp(
                size, hidden, features, player["activation"], "trunk/", **how
            )
        elif player["kind"] == "DCGANDiscriminatorConfig":
            self.trunk, features, grid = _dcgan_discriminator(model["event_shape"], player)
        else:
            raise NotImplementedError(f"the peer knows no {player['kind']}")
        self.activation = ACTIVATIONS[player["activation"]]()
        self.logit = dense(features, 1, "logit", in_grid=grid, spectral=spectral)
        self.projection = None
        if classes:
            vectors = nn.Embedding(classes, features)
            self.projection = named(vectors, "projection", in_grid=grid, spectral=spectral)

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        """Return logits, (batch,)."""
        features = self.activation(self.trunk(x))
        logits = self.logit(features)[:, 0]
        if self.projection is not None:
            logits = logits + (self.projection(y) * features).sum(1)
        return logits


def _dcgan_widths(player: Plain, levels: int) -> list[int]:
    return [player["width"] * 2 ** min(level, 3) for level in range(levels)]


def _dcgan_generator(shape: list[int], player: Plain, inputs: int) -> nn.Module:
    height, width, channels = shape
    sizes = halvings((height, width), 4)[::-1]
    features = [*_dcgan_widths(player, len(sizes) - 1)[::-1], channels]
    smallest, bias = sizes[0], player["norm"] != "batch"

    def rest(index: int) -> list[nn.Module]:
        name = f"body/Norm_{index}"
        return [
            *norm(player["norm"], features[index], name),
            ACTIVATIONS[player["activation"]](),
        ]

    flat = math.prod(smallest) * features[0]
    layers: list[nn.Module] = [
        dense(inputs, flat, "body/Dense_0", bias=bias, out_grid=smallest),
        Unflatten(features[0], smallest),
        *rest(0),
    ]
    pairs = list(zip(pairwise(features), pairwise(sizes), strict=True))
    for index, ((before, after), between) in enumerate(pairs):
        last, name = index == len(pairs) - 1, f"body/ConvTranspose_{index}"
        layers.append(
            conv_transpose(before, after, player["kernel"], name, between, bias=bias or last)
        )
        layers += [] if last else rest(index + 1)
    return nn.Sequential(*layers)


def _dcgan_discriminator(shape: list[int], player: Plain) -> tuple[nn.Module, int, tuple[int, int]]:
    """Return the trunk, its features, and the (height, width) that they are of."""
    height, width, channels = shape
    *larger, smallest = halvings((height, width), 4)
    features = [channels, *_dcgan_widths(player, len(larger))]
    layers: list[nn.Module] = []
    for level, (before, after) in enumerate(pairwise(features)):
        kind = player["norm"] if level else "none"
        if level:
            layers.append(ACTIVATIONS[player["activation"]]())
        how = {"bias": kind != "batch", "spectral": player["spectral_norm"]}
        layers.append(conv(before, after, player["kernel"], f"trunk/Conv_{level}", **how))
        layers += norm(kind, after, f"trunk/Norm_{level}")
    flat = math.prod(smallest) * features[-1]
    return nn.Sequential(*layers, nn.Flatten()), flat, smallest
