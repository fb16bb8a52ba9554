# SPDX-License-Identifier: Apache-2.0
"""weights/cfnet.py: the layers that it writes compute what the layers with batch normalisation do."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips
from convert_case import SHARED, ConvertCase  # skips without numpy

skips.need("scipy")

# isort: split
import numpy as np
import scipy.io

RNG = np.random.default_rng(5)


struct = dict  # SciPy writes one as a MATLAB struct


def conv(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, groups: int) -> np.ndarray:
    """x [c, h, w], w [kh, kw, cin, cout] as MatConvNet has it."""
    kh, kw, cin, cout = w.shape
    oh, ow = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    out = np.zeros((cout, oh, ow))
    for o in range(cout):
        first = o // (cout // groups) * cin
        for i in range(oh):
            for j in range(ow):
                part = x[first : first + cin, i * stride : i * stride + kh, j * stride : j * stride + kw]
                out[o, i, j] = (part * w[:, :, :, o].transpose(2, 0, 1)).sum() + b[o]
    return out


def pool(x: np.ndarray) -> np.ndarray:
    oh, ow = (x.shape[1] - 3) // 2 + 1, (x.shape[2] - 3) // 2 + 1
    return np.array([[[plane[2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max() for j in range(ow)] for i in range(oh)] for plane in x])


class Layer:
    """A convolution with batch normalisation, and what it computes as the file states it."""

    def __init__(self, kernel: int, cin: int, cout: int) -> None:
        self.w = RNG.normal(size=(kernel, kernel, cin, cout)).astype(np.float32)
        self.b = RNG.normal(size=cout).astype(np.float32)
        self.gain, self.shift = RNG.normal(size=(2, cout)).astype(np.float32)
        self.moments = np.stack([RNG.normal(size=cout), RNG.uniform(0.5, 2, size=cout)], 1).astype(np.float32)

    def __call__(self, x: np.ndarray, stride: int, groups: int) -> np.ndarray:
        y = conv(x, self.w.astype(np.float64), self.b.astype(np.float64), stride, groups)
        mean, deviation = self.moments.T[:, :, None, None]
        return np.maximum((y - mean) / deviation * self.gain[:, None, None] + self.shift[:, None, None], 0)


def write_net(path: Path, first: Layer, second: Layer) -> None:
    """A small DagNN of CFNet's form."""
    params, layers = [], []
    for i, layer in enumerate((first, second), 1):
        values = {"f": layer.w, "b": layer.b[:, None]}
        params += [struct(name=f"br_conv{i}{key}", value=value) for key, value in values.items()]
        values = {"m": layer.gain[:, None], "b": layer.shift[:, None], "x": layer.moments}
        params += [struct(name=f"br_bn{i}{key}", value=value) for key, value in values.items()]
    def add(name: str, kind: str, names: list[str], what: dict) -> None:
        for branch in ("br1_", "br2_"):
            layers.append(struct(name=branch + name, type=kind, params=np.array(names, object), block=what))
    for i, stride in ((1, 2), (2, 1)):
        add(f"conv{i}", "dagnn.Conv", [f"br_conv{i}f", f"br_conv{i}b"], struct(pad=np.zeros(4), stride=np.array([stride, stride])))
        add(f"bn{i}", "dagnn.BatchNorm", [f"br_bn{i}m", f"br_bn{i}b", f"br_bn{i}x"], struct(epsilon=1e-5))
        add(f"relu{i}", "dagnn.ReLU", [], struct(leak=0))
        if i == 1:
            add("pool1", "dagnn.Pooling", [], struct(method="max", poolSize=np.array([3, 3]), pad=np.zeros(4), stride=np.array([2, 2])))
    scipy.io.savemat(path, {"net": struct(params=params, layers=layers)})


