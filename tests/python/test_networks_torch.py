# SPDX-License-Identifier: Apache-2.0
"""Every kind of layer of a network, beside PyTorch in double precision.

A network goes to the library as a weight file, and each of its layers is a tap; dslt_network_run computes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import skips

skips.need("numpy", "torch")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights"))
import safetensors_file  # noqa: E402

PROGRAM = Path(os.environ.get("DSLT_NETWORK_RUN", ROOT / "build" / "dslt_network_run"))
TAPS_MOST = 8
ACTIVATIONS = {
    "none": lambda x, slope: x,
    "relu": lambda x, slope: F.relu(x),
    "relu6": lambda x, slope: F.relu6(x),
    "hard_swish": lambda x, slope: F.hardswish(x),
    "hard_sigmoid": lambda x, slope: torch.clamp(slope * x + 0.5, 0, 1),
    "sigmoid": lambda x, slope: torch.sigmoid(x),
}


def has_bfloat16() -> bool:
    """Of the processor, and used by the build."""
    cpuinfo = Path("/proc/cpuinfo")
    return os.environ.get("DSLT_ONEDNN") != "0" and cpuinfo.exists() and "avx512_bf16" in cpuinfo.read_text().split()


def pair(value) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


class Network:
    """Layers as the metadata of a weight file names them, and the same in PyTorch."""

    def __init__(self, channels: int, height: int, width: int, seed: int = 3):
        self.random = np.random.RandomState(seed)
        self.size = (height, width)
        self.picture = self.random.standard_normal((1, channels, height, width)).astype(np.float32)
        self.layers = [{"name": "picture", "kind": "input", "channels": channels}]
        self.tensors: list[tuple[str, np.ndarray]] = []
        self.values = [torch.from_numpy(self.picture).double()]

    def _add(self, kind: str, inputs: list[int], value: torch.Tensor, **numbers) -> int:
        numbers = {key: number for key, number in numbers.items() if number is not None}
        act, slope = numbers.get("activation", "none"), numbers.get("slope", 1 / 6)
        self.layers.append({"name": f"{kind}{len(self.layers)}", "kind": kind, "inputs": inputs, **numbers})
        self.values.append(ACTIVATIONS[act](value, float(np.float32(slope))))
        return len(self.layers) - 1

    def _weights(self, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
        deviation = (2 / np.prod(shape[1:])) ** 0.5
        weight = (self.random.standard_normal(shape) * deviation).astype(np.float32)
        bias = (self.random.standard_normal(shape[0]) * 0.3).astype(np.float32)
        return weight, bias

    def conv(self, x: int, channels: int, kernel=3, stride=1, dilation=1, pad=None, groups=1, padding=None, **more):
        kernel, stride, dilation = pair(kernel), pair(stride), pair(dilation)
        weight, bias = self._weights(channels, self.values[x].shape[1] // groups, *kernel)
        name = f"conv{len(self.layers)}"
        self.tensors += [(name + ".weight", weight), (name + ".bias", bias)]
        if pad is None:
            pad = [(k - 1) // 2 * d for k, d in zip(kernel, dilation)] * 2
        value = self._padded(x, kernel, stride, dilation, pad, padding, 0.0)
        value = F.conv2d(value, torch.from_numpy(weight).double(), torch.from_numpy(bias).double(), stride,
                         dilation=dilation, groups=groups)
        return self._add("conv", [x], value, channels=channels, kernel=kernel, stride=stride, dilation=dilation,
                         pad=None if padding else pad, groups=groups, padding=padding, **more)

    def dense(self, x: int, channels: int, **more) -> int:
        kernel = list(self.values[x].shape[2:])
        weight, bias = self._weights(channels, self.values[x].shape[1], *kernel)
        name = f"dense{len(self.layers)}"
        self.tensors += [(name + ".weight", weight), (name + ".bias", bias)]
        value = F.linear(self.values[x].flatten(1), torch.from_numpy(weight).double().flatten(1),
                         torch.from_numpy(bias).double())
        return self._add("dense", [x], value[..., None, None], channels=channels, kernel=kernel, **more)

    def _padded(self, x, kernel, stride, dilation, pad, padding, fill) -> torch.Tensor:
        pad = list(pad)
        for d in range(2 if padding else 0):
            side = self.values[x].shape[2 + d]
            whole = max(0, (-(-side // stride[d]) - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1 - side)
            pad[d], pad[d + 2] = whole // 2, whole - whole // 2
            if padding == "same_lower":
                pad[d], pad[d + 2] = pad[d + 2], pad[d]
        return F.pad(self.values[x], (pad[1], pad[3], pad[0], pad[2]), value=fill)

    def max_pool(self, x: int, kernel, stride, pad=0, rounding="down", padding=None, **more) -> int:
        kernel, stride = pair(kernel), pair(stride)
        if padding:
            value = F.max_pool2d(self._padded(x, kernel, stride, [1, 1], [0] * 4, padding, float("-inf")), kernel, stride)
        else:
            value = F.max_pool2d(self.values[x], kernel, stride, pad, ceil_mode=rounding == "up")
        return self._add("max_pool", [x], value, kernel=kernel, stride=stride, pad=None if padding else pair(pad) * 2,
                         rounding=rounding, padding=padding, **more)

    def average_pool(self, x: int, kernel, stride, pad=0, rounding="down", count=0, **more) -> int:
        value = F.avg_pool2d(self.values[x], kernel, stride, pad, ceil_mode=rounding == "up",
                             count_include_pad=bool(count))
        return self._add("average_pool", [x], value, kernel=pair(kernel), stride=pair(stride), pad=pair(pad) * 2,
                         rounding=rounding, count_padding=count, **more)

    def global_average(self, x: int, **more) -> int:
        return self._add("global_average", [x], F.adaptive_avg_pool2d(self.values[x], 1), **more)

    def lrn(self, x: int, size: int, within: int, alpha: float, beta: float, k: float, **more) -> int:
        x_value, single = self.values[x], [float(np.float32(v)) for v in (alpha, beta, k)]
        if within:
            squares = F.avg_pool2d(x_value * x_value, size, 1, size // 2)
            value = x_value * (single[2] + single[0] * squares) ** -single[1]
        else:
            value = F.local_response_norm(x_value, size, *single)
        return self._add("lrn", [x], value, size=size, within=within, alpha=alpha, beta=beta, k=k, **more)

    def upsample(self, x: int, factor: list[int], linear: int, **more) -> int:
        value = F.interpolate(self.values[x], scale_factor=tuple(map(float, factor)),
                              **({"mode": "bilinear", "align_corners": False} if linear else {"mode": "nearest"}))
        return self._add("upsample", [x], value, factor=factor, linear=linear, **more)

    def activation(self, x: int, name: str, slope: float | None = None) -> int:
        return self._add("activation", [x], self.values[x], activation=name, slope=slope)

    def join(self, kind: str, inputs: list[int], **more) -> int:
        values = [self.values[i] for i in inputs]
        if kind == "concat":
            value = torch.cat(values, 1)
        else:
            value = values[0]
            for other in values[1:]:
                value = value + other if kind == "sum" else value * other
        return self._add(kind, inputs, value, **more)


def computed(network: Network, precision: str, taps: list[int]) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("net.safetensors", "x", "y")]
        metadata = {"dslt.graph": json.dumps(network.layers)}
        safetensors_file.write(files[0], network.tensors, metadata, "f32")
        np.ascontiguousarray(network.picture[0].transpose(1, 2, 0)).tofile(files[1])
        out: list[np.ndarray] = []
        for first in range(0, len(taps), TAPS_MOST):
            some = taps[first:first + TAPS_MOST]
            names = [network.layers[tap]["name"] for tap in some]
            done = subprocess.run(
                [PROGRAM, files[0], *map(str, network.size), precision, "1", files[1], files[2], *names],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                raise AssertionError(done.stderr)
            values, at = np.fromfile(files[2], np.float32), 0
            for tap in some:
                _, c, h, w = network.values[tap].shape
                out.append(values[at:at + c * h * w].reshape(h, w, c).transpose(2, 0, 1))
                at += c * h * w
    return out


@unittest.skipUnless(PROGRAM.exists() or "DSLT_NETWORK_RUN" in os.environ, f"not built: {PROGRAM.name}")
class BesideTorch(unittest.TestCase):
    def check(self, network: Network) -> None:
        """Every layer alone as a tap, where it cannot be computed as a part of another, and the last one by itself."""
        everything = list(range(1, len(network.layers)))
        for precision, most in (("f32", 1e-5), ("bf16", 2e-2)):
            if precision == "bf16" and not has_bfloat16():
                continue
            for taps in (everything, everything[-1:]):
                for tap, got in zip(taps, computed(network, precision, taps)):
                    want = network.values[tap][0].numpy()
                    self.assertEqual(got.shape, want.shape)
                    error = np.abs(got - want).max() / np.abs(want).max()
                    with self.subTest(layer=network.layers[tap], precision=precision):
                        self.assertLess(error, most)  # false for NaN

    def test_convolutions(self):
        for groups, cin, cout in ((1, 16, 24), (2, 16, 32), (16, 16, 16), (20, 20, 20), (4, 12, 24), (16, 16, 32)):
            for kernel, stride, dilation in ((1, 1, 1), (3, 1, 1), (3, 2, 1), (5, 1, 1), (3, 1, 2), ([1, 5], [2, 1], 1)):
                with self.subTest(groups=groups, kernel=kernel, stride=stride, dilation=dilation):
                    n = Network(3, 17, 22)
                    n.conv(n.conv(0, cin, activation="relu"), cout, kernel, stride, dilation, groups=groups)
                    self.check(n)

    def test_paddings_of_convolutions(self):
        n = Network(3, 17, 22)
        x = n.conv(0, 16, 3, 2, pad=[0, 2, 1, 0], activation="relu")
        n.conv(x, 16, 3, 1, pad=[2, 0, 0, 3])
        n.conv(x, 16, 3, 1, pad=[0, 0, 0, 0])
        n.conv(x, 16, [4, 3], [2, 3], padding="same_upper")
        n.conv(x, 16, [4, 3], [2, 3], padding="same_lower", activation="relu")
        n.conv(x, 16, 3, 1, 2, padding="same_upper")
        self.check(n)

    def test_activations_in_and_behind_every_kind(self):
        for name in ACTIVATIONS:
            for channels in (16, 20):
                with self.subTest(activation=name, channels=channels):
                    n = Network(3, 13, 15)
                    x = n.conv(0, channels, activation=name)
                    alone = n.activation(x, name, 0.2 if name == "hard_sigmoid" else None)
                    apart = n.conv(alone, channels, groups=channels, activation=name)
                    n.max_pool(apart, 2, 2, activation=name)
                    n.average_pool(apart, 3, 2, 1, activation=name)
                    n.lrn(apart, 5, 0, 0.3, 0.75, 1.0, activation=name)
                    n.upsample(apart, [2, 2], 1, activation=name)
                    n.join("sum", [x, apart], activation=name)
                    n.join("product", [x, n.global_average(apart, activation=name)], activation=name)
                    n.join("concat", [x, apart], activation=name)
                    n.dense(apart, 9, activation=name)
                    self.check(n)

    def test_poolings_of_both_roundings(self):
        for channels in (16, 20):
            for height, width in ((15, 18), (16, 19), (17, 17)):
                for rounding in ("down", "up"):
                    with self.subTest(channels=channels, size=(height, width), rounding=rounding):
                        n = Network(3, height, width)
                        x = n.conv(0, channels)
                        for kernel, stride, pad in ((2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 3, 1), (2, 2, 1)):
                            n.max_pool(x, kernel, stride, pad, rounding)
                            n.average_pool(x, kernel, stride, pad, rounding)
                            n.average_pool(x, kernel, stride, pad, rounding, 1)
                        n.max_pool(x, [3, 2], [2, 3], padding="same_upper")
                        n.max_pool(x, [3, 2], [2, 3], padding="same_lower")
                        n.global_average(x)
                        self.check(n)

    def test_normalisations(self):
        n = Network(3, 9, 11)
        for channels in (16, 13):
            x = n.conv(0, channels)
            for size, within, numbers in ((5, 0, (0.3, 0.75, 1.0)), (3, 0, (1e-4, 0.75, 2.0)), (1, 0, (0.5, 0.5, 1.0)),
                                          (3, 1, (0.3, 0.75, 1.0)), (5, 1, (0.1, 0.5, 2.0))):
                n.lrn(x, size, within, *numbers)
        self.check(n)

    def test_sums_products_and_concatenations(self):
        for channels in (16, 20):
            n = Network(3, 12, 14)
            x = n.conv(0, channels, activation="relu")
            y, z = n.conv(x, channels, activation="relu"), n.conv(x, channels, 1)
            gate = n.conv(n.global_average(y), channels, 1, activation="hard_sigmoid")
            n.join("sum", [x, y])
            n.join("sum", [y, z, x], activation="relu")
            n.join("sum", [gate, x])
            n.join("product", [x, y, z])
            n.join("product", [gate, y])
            both = n.join("concat", [x, z, n.conv(x, 8, 1), y])
            n.join("concat", [0, both, both])
            n.conv(n.join("sum", [x, n.conv(y, channels)], activation="relu"), 16, 1)
            self.check(n)

    def test_upsamplings(self):
        for channels in (16, 20):
            for height, width in ((9, 11), (1, 7)):
                n = Network(3, height, width)
                x = n.conv(0, channels)
                for factor in ([2, 2], [3, 2], [1, 4]):
                    n.upsample(x, factor, 0)
                    n.upsample(x, factor, 1)
                self.check(n)

    def test_fully_connected_layers(self):
        n = Network(3, 14, 18)
        x = n.conv(0, 16, 3, 2, activation="relu")
        n.dense(n.dense(x, 24, activation="relu"), 10, activation="sigmoid")
        self.check(n)

    def test_pictures_of_one_channel_and_of_five(self):
        for channels in (1, 5):
            n = Network(channels, 15, 19)
            n.conv(n.conv(0, 20, 5, 2, activation="relu"), 16)
            self.check(n)


if __name__ == "__main__":
    unittest.main()
