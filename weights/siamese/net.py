# SPDX-License-Identifier: Apache-2.0
"""The network: a backbone with taps at strides 4, 8 and 16, and a matching head that compares template and search
features position by position and gives a score and a box at every cell of stride 16."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHAPE = ("widths", "blocks", "neck", "tower", "alone", "around")  # settings that a network's shape follows


class Conv(nn.Module):
    """Convolution, batch normalisation (folded away for good on export), ReLU where asked."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, momentum=0.02)
        self.relu = relu
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return F.relu(x) if self.relu else x

    @torch.no_grad()
    def folded(self) -> nn.Conv2d:
        factor = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        c = self.conv
        out = nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, c.stride, c.padding)
        out.weight.copy_(c.weight * factor[:, None, None, None])
        out.bias.copy_(self.norm.bias - self.norm.running_mean * factor)
        return out


class Block(nn.Module):
    """Residual bottleneck: 1 x 1 to half the channels, 3 x 3, 1 x 1 back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.body = nn.Sequential(Conv(channels, half, 1), Conv(half, half, 3), Conv(half, channels, 1, relu=False))
        nn.init.zeros_(self.body[-1].norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Plain(nn.Module):
    """Residual 3 x 3."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = Conv(channels, channels, 3, relu=False)
        nn.init.zeros_(self.body.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Taps(NamedTuple):
    fine: Tensor  # stride 4
    middle: Tensor  # stride 8
    coarse: Tensor  # stride 16
    neck: Tensor  # stride 16, what the matching head compares


class Backbone(nn.Module):
    def __init__(self, s: dict[str, Any]) -> None:
        super().__init__()
        a, b, c, d = s["widths"]
        self.stem = nn.Sequential(Conv(3, a, 3, 2), Conv(a, b, 3, 2))
        self.middle = nn.Sequential(Conv(b, c, 3, 2), Plain(c))
        self.coarse = nn.Sequential(Conv(c, d, 3, 2), *[Block(d) for _ in range(s["blocks"])])
        self.neck = Conv(d, s["neck"], 1, relu=False)
        self.register_buffer("mean", torch.tensor(s["mean"]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(s["deviation"]).float().view(1, 3, 1, 1))

    def forward(self, bgr: Tensor) -> Taps:
        """Maps of N x 3 x H x W in 0..255."""
        x = ((bgr - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last)
        fine = self.stem(x)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        return Taps(fine, middle, coarse, self.neck(coarse))


class Head(nn.Module):
    """Score and box from the correlation of every template position with every search position, beside the search
    features themselves. A box is four distances from the cell's centre: left, top, right, bottom, pixels."""

    def __init__(self, s: dict[str, Any]) -> None:
        super().__init__()
        neck, cells = s["neck"], (s["template"] + 15) // 16
        self.mix = Conv(cells * cells + neck, neck, 3)
        self.score_tower = nn.Sequential(*[Conv(neck, neck, 3) for _ in range(s["tower"])])
        self.box_tower = nn.Sequential(*[Conv(neck, neck, 3) for _ in range(s["tower"])])
        self.score = nn.Conv2d(neck, 1, 1)
        self.box = nn.Conv2d(neck, 4, 1)
        self.alone = s.get("alone", 0)
        self.around = s.get("around", 1.0)
        nn.init.constant_(self.score.bias, -3.0)
        nn.init.normal_(self.score.weight, std=0.01)
        nn.init.normal_(self.box.weight, std=0.01)
        nn.init.zeros_(self.box.bias)

    @torch.no_grad()
    def separate(self) -> None:
        """The score depends on responses alone: `alone` channels of the mix do not see the search features, and the score's
        tower sees no other channels. What things look like is left to the box."""
        if self.alone:
            n = self.mix.conv.in_channels - self.mix.conv.out_channels
            self.mix.conv.weight[: self.alone, n:] = 0
            self.score_tower[0].conv.weight[:, self.alone :] = 0

    def forward(self, template: Tensor, search: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
        """`size`: N x 2, width and height of the target in the template, pixels. Positions around it count `around` times
        what those inside of it do."""
        n, c, h, w = search.shape
        inside = coverage(size, template.shape[-1])[:, None]
        kernel = (template * (self.around + (1 - self.around) * inside)).flatten(2).transpose(1, 2) / c**0.5
        match = torch.bmm(kernel, search.flatten(2)).view(n, -1, h, w)
        x = self.mix(torch.cat([match, search], 1).contiguous(memory_format=torch.channels_last))
        score, box = self.score(self.score_tower(x)), self.box(self.box_tower(x))
        return score.float()[:, 0], torch.exp(box.float().clamp(-4, 3)) * 32.0


class Net(nn.Module):
    def __init__(self, s: dict[str, Any]) -> None:
        super().__init__()
        self.backbone, self.head = Backbone(s), Head(s)

    def forward(self, template: Tensor, search: Tensor, size: Tensor) -> tuple[Taps, Taps, Tensor, Tensor]:
        z, x = self.backbone(template), self.backbone(search)
        return (z, x, *self.head(z.neck, x.neck, size))


def trained(run: Path) -> Net:
    """The averaged weights of a run's folder, for use."""
    base = json.loads((Path(__file__).resolve().parent / "settings.json").read_text())
    state = torch.load(run / "checkpoint.pt", map_location="cpu")
    net = Net({**base, **{k: state["settings"].get(k, base[k]) for k in SHAPE}})
    net.load_state_dict(state["average"])
    return net.eval()


def cell_centres(size: int) -> Tensor:
    """Offsets of the cells' centres from the crop's centre, pixels: cell size/2 lies on the centre."""
    return (torch.arange(size) - size // 2) * 16.0


def coverage(size: Tensor, cells: int) -> Tensor:
    """Share of each cell that the target covers, N x cells x cells, of targets of N x 2 pixels around the centre."""
    at = cell_centres(cells)[None]
    half = size[:, :, None] / 2
    x, y = ((torch.minimum(at + 8, h) - torch.maximum(at - 8, -h)).clamp(min=0) / 16 for h in half.unbind(1))
    return y[:, :, None] * x[:, None, :]


def boxes_of(distances: Tensor) -> Tensor:
    """N x 4 x H x W distances to corners x1, y1, x2, y2 relative to the crop's centre."""
    at = cell_centres(distances.shape[-1])
    x, y = at[None, None, :], at[None, :, None]
    left, top, right, bottom = distances.unbind(1)
    return torch.stack([x - left, y - top, x + right, y + bottom], 1)
