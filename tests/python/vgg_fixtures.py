# SPDX-License-Identifier: Apache-2.0
"""Tiny VGG-16s in every format that weights/convert.py reads, written here byte by byte where a format allows it."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

NAMES = [f"conv{b}_{i}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, n + 1)]
TORCH = [f"features.{n}" for n in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)]
WIDTHS = (4, 3, 2, 5, 3, 8, 2, 4, 3, 6, 2, 3, 7)

Network = dict[str, np.ndarray]  # "conv1_1.weight": [out, in, 3, 3], "conv1_1.bias": [out]


def network(widths: tuple[int, ...] = WIDTHS, seed: int = 1) -> Network:
    rng = np.random.default_rng(seed)
    out: Network = {}
    inputs = 3
    for name, width in zip(NAMES, widths):
        out[f"{name}.weight"] = rng.standard_normal((width, inputs, 3, 3)).astype("<f4")
        out[f"{name}.bias"] = rng.standard_normal(width).astype("<f4")
        inputs = width
    return out


def torch_name(key: str) -> str:
    name, _, part = key.partition(".")
    return f"{TORCH[NAMES.index(name)]}.{part}"


def hwio(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(2, 3, 1, 0)) if values.ndim == 4 else values


# ---- safetensors ----


def read_safetensors(path: Path) -> tuple[dict[str, str], dict[str, tuple[str, np.ndarray]], list[str]]:
    """Metadata, tensors as (dtype, raw values in the file's type), names in file order. Strict about the container."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0 and data[8 : 8 + length].decode("ascii").lstrip(" ") == data[8 : 8 + length].decode("ascii")
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    metadata = header.pop("__metadata__")
    tensors, end = {}, 0
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        assert first == end, f"{name} leaves a hole"
        kind = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[entry["dtype"]]
        tensors[name] = (entry["dtype"], np.frombuffer(body[first:last], kind).reshape(entry["shape"]))
        end = last
    assert end == len(body)
    return metadata, tensors, list(header)


def write_safetensors(path: Path, tensors: dict[str, tuple[str, list[int], bytes]], metadata: object = None) -> None:
    header: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    at = 0
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(raw for _, _, raw in tensors.values()))


def write_plain_safetensors(path: Path, net: Network, metadata: object = None) -> None:
    write_safetensors(path, {k: ("F32", list(v.shape), v.tobytes()) for k, v in net.items()}, metadata)


# ---- PyTorch ----


