# SPDX-License-Identifier: Apache-2.0
"""The teachers: BVLC GoogLeNet up to inception_4e (Caffe's semantics) and VGG-16's first seven convolutions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

GOOGLENET_MEAN = (104.0, 117.0, 123.0)  # BGR
VGG_MEAN = (103.939, 116.779, 123.68)
# GoogLeNet's strided layers look further right and down than VGG's poolings: its cell k of stride 8 is centred on
# pixel 8 k + 6 against 8 k + 3.5, its cell of stride 16 on 16 k + 14 against 16 k + 7.5. Shifting its input by 4
# pixels leaves 1.5 and 2.5 pixels, a fifth of a cell.
SHIFT = 4


class LocalResponseNorm(nn.Module):
    """Across 5 channels, alpha 1e-4, beta 0.75, k = 1; a banded 1 x 1 convolution sums the squares."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        index = torch.arange(channels)
        band = ((index[:, None] - index[None]).abs() <= 2).float() * (1e-4 / 5)
        self.register_buffer("band", band[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.pow(1 + F.conv2d(x * x, self.band), -0.75)


class GoogLeNet(nn.Module):
    """Taps inception_3b (480 channels, stride 8) and inception_4e (832 channels, stride 16)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with np.load(path) as file:
            self.tensors = nn.ParameterDict(
                {
                    name.replace("/", "_"): nn.Parameter(torch.from_numpy(file[name]), requires_grad=False)
                    for name in file.files
                    if not name.startswith(("inception_5", "loss"))
                }
            )
        self.norm1, self.norm2 = LocalResponseNorm(64), LocalResponseNorm(192)
        self.register_buffer("mean", torch.tensor(GOOGLENET_MEAN).view(1, 3, 1, 1))

    def layer(self, x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight, bias = self.tensors[f"{name}_w"], self.tensors[f"{name}_b"]
        return F.relu(F.conv2d(x, weight, bias, stride, weight.shape[-1] // 2))

    def inception(self, x: Tensor, name: str) -> Tensor:
        n = f"inception_{name}_"
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat(
            [
                self.layer(x, n + "1x1"),
                self.layer(self.layer(x, n + "3x3_reduce"), n + "3x3"),
                self.layer(self.layer(x, n + "5x5_reduce"), n + "5x5"),
                self.layer(pooled, n + "pool_proj"),
            ],
            1,
        )

    @torch.no_grad()
    def forward(self, bgr: Tensor) -> tuple[Tensor, Tensor]:
        """`bgr`: N x 3 x H x W, 0..255, H and W multiples of 16."""
        x = F.pad(bgr - self.mean, (SHIFT, 0, SHIFT, 0), mode="replicate")[..., : bgr.shape[2], : bgr.shape[3]]
        x = x.contiguous(memory_format=torch.channels_last)
        x = F.max_pool2d(self.layer(x, "conv1_7x7_s2", 2), 3, 2, ceil_mode=True)
        x = self.layer(self.norm1(x), "conv2_3x3_reduce")
        x = F.max_pool2d(self.norm2(self.layer(x, "conv2_3x3")), 3, 2, ceil_mode=True)
        low = self.inception(self.inception(x, "3a"), "3b")
        x = F.max_pool2d(low, 3, 2, ceil_mode=True)
        for name in ("4a", "4b", "4c", "4d", "4e"):
            x = self.inception(x, name)
        return low, x


class Vgg3(nn.Module):
    """VGG-16 up to conv3_3 (256 channels, stride 4), whose place in the image is the student's own."""

    NAMES = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3")

    def __init__(self, path: Path) -> None:
        super().__init__()
        with np.load(path) as file:
            for name in self.NAMES:
                self.register_buffer(name + "_w", torch.from_numpy(file[name + "_w"].astype(np.float32)))
                self.register_buffer(name + "_b", torch.from_numpy(file[name + "_b"].astype(np.float32)))
        self.register_buffer("mean", torch.tensor(VGG_MEAN).view(1, 3, 1, 1))

    @torch.no_grad()
    def forward(self, bgr: Tensor) -> Tensor:
        x = (bgr - self.mean).contiguous(memory_format=torch.channels_last)
        for name in self.NAMES:
            x = F.relu(F.conv2d(x, getattr(self, name + "_w"), getattr(self, name + "_b"), padding=1))
            if name in ("conv1_2", "conv2_2"):
                x = F.max_pool2d(x, 2)
        return x
