# SPDX-License-Identifier: Apache-2.0
"""VGG-16's thirteen convolutions: their names, and the checks that every converted file must pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

MIN_LAYERS = 7  # conv1_1 .. conv3_3: the least a dslt tracker can use
MAX_WIDTH = 4096  # output channels that dslt accepts
MAX_VALUES = 1 << 26  # of one tensor; VGG-16's largest convolution has 2.4 million
MEAN_BGR = (103.939, 116.779, 123.68)


class ConvertError(Exception):
    """What the user reads: one full sentence that names the thing and says what to do."""


class Layer(NamedTuple):
    caffe: str  # "conv1_1"
    torch: str  # "features.0"


LAYERS = tuple(
    Layer(f"conv{block}_{index}", f"features.{position}")
    for block, positions in enumerate(((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)), 1)
    for index, position in enumerate(positions, 1)
)
_NAMES = {layer.caffe for layer in LAYERS}
_CAFFE_OF_TORCH = {layer.torch: layer.caffe for layer in LAYERS}
# SHA-256 of the original conv1_1 as a float32 HWIO .npy with red first: it settles the channel order of any copy.
_CONV1_1_SHA256 = "0b1cf41d353ae96b186f2cffb6c17b5c89578e1cbaca2570f01bd29b1ae4bff3"


class Tensor(NamedTuple):
    """One tensor of a file, not yet read: shapes are checked before memory is spent."""

    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]


@dataclass(frozen=True)
class Preprocess:
    """How to feed the network; mean and deviation in its channel order and in units of 0..255."""

    channel_order: str  # "bgr" or "rgb"
    mean: tuple[float, ...]
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    scale_low: float = 1.0  # brings conv4_3 to the original VGG-16's scale
    scale_high: float = 1.0  # brings conv5_3 to the original VGG-16's scale

    def flipped(self) -> Preprocess:
        order = "rgb" if self.channel_order == "bgr" else "bgr"
        return replace(self, channel_order=order, mean=self.mean[::-1], deviation=self.deviation[::-1])


CAFFE_BGR = Preprocess("bgr", MEAN_BGR)
CAFFE_RGB = CAFFE_BGR.flipped()
TORCHVISION = Preprocess(
    "rgb",
    tuple(round(255 * value, 4) for value in (0.485, 0.456, 0.406)),
    tuple(round(255 * value, 4) for value in (0.229, 0.224, 0.225)),
)


@dataclass
class Found:
    """What a reader found in a file. Keys of `tensors` are "conv1_1.weight", "conv1_1.bias"; any conv may appear."""

    kind: str  # for messages and dslt.source: "Keras HDF5", ...
    tensors: Mapping[str, Tensor]
    preprocess: Preprocess
    hwio: bool = False  # kernels are [kh, kw, in, out] instead of [out, in, kh, kw]
    metadata: Mapping[str, str] = field(default_factory=dict)  # dslt.* keys that the file itself carries


@dataclass
class Backbone:
    """Checked weights, float32, kernels [out, in, 3, 3], in layer order."""

    weights: list[np.ndarray]
    biases: list[np.ndarray | None]
    preprocess: Preprocess
    original: bool  # conv1_1 is bit for bit Oxford's


def is_convolution(name: str) -> bool:
    return re.fullmatch(r"conv\d+_\d+", name) is not None


def from_torch_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename `features.N.weight`; refuse the relatives of VGG-16 that share these names."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        match = re.fullmatch(r"(?:module\.)?(features\.\d+)\.(weight|bias|running_mean|running_var)", name)
        if match is None:
            continue
        if match[2].startswith("running"):
            raise ConvertError(f"{name} belongs to a batch normalisation: give a plain VGG-16, not vgg16_bn.")
        if match[1] not in _CAFFE_OF_TORCH:
            raise ConvertError(f"{name} does not exist in VGG-16: this is another network, such as VGG-13 or VGG-19.")
        out[f"{_CAFFE_OF_TORCH[match[1]]}.{match[2]}"] = tensor
    return out


def count_values(shape: tuple[int, ...]) -> int:
    values = 1  # Python's integers do not wrap on hostile shapes
    for size in shape:
        values *= size
    return values


def assemble(found: Found, limit: int | None = None) -> Backbone:
    """Check names and shapes, then read. `limit` keeps only that many leading convolutions."""
    _check_names(found)
    present = [f"{layer.caffe}.weight" in found.tensors for layer in LAYERS]
    count = present.index(False) if False in present else len(LAYERS)
    if any(present[count:]):
        raise ConvertError(f"{LAYERS[count].caffe} has no weights although later layers have: the file is incomplete.")
    if count < MIN_LAYERS:
        raise ConvertError(
            f"The file holds {count} of VGG-16's leading convolutions, and dslt needs at least {MIN_LAYERS} "
            f"(conv1_1 to conv3_3): give a VGG-16 file."
        )
    if limit is not None and limit > count:
        raise ConvertError(f"The file holds {count} convolutions, fewer than --layers {limit} asks for.")
    count = limit or count

    names = [layer.caffe for layer in LAYERS[:count]]
    inputs = 3
    for name in names:
        inputs = _check_shapes(found, name, inputs)
    weights = [_load_weight(found, name) for name in names]
    biases = [_load(found, f"{name}.bias") if f"{name}.bias" in found.tensors else None for name in names]

    order = original_order(weights[0])
    preprocess = found.preprocess
    if order is not None:  # whatever the container, these values want Caffe's input
        caffe = CAFFE_BGR if order == "bgr" else CAFFE_RGB
        preprocess = replace(caffe, scale_low=preprocess.scale_low, scale_high=preprocess.scale_high)
    return Backbone(weights, biases, preprocess, order is not None)


def npy_sha256(array: np.ndarray) -> str:
    """SHA-256 of the array as a float32 .npy 1.0 the way numpy wrote it before 1.14: 1 to 16 spaces pad the header."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {array.shape!r}, }}"
    header += " " * (16 - (10 + len(header) + 1) % 16) + "\n"
    digest = hashlib.sha256(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode("ascii"))
    digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return digest.hexdigest()


