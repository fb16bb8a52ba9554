# SPDX-License-Identifier: Apache-2.0
"""Read and write safetensors: 8 bytes of header length, a JSON header, the values. No package needed but numpy."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from vgg16 import (
    CAFFE_BGR,
    TORCHVISION,
    ConvertError,
    Found,
    Preprocess,
    Tensor,
    count_values,
    from_torch_names,
    is_convolution,
)

DTYPES = {"f32": ("F32", 4), "f16": ("F16", 2), "bf16": ("BF16", 2)}
_READ = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_MAX_HEADER = 100_000_000  # the format's own limit
SMALLEST, LARGEST = 1e-9, 1e9  # of deviations and scales, as dslt reads them


def encode(values: np.ndarray, dtype: str, name: str) -> bytes:
    """float32 values as little-endian bytes of `dtype`, rounded to nearest, ties to even."""
    if dtype == "f32":
        return values.astype("<f4").tobytes()
    if dtype == "f16":
        with np.errstate(over="ignore"):
            half = values.astype("<f2")
        if not np.isfinite(half).all():
            raise ConvertError(f"{name} holds values beyond float16's 65504: use --dtype bf16 or f32.")
        return half.tobytes()
    bits = values.astype("<f4").view("<u4").astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    if ((rounded & 0x7F80) == 0x7F80).any():
        raise ConvertError(f"{name} holds values beyond bfloat16's range: use --dtype f32.")
    return rounded.astype("<u2").tobytes()


def write(path: Path, tensors: Sequence[tuple[str, np.ndarray]], metadata: Mapping[str, str], dtype: str) -> None:
    """Write in the order given, under a temporary name, then rename. Equal input gives equal bytes."""
    label, size = DTYPES[dtype]
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    offset = 0
    for name, values in tensors:
        end = offset + size * values.size
        header[name] = {"dtype": label, "shape": list(values.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)

    if path.exists() and not path.is_file():
        raise ConvertError(f"{path} is no regular file; give the name of a file to write.")
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(len(text).to_bytes(8, "little"))
            stream.write(text)
            for name, values in tensors:
                stream.write(encode(values, dtype, name))
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp made it private
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def contents(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors, whatever they are."""
    header, start, size = _header(path)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ConvertError("The safetensors header's __metadata__ is not a table of strings: the file is damaged.")
    return metadata, {name: _tensor(path, name, entry, start, size) for name, entry in header.items()}


def read(path: Path) -> Found:
    metadata, tensors = contents(path)
    caffe = {name: tensor for name, tensor in tensors.items() if is_convolution(name.partition(".")[0])}
    ours = {key: value for key, value in metadata.items() if key.startswith("dslt.")}
    if ours.get("dslt.arch", "vgg16") != "vgg16":
        raise ConvertError(f"The file's dslt.arch is {ours['dslt.arch']!r}, and only vgg16 can be converted.")
    preprocess = _preprocess(ours, CAFFE_BGR if caffe else TORCHVISION)
    return Found("safetensors", caffe or from_torch_names(tensors), preprocess, metadata=ours)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise ConvertError(f"The safetensors header names {key!r} twice: the file is damaged.")
        out[key] = value
    return out


def _header(path: Path) -> tuple[dict[str, Any], int, int]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if size < 8 or length > min(size - 8, _MAX_HEADER):
            raise ConvertError(f"The safetensors header claims {length} bytes in a file of {size}: it is truncated.")
        text = stream.read(length)
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise ConvertError("The safetensors header is not valid JSON: the file is damaged.") from error
    if not isinstance(header, dict):
        raise ConvertError("The safetensors header is not a JSON object: the file is damaged.")
    return header, 8 + length, size


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


def _tensor(path: Path, name: str, entry: Any, start: int, size: int) -> Tensor:
    fields = entry if isinstance(entry, dict) else {}
    shape, span, dtype = fields.get("shape"), fields.get("data_offsets"), fields.get("dtype")
    if not isinstance(shape, list) or len(shape) > 16 or not all(map(_is_size, shape)):
        raise ConvertError(f"{name} has no valid shape in the safetensors header: the file is damaged.")
    if not isinstance(span, list) or len(span) != 2 or not all(map(_is_size, span)):
        raise ConvertError(f"{name} has no valid data_offsets in the safetensors header: the file is damaged.")
    first, last = span
    if first > last or start + last > size:
        raise ConvertError(f"{name} lies outside the file: it is truncated, download it again.")
    known = _READ.get(dtype) if isinstance(dtype, str) else None
    if known and last - first != count_values(tuple(shape)) * np.dtype(known).itemsize:
        raise ConvertError(f"{name} has {last - first} bytes, which do not fit its shape {shape}: the file is damaged.")

    def load() -> np.ndarray:
        if known is None:
            raise ConvertError(f"{name} has the type {dtype!r}: only F64, F32, F16 and BF16 can be converted.")
        values = np.fromfile(path, known, count_values(tuple(shape)), offset=start + first)
        if dtype == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        return values.reshape(shape)

    return Tensor(tuple(shape), load)


def triple(text: str, name: str) -> tuple[float, ...]:
    """Three finite numbers, separated by commas."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != 3 or not np.isfinite(values).all():
        raise ConvertError(f"{name} is {text!r} where three numbers with commas between them are needed.")
    return values


def mean_colour(text: str, name: str) -> tuple[float, ...]:
    values = triple(text, name)
    if not all(0.0 <= value <= 255.0 for value in values):
        raise ConvertError(f"{name} is {text!r} where three numbers between 0 and 255 are needed.")
    return values


def positive(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not SMALLEST <= value <= LARGEST:
        raise ConvertError(f"{name} is {text!r} where a number between {SMALLEST:g} and {LARGEST:g} is needed.")
    return value


def positive_triple(text: str, name: str) -> tuple[float, ...]:
    values = triple(text, name)
    if not all(SMALLEST <= value <= LARGEST for value in values):
        raise ConvertError(f"{name} is {text!r} where numbers between {SMALLEST:g} and {LARGEST:g} are needed.")
    return values


def _preprocess(metadata: Mapping[str, str], convention: Preprocess) -> Preprocess:
    """What the metadata leaves out follows the convention, as in dslt itself."""
    order = metadata.get("dslt.channel_order", convention.channel_order)
    if order not in ("bgr", "rgb"):
        raise ConvertError(f"The file's dslt.channel_order is {order!r}, and must be bgr or rgb.")
    how = convention if order == convention.channel_order else convention.flipped()
    for key, value in metadata.items():
        if key == "dslt.mean":
            how = replace(how, mean=mean_colour(value, key))
        elif key == "dslt.deviation":
            how = replace(how, deviation=positive_triple(value, key))
        elif key == "dslt.scale_low":
            how = replace(how, scale_low=positive(value, key))
        elif key == "dslt.scale_high":
            how = replace(how, scale_high=positive(value, key))
    return how
