# SPDX-License-Identifier: Apache-2.0
"""Read a PyTorch state_dict without PyTorch and without running anything the file says.

Two containers: the zip of torch >= 1.6, and the older stream of five pickles followed by the raw storages, which
torchvision's vgg16-397923af.pth is. The pickle may only name an ordered dictionary, the known storage types and the
known functions that put a tensor on a storage; any other name is refused.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from vgg16 import TORCHVISION, ConvertError, Found, Tensor, count_values, from_torch_names
from ziparchive import member, open_zip

LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES = 5  # magic, protocol, system, the state_dict, the order of the storages
_MAX_PICKLE = 16 << 20
_MAX_MEMO = 1 << 20
_DTYPES = {"DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "<u2"}
_OTHER_STORAGES = {"LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1"}
_OTHER_STORAGES |= {"ByteStorage": "u1", "BoolStorage": "?"}
_REBUILD = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"}
_OPCODES = set(
    "PROTO FRAME STOP MARK POP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 FLOAT BINFLOAT STRING "
    "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES UNICODE BINUNICODE SHORT_BINUNICODE EMPTY_DICT EMPTY_LIST "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 LIST DICT APPEND APPENDS SETITEM SETITEMS GLOBAL STACK_GLOBAL REDUCE BUILD "
    "PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET BINPERSID".split()
)


class _Storage(NamedTuple):
    kind: str  # "FloatStorage"
    dtype: np.dtype
    key: str
    length: int  # in values


class _View(NamedTuple):
    """A tensor on a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True, slots=True)  # frozen: the pickle's BUILD cannot change it
class _Rebuild:
    name: str

    def __call__(self, *args: Any) -> _View:
        if self.name == "_rebuild_parameter" and args and isinstance(args[0], _View):
            return args[0]
        if len(args) < 4 or not isinstance(args[0], _Storage) or not _sizes([args[1]]):
            raise ConvertError("The file describes a tensor in a way that PyTorch does not write: it is damaged.")
        storage, offset, shape, stride = args[:4]
        if not _sizes(shape) or not _sizes(stride) or len(shape) != len(stride):
            raise ConvertError("The file describes a tensor without a valid shape: it is damaged.")
        return _View(storage, offset, tuple(shape), tuple(stride))


@dataclass(frozen=True, slots=True)
class _StorageType:
    name: str
    dtype: str


