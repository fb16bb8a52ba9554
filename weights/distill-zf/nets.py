# SPDX-License-Identifier: Apache-2.0
"""Teacher and student: AlexNet's convolutions laid out on ZF's grid, and the compressed network that learns its maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (96, 256, 384, 384, 256)


def read_teacher(path: Path) -> dict[str, Tensor]:
    """convN_w and convN_b as float32; the file holds fixed-point numbers and how many of their bits are fractions."""
    file = np.load(path)
    out = {}
    for layer in range(1, 6):
        for part in "wb":
            key = f"conv{layer}_{part}"
            out[key] = torch.from_numpy(file[key].astype(np.float32) / 2.0 ** int(file[f"{key}_fracbits"]))
    return out


class Teacher(nn.Module):
    """AlexNet up to conv5, padded so that 203 pixels make 14 x 14 cells, 16 pixels apart, the first at pixel 0: ZF's grid."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(name, value)

    def sum_of(self, x: Tensor, layer: int, pad: int, stride: int = 1) -> Tensor:
        weight = getattr(self, f"conv{layer}_w")
        groups = x.shape[1] // weight.shape[1]
        return functional.conv2d(x, weight, getattr(self, f"conv{layer}_b"), stride, pad, groups=groups)

    @staticmethod
    def pool(x: Tensor) -> Tensor:
        """Normalisation across channels and pooling, of sums before ReLU; it may come before or behind them."""
        scale = functional.local_response_norm(functional.relu(x) + 1e-6, 5, 1e-4, 0.75, 1.0) / (functional.relu(x) + 1e-6)
        return functional.max_pool2d(x * scale, 3, 2, 1, ceil_mode=True)

    def sums(self, x: Tensor) -> list[Tensor]:
        """What each convolution of the student stands for, before ReLU: after pooling where the teacher pools."""
        one = self.pool(self.sum_of(x, 1, 5, 4))
        two = self.pool(self.sum_of(functional.relu(one), 2, 2))
        three = self.sum_of(functional.relu(two), 3, 1)
        four = self.sum_of(functional.relu(three), 4, 1)
        return [one, two, three, four, self.sum_of(functional.relu(four), 5, 1)]

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.sums(x)[-1])


def normalise(x: Tensor) -> Tensor:
    """Caffe's local response normalisation within a channel: 3 x 3, alpha 5e-5, beta 0.75."""
    squares = functional.avg_pool2d(x * x, 3, 1, 1, count_include_pad=True)
    return x * (1.0 + 5e-5 * squares).pow(-0.75)


class Student(nn.Module):
    """Compressed ZF: 107 pixels, first stride 4, no pooling, 14 x 14 cells."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, 4, 3)
        self.conv2 = nn.Conv2d(96, 256, 5, 2, 2, groups=groups)
        self.conv3 = nn.Conv2d(256, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 384, 3, 1, 1, groups=groups)
        self.conv5 = nn.Conv2d(384, 256, 3, 1, 1, groups=groups)

    def convs(self) -> list[nn.Conv2d]:
        return [self.conv1, self.conv2, self.conv3, self.conv4, self.conv5]

    def maps(self, x: Tensor) -> list[Tensor]:
        one = normalise(functional.relu(self.conv1(x)))
        two = normalise(functional.relu(self.conv2(one)))
        three = functional.relu(self.conv3(two))
        four = functional.relu(self.conv4(three))
        return [one, two, three, four, functional.relu(self.conv5(four))]

    def forward(self, x: Tensor) -> Tensor:
        return self.maps(x)[-1]

    @torch.no_grad()
    def start(self, weights: dict[str, Tensor]) -> None:
        """The teacher's kernels. Its first one is 11 pixels wide on pictures of nearly twice the size: two of its
        pixels become one, which leaves 7. Its groups are spread over the channels where the student has none."""
        half = torch.zeros(7, 11)
        for u in range(7):
            for v, share in ((2 * u - 2, 0.5), (2 * u - 1, 1.0), (2 * u, 0.5)):
                if 0 <= v < 11:
                    half[u, v] = share
        for layer, conv in enumerate(self.convs(), 1):
            weight = weights[f"conv{layer}_w"]
            if layer == 1:
                weight = torch.einsum("uy,vx,ocyx->ocuv", half, half, weight)
            if weight.shape[1] == conv.weight.shape[1]:
                conv.weight.copy_(weight)
            else:
                conv.weight.zero_()
                for part in range(2):
                    out, inner = weight.shape[0] // 2, weight.shape[1]
                    rows = slice(part * out, (part + 1) * out)
                    conv.weight[rows, part * inner : (part + 1) * inner] = weight[rows]
            conv.bias.copy_(weights[f"conv{layer}_b"])

    @torch.no_grad()
    def fit(self, teacher: Teacher, pairs: tuple[Tensor, Tensor], ridge: float) -> list[float]:
        """Layer after layer, least squares brings the student's sums near the teacher's, given what the layers before
        make; `ridge` pulls towards the start. Returns the share of the variance that each layer keeps."""
        wanted, kept = teacher.sums(pairs[0]), []
        for layer, conv in enumerate(self.convs()):
            below = pairs[1] if layer == 0 else self.maps(pairs[1])[layer - 1]
            kept.append(refit(conv, below, wanted[layer], ridge))
        return kept


def refit(conv: nn.Conv2d, below: Tensor, wanted: Tensor, ridge: float) -> float:
    outputs, part, left, all_of = conv.out_channels // conv.groups, below.shape[1] // conv.groups, 0.0, 0.0
    for group in range(conv.groups):
        rows = slice(group * outputs, (group + 1) * outputs)
        inner = below[:, group * part : (group + 1) * part]
        cells = min(14, wanted.shape[2]) if wanted.shape[2] < 20 else wanted.shape[2] - 2  # where both maps have cells
        columns = functional.unfold(inner, conv.kernel_size, 1, conv.padding, conv.stride)
        side = round(columns.shape[2] ** 0.5)
        x = columns.reshape(len(inner), -1, side, side)[:, :, :cells, :cells].permute(0, 2, 3, 1).reshape(-1, columns.shape[1])
        y = wanted[:, rows, :cells, :cells].permute(0, 2, 3, 1).reshape(len(x), -1)
        x = torch.cat([x, torch.ones(len(x), 1)], 1)
        old = torch.cat([conv.weight[rows].reshape(outputs, -1), conv.bias[rows, None]], 1).t()
        gram, rest = (x.t() @ x).double(), (x.t() @ (y - x @ old)).double()
        power = ridge * gram.diagonal().mean()
        step = torch.linalg.solve(gram + power * torch.eye(len(gram), dtype=torch.float64), rest).float()
        new = (old + step).t()
        conv.weight[rows] = new[:, :-1].reshape(conv.weight[rows].shape)
        conv.bias[rows] = new[:, -1]
        left += float((y - x @ new.t()).pow(2).sum())
        all_of += float((y - y.mean(0)).pow(2).sum())
    return 1.0 - left / all_of


def inputs(crops: np.ndarray, settings: dict[str, Any]) -> Tensor:
    mean = torch.tensor(settings["mean"])[None, :, None, None]
    return torch.from_numpy(crops).permute(0, 3, 1, 2) - mean
