#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write small weight files, good and almost good, as seeds for fuzz_safetensors. Python's standard library is enough.

    python3 tests/fuzz/make_safetensors_corpus.py FOLDER

The fuzzer by hand, from the repository's root:

    tests/fuzz/run.sh 60
"""

import json
import pathlib
import struct
import sys

CAFFE = [f"conv{block}_{n}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, count + 1)]
TORCH = [f"features.{n}" for n in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)]
SIZES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8}


def write_container(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def tile(tensors, metadata=None):
    """tensors: (name, dtype, shape); their data are zeros."""
    header = {} if metadata is None else {"__metadata__": metadata}
    at = 0
    for name, dtype, shape in tensors:
        size = SIZES[dtype]
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return write_container(header, bytes(at))


def vgg(names, dtype="F32", bias=True, metadata=None):
    """One channel everywhere."""
    tensors = []
    for i, name in enumerate(names):
        tensors.append((name + ".weight", dtype, (1, 3 if i == 0 else 1, 3, 3)))
        if bias:
            tensors.append((name + ".bias", dtype, (1,)))
    return tile(tensors, metadata)


def conv(name, inputs, channels, kernel=1, stride=1):
    layer = {"name": name, "kind": "conv", "inputs": inputs, "channels": channels}
    if kernel > 1:
        layer.update(kernel=[kernel] * 2, pad=[kernel // 2] * 4)
    return layer if stride == 1 else {**layer, "stride": [stride] * 2}


def siamese(**changes):
    """A network of one channel with a matching head for a template of 2 x 2 cells."""
    backbone = [{"name": "picture", "kind": "input", "channels": 3}, conv("fine", [0], 1, 3, 4), conv("coarse", [1], 1, 3, 2)]
    head = [{"name": "head.search", "kind": "input", "channels": 1}, conv("head.match", [0], 4),
            {"name": "head.both", "kind": "concat", "inputs": [1, 0]}, conv("head.score", [2], 1), conv("head.box", [2], 4)]
    metadata = {"dslt.graph": json.dumps(backbone, separators=(",", ":")), "dslt.taps": "fine,coarse",
                "dslt.matching": json.dumps(head, separators=(",", ":")), "dslt.matching_tap": "coarse",
                "dslt.matching_sides": "16,32"}
    shapes = {"fine": (1, 3, 3, 3), "coarse": (1, 1, 3, 3), "head.match": (4, 1, 1, 1), "head.score": (1, 5, 1, 1),
              "head.box": (4, 5, 1, 1)}
    return tile([(name + ".weight", "F32", shape) for name, shape in shapes.items()], {**metadata, **changes})


def seeds():
    full = {"dslt.channel_order": "bgr", "dslt.mean": "103.939,116.779,123.68", "dslt.deviation": "1,1,1",
            "dslt.scale_low": "1", "dslt.scale_high": "0.5", "dslt.arch": "vgg16", "dslt.source": "corpus",
            "dslt.license": "CC0"}
    one = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    yield "empty", write_container({}, b"")
    yield "one", write_container(one, bytes(4))
    yield "scalar", tile([("a", "F32", ())])
    yield "two", tile([("a", "F16", (2,)), ("b", "I64", (0, 5)), ("c", "I64", (1,))])
    yield "metadata", tile([], full)
    yield "caffe", vgg(CAFFE, metadata=full)
    yield "caffe7", vgg(CAFFE[:7], "BF16", bias=False)
    yield "torch", vgg(TORCH, "F16")
    yield "torch_rgb", vgg(TORCH[:8], metadata={"dslt.channel_order": "rgb"})
    yield "gap", vgg(CAFFE[:8] + CAFFE[9:])
    yield "nan", vgg(CAFFE)[:-4] + struct.pack("<f", float("nan"))
    yield "cut", vgg(CAFFE)[:-1]
    yield "bad_mean", vgg(CAFFE[:7], metadata={"dslt.mean": "1,2"})
    yield "siamese", siamese()
    yield "siamese_bad_tap", siamese(**{"dslt.matching_tap": "none"})
    yield "overlap", write_container({**one, "b": one["a"]}, bytes(4))
    yield "duplicate", write_container(b'{"a":1,"a":1}', b"")
    yield "deep", write_container(b'{"a":' + b"[" * 64, b"")
    yield "huge", b"\xff" * 8 + b"{}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
