# SPDX-License-Identifier: Apache-2.0
"""weights/convert.py: every source format, every option, and the container it writes."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import CAFFE_MEAN, CAFFE_MEAN_RGB, CONVERT, SHARED, ConvertCase, needs  # skips without numpy

# isort: split
import numpy as np
import scale
import skips
import vgg16
import vgg_fixtures as fixtures
from vgg_fixtures import NAMES, WIDTHS, network, torch_name


class Formats(ConvertCase):
    def setUp(self) -> None:
        super().setUp()
        self.net = network()

    def test_caffemodel_of_both_generations(self) -> None:
        for v1, packed in ((True, True), (False, True), (False, False)):
            path = self.folder / "tiny.caffemodel"
            fixtures.write_caffemodel(path, self.net, v1, packed)
            self.assert_feeding(self.assert_holds(self.net, path), "bgr", CAFFE_MEAN)

    def test_torch_zip(self) -> None:
        path = self.folder / "tiny.pth"
        fixtures.write_torch_zip(path, self.net)
        metadata = self.assert_holds(self.net, path)
        self.assert_feeding(metadata, "rgb", "123.675,116.28,103.53", "58.395,57.12,57.375")
        self.assertEqual(metadata["dslt.license"], "unknown")
        self.assertIn("--measure-scale", self.errors)

    def test_torch_legacy_stream(self) -> None:
        path = self.folder / "tiny.pth"
        fixtures.write_torch_legacy(path, self.net)
        self.assert_feeding(self.assert_holds(self.net, path), "rgb", "123.675,116.28,103.53", "58.395,57.12,57.375")

    def test_torch_strides_and_half_precision(self) -> None:
        path = self.folder / "tiny.pth"
        fixtures.write_torch_zip(path, {k: np.asfortranarray(v) for k, v in self.net.items()})
        self.assert_holds(self.net, path)
        half = {k: v.astype("<f2") for k, v in self.net.items()}
        fixtures.write_torch_zip(path, half, storage="HalfStorage")
        self.assert_holds({k: v.astype("<f4") for k, v in half.items()}, path)
        brain = {k: (v.view("<u4") >> 16).astype("<u2") for k, v in self.net.items()}
        fixtures.write_torch_zip(path, brain, storage="BFloat16Storage")
        self.assert_holds({k: (v.astype("<u4") << 16).view("<f4") for k, v in brain.items()}, path)

    @needs("torch")
    def test_torch_itself(self) -> None:
        import torch

        path = self.folder / "tiny.pth"
        state = {torch_name(k): torch.from_numpy(v) for k, v in self.net.items()}
        state["classifier.0.weight"] = torch.zeros(2, 2)
        state["features.0.weight"] = torch.nn.Parameter(state["features.0.weight"])
        for new in (True, False):
            for value in (state, {"epoch": 3, "state_dict": state}):
                torch.save(value, path, _use_new_zipfile_serialization=new)
                self.assert_holds(self.net, path)

    def test_safetensors_of_torch_names_and_types(self) -> None:
        path = self.folder / "model.safetensors"
        named = {torch_name(k): v for k, v in self.net.items()}
        fixtures.write_plain_safetensors(path, named | {"head.fc.weight": np.zeros((2, 2), "<f4")})
        metadata = self.assert_holds(self.net, path)
        self.assert_feeding(metadata, "rgb", "123.675,116.28,103.53", "58.395,57.12,57.375")
        raw = {k: ("BF16", list(v.shape), (v.view("<u4") >> 16).astype("<u2").tobytes()) for k, v in named.items()}
        fixtures.write_safetensors(path, raw)
        _, tensors, _ = self.converted(path, "--dtype", "bf16")
        for key, (_, _, values) in raw.items():
            name = next(k for k in self.net if torch_name(k) == key)
            self.assertEqual(tensors[name][1].tobytes(), values)

    def test_own_output_keeps_its_metadata(self) -> None:
        path = self.folder / "first.safetensors"
        fixtures.write_npz(self.folder / "a.npz", self.net, True)
        self.converted(self.folder / "a.npz", "--scale-low", "2.5", "--scale-high", "0.125", "--license", "mine")
        first = self.out.rename(path).read_bytes()
        self.converted(path)
        self.assertEqual(self.out.read_bytes(), first)

    @needs("safetensors")
    def test_output_loads_in_the_safetensors_package(self) -> None:
        from safetensors.numpy import load_file

        fixtures.write_npz(self.folder / "a.npz", self.net, False)
        self.converted(self.folder / "a.npz")
        for name, values in load_file(self.out).items():
            np.testing.assert_array_equal(values, self.net[name])

    def test_npz_layout_is_told_by_shape(self) -> None:
        path = self.folder / "a.npz"
        for widths in (WIDTHS, (3,) * 13):
            net = network(widths)
            fixtures.write_npz(path, net, False)
            self.assert_feeding(self.assert_holds(net, path), "bgr", CAFFE_MEAN)
            fixtures.write_npz(path, net, True)
            self.assert_feeding(self.assert_holds(net, path), "rgb", CAFFE_MEAN_RGB)

    @needs("h5py")
    def test_keras(self) -> None:
        path = self.folder / "tiny.h5"
        for style in ("old", "new", "model"):
            fixtures.write_keras(path, self.net, style)
            self.assert_feeding(self.assert_holds(self.net, path), "bgr", CAFFE_MEAN)

    @needs("h5py")
    def test_keras_refusals(self) -> None:
        import h5py

        path = self.folder / "tiny.h5"
        with h5py.File(path, "w") as file:
            for name in NAMES:
                file[f"block{name[4]}_conv{name[6]}/W"] = self.net[f"{name}.weight"]
        self.assert_fails(path, "Theano", "tf_kernels")
        (self.folder / "raw").write_bytes(bytes(432))
        with h5py.File(path, "w") as file:
            outside = [(str(self.folder / "raw"), 0, 432)]
            file.create_dataset("block1_conv1/kernel", (3, 3, 3, 4), "<f4", external=outside)
        self.assert_fails(path, "another file")
        with h5py.File(path, "w") as file:
            file.create_dataset("block1_conv1/kernel", (3, 3, 3, 1 << 40), "<f4", chunks=(3, 3, 3, 64))
            for name in NAMES[1:]:
                file[f"block{name[4]}_conv{name[6]}/kernel"] = fixtures.hwio(self.net[f"{name}.weight"])
        self.assert_fails(path, "conv1_1.weight")

    @needs("scipy")
    def test_matconvnet(self) -> None:
        path = self.folder / "tiny.mat"
        mean = np.array([123.68, 116.779, 103.939], np.float32).reshape(1, 1, 3)
        for old in (False, True):
            fixtures.write_matconvnet(path, self.net, old, mean)
            self.assert_feeding(self.assert_holds(self.net, path), "rgb", CAFFE_MEAN_RGB)
        image = np.empty((4, 4, 3), np.float32)
        image[:] = (120.5, 110.25, 100.0)
        image[0] += 1
        image[1] -= 1
        fixtures.write_matconvnet(path, self.net, False, image)
        self.assert_feeding(self.assert_holds(self.net, path), "rgb", "120.5,110.25,100")

    @needs("scipy")
    def test_matconvnet_width_of_one(self) -> None:
        net = network((4, 3, 2, 5, 3, 8, 2, 4, 3, 6, 2, 3, 1))  # MATLAB drops the last size
        fixtures.write_matconvnet(self.folder / "a.mat", net, False, np.zeros(3))
        self.assert_holds(net, self.folder / "a.mat")


class Options(ConvertCase):
    def setUp(self) -> None:
        super().setUp()
        self.net = network()
        self.source = self.folder / "a.npz"
        fixtures.write_npz(self.source, self.net, False)

    def test_names_and_layers(self) -> None:
        _, tensors, order = self.converted(self.source, "--names", "torch", "--layers", "10")
        self.assertEqual(order, [torch_name(k) for k in self.net][:20])
        np.testing.assert_array_equal(tensors["features.21.bias"][1], self.net["conv4_3.bias"])
        self.assertIn("10 of 13", self.errors)

    def test_half_precision(self) -> None:
        _, tensors, _ = self.converted(self.source, "--dtype", "f16")
        for name, values in self.net.items():
            np.testing.assert_array_equal(tensors[name][1], values.astype("<f2"))

    def test_bfloat16_rounds_to_nearest_even(self) -> None:
        cases = {1.0: 0x3F80, 1 + 2**-8: 0x3F80, 1 + 3 * 2**-8: 0x3F82, 1 + 2**-8 + 2**-20: 0x3F81, -2.5: 0xC020}
        self.net["conv1_1.weight"].flat[: len(cases)] = list(cases)
        fixtures.write_npz(self.source, self.net, False)
        _, tensors, _ = self.converted(self.source, "--dtype", "bf16")
        self.assertEqual(tensors["conv1_1.weight"][1].flat[: len(cases)].tolist(), list(cases.values()))

    def test_values_too_large_for_half_precision(self) -> None:
        self.net["conv2_1.weight"].flat[0] = 7e4
        fixtures.write_npz(self.source, self.net, False)
        self.assert_fails(self.source, "conv2_1.weight", "65504", options=("--dtype", "f16"))
        self.net["conv2_1.weight"].flat[0] = 3.4e38
        fixtures.write_npz(self.source, self.net, False)
        self.assert_fails(self.source, "conv2_1.weight", "bfloat16", options=("--dtype", "bf16"))

    def test_feeding_can_be_stated(self) -> None:
        options = ("--channel-order", "rgb", "--mean", "1,2.5,3", "--deviation", "4,5,6", "--license", "CC0")
        metadata, tensors, _ = self.converted(self.source, *options)
        self.assert_feeding(metadata, "rgb", "1,2.5,3", "4,5,6")
        self.assertEqual(metadata["dslt.license"], "CC0")
        np.testing.assert_array_equal(tensors["conv1_1.weight"][1], self.net["conv1_1.weight"])
        self.assert_feeding(self.converted(self.source, "--channel-order", "rgb")[0], "rgb", CAFFE_MEAN_RGB)

    def test_bytes_are_deterministic(self) -> None:
        self.converted(self.source)
        first = self.out.read_bytes()
        self.converted(self.source)
        self.assertEqual(self.out.read_bytes(), first)

    def test_partial_file_and_missing_biases(self) -> None:
        part = {k: v for k, v in self.net.items() if NAMES.index(k.partition(".")[0]) < 7 and "weight" in k}
        fixtures.write_npz(self.source, part, False)
        self.assert_holds(part, self.source)
        self.assertIn("conv3_3", self.errors)
        self.assertIn("7 of 13", self.errors)

    def test_wrong_command_lines(self) -> None:
        for options in (
            ("--layers", "6"),
            ("--layers", "14"),
            ("--dtype", "f64"),
            ("--mean", "1,2"),
            ("--mean", "1,2,nan"),
            ("--mean", "1,2,256"),
            ("--deviation", "0,1,1"),
            ("--scale-low", "-1"),
            ("--reference", "x"),
            ("--measure-scale", "x", "--reference", "y", "--scale-low", "1"),
            ("--what",),
        ):
            with self.subTest(options):
                self.assert_fails(self.source, options[0], options=options, code=2)

    def test_output_that_cannot_be_written(self) -> None:
        for out in (self.folder, self.folder / "absent" / "x.safetensors"):
            with mock.patch.object(self, "out", out):
                self.assert_fails(self.source, "cannot be written")

    def test_failed_write_keeps_the_old_file(self) -> None:
        self.out.write_bytes(b"precious")
        with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            code, errors = self.run_convert(self.source)
        self.assertEqual((code, errors.count("No space left")), (1, 1))
        self.assertEqual(self.out.read_bytes(), b"precious")
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    def test_misnamed_download_is_noticed(self) -> None:
        path = self.folder / "vgg16-397923af.pth"
        fixtures.write_torch_zip(path, self.net)
        self.converted(path)
        self.assertIn("not the published file", self.errors)

    def test_as_a_program(self) -> None:
        done = subprocess.run([sys.executable, CONVERT, self.folder / "absent", "-o", self.out], capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"no such file", done.stderr)
        self.assertEqual(subprocess.run([sys.executable, CONVERT], capture_output=True).returncode, 2)
        done = subprocess.run([sys.executable, CONVERT, self.source, "-o", self.out], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_missing_packages_are_named(self) -> None:
        for name, head, words in (
            ("h5py", b"\x89HDF\r\n\x1a\n", ("python3-h5py", "pip install h5py")),
            ("scipy.io", b"MATLAB 5.0 MAT-file", ("python3-scipy", "pip install scipy")),
        ):
            path = self.folder / "input"
            path.write_bytes(head + bytes(200))
            with mock.patch.dict(sys.modules, {name: None, name.partition(".")[0]: None}):
                self.assert_fails(path, *words)


class Scale(ConvertCase):
    def test_forward_pass_against_direct_sums(self) -> None:
        net = network((3, 2))
        backbone = vgg16.Backbone(
            [net["conv1_1.weight"], net["conv1_2.weight"]],
            [net["conv1_1.bias"], None],
            vgg16.Preprocess("bgr", (1.0, 2.0, 3.0), (2.0, 4.0, 5.0)),
            False,
        )
        rgb = np.random.default_rng(3).uniform(0, 255, (3, 5, 6)).astype(np.float32)
        data = (rgb[::-1].astype(np.float64) - np.reshape([1, 2, 3], (3, 1, 1))) / np.reshape([2, 4, 5], (3, 1, 1))
        found = scale.mean_squares(backbone, rgb)
        for name, weight, bias in zip(("conv1_1", "conv1_2"), backbone.weights, backbone.biases):
            padded = np.pad(data, ((0, 0), (1, 1), (1, 1)))
            out = np.zeros((len(weight), 5, 6))
            for o, y, x in np.ndindex(out.shape):
                out[o, y, x] = (padded[:, y : y + 3, x : x + 3] * weight[o]).sum() + (0 if bias is None else bias[o])
            data = np.maximum(out, 0)
            self.assertAlmostEqual(found[name] / np.mean(data**2), 1.0, places=5)

    def test_pool(self) -> None:
        data = np.arange(2 * 5 * 4, dtype=np.float32).reshape(2, 5, 4)
        self.assertEqual(scale.pool(data).tolist(), [[[5, 7], [13, 15]], [[25, 27], [33, 35]]])

    @needs("PIL")
    def test_measured_scale_undoes_a_known_one(self) -> None:
        from PIL import Image

        rng = np.random.default_rng(5)
        image = self.folder / "a.png"
        Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8)).save(image)
        net = network()
        weaker = dict(net)
        for name, factor in (("conv1_1", 0.5), ("conv5_3", 0.25)):  # ReLU lets factors through
            for key in (f"{name}.weight", f"{name}.bias"):
                weaker[key] = weaker[key] * np.float32(factor)
        for key in (k for k in net if k.endswith("bias")):  # biases would not scale along
            net[key] = np.zeros_like(net[key])
            weaker[key] = net[key]
        fixtures.write_npz(self.folder / "net.npz", net, False)
        fixtures.write_npz(self.folder / "weaker.npz", weaker, False)
        options = ("--measure-scale", str(image), str(image), "--reference", str(self.folder / "net.npz"))
        metadata, _, _ = self.converted(self.folder / "weaker.npz", *options)
        self.assertAlmostEqual(float(metadata["dslt.scale_low"]), 2.0, places=4)
        self.assertAlmostEqual(float(metadata["dslt.scale_high"]), 8.0, places=4)
        self.assertNotIn("--measure-scale", self.errors)


class RealWeights(ConvertCase):
    """The genuine first blocks, from ../shared."""

    def setUp(self) -> None:
        super().setUp()
        self.source = SHARED / "data" / "weights" / "vgg16_conv1to3.npz"
        table = SHARED / "facts" / "vgg16_layer_sha256.tsv"
        skips.shared(self.source, table)
        lines = [line.split("\t") for line in table.read_text().splitlines()[1:]]
        self.digests = {name: (digest, int(size)) for name, digest, size in lines}
        with np.load(self.source) as arrays:
            self.arrays = {key: arrays[key] for key in arrays}

    def npy(self, values: np.ndarray) -> bytes:
        """numpy before 1.14 put 1 to 16 spaces after the header, today's pads it to 64 bytes: change its padding."""
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(values), (1, 0))
        data = buffer.getvalue()
        text = data[10 : data.index(b"\n") + 1].rstrip()
        text += b" " * (16 - (11 + len(text)) % 16) + b"\n"
        return data[:8] + struct.pack("<H", len(text)) + text + data[data.index(b"\n", 10) + 1 :]

    def test_converted_layers_are_oxfords(self) -> None:
        metadata, tensors, order = self.converted(self.source)
        self.assert_feeding(metadata, "bgr", CAFFE_MEAN)
        self.assertIn("CC BY 4.0", metadata["dslt.license"])
        self.assertEqual(len(order), 14)
        for name in NAMES[:4]:
            weight = tensors[f"{name}.weight"][1]
            if name == "conv1_1":
                weight = weight[:, ::-1]  # the table has it for RGB
            for key, values in ((f"{name}_W", fixtures.hwio(weight)), (f"{name}_b", tensors[f"{name}.bias"][1])):
                data = self.npy(values)
                self.assertEqual(len(data), self.digests[key][1], key)
                if key.endswith("_W"):  # the biases of the file are within 1e-4 only
                    self.assertEqual(hashlib.sha256(data).hexdigest(), self.digests[key][0], key)
                    self.assertEqual(vgg16.npy_sha256(values), self.digests[key][0], key)

    def test_channel_order_is_recognised_whatever_the_container_says(self) -> None:
        weights = {k: self.arrays[k.replace(".weight", "_w").replace(".bias", "_b")] for k in self.keys()}
        flipped = weights | {"conv1_1.weight": weights["conv1_1.weight"][:, ::-1]}
        path = self.folder / "x.npz"
        fixtures.write_npz(path, flipped, True)
        self.assert_feeding(self.converted(path)[0], "rgb", CAFFE_MEAN_RGB)
        self.assertNotIn("recorded", self.errors)
        fixtures.write_npz(path, weights, True)
        self.assert_feeding(self.converted(path)[0], "bgr", CAFFE_MEAN)
        self.assertIn("recorded", self.errors)
        path = self.folder / "x.pth"  # Caffe's weights under torch's names still want Caffe's input
        fixtures.write_torch_zip(path, weights)
        self.assert_feeding(self.converted(path)[0], "bgr", CAFFE_MEAN)

    @needs("h5py")
    def test_keras_conv1_1_is_blue_first(self) -> None:
        """keras.applications' file has 0.42947057 at block1_conv1[0, 0, 0, 0], which is Caffe's blue weight."""
        self.assertAlmostEqual(float(self.arrays["conv1_1_w"][0, 0, 0, 0]), 0.42947057, places=7)
        weights = {k: self.arrays[k.replace(".weight", "_w").replace(".bias", "_b")] for k in self.keys()}
        fixtures.write_keras(self.folder / "k.h5", weights, "old")
        self.assert_feeding(self.assert_holds(weights, self.folder / "k.h5"), "bgr", CAFFE_MEAN)
        self.assertNotIn("recorded", self.errors)

    def keys(self) -> list[str]:
        return [f"{name}.{part}" for name in NAMES[:7] for part in ("weight", "bias")]


if __name__ == "__main__":
    unittest.main()
