# SPDX-License-Identifier: Apache-2.0
"""The student: VGG-16's topology, narrower. Batch normalisation helps it learn and is folded away for good."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

POOL_AFTER = {1, 3, 6, 9}  # conv1_2, conv2_2, conv3_3, conv4_3
CONV3_3, CONV4_3, CONV5_3 = 6, 9, 12


class Student(nn.Module):
    def __init__(self, widths: list[int], mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        channels = 3
        for width in widths:
            conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            self.convs.append(conv)
            self.norms.append(nn.BatchNorm2d(width, momentum=0.02))
            channels = width
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1))

    def forward(self, bgr: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """conv3_3, conv4_3, conv5_3 after ReLU, of N x 3 x H x W in 0..255."""
        x = ((bgr - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last)
        taps = []
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = F.relu(norm(conv(x)))
            if index in (CONV3_3, CONV4_3, CONV5_3):
                taps.append(x)
            if index in POOL_AFTER:
                x = F.max_pool2d(x, 2)
        return taps[0], taps[1], taps[2]

    @torch.no_grad()
    def folded(self) -> list[tuple[Tensor, Tensor]]:
        """Weight and bias of each convolution with its normalisation worked in; exact, padding included, because
        the padding is zero before the convolution and the normalisation comes after it."""
        layers = []
        for conv, norm in zip(self.convs, self.norms):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            layers.append((conv.weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor))
        return layers


class Projections(nn.Module):
    """1 x 1 convolutions from the student's taps to the teachers' normalised maps; used in training only."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.vgg = nn.Conv2d(widths[CONV3_3], 256, 1)
        self.low = nn.Conv2d(widths[CONV4_3], 480, 1)
        self.high = nn.Conv2d(widths[CONV5_3], 832, 1)
