"""The peer of `celeba_step`: the same step in PyTorch, in an interpreter that has it, not ours.

Reads a line, takes its steps, writes the seconds that they took; until the input ends.
"""

import sys
import time
from itertools import pairwise

import torch
from torch import nn

BATCH, STEPS, SIZE = (int(argument) for argument in sys.argv[1:4])
LATENT = 200


class Model(nn.Module):
    """The report's networks."""

    def __init__(self) -> None:
        super().__init__()
        widths, side = (3, 32, 64, 64, 64), SIZE // 16
        down = [
            layer
            for before, after in pairwise(widths)
            for layer in (nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU())
        ]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(64 * side**2, 2 * LATENT))
        up: list[nn.Module] = [nn.Linear(LATENT, 64 * side**2), nn.Unflatten(1, (64, side, side))]
        for before, after in ((64, 64), (64, 64), (64, 32)):
            up += [nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1), nn.LeakyReLU()]
        up += [nn.ConvTranspose2d(32, 3, 3, 2, 1, output_padding=1)]
        self.decoder = nn.Sequential(*up)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the loss."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        error = (x - torch.sigmoid(self.decoder(z))).square().mean((1, 2, 3))
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return (10_000 * error + kl).mean()


def main() -> None:
    """Serve turns."""
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pixels = torch.randint(0, 256, (max(512, BATCH), 3, SIZE, SIZE), dtype=torch.uint8)
    pixels = pixels.to(device)
    model = Model().to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 5e-4)
    for _ in sys.stdin:
        began = time.perf_counter()
        for _ in range(STEPS):
            x = pixels[torch.randint(0, len(pixels), (BATCH,), device=device)].float() / 255
            x = x.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            loss = model(x)
            loss.backward()
            optimizer.step()
        loss.item()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
