# SPDX-License-Identifier: Apache-2.0
"""Zeiler and Fergus' network (ZF) as Faster R-CNN uses it, and the compressed one of "Tracking Loss" (2018), as graphs
that dslt runs; and ZF from Caffe's file."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import caffemodel
import numpy as np
import published
import safetensors_file
from vgg16 import ConvertError, Found, Tensor

CHANNELS = (96, 256, 384, 384, 256)
MEAN_BGR = (102.9801, 115.9465, 122.7717)  # py-faster-rcnn's
SIZES = (7, 5, 3, 3, 3)


def graph(compressed: bool, groups: int = 1, channels: Sequence[int] = CHANNELS) -> list[dict[str, Any]]:
    """The layers up to conv5, whose map has 14 x 14 cells of 203 pixels, or of 107 where the network is compressed: its
    first stride is 4 instead of 2, and there are no poolings. `groups`: of the second, fourth and fifth convolution."""
    layers: list[dict[str, Any]] = [{"name": "data", "kind": "input", "channels": 3}]

    def add(name: str, kind: str, **rest: Any) -> None:
        layers.append({"name": name, "kind": kind, "inputs": [len(layers) - 1], **rest})

    for number, (size, count) in enumerate(zip(SIZES, channels), 1):
        stride = {1: 4 if compressed else 2, 2: 2}.get(number, 1)
        rest: dict[str, Any] = {"channels": count, "kernel": [size, size], "pad": [size // 2] * 4, "activation": "relu"}
        if stride > 1:
            rest["stride"] = [stride, stride]
        if groups > 1 and number in (2, 4, 5):
            rest["groups"] = groups
        add(f"conv{number}", "conv", **rest)
        if number > 2:
            continue
        add(f"norm{number}", "lrn", size=3, within=1, alpha=5e-5, beta=0.75)
        if not compressed:
            add(f"pool{number}", "max_pool", kernel=[3, 3], stride=[2, 2], pad=[1, 1, 1, 1], rounding="up")
    return layers


def metadata(layers: list[dict[str, Any]], mean: Sequence[float], source: str, license: str) -> dict[str, str]:
    return {
        "dslt.arch": "zf",
        "dslt.channel_order": "bgr",
        "dslt.mean": ",".join(np.format_float_positional(np.float32(m), unique=True, trim="-") for m in mean),
        "dslt.deviation": "1,1,1",
        "dslt.graph": json.dumps(layers, separators=(",", ":")),
        "dslt.taps": "conv5",
        "dslt.scales": "1",
        "dslt.source": source,
        "dslt.license": license,
    }


def _wanted(name: str) -> bool:
    return re.fullmatch(r"conv[1-5]", name) is not None


def is_zf(path: Path) -> bool:
    """A Caffe model with ZF's five convolutions, in its shapes."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    try:
        return _has_shapes(caffemodel.read(path, _wanted).tensors)
    except ConvertError:
        return False


def _has_shapes(tensors: Mapping[str, Tensor]) -> bool:
    inner = (3, *CHANNELS)
    for number, (size, count) in enumerate(zip(SIZES, CHANNELS), 1):
        tensor = tensors.get(f"conv{number}.weight")
        if tensor is None or tensor.shape != (count, inner[number - 1], size, size):
            return False
    return True


def convert(args: argparse.Namespace) -> list[str]:
    """Write ZF's backbone; what the user should know about it."""
    found: Found = caffemodel.read(args.input, _wanted)
    tensors: list[tuple[str, np.ndarray]] = []
    for number, count in enumerate(CHANNELS, 1):
        for part in ("weight", "bias"):
            tensor = found.tensors.get(f"conv{number}.{part}")
            if tensor is None or (part == "bias" and tensor.shape != (count,)):
                raise ConvertError(f"conv{number}.{part} is missing or has another shape: this is not ZF.")
            tensors.append((f"conv{number}.{part}", tensor.load().reshape(tensor.shape)))
    source = f"{found.kind} {args.input.name} sha256:{published.digests(args.input)['sha256']}"
    layers = graph(compressed=False)
    info = metadata(layers, args.mean or MEAN_BGR, source, args.license or published.UNKNOWN_LICENSE)
    safetensors_file.write(args.output, tensors, info, args.dtype)
    print(f"Wrote {args.output}: ZF up to conv5, {args.dtype}, for crops of 203 pixels.")
    return []
