# SPDX-License-Identifier: Apache-2.0
"""Small networks of the well-known kinds with random weights, as ONNX models, for compare.py."""
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


class Model:
    """Nodes are added one by one; each returns its output's name."""

    def __init__(self, seed):
        self.random, self.nodes, self.tensors, self.count = numpy.random.RandomState(seed), [], [], 0

    def constant(self, values):
        self.count += 1
        name = "t%d" % self.count
        self.tensors.append(numpy_helper.from_array(numpy.asarray(values), name))
        return name

    def node(self, kind, inputs, output=None, **attributes):
        self.count += 1
        output = output or "%s_%d" % (kind.lower(), self.count)
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def normal(self, *shape, deviation=1.0):
        return (self.random.standard_normal(shape) * deviation).astype(numpy.float32)

    def conv(self, x, cin, cout, kernel, stride=1, groups=1, pads=None, bias=True, dilation=1):
        fan = cin // groups * kernel * kernel
        weights = [self.constant(self.normal(cout, cin // groups, kernel, kernel, deviation=(2 / fan) ** 0.5))]
        if bias:
            weights.append(self.constant(self.normal(cout, deviation=0.1)))
        pads = pads or [(kernel - 1) // 2 * dilation] * 4
        return self.node("Conv", [x] + weights, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, group=groups,
                         dilations=[dilation] * 2)

    def norm(self, x, channels):
        parts = [1 + self.normal(channels, deviation=0.1), self.normal(channels, deviation=0.1),
                 self.normal(channels, deviation=0.1), 1 + 0.3 * self.random.rand(channels).astype(numpy.float32)]
        return self.node("BatchNormalization", [x] + [self.constant(p.astype(numpy.float32)) for p in parts], epsilon=1e-5)

    def relu(self, x, output=None):
        return self.node("Relu", [x], output)

    def save(self, path, output, opset=14):
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, "h", "w"])],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, ["n", "c", "rows%d" % i, "columns%d" % i])
             for i, o in enumerate(output)], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 7
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return output


def squeezenet(path):
    m = Model(1)
    x = m.relu(m.conv("data", 3, 64, 3, 2))
    x, channels, taps = m.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), 64, []
    for index, (squeeze, expand) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256)]):
        if index in (2, 4):
            x = m.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        s = m.relu(m.conv(x, channels, squeeze, 1))
        parts = [m.relu(m.conv(s, squeeze, expand, 1)), m.relu(m.conv(s, squeeze, expand, 3))]
        x, channels = m.node("Concat", parts, "fire%d" % (index + 2), axis=1), 2 * expand
        if index in (3, 6):
            taps.append(x)
    return m.save(path, taps)


def resnet(path):
    """ResNet-50's blocks, fewer of them, with batch normalisation."""
    m, taps, channels = Model(2), [], 64
    x = m.relu(m.norm(m.conv("data", 3, 64, 7, 2, bias=False), 64))
    x = m.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, width in enumerate([64, 128, 256]):
        for block in range(2):
            stride = 2 if stage and not block else 1
            y = m.relu(m.norm(m.conv(x, channels, width, 1, bias=False), width))
            y = m.relu(m.norm(m.conv(y, width, width, 3, stride, bias=False), width))
            y = m.norm(m.conv(y, width, 4 * width, 1, bias=False), 4 * width)
            if not block:
                x = m.norm(m.conv(x, channels, 4 * width, 1, stride, bias=False), 4 * width)
            x, channels = m.relu(m.node("Add", [y, x]), "stage%d_%d" % (stage + 1, block)), 4 * width
        taps.append(x)
    return m.save(path, taps[1:])


