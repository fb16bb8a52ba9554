# SPDX-License-Identifier: Apache-2.0
"""Measure how strong a backbone's features are against a reference VGG-16, on images of the user's own.

Learning rates of the trackers are tied to the original VGG-16's feature magnitude; a gradient grows with its square.
So the measure is the root mean square after ReLU, over all images.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from vgg16 import LAYERS, Backbone, ConvertError, Preprocess

SIDE = 224
_POOL_AFTER = {"conv1_2", "conv2_2", "conv3_3", "conv4_3"}


def load_image(path: Path) -> np.ndarray:
    """RGB, [3, 224, 224], float32, 0..255."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ConvertError(
            "Reading images needs Pillow: apt-get install python3-pil, or pip install pillow."
        ) from error
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32)
    except Exception as error:  # Pillow raises many things for a damaged image
        raise ConvertError(f"The image {path} cannot be read: {type(error).__name__}.") from error
    return pixels.transpose(2, 0, 1)


def feed(rgb: np.ndarray, how: Preprocess) -> np.ndarray:
    pixels = rgb[::-1] if how.channel_order == "bgr" else rgb
    mean, deviation = (np.array(values, np.float32).reshape(3, 1, 1) for values in (how.mean, how.deviation))
    return (pixels - mean) / deviation


def convolve(data: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """3 x 3, padding 1, as nine matrix products."""
    channels, height, width = data.shape
    padded = np.pad(data, ((0, 0), (1, 1), (1, 1)))
    out = np.zeros((weight.shape[0], height * width), np.float32)
    for y in range(3):
        for x in range(3):
            window = padded[:, y : y + height, x : x + width].reshape(channels, -1)
            out += np.ascontiguousarray(weight[:, :, y, x]) @ window
    if bias is not None:
        out += bias[:, None]
    return out.reshape(-1, height, width)


def pool(data: np.ndarray) -> np.ndarray:
    channels, height, width = data.shape
    return data[:, : height // 2 * 2, : width // 2 * 2].reshape(channels, height // 2, 2, width // 2, 2).max((2, 4))


def mean_squares(backbone: Backbone, rgb: np.ndarray) -> dict[str, float]:
    """Mean square of every layer's features after ReLU."""
    data = feed(rgb, backbone.preprocess)
    out: dict[str, float] = {}
    for layer, weight, bias in zip(LAYERS, backbone.weights, backbone.biases):
        data = np.maximum(convolve(data, weight, bias), 0.0)
        out[layer.caffe] = float(np.mean(np.square(data, dtype=np.float64)))
        if layer.caffe in _POOL_AFTER:
            data = pool(data)
    return out


def measure(backbone: Backbone, reference: Backbone, images: Sequence[Path]) -> tuple[float, float | None]:
    """scale_low and scale_high; the latter None where one of the two lacks conv5_3."""
    pixels = [load_image(path) for path in images]
    own, wanted = (
        {name: sum(image[name] for image in each) for name in each[0]}
        for each in ([mean_squares(network, rgb) for rgb in pixels] for network in (backbone, reference))
    )
    layers = min(len(own), len(wanted))
    low = "conv4_3" if layers > 9 else "conv3_3"
    for name in (low, "conv5_3"):
        if not own.get(name, 1.0) > 0.0 or not wanted.get(name, 1.0) > 0.0:
            raise ConvertError(f"{name} is zero on all of these images: no scale can be measured.")
    high = None
    if layers == len(LAYERS):
        high = (wanted["conv5_3"] / own["conv5_3"]) ** 0.5 * reference.preprocess.scale_high
    return (wanted[low] / own[low]) ** 0.5 * reference.preprocess.scale_low, high
