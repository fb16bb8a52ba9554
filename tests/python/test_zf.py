# SPDX-License-Identifier: Apache-2.0
"""weights/zf.py: ZF from Caffe's file, with the layers that py-faster-rcnn's definition has."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ConvertCase  # skips without numpy

# isort: split
import numpy as np
import vgg_fixtures

INNER, CHANNELS, SIZES = (3, 96, 256, 384, 384), (96, 256, 384, 384, 256), (7, 5, 3, 3, 3)


class ZfFile(ConvertCase):
    def network(self, **other: tuple[int, ...]) -> dict[str, np.ndarray]:
        rng, out = np.random.default_rng(3), {}
        for number, shape in enumerate(zip(CHANNELS, INNER, SIZES, SIZES), 1):
            name = f"conv{number}"
            out[f"{name}.weight"] = rng.normal(size=other.get(name, shape)).astype("<f4")
            out[f"{name}.bias"] = rng.normal(size=shape[0]).astype("<f4")
        return out

    def test_values_layers_and_pixels(self) -> None:
        net = self.network()
        for v1 in (False, True):
            source = self.folder / "ZF.caffemodel"
            vgg_fixtures.write_caffemodel(source, net, v1)
            info, tensors, order = self.converted(source)
            self.assertEqual(order, list(net))
            for name, values in net.items():
                np.testing.assert_array_equal(tensors[name][1], values, err_msg=name)
            self.assertEqual(info["dslt.channel_order"], "bgr")
            self.assertEqual(info["dslt.mean"], "102.9801,115.9465,122.7717")
            layers = {layer["name"]: layer for layer in json.loads(info["dslt.graph"])}
            self.assertEqual(list(layers), ["data", "conv1", "norm1", "pool1", "conv2", "norm2", "pool2", "conv3", "conv4", "conv5"])
            self.assertEqual(layers["conv1"]["stride"], [2, 2])
            self.assertEqual(layers["conv2"]["pad"], [2, 2, 2, 2])
            self.assertEqual((layers["norm1"]["within"], layers["norm1"]["size"], layers["norm1"]["alpha"]), (1, 3, 5e-5))
            self.assertEqual((layers["pool2"]["kernel"], layers["pool2"]["pad"], layers["pool2"]["rounding"]), ([3, 3], [1] * 4, "up"))

    def test_other_shapes_are_not_zf(self) -> None:
        source = self.folder / "vggm.caffemodel"
        vgg_fixtures.write_caffemodel(source, self.network(conv3=(512, 256, 3, 3)), False)
        code, _ = self.run_convert(source)
        self.assertEqual(code, 1)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
