# SPDX-License-Identifier: Apache-2.0
"""The tracker's own task as a loss: learn a filter on the first crop in closed form, find the target in the second.

The filter is the ridge regression of a Gaussian label over all cyclic shifts of the first crop's features (the
multi-channel correlation filter); its response on the second crop should be that Gaussian at the target's new place.
Gradients run through both feature maps, so the features learn to be told apart and to survive what changes between
frames. Float32 throughout.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian(size: int, sigma: float, place: Tensor) -> Tensor:
    """N x size x size labels with peaks of 1 at `place` (N x 2, x and y in cells)."""
    cells = torch.arange(size, dtype=torch.float32)
    dx = cells[None] - place[:, :1]
    dy = cells[None] - place[:, 1:]
    return torch.exp(-0.5 * (dy[:, :, None] ** 2 + dx[:, None, :] ** 2) / sigma**2)


def response(first: Tensor, second: Tensor, label: Tensor, ridge: float) -> Tensor:
    """N x H x W responses on `second` of the filters learnt on `first` (N x C x H x W)."""
    n, c, h, w = first.shape
    mean = first.mean((2, 3), keepdim=True)
    scale = (first - mean).pow(2).mean((1, 2, 3), keepdim=True).add(1e-6).rsqrt()
    window = torch.outer(torch.hann_window(h + 2)[1:-1], torch.hann_window(w + 2)[1:-1])
    z = torch.fft.rfft2((first - mean) * scale * window)
    x = torch.fft.rfft2((second - mean) * scale * window)
    y = torch.fft.rfft2(label)
    energy = (z.real**2 + z.imag**2).sum(1)
    ridge_term = ridge * energy.mean((1, 2), keepdim=True)
    return torch.fft.irfft2((z.conj() * x).sum(1) * y / (energy + ridge_term), s=(h, w))


def track_loss(first: Tensor, second: Tensor, place: Tensor, stride: int, sigma: float, ridge: float) -> Tensor:
    """Mean over pairs of the squared difference between response and label, relative to the label's own energy.
    `place`: N x 2, the target's centre in the second crop, pixels."""
    size = first.shape[-1]
    middle = torch.full((len(first), 2), (size - 1) / 2)
    learnt = gaussian(size, sigma, middle)
    wanted = gaussian(size, sigma, place / stride - 0.5)
    got = response(first.float(), second.float(), learnt, ridge)
    return ((got - wanted) ** 2).sum((1, 2)).mean() / (wanted**2).sum((1, 2)).mean()


def both_taps(low: Tensor, high: Tensor, place: Tensor, sigma: float, ridge: float) -> tuple[Tensor, Tensor]:
    """The loss on either tap; even entries of the batch are first crops, odd ones their second crops."""
    high = F.interpolate(high.float(), scale_factor=2, mode="bilinear", align_corners=False)
    return (
        track_loss(low[0::2], low[1::2], place, 8, sigma, ridge),
        track_loss(high[0::2], high[1::2], place, 8, sigma, ridge),
    )
