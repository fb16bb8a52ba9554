# SPDX-License-Identifier: Apache-2.0
"""Read VGG-16 from Keras' HDF5 files: groups `block1_conv1` with one kernel [kh, kw, in, out] and one bias.

Keras' weights are Caffe's, conv1_1 included: their first input channel is blue. keras.applications feeds them through
preprocess_input(mode="caffe"), which turns RGB images to BGR and subtracts the mean.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from vgg16 import CAFFE_BGR, ConvertError, Found, Tensor


def read(path: Path) -> Found:
    try:
        import h5py
    except ImportError as error:
        raise ConvertError(
            "Reading .h5 files needs h5py: apt-get install python3-h5py, or pip install h5py."
        ) from error
    tensors: dict[str, Tensor] = {}

    def visit(name: str, item: Any) -> None:  # visititems follows no external link
        match = re.search(r"(?:^|/)block(\d+)_conv(\d+)/", name)
        if match is None or not isinstance(item, h5py.Dataset) or "optimizer" in name:
            return
        part = {4: "weight", 1: "bias"}.get(len(item.shape or ()))
        key = f"conv{match[1]}_{match[2]}.{part}"
        if part is None or key in tensors:
            raise ConvertError(f"{name} in the HDF5 file is neither the one kernel nor the one bias of its layer.")
        if item.dtype.kind != "f":
            raise ConvertError(f"{name} holds {item.dtype} values where floating point is needed.")
        if item.external or item.is_virtual:
            raise ConvertError(f"{name} in the HDF5 file keeps its values in another file: it was refused.")
        tensors[key] = Tensor(tuple(item.shape), _loader(path, name))

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ConvertError(f"The HDF5 file cannot be read ({type(error).__name__}): download it again.") from error

    shapes = [tensor.shape for key, tensor in tensors.items() if key.endswith(".weight")]
    if any(shape[:2] != (3, 3) for shape in shapes) and all(shape[2:] == (3, 3) for shape in shapes):
        raise ConvertError("The kernels are in Theano's order: use the Keras file with tf_kernels in its name.")
    return Found("Keras HDF5", tensors, CAFFE_BGR, hwio=True)


def _loader(path: Path, name: str) -> Any:
    def load() -> np.ndarray:
        import h5py

        try:
            with h5py.File(path, "r") as file:
                return file[name][()]
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise ConvertError(f"{name} in the HDF5 file cannot be read: download it again.") from error

    return load
