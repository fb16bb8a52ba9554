# SPDX-License-Identifier: Apache-2.0
"""Read VGG-16 from MatConvNet's .mat files: layers{i}.weights (in old files .filters and .biases), HWIO, red first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from vgg16 import CAFFE_RGB, ConvertError, Found, Tensor, is_convolution


def read(path: Path) -> Found:
    try:
        import scipy.io
    except ImportError as error:
        raise ConvertError(
            "Reading .mat files needs SciPy: apt-get install python3-scipy, or pip install scipy."
        ) from error
    try:
        content = scipy.io.loadmat(path, variable_names=["layers", "meta", "normalization"])
    except Exception as error:  # SciPy's parser raises whatever a damaged file leads it to
        raise ConvertError(f"The .mat file cannot be read ({type(error).__name__}): download it again.") from error

    tensors: dict[str, Tensor] = {}
    layers = content.get("layers")
    for layer in layers.flat if isinstance(layers, np.ndarray) and layers.dtype == object else ():
        name = _text(_get(layer, "name"))
        if is_convolution(name):
            for part, values in zip(("weight", "bias"), _values(layer)):
                tensors[f"{name}.{part}"] = _tensor(f"{name}.{part}", values)
    preprocess = CAFFE_RGB
    mean = _mean(content)
    if mean is not None:
        preprocess = replace(preprocess, mean=mean)
    return Found("MatConvNet", tensors, preprocess, hwio=True)


def _get(struct: Any, name: str) -> Any:
    """A field of a 1 x 1 MATLAB struct, or None."""
    if not isinstance(struct, np.ndarray) or struct.dtype.names is None or struct.size != 1:
        return None
    return struct.flat[0][name] if name in struct.dtype.names else None


def _text(value: Any) -> str:
    return str(value.flat[0]) if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.size == 1 else ""


def _values(layer: Any) -> list[Any]:
    weights = _get(layer, "weights")
    if isinstance(weights, np.ndarray) and weights.dtype == object:
        return list(weights.flat)
    return [value for value in (_get(layer, "filters"), _get(layer, "biases")) if value is not None]


def _tensor(key: str, values: Any) -> Tensor:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        raise ConvertError(f"{key} in the .mat file is not an array of floating point numbers.")
    if key.endswith(".bias"):
        values = values.reshape(-1)  # MATLAB has no vectors
    else:
        values = values.reshape(values.shape + (1,) * (4 - values.ndim))  # nor trailing sizes of one
    return Tensor(values.shape, lambda: values)


def _mean(content: dict[str, Any]) -> tuple[float, ...] | None:
    """The file's own average colour: one of three values, or an average image."""
    image = _get(_get(content.get("meta"), "normalization"), "averageImage")
    if image is None:
        image = _get(content.get("normalization"), "averageImage")
    if not isinstance(image, np.ndarray) or image.dtype.kind not in "fiu":
        return None
    image = image.astype(np.float64)
    if image.size == 3:
        mean = image.reshape(3)
    elif image.ndim == 3 and image.shape[2] == 3:
        mean = image.mean(axis=(0, 1))
    else:
        return None
    if not np.logical_and(mean >= 0.0, mean <= 255.0).all():
        raise ConvertError("The .mat file's averageImage is not a colour between 0 and 255: it is damaged.")
    return tuple(float(value) for value in mean)