def _text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _tuple(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def _ordered_dict() -> bytes:
    return b"ccollections\nOrderedDict\n)R"


def torch_tensor(key: str, values: np.ndarray, storage: str = "FloatStorage", legacy: bool = False) -> bytes:
    """The opcodes that rebuild one tensor; Fortran-ordered arrays become tensors with permuted strides."""
    pid = [_text("storage"), f"ctorch\n{storage}\n".encode(), _text(key), _text("cpu"), _int(values.size)]
    strides = [_int(step // values.itemsize) for step in values.strides]
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + _tuple(
            _tuple(*pid, *([b"N"] if legacy else [])) + b"Q",
            _int(0),
            _tuple(*map(_int, values.shape)),
            _tuple(*strides),
            b"\x89",
            _ordered_dict(),
        )
        + b"R"
    )


def torch_pickle(net: Network, storage: str = "FloatStorage", legacy: bool = False) -> bytes:
    items = b"".join(_text(k) + torch_tensor(str(i), v, storage, legacy) for i, (k, v) in enumerate(net.items()))
    state = b"}" + _text("_metadata") + _ordered_dict() + b"sb"  # what nn.Module.state_dict() attaches
    return b"\x80\x02" + _ordered_dict() + b"(" + items + b"u" + state + b"."


def write_torch_zip(path: Path, net: Network, data_pkl: bytes | None = None, storage: str = "FloatStorage") -> None:
    net = {torch_name(k) if k.startswith("conv") else k: v for k, v in net.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", torch_pickle(net, storage) if data_pkl is None else data_pkl)
        archive.writestr("archive/byteorder", "little")
        for index, values in enumerate(net.values()):
            archive.writestr(f"archive/data/{index}", values.tobytes("A"))
        archive.writestr("archive/version", "3\n")


def write_torch_legacy(path: Path, net: Network) -> None:
    net = {torch_name(k): v for k, v in net.items()}
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    keys = sorted(map(str, range(len(net))))
    with path.open("wb") as stream:
        stream.write(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps(system, 2))
        stream.write(torch_pickle(net, legacy=True) + pickle.dumps(keys, 2))
        for key in keys:
            values = list(net.values())[int(key)]
            stream.write(struct.pack("<q", values.size) + values.tobytes("A"))


# ---- Caffe ----


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def message(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def caffe_blob(values: np.ndarray, legacy: bool, packed: bool = True) -> bytes:
    if packed:
        data = message(5, values.tobytes())
    else:
        data = b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values.flat)
    if legacy:
        dims = (1,) * (4 - values.ndim) + values.shape
        return b"".join(varint(n << 3) + varint(size) for n, size in enumerate(dims, 1)) + data
    return message(7, message(1, b"".join(map(varint, values.shape)))) + data


def write_caffemodel(path: Path, net: Network, v1: bool, packed: bool = True) -> None:
    """Either V1LayerParameter with legacy dimensions, as Oxford's file, or today's LayerParameter with shapes."""
    layers, name_field, blob_field = (2, 4, 6) if v1 else (100, 1, 7)
    out = message(1, b"VGG_tiny")
    for name in [*dict.fromkeys(key.partition(".")[0] for key in net), "fc6"]:
        blobs = [net[k] for k in (f"{name}.weight", f"{name}.bias") if k in net] or [np.ones((2, 2), "<f4")]
        kind = varint(5 << 3) + varint(4) if v1 else message(2, b"Convolution")
        body = message(2 if v1 else 3, b"data") + message(name_field, name.encode()) + kind
        out += message(layers, body + b"".join(message(blob_field, caffe_blob(blob, v1, packed)) for blob in blobs))
        out += message(layers, message(name_field, b"relu"))  # a layer without blobs
    path.write_bytes(out)


# ---- arrays ----


def write_npz(path: Path, net: Network, tensorflow: bool) -> None:
    """Caffe's layout under `_w`, or the TensorFlow port's HWIO under `_W`. The channel order is the caller's affair."""
    suffix = {"weight": "W" if tensorflow else "w", "bias": "b"}
    arrays = {}
    for key, values in net.items():
        name, _, part = key.partition(".")
        arrays[f"{name}_{suffix[part]}"] = hwio(values) if tensorflow else values
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, fc6_b=np.zeros(3, "<f4"))
    path.write_bytes(buffer.getvalue())


def write_keras(path: Path, net: Network, style: str) -> None:
    """`old`: the v0.1 release's dataset names; `new`: tf.keras; `model`: a whole saved model."""
    import h5py

    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if style == "model" else file
        root.create_group("block1_pool")
        for name in dict.fromkeys(key.partition(".")[0] for key in net):
            group = root.create_group(f"block{name[4]}_conv{name[6]}")
            leaf = group.name.rpartition("/")[2]
            names = (f"{leaf}_W_1:0", f"{leaf}_b_1:0") if style == "old" else (f"{leaf}/kernel:0", f"{leaf}/bias:0")
            group[names[0]] = hwio(net[f"{name}.weight"])
            group[names[1]] = net[f"{name}.bias"]
        root.create_group("fc1")["fc1_W_1:0"] = np.zeros((2, 2), "<f4")


def write_matconvnet(path: Path, net: Network, old: bool, mean: np.ndarray) -> None:
    import scipy.io

    layers = []
    for name in dict.fromkeys(key.partition(".")[0] for key in net):
        weights = hwio(net[f"{name}.weight"])
        bias = net[f"{name}.bias"].reshape(1, -1)
        if old:
            layers.append({"type": "conv", "name": name, "filters": weights, "biases": bias, "pad": [1, 1, 1, 1]})
        else:
            cell = np.empty((1, 2), object)
            cell[0, 0], cell[0, 1] = weights, bias
            layers.append({"type": "conv", "name": name, "weights": cell, "pad": [1, 1, 1, 1]})
        layers.append({"type": "relu", "name": name.replace("conv", "relu")})
    cells = np.empty((1, len(layers)), object)
    for index, layer in enumerate(layers):
        cells[0, index] = layer
    normalization = {"averageImage": mean, "imageSize": [224.0, 224.0, 3.0]}
    meta = {"normalization": normalization} if old else {"meta": {"normalization": normalization}}
    scipy.io.savemat(path, {"layers": cells, **meta})
