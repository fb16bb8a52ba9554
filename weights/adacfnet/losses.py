# SPDX-License-Identifier: Apache-2.0
"""Labels, the logistic loss, and the focal logistic loss of AdaCFNet (equation 6): l = a / (1 + e^(bu)) log(1 + e^-u) with
u = y v. Easy cells, whose u is large, count little."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def labels(side: int, radius: float) -> Tensor:
    """+1 within `radius` cells of the middle, -1 elsewhere."""
    at = torch.arange(side, dtype=torch.float32) - (side - 1) / 2
    near = at[:, None] ** 2 + at[None, :] ** 2 <= radius**2
    return torch.where(near, 1.0, -1.0)


def cell_weights(label: Tensor, balanced: bool) -> Tensor:
    """Of each cell; their sum is 1. Balanced: positives and negatives have one half each."""
    if not balanced:
        return torch.full_like(label, 1.0 / label.numel())
    positive = label > 0
    return torch.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())


def logistic(scores: Tensor, label: Tensor) -> Tensor:
    return F.softplus(-label * scores)


def focal(scores: Tensor, label: Tensor, a: float, b: float) -> Tensor:
    u = label * scores
    return a * torch.sigmoid(-b * u) * F.softplus(-u)


def mean_loss(scores: Tensor, label: Tensor, weights: Tensor, kind: str, a: float = 2.0, b: float = 1.0) -> Tensor:
    """Over a batch of responses N x h x w."""
    values = focal(scores, label, a, b) if kind == "focal" else logistic(scores, label)
    return (values * weights).sum((1, 2)).mean()
