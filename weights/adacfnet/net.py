# SPDX-License-Identifier: Apache-2.0
"""CFNet's two layers, with squeeze-and-excitation blocks behind each ReLU for AdaCFNet."""

from __future__ import annotations

from typing import Any

import torch
from correlation_filter import respond, template
from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """A gate for each channel, from the means of all."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)

    def gates(self, means: Tensor) -> Tensor:
        """N x C x 1 x 1 of as many means."""
        return torch.sigmoid(self.expand(torch.relu(self.reduce(means))))


class Features(nn.Module):
    """255 x 255 crops, red first, 0..255, become 57 x 57 maps of 32 channels."""

    def __init__(self, attention: bool, reduction: int = 16, bn_rate: float = 0.05) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=2)
        self.bn1 = nn.BatchNorm2d(96, eps=1e-5, momentum=bn_rate)
        self.conv2 = nn.Conv2d(96, 32, 5, groups=2)
        self.bn2 = nn.BatchNorm2d(32, eps=1e-5, momentum=bn_rate)
        self.se1 = SqueezeExcite(96, reduction) if attention else None
        self.se2 = SqueezeExcite(32, reduction) if attention else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.kernel_size[0] > 1 else "fan_in")
                nn.init.zeros_(module.bias)
        for block in (self.se1, self.se2):
            if block:  # means are positive: a unit whose weights sum to less than 0 would never learn
                weight = block.reduce.weight.data
                weight *= torch.where(weight.sum(1, keepdim=True) < 0, -1.0, 1.0)

    def first(self, x: Tensor) -> Tensor:
        """The first convolution, normalised, before its ReLU."""
        return self.bn1(self.conv1(x))

    def rest(self, pooled: Tensor, means: Tensor) -> Tensor:
        """All that follows: of the first layer's pooled maps and of its means N x C x 1 x 1, both behind the ReLU. A gate is
        positive, so it may come behind the pooling, and there it is a factor of the second layer's filters for each crop:
        the maps need no gradient when the first layer is fixed."""
        if self.se1:
            x = self.gated_conv2(pooled, self.se1.gates(means))
        else:
            x = self.conv2(pooled)
        x = torch.relu(self.bn2(x))
        return x * self.se2.gates(x.mean((2, 3), keepdim=True)) if self.se2 else x

    def gated_conv2(self, pooled: Tensor, gates: Tensor) -> Tensor:
        n, c, h, w = pooled.shape
        outputs, groups = self.conv2.out_channels, self.conv2.groups
        by_group = gates.reshape(n, groups, 1, c // groups, 1, 1)
        filters = by_group * self.conv2.weight.reshape(1, groups, outputs // groups, c // groups, *self.conv2.kernel_size)
        x = nn.functional.conv2d(pooled.reshape(1, n * c, h, w), filters.flatten(0, 2), groups=n * groups)
        return x.reshape(n, outputs, *x.shape[2:]) + self.conv2.bias[:, None, None]

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x))
        return self.rest(nn.functional.max_pool2d(x, 3, 2), x.mean((2, 3), keepdim=True))


class Siamese(nn.Module):
    """Scores of the search crops for the targets of the first crops."""

    def __init__(self, settings: dict[str, Any], attention: bool) -> None:
        super().__init__()
        self.features = Features(attention, settings["reduction"], settings["bn_rate"])
        self.gain, self.shift = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(-0.5))
        self.filter = {key: settings[key] for key in ("ridge", "sigma", "margin")}

    def scores(self, maps: Tensor) -> Tensor:
        """The first half of the maps are the targets'."""
        n = len(maps) // 2
        return self.gain * respond(maps[n:], template(maps[:n], **self.filter)) + self.shift

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.scores(self.features(torch.cat([first, second])))  # both branches share batch statistics

    def groups(self, decay: float, blocks: float = 1.0) -> list[dict[str, Any]]:
        """Parameters that learn, with their share of the rate: CFNet's, times `blocks` for the blocks."""
        out = []
        for name, parameter in self.named_parameters():
            if not parameter.requires_grad:
                continue
            rate = 2.0 if name.endswith("bias") or name == "shift" else 1.0
            plain = name.endswith("bias") or name in ("gain", "shift") or ".bn" in name
            if ".bn" in name and name.endswith("weight"):
                rate = 2.0
            rate *= blocks if ".se" in name else 1.0
            out.append({"params": [parameter], "share": rate, "weight_decay": 0.0 if plain else decay})
        return out
