# SPDX-License-Identifier: Apache-2.0
"""CFNet's correlation filter in closed form as a layer, with its backward pass written out.

Of maps x_l with transforms X_l and a target with transform Y, n cells each:

    K = 1/n sum_l |X_l|^2 + lambda,  A = Y / (n K),  W_l = conj(A) X_l

Backward, D being gradients in the transformed domain:

    DA = sum_l X_l conj(DW_l),  DK = -DA conj(A / K),  DX_l = A DW_l + 2/n X_l Re(DK)
"""

from __future__ import annotations

import torch
from torch import Tensor


class CorrelationFilter(torch.autograd.Function):
    @staticmethod
    def forward(ctx, maps: Tensor, target: Tensor, ridge: float) -> Tensor:  # type: ignore[override]
        """Filters N x C x H x W of windowed maps of the same size; target H x W."""
        cells = maps.shape[-2] * maps.shape[-1]
        x = torch.fft.rfft2(maps)  # maps are real: half of the spectrum
        k = (x.real**2 + x.imag**2).sum(1, keepdim=True) / cells + ridge
        a = torch.fft.rfft2(target) / (cells * k)
        ctx.save_for_backward(x, k, a)
        ctx.size = maps.shape[-2:]
        return torch.fft.irfft2(a.conj() * x, s=ctx.size)

    @staticmethod
    def backward(ctx, d_filter: Tensor):  # type: ignore[override]
        x, k, a = ctx.saved_tensors
        cells = ctx.size[0] * ctx.size[1]
        d_w = torch.fft.rfft2(d_filter)
        d_a = (x * d_w.conj()).sum(1, keepdim=True)
        d_k = -d_a * (a / k).conj()
        d_x = a * d_w + (2 / cells) * x * d_k.real
        return torch.fft.irfft2(d_x, s=ctx.size), None, None


def window(side: int) -> Tensor:
    """The symmetric Hann window over both axes."""
    one = torch.hann_window(side, periodic=False, dtype=torch.float64)
    return torch.outer(one, one)


def target(side: int, sigma: float) -> Tensor:
    """A Gaussian around cell (0, 0) of a torus."""
    at = torch.arange(side, dtype=torch.float64)
    one = torch.exp(-0.5 * (torch.minimum(at, side - at) / sigma) ** 2)
    return torch.outer(one, one)


def template(maps: Tensor, ridge: float, sigma: float, margin: int) -> Tensor:
    """What a target looks like: the filter without `margin` cells on each side."""
    side = maps.shape[-1]
    windowed = maps * window(side).to(maps)
    filters = CorrelationFilter.apply(windowed, target(side, sigma).to(maps), ridge)
    return filters[:, :, margin : side - margin, margin : side - margin]


def respond(maps: Tensor, templates: Tensor) -> Tensor:
    """Each map correlated with its template, where the template lies inside: N x h x w. By transforms, since a convolution
    with such large filters takes most of a step."""
    (height, width), (kh, kw) = maps.shape[-2:], templates.shape[-2:]
    spectrum = torch.fft.rfft2(templates, s=(height, width)).conj() * torch.fft.rfft2(maps)
    whole = torch.fft.irfft2(spectrum.sum(1), s=(height, width))
    return whole[:, : height - kh + 1, : width - kw + 1]
