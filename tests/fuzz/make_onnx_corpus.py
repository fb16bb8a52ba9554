#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small ONNX models for the fuzzer to begin with, written byte by byte: one for each operator that is read."""
import os
import struct
import sys


def varint(value):
    out = b""
    value &= (1 << 64) - 1
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def ints(name, values):
    return text(5, text(1, name) + b"".join(number(8, v) for v in values) + number(20, 7))


def real(name, value):
    return text(5, text(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1))


def node(kind, inputs, output, attributes=b""):
    return text(1, b"".join(text(1, i) for i in inputs) + text(2, output) + text(4, kind) + attributes)


def tensor(name, dims, values, kind="f"):
    raw = struct.pack("<%d%s" % (len(values), kind), *values)
    return text(5, b"".join(number(1, d) for d in dims) + number(2, 1 if kind == "f" else 7) + text(8, name) + text(9, raw))


def model(graph):
    shape = b"".join(text(1, number(1, d)) for d in (1, 3, 16, 16))
    value = text(1, "x") + text(2, text(1, number(1, 1) + text(2, shape)))
    return number(1, 7) + text(7, graph + text(11, value) + text(12, text(1, "y"))) + text(8, number(2, 13)) + text(
        14, text(1, "dslt.taps") + text(2, "y"))


CONV = node("Conv", ["x", "w", "b"], "c", ints("pads", [1] * 4) + ints("strides", [2, 2])) + tensor(
    "w", [4, 3, 3, 3], [0.5] * 108) + tensor("b", [4], [0.1] * 4)
POOL = ints("kernel_shape", [3, 3]) + ints("strides", [2, 2])
MODELS = {
    "conv": CONV + node("Relu", ["c"], "y"),
    "pools": CONV + node("MaxPool", ["c"], "m", POOL) + node("AveragePool", ["m"], "y", POOL + ints("pads", [1] * 4)),
    "norm": CONV + b"".join(tensor(n, [4], [1.0] * 4) for n in "smvt") + node(
        "BatchNormalization", ["c", "s", "m", "v", "t"], "y", real("epsilon", 1e-5)),
    "swish": CONV + tensor("three", [], [3.0]) + tensor("six", [], [6.0]) + node("Add", ["c", "three"], "a") + node(
        "Clip", ["a"], "k", real("min", 0) + real("max", 6)) + node("Div", ["k", "six"], "d") + node("Mul", ["c", "d"], "y"),
    "joins": CONV + node("Sigmoid", ["c"], "s") + node("Concat", ["c", "s"], "j", text(5, text(1, "axis") + number(3, 1))) + node(
        "LRN", ["j"], "l", text(5, text(1, "size") + number(3, 5))) + node("Sum", ["l", "j", "j"], "y"),
    "dense": CONV + node("GlobalAveragePool", ["c"], "g") + node("Flatten", ["g"], "f") + tensor("m", [4, 2], [1.0] * 8) + node(
        "Gemm", ["f", "m"], "y"),
    "resize": CONV + tensor("k", [4], [1, 1, 2, 2]) + tensor("p", [8], [0, 0, 1, 1, 0, 0, 1, 1], "q") + node(
        "Resize", ["c", "", "k"], "r") + node("Pad", ["r", "p"], "q") + tensor("v", [2, 4, 1, 1], [1.0] * 8) + node(
            "Conv", ["q", "v"], "y"),
    "shapes": CONV + node("Shape", ["c"], "s") + node("Reshape", ["c", "s"], "r") + tensor("z", [64, 4, 8, 8][:2], [1.0] * 256) + node(
        "MatMul", ["r", "z"], "y"),
}


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, graph in MODELS.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(model(graph))


if __name__ == "__main__":
    main()
