#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What int8 would bring to the backbone of tracker siamese: onnxruntime in float32 and int8, dslt in float32 and bfloat16.

    python3 -m venv venv && venv/bin/pip install onnx onnxruntime numpy opencv-python-headless
    venv/bin/python bench/networks/int8.py --pictures ../shared/data/selection --dslt build/dslt

The weights are quantised by channel, the activations by what they are on pictures below --pictures. Each side runs with one
thread; onnxruntime's times are the least of --runs runs of processor time, dslt's are those of dslt bench --backbone.
"""
import argparse
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

import cv2
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = pathlib.Path(__file__).resolve().parent
SIDE = 255


def read_weights(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + v for v in entry["data_offsets"])
        kind = {"F32": numpy.float32, "F16": numpy.float16}[entry["dtype"]]
        tensors[name] = numpy.frombuffer(data[begin:end], kind).reshape(entry["shape"]).astype(numpy.float32)
    return metadata, tensors


def build(path, weights):
    """The backbone as an ONNX model; its input is a normalised picture."""
    metadata, tensors = read_weights(weights)
    layers = json.loads(metadata["dslt.graph"])
    nodes, constants = [], []
    for layer in layers[1:]:
        inputs = [layers[i]["name"] for i in layer["inputs"]]
        relu = layer.get("activation") == "relu"
        output = layer["name"] + (".before" if relu else "")
        if layer["kind"] == "conv":
            for part in ("weight", "bias"):
                name = f"{layer['name']}.{part}"
                constants.append(numpy_helper.from_array(tensors[name], name))
                inputs.append(name)
            nodes.append(helper.make_node("Conv", inputs, [output], kernel_shape=layer.get("kernel", [1, 1]),
                                          strides=layer.get("stride", [1, 1]), pads=layer.get("pad", [0] * 4)))
        elif layer["kind"] == "sum":
            nodes.append(helper.make_node("Add", inputs, [output]))
        else:
            sys.exit(f"{weights}: layer {layer['name']} is of a kind that this program does not know")
        if relu:
            nodes.append(helper.make_node("Relu", [output], [layer["name"]]))
    taps = [*metadata["dslt.taps"].split(","), metadata["dslt.matching_tap"]]
    graph = helper.make_graph(
        nodes, "backbone", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(tap, TensorProto.FLOAT, None) for tap in taps], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.save(onnx.shape_inference.infer_shapes(model), path)
    mean, deviation = (numpy.array([float(v) for v in metadata[f"dslt.{k}"].split(",")], numpy.float32)
                       for k in ("mean", "deviation"))
    return lambda image: ((cv2.resize(image, (SIDE, SIDE)).astype(numpy.float32) - mean) / deviation).transpose(2, 0, 1)[None]


class Pictures(CalibrationDataReader):
    def __init__(self, inputs):
        self.rest = iter(inputs)

    def get_next(self):
        value = next(self.rest, None)
        return None if value is None else {"picture": value}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def least(run, runs):
    best = float("inf")
    for _ in range(runs):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return 1e3 * best


def ours(program, precision):
    command = [program, "bench", "--backbone", "-w", "siamese", "--side", str(SIDE), "--threads", "1", "--repeat", "5",
               "--no-ceiling", "--precision", precision]
    output = subprocess.run(command, check=True, capture_output=True, text=True,
                            env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    return float(re.search(r"^all +([0-9.]+)", output, re.M).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=pathlib.Path, required=True, help="folder with pictures below it")
    parser.add_argument("--dslt", default="build/dslt")
    parser.add_argument("--runs", type=int, default=500)
    args = parser.parse_args()
    files = sorted(f for f in args.pictures.rglob("*") if f.suffix.lower() in (".jpg", ".png"))
    if not files:
        parser.error(f"{args.pictures} holds no pictures")
    with tempfile.TemporaryDirectory() as folder:
        plain, small = os.path.join(folder, "f32.onnx"), os.path.join(folder, "int8.onnx")
        normalise = build(plain, HERE.parent.parent / "weights" / "siamese.safetensors")
        inputs = [normalise(cv2.imread(str(f))) for f in files[:: max(1, len(files) // 64)]]
        quantize_static(plain, small, Pictures(inputs), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        runs = {name: session(path) for name, path in (("float32", plain), ("int8", small))}
        feed = {"picture": inputs[0]}
        want, got = (runs[name].run(None, feed) for name in runs)
        errors = [float(numpy.linalg.norm(a - b) / numpy.linalg.norm(a)) for a, b in zip(want, got)]
        print("| backbone of siamese, 255 x 255, one thread | ms |\n| --- | --- |")
        for name, run in runs.items():
            print(f"| onnxruntime {onnxruntime.__version__}, {name} | {least(lambda: run.run(None, feed), args.runs):.2f} |")
        for precision in ("f32", "bf16"):
            print(f"| dslt, {precision} | {ours(args.dslt, precision):.2f} |")
        print(f"\nint8 changes the maps by {min(errors):.3f} to {max(errors):.3f} of their size.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
