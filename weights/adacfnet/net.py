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

    def gates(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gates(x)


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

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.se1(x) if self.se1 else x
        x = torch.relu(self.bn2(self.conv2(nn.functional.max_pool2d(x, 3, 2))))
        return self.se2(x) if self.se2 else x


class Siamese(nn.Module):
    """Scores of the search crops for the targets of the first crops."""

    def __init__(self, settings: dict[str, Any], attention: bool) -> None:
        super().__init__()
        self.features = Features(attention, settings["reduction"], settings["bn_rate"])
        self.gain, self.shift = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(-0.5))
        self.filter = {key: settings[key] for key in ("ridge", "sigma", "margin")}

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        maps = self.features(torch.cat([first, second]))  # both branches share batch statistics
        return self.gain * respond(maps[len(first) :], template(maps[: len(first)], **self.filter)) + self.shift

    def groups(self, decay: float) -> list[dict[str, Any]]:
        """Parameters with their share of the rate: CFNet's."""
        out = []
        for name, parameter in self.named_parameters():
            rate = 2.0 if name.endswith("bias") or name == "shift" else 1.0
            plain = name.endswith("bias") or name in ("gain", "shift") or ".bn" in name
            if ".bn" in name and name.endswith("weight"):
                rate = 2.0
            out.append({"params": [parameter], "share": rate, "weight_decay": 0.0 if plain else decay})
        return out