def run_graph(metadata: dict[str, str], tensors: dict, x: np.ndarray, tap: str) -> np.ndarray:
    """The written network, by plain loops."""
    graph = json.loads(metadata["dslt.graph"])
    maps = [x]
    for layer in graph[1:]:
        y = maps[layer["inputs"][0]]
        if layer["kind"] == "conv":
            w = tensors[layer["name"] + ".weight"][1].astype(np.float64).transpose(2, 3, 1, 0)
            b = tensors[layer["name"] + ".bias"][1].astype(np.float64)
            y = conv(y, w, b, layer.get("stride", [1])[0], layer.get("groups", 1))
            y = np.maximum(y, 0) if layer.get("activation") == "relu" else y
        else:
            y = pool(y)
        maps.append(y)
    return maps[[layer["name"] for layer in graph].index(tap)]


class Cfnet(ConvertCase):
    def setUp(self) -> None:
        super().setUp()
        self.layers = Layer(5, 3, 6), Layer(3, 3, 4)
        self.source = self.folder / "net.mat"
        write_net(self.source, *self.layers)

    def expected(self, x: np.ndarray) -> np.ndarray:
        return self.layers[1](pool(self.layers[0](x, 2, 1)), 1, 2)

    def test_normalisation_is_part_of_the_convolutions(self) -> None:
        metadata, tensors, order = self.converted(self.source)
        self.assertEqual(order, ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"])
        self.assertEqual([metadata[f"dslt.{key}"] for key in ("channel_order", "mean", "deviation", "taps", "scales")],
                         ["rgb", "0,0,0", "1,1,1", "conv2", "1"])
        x = RNG.uniform(0, 255, size=(3, 21, 23))
        found, expected = run_graph(metadata, tensors, x, "conv2"), self.expected(x)
        self.assertGreater(expected.max(), 0)
        self.assertLess(np.abs(found - expected).max() / np.abs(expected).max(), 1e-6)
        self.assertIn("--grey", self.errors)

    def test_two_networks_in_one_file(self) -> None:
        grey = self.folder / "grey.mat"
        others = Layer(5, 3, 6), Layer(3, 3, 4)
        write_net(grey, *others)
        metadata, tensors, _ = self.converted(self.source, "--grey", str(grey))
        self.assertEqual(metadata["dslt.taps"], "conv2,grey_conv2")
        x = RNG.uniform(0, 255, size=(3, 21, 21))
        found, expected = run_graph(metadata, tensors, x, "grey_conv2"), others[1](pool(others[0](x, 2, 1)), 1, 2)
        self.assertLess(np.abs(found - expected).max() / np.abs(expected).max(), 1e-6)
        np.testing.assert_allclose(run_graph(metadata, tensors, x, "conv2"), self.expected(x), rtol=1e-4, atol=1e-3)

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        self.converted(self.source)
        once = self.out.read_bytes()
        self.converted(self.source)
        self.assertEqual(self.out.read_bytes(), once)

    def test_options_of_vgg16_are_refused(self) -> None:
        self.assert_fails(self.source, "--layers", "CFNet", options=("--layers", "7"))
        self.assert_fails(self.source, "--grey", options=("--grey", str(self.folder / "none.mat")))

    def test_damaged_networks_are_refused(self) -> None:
        broken = self.folder / "broken.mat"
        net = struct(params=[struct(name="x", value=1.0)],
                     layers=[struct(name="br1_conv1", type="dagnn.Conv", params=np.array(["f", "b"], object), block=struct(pad=0)),
                             struct(name="br1_loss", type="dagnn.Loss", params=np.array([], object), block=struct(pad=0))])
        scipy.io.savemat(broken, {"net": net})
        self.assert_fails(broken, "no parameter f")

    def test_the_authors_networks(self) -> None:
        folder = SHARED / "data" / "weights" / "cfnet"
        skips.shared(folder)
        metadata, tensors, _ = self.converted(folder / "cfnet-conv2_e80.mat", "--grey", str(folder / "cfnet-conv2_gray_e40.mat"))
        self.assertEqual(tensors["conv2.weight"][1].shape, (32, 48, 5, 5))
        self.assertEqual(tensors["grey_conv1.weight"][1].shape, (96, 3, 11, 11))
        self.assertTrue(metadata["dslt.license"].startswith("MIT"))


if __name__ == "__main__":
    unittest.main()
