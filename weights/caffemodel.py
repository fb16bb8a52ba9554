# SPDX-License-Identifier: Apache-2.0
"""Read a .caffemodel: the few fields of Caffe's protobuf messages that carry convolution weights, nothing else.

Field numbers, from caffe.proto: NetParameter layers = 2 (V1LayerParameter: name 4, blobs 6) and layer = 100
(LayerParameter: name 1, blobs 7); BlobProto num, channels, height, width = 1..4, data = 5, shape = 7, double_data = 8;
BlobShape dim = 1.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from vgg16 import CAFFE_BGR, ConvertError, Found, Tensor, count_values, is_convolution

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LAYER_FIELDS = {2: (4, 6), 100: (1, 7)}  # field of NetParameter: (name, blobs) within it


class _Field(NamedTuple):
    number: int
    wire: int
    value: int  # of a varint
    start: int  # of the payload
    end: int


def read(path: Path, wanted: Callable[[str], bool] = is_convolution) -> Found:
    """The layers whose names are wanted."""
    with path.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    tensors: dict[str, Tensor] = {}
    for one in _fields(data, 0, len(data)):
        if one.number in _LAYER_FIELDS and one.wire == _BYTES:
            tensors.update(_layer(data, one, wanted, *_LAYER_FIELDS[one.number]))
    return Found("Caffe model", tensors, CAFFE_BGR)


def _damaged() -> ConvertError:
    return ConvertError("The Caffe model breaks off or is not a protobuf message: download it again.")


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise _damaged()
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise _damaged()


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[_Field]:
    while at < end:
        key, at = _varint(data, at, end)
        number, wire, value = key >> 3, key & 7, 0
        start = at
        if wire == _VARINT:
            value, at = _varint(data, at, end)
        elif wire == _FIXED64:
            at += 8
        elif wire == _FIXED32:
            at += 4
        elif wire == _BYTES:
            length, start = _varint(data, at, end)
            at = start + length
        else:
            raise _damaged()
        if number == 0 or at > end:
            raise _damaged()
        yield _Field(number, wire, value, start, at)


def _layer(data: mmap.mmap, layer: _Field, wanted: Callable[[str], bool], name_field: int, blob_field: int) -> Iterator[tuple[str, Tensor]]:
    name = ""
    blobs: list[_Field] = []
    for one in _fields(data, layer.start, layer.end):
        if one.wire == _BYTES and one.number == name_field:
            name = data[one.start : min(one.end, one.start + 256)].decode("utf-8", "replace")
        elif one.wire == _BYTES and one.number == blob_field:
            blobs.append(one)
    if wanted(name):
        for part, blob in zip(("weight", "bias"), blobs):
            yield f"{name}.{part}", _blob(data, f"{name}.{part}", blob)


def _blob(data: mmap.mmap, key: str, blob: _Field) -> Tensor:
    legacy = [0, 0, 0, 0]
    shape: tuple[int, ...] | None = None
    floats: list[_Field] = []
    doubles: list[_Field] = []
    for one in _fields(data, blob.start, blob.end):
        if one.wire == _VARINT and 1 <= one.number <= 4:
            legacy[one.number - 1] = one.value
        elif one.number == 7 and one.wire == _BYTES:
            shape = _shape(data, one)
        elif one.number == 5 and one.wire in (_BYTES, _FIXED32):
            floats.append(one)
        elif one.number == 8 and one.wire in (_BYTES, _FIXED64):
            doubles.append(one)
    if shape is None:
        shape = tuple(legacy)
    if key.endswith(".bias") and len(shape) == 4 and shape[:3] == (1, 1, 1):
        shape = shape[3:]  # how blobs of one dimension were written before BlobShape
    runs, dtype = (doubles, np.dtype("<f8")) if doubles else (floats, np.dtype("<f4"))
    held = sum(run.end - run.start for run in runs)
    if held != count_values(shape) * dtype.itemsize:
        raise ConvertError(f"{key} holds {held} bytes of values, which do not fit its shape {list(shape)}.")

    def load() -> np.ndarray:
        return np.frombuffer(b"".join(data[run.start : run.end] for run in runs), dtype)

    return Tensor(shape, load)


def _shape(data: mmap.mmap, message: _Field) -> tuple[int, ...]:
    sizes: list[int] = []
    for one in _fields(data, message.start, message.end):
        if one.number != 1:
            continue
        if one.wire == _VARINT:
            sizes.append(one.value)
        at = one.start
        while one.wire == _BYTES and at < one.end:
            value, at = _varint(data, at, one.end)
            sizes.append(value)
        if len(sizes) > 32:  # Caffe's own limit on axes
            raise _damaged()
    return tuple(sizes)
