# SPDX-License-Identifier: Apache-2.0
"""Read VGG-16 from .npz: `conv1_1_w` or `conv1_1_W`, and `conv1_1_b`. The layout is told by the shapes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from vgg16 import CAFFE_BGR, CAFFE_RGB, ConvertError, Found, Tensor, count_values, is_convolution
from ziparchive import member, open_zip


def read(path: Path) -> Found:
    tensors: dict[str, Tensor] = {}
    capital = False
    with open_zip(path) as archive:
        for info in archive.infolist():
            name, _, part = info.filename.removesuffix(".npy").rpartition("_")
            if not info.filename.endswith(".npy") or not is_convolution(name) or part not in ("w", "W", "b"):
                continue
            key = f"{name}.{'bias' if part == 'b' else 'weight'}"
            if key in tensors:
                raise ConvertError(f"The .npz file holds {key} twice: keep one of them.")
            capital |= part == "W"
            with archive.open(info) as stream:
                tensors[key] = _tensor(path, info, key, *_npy_header(stream, key))
    hwio = _is_hwio([tensor.shape for key, tensor in tensors.items() if key.endswith(".weight")], capital)
    # The TensorFlow port that writes HWIO takes red first; Caffe's own layout comes with Caffe's blue first.
    return Found(".npz", tensors, CAFFE_RGB if hwio else CAFFE_BGR, hwio)


def _npy_header(stream: IO[bytes], key: str) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, Fortran order, type and the header's length, without trusting any of them."""
    try:
        if np.lib.format.read_magic(stream) != (1, 0):  # others allow headers of 4 GB and are not for plain arrays
            raise ValueError
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except (ValueError, KeyError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ConvertError(f"{key} in the .npz file has a damaged header: download the file again.") from error
    if dtype.hasobject or dtype.kind != "f":
        raise ConvertError(f"{key} holds {dtype} values where floating point is needed.")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ConvertError(f"{key} in the .npz file has a shape that is not valid: {list(shape)}.")
    return shape, fortran, dtype, stream.tell()


def _tensor(
    path: Path, info: zipfile.ZipInfo, key: str, shape: tuple[int, ...], fortran: bool, dtype: np.dtype, start: int
) -> Tensor:
    if info.file_size - start != count_values(shape) * dtype.itemsize:
        raise ConvertError(f"{key} in the .npz file has a shape {list(shape)} that does not fit its size.")

    def load() -> np.ndarray:
        with open_zip(path) as archive:
            values = np.frombuffer(member(archive, info), dtype, offset=start)
        return values.reshape(shape, order="F" if fortran else "C")

    return Tensor(shape, load)


def _is_hwio(shapes: list[tuple[int, ...]], capital: bool) -> bool:
    shapes = [shape for shape in shapes if len(shape) == 4]
    if all(shape[2:] == (3, 3) for shape in shapes):
        both = all(shape[:2] == (3, 3) for shape in shapes)
        return both and capital  # three channels everywhere: only the name is left to tell
    return all(shape[:2] == (3, 3) for shape in shapes)