def basic_resnet(path):
    """ResNet-18's."""
    m, taps, channels = Model(3), [], 64
    x = m.relu(m.norm(m.conv("data", 3, 64, 7, 2, bias=False), 64))
    x = m.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, width in enumerate([64, 128, 256]):
        for block in range(2):
            stride = 2 if stage and not block else 1
            y = m.relu(m.norm(m.conv(x, channels, width, 3, stride, bias=False), width))
            y = m.norm(m.conv(y, width, width, 3, bias=False), width)
            if stride > 1:
                x = m.norm(m.conv(x, channels, width, 1, stride, bias=False), width)
            x, channels = m.relu(m.node("Add", [y, x]), "stage%d_%d" % (stage + 1, block)), width
        taps.append(x)
    return m.save(path, taps[1:])


def mobilenet(path):
    """MobileNetV3's blocks: depthwise, squeeze and excitation, hard swish."""
    m, taps = Model(4), []
    x, channels = m.node("HardSwish", [m.conv("data", 3, 16, 3, 2)]), 16
    blocks = [(3, 16, 16, 2, 1, "Relu"), (3, 72, 24, 2, 0, "Relu"), (3, 88, 24, 1, 0, "Relu"), (5, 96, 40, 2, 1, "HardSwish"),
              (5, 240, 40, 1, 1, "HardSwish"), (5, 120, 48, 1, 1, "HardSwish")]
    for index, (kernel, wide, narrow, stride, excite, activation) in enumerate(blocks):
        y = m.node(activation, [m.conv(x, channels, wide, 1)])
        y = m.node(activation, [m.conv(y, wide, wide, kernel, stride, wide)])
        if excite:
            s = m.relu(m.conv(m.node("GlobalAveragePool", [y]), wide, 8 * (wide // 32) or 8, 1))
            s = m.conv(s, 8 * (wide // 32) or 8, wide, 1)
            y = m.node("Mul", [y, m.node("HardSigmoid", [s], alpha=1 / 6, beta=0.5)])
        y = m.conv(y, wide, narrow, 1)
        if stride == 1 and channels == narrow:
            y = m.node("Add", [y, x], "block%d" % index)
        x, channels = y, narrow
        if index in (2, 5):
            taps.append(x)
    return m.save(path, taps)


def assorted(path):
    """Operators that the others do without."""
    m = Model(5)
    x = m.node("Sub", ["data", m.constant(numpy.float32([[[0.1]], [[0.2]], [[0.3]]]))])
    x = m.node("Mul", [x, m.constant(numpy.float32(0.5))])
    x = m.node("Clip", [m.conv(x, 3, 32, 5, 2, pads=[1, 2, 2, 1]), m.constant(numpy.float32(0)),
                        m.constant(numpy.float32(6))])
    x = m.node("LRN", [x], size=5, alpha=0.1, beta=0.75, bias=1.0)
    x = m.conv(x, 32, 48, 3, groups=4)
    x = m.node("Mul", [x, m.node("Sigmoid", [x])])
    x = m.node("AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    y = m.relu(m.conv(x, 48, 48, 3, dilation=2))
    y = m.node("Pad", [y, m.constant(numpy.int64([0, 0, 1, 0, 0, 0, 0, 1]))])
    y = m.conv(y, 48, 40, 2, pads=[0, 0, 0, 0])
    low = m.node("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    up = m.node("Resize", [low, "", m.constant(numpy.float32([1, 1, 2, 2]))], mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    smooth = m.node("Resize", [low, "", m.constant(numpy.float32([1, 1, 2, 2]))], mode="linear",
                    coordinate_transformation_mode="half_pixel")
    both = m.node("Concat", [up, smooth, m.conv(up, 40, 8, 1)], "joined", axis=1)
    mean = m.node("ReduceMean", [both], axes=[2, 3], keepdims=1)
    last = m.node("Div", [m.node("Mul", [both, mean]), m.constant(numpy.float32(2.0))])
    return m.save(path, [both, m.relu(m.conv(last, 88, 16, 1), "last")], opset=13)


ALL = {"squeezenet": squeezenet, "resnet50s": resnet, "resnet18s": basic_resnet, "mobilenetv3": mobilenet,
       "assorted": assorted}
