#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""BVLC's GoogLeNet as an ONNX model, from its weights as an npz file.

    python3 weights/googlenet.py googlenet_bvlc.npz -o googlenet.onnx
    dslt weights convert googlenet.onnx -o googlenet.safetensors

The npz holds LAYER_w and LAYER_b for each of Caffe's layers, [out, in, height, width]. The model ends behind
inception_5b: the classifier is of no use to a tracker. Its metadata says how it is fed (BGR, mean 104, 117, 123) and which
two layers have the strides of VGG-16's conv4_3 and conv5_3. Needs numpy and the onnx package.
"""
import argparse

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

# Branches of each block: 1 x 1; reduction and 3 x 3; reduction and 5 x 5; pooling and projection.
BLOCKS = ["3a", "3b", None, "4a", "4b", "4c", "4d", "4e", None, "5a", "5b"]


class Builder:
    def __init__(self, weights):
        self.weights, self.nodes, self.tensors = weights, [], []

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(self, name, x, stride=1, pad=0):
        weight, bias = self.weights[name + "_w"], self.weights[name + "_b"].reshape(-1)
        for part, value in (("_w", weight), ("_b", bias)):
            self.tensors.append(numpy_helper.from_array(numpy.ascontiguousarray(value, numpy.float32), name + part))
        y = self.node("Conv", [x, name + "_w", name + "_b"], name + "/sum", kernel_shape=weight.shape[2:],
                      strides=[stride] * 2, pads=[pad] * 4)
        return self.node("Relu", [y], name)

    def pool(self, name, x, stride, pad):
        """Caffe's: 3 x 3, the output's size rounded up."""
        return self.node("MaxPool", [x], name, kernel_shape=[3, 3], strides=[stride] * 2, pads=[pad] * 4,
                         ceil_mode=int(stride > 1))

    def lrn(self, name, x):
        return self.node("LRN", [x], name, size=5, alpha=1e-4, beta=0.75, bias=1.0)

    def inception(self, block, x):
        name = "inception_" + block
        branches = [
            self.conv(name + "/1x1", x),
            self.conv(name + "/3x3", self.conv(name + "/3x3_reduce", x), pad=1),
            self.conv(name + "/5x5", self.conv(name + "/5x5_reduce", x), pad=2),
            self.conv(name + "/pool_proj", self.pool(name + "/pool", x, 1, 1)),
        ]
        return self.node("Concat", branches, name, axis=1)


def build(weights):
    b = Builder(weights)
    x = b.conv("conv1/7x7_s2", "data", 2, 3)
    x = b.lrn("pool1/norm1", b.pool("pool1/3x3_s2", x, 2, 0))
    x = b.conv("conv2/3x3", b.conv("conv2/3x3_reduce", x), pad=1)
    x = b.pool("pool2/3x3_s2", b.lrn("conv2/norm2", x), 2, 0)
    for place, block in enumerate(BLOCKS):
        x = b.inception(block, x) if block else b.pool("pool%d/3x3_s2" % (3 if place < 5 else 4), x, 2, 0)
    shape = ["n", 3, "h", "w"]
    graph = helper.make_graph(
        b.nodes, "googlenet", [helper.make_tensor_value_info("data", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 1024, "rows", "columns"])], b.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    helper.set_model_props(model, {
        "dslt.channel_order": "bgr", "dslt.mean": "104,117,123", "dslt.deviation": "1,1,1",
        "dslt.taps": "inception_3b,inception_4e",
        "dslt.source": "BVLC GoogLeNet", "dslt.license": "released by BVLC for unrestricted use"})
    return model


def main():
    parser = argparse.ArgumentParser(description="BVLC's GoogLeNet as an ONNX model.")
    parser.add_argument("npz", help="weights, as NAME_w and NAME_b of Caffe's layers")
    parser.add_argument("-o", "--output", required=True, help="ONNX file to write")
    arguments = parser.parse_args()
    onnx.save(build(numpy.load(arguments.npz)), arguments.output)


if __name__ == "__main__":
    main()