class _Unpickler(pickle.Unpickler):
    """Builds dictionaries and views, and calls nothing else."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in _REBUILD:
            return _Rebuild(name)
        storages = _DTYPES | _OTHER_STORAGES
        if module in ("torch", "torch.storage") and name in storages:
            return _StorageType(name, storages[name])
        raise ConvertError(
            f"The file asks to run {module}.{name}, which a state_dict of plain tensors never does: it was refused."
        )

    def persistent_load(self, pid: Any) -> _Storage:
        tag, kind, key, _, count = pid[:5]
        if tag not in ("storage", b"storage") or not isinstance(kind, _StorageType) or not _sizes([count]):
            raise ConvertError("The file refers to something that is not a tensor's storage: it was refused.")
        if len(pid) > 5 and pid[5] is not None:
            raise ConvertError("The file holds views between storages: load it with PyTorch and save it again.")
        storage = _Storage(kind.name, np.dtype(kind.dtype), str(key), count)
        return self.storages.setdefault(storage.key, storage)


def _sizes(values: Any) -> bool:
    if not isinstance(values, (tuple, list)) or len(values) > 16:
        return False
    return all(type(value) is int and 0 <= value < 1 << 48 for value in values)


def _end_of_pickle(data: bytes, start: int) -> int:
    """Check the opcodes of the pickle at `start` before any of them runs; where it ends."""
    stream = io.BytesIO(data)
    stream.seek(start)
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name not in _OPCODES:
            raise ConvertError(f"The file's pickle uses {opcode.name}, which a state_dict never does: it was refused.")
        if opcode.name.endswith("PUT") and int(argument or 0) > _MAX_MEMO:
            raise ConvertError("The file's pickle asks for a huge memory: it was refused.")
    return stream.tell()


def _unpickle(data: bytes, start: int = 0) -> tuple[Any, dict[str, _Storage], int]:
    """The object, the storages it names, and where its pickle ends."""
    try:
        end = _end_of_pickle(data, start)
        unpickler = _Unpickler(data[start:end])
        return unpickler.load(), unpickler.storages, end
    except ConvertError:
        raise
    except Exception as error:  # a damaged pickle can raise anything; none of it is worth more than this
        raise ConvertError(f"The file's pickle is damaged ({type(error).__name__}): download it again.") from error


def _state_dict(value: Any) -> dict[str, _View]:
    if isinstance(value, dict) and isinstance(value.get("state_dict"), dict):
        value = value["state_dict"]
    if not isinstance(value, dict):
        raise ConvertError("The file holds no state_dict: save model.state_dict() rather than the model.")
    return {key: view for key, view in value.items() if isinstance(key, str) and isinstance(view, _View)}


def _found(value: Any, fetch: Callable[[_Storage], bytes]) -> Found:
    views = _state_dict(value)
    tensors = from_torch_names({name: _tensor(name, view, fetch) for name, view in views.items()})
    return Found("PyTorch state_dict", tensors, TORCHVISION)


def _tensor(name: str, view: _View, fetch: Callable[[_Storage], bytes]) -> Tensor:
    def load() -> np.ndarray:
        reach = view.offset + sum((size - 1) * step for size, step in zip(view.shape, view.stride)) + 1
        if count_values(view.shape) and reach > view.storage.length:
            raise ConvertError(f"{name} reaches beyond its storage: the file is damaged.")
        flat = np.frombuffer(fetch(view.storage), view.storage.dtype)[view.offset :]
        strides = [step * flat.itemsize for step in view.stride]
        values = np.lib.stride_tricks.as_strided(flat, view.shape, strides, writeable=False)
        if view.storage.kind == "BFloat16Storage":
            return (values.astype("<u4") << 16).view("<f4")
        return values

    return Tensor(view.shape, load)


def read_zip(path: Path) -> Found:
    with open_zip(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(pickles) != 1:
            raise ConvertError("The zip file holds no single data.pkl: it was not written by torch.save.")
        root = pickles[0].removesuffix("data.pkl")
        order = f"{root}byteorder"
        if order in members and member(archive, members[order], 16).strip() != b"little":
            raise ConvertError("The file was saved on a big-endian machine: save it again on a little-endian one.")
        value, _, _ = _unpickle(member(archive, members[pickles[0]], _MAX_PICKLE))

    def fetch(storage: _Storage) -> bytes:
        name = f"{root}data/{storage.key}"
        size = storage.length * storage.dtype.itemsize
        if name not in members or members[name].file_size != size:
            raise ConvertError(f"The storage {name} is missing or does not have the {size} bytes it should have.")
        with open_zip(path) as archive:
            return member(archive, members[name])

    return _found(value, fetch)


def read_legacy(path: Path) -> Found:
    with path.open("rb") as stream:
        head = stream.read(_MAX_PICKLE)
    values: list[Any] = []
    storages: dict[str, _Storage] = {}
    at = 0
    for _ in range(_LEGACY_PICKLES):
        value, named, at = _unpickle(head, at)
        values.append(value)
        storages |= named
    system, state, keys = values[2:]
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ConvertError("The file was not saved on a little-endian machine: save it again on one.")
    places = _places(path, at, keys, storages)

    def fetch(storage: _Storage) -> bytes:
        if storage.key not in places:
            raise ConvertError(f"The file names the storage {storage.key} but does not hold it: it is damaged.")
        with path.open("rb") as stream:
            stream.seek(places[storage.key])
            return stream.read(storage.length * storage.dtype.itemsize)

    return _found(state, fetch)


def _places(path: Path, at: int, keys: Any, storages: dict[str, _Storage]) -> dict[str, int]:
    """Where each storage's values lie: in the order of `keys`, each after its count as 64 bits."""
    places: dict[str, int] = {}
    size = path.stat().st_size
    with path.open("rb") as stream:
        for key in keys if isinstance(keys, list) else []:
            storage = storages.get(str(key))
            stream.seek(at)
            count = int.from_bytes(stream.read(8), "little")
            if storage is None or count != storage.length:
                raise ConvertError(f"The storage {key} is not described as it lies in the file: the file is damaged.")
            places[storage.key] = at + 8
            at += 8 + count * storage.dtype.itemsize
            if at > size:
                raise ConvertError(f"The file breaks off within the storage {key}: download it again.")
    return places