def original_order(conv1_1: np.ndarray) -> str | None:
    """The channel order, "rgb" or "bgr", of a kernel [out, in, 3, 3] that is exactly Oxford's; else None."""
    for order, kernel in (("rgb", conv1_1), ("bgr", conv1_1[:, ::-1])):
        if npy_sha256(kernel.transpose(2, 3, 1, 0)) == _CONV1_1_SHA256:
            return order
    return None


def _check_names(found: Found) -> None:
    if not found.tensors:
        raise ConvertError(f"No convolution of VGG-16 was found in this {found.kind} file.")
    for key in found.tensors:
        if key.partition(".")[0] not in _NAMES:
            raise ConvertError(f"{key} does not exist in VGG-16: this is another network, such as VGG-19.")


def _oihw(found: Found, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[3], shape[2], shape[0], shape[1]) if found.hwio else shape


def _check_shapes(found: Found, name: str, inputs: int) -> int:
    shape = found.tensors[f"{name}.weight"].shape
    layout = f"[3, 3, {inputs}, out]" if found.hwio else f"[out, {inputs}, 3, 3]"
    if len(shape) != 4 or _oihw(found, shape)[1:] != (inputs, 3, 3) or _oihw(found, shape)[0] < 1:
        raise ConvertError(f"{name}.weight has shape {list(shape)} where VGG-16 needs {layout}.")
    width = _oihw(found, shape)[0]
    if width > MAX_WIDTH or count_values(shape) > MAX_VALUES:
        raise ConvertError(f"{name}.weight has shape {list(shape)}, more than dslt accepts: this is no VGG-16.")
    bias = found.tensors.get(f"{name}.bias")
    if bias is not None and bias.shape != (width,):
        raise ConvertError(f"{name}.bias has shape {list(bias.shape)} where its weights need [{width}].")
    return width


def _load(found: Found, key: str) -> np.ndarray:
    tensor = found.tensors[key]
    values = tensor.load()
    if values.dtype.kind != "f":
        raise ConvertError(f"{key} holds {values.dtype} values where floating point is needed.")
    if values.size != count_values(tensor.shape):
        raise ConvertError(
            f"{key} holds {values.size} values where its shape {list(tensor.shape)} needs another number."
        )
    with np.errstate(over="ignore"):
        values = values.astype("<f4").reshape(tensor.shape)
    if not np.isfinite(values).all():
        raise ConvertError(f"{key} holds a value that is not a finite float32 number: the file is damaged.")
    return values


def _load_weight(found: Found, name: str) -> np.ndarray:
    values = _load(found, f"{name}.weight")
    return np.ascontiguousarray(values.transpose(3, 2, 0, 1) if found.hwio else values)
