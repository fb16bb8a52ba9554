# SPDX-License-Identifier: Apache-2.0
"""weights/convert.py against files that are wrong, damaged, or made to hurt it: one sentence and exit code 1."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import sys
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ConvertCase, needs  # skips without numpy

# isort: split
import numpy as np
import vgg_fixtures as fixtures
from vgg_fixtures import NAMES, network, torch_name


class WrongNetworks(ConvertCase):
    def setUp(self) -> None:
        super().setUp()
        self.net = network()
        self.path = self.folder / "a.npz"

    def check(self, *words: str) -> None:
        fixtures.write_npz(self.path, self.net, False)
        self.assert_fails(self.path, *words)

    def test_wrong_kernel(self) -> None:
        self.net["conv3_2.weight"] = np.zeros((8, 3, 5, 3), "<f4")
        self.check("conv3_2.weight", "[8, 3, 5, 3]")

    def test_wrong_inputs(self) -> None:
        self.net["conv4_1.weight"] = np.zeros((4, 9, 3, 3), "<f4")
        self.check("conv4_1.weight", "[4, 9, 3, 3]", "[out, 2, 3, 3]")

    def test_wrong_bias(self) -> None:
        self.net["conv5_1.bias"] = np.zeros(9, "<f4")
        self.check("conv5_1.bias", "[9]", "[2]")

    def test_wider_than_dslt_accepts(self) -> None:
        self.net["conv1_1.weight"] = np.zeros((4097, 3, 3, 3), "<f4")
        self.check("conv1_1.weight", "[4097, 3, 3, 3]")

    def test_no_outputs(self) -> None:
        self.net["conv5_3.weight"] = np.zeros((0, 3, 3, 3), "<f4")
        self.net["conv5_3.bias"] = np.zeros(0, "<f4")
        self.check("conv5_3.weight")

    def test_integers(self) -> None:
        self.net["conv2_2.weight"] = self.net["conv2_2.weight"].astype(np.int8)
        self.check("conv2_2.weight", "int8")

    def test_not_finite(self) -> None:
        for value in (np.nan, np.inf):
            self.net["conv1_2.weight"].flat[3] = value
            self.check("conv1_2.weight", "finite")

    def test_gap(self) -> None:
        del self.net["conv3_1.weight"]
        self.check("conv3_1", "incomplete")

    def test_too_few(self) -> None:
        self.net = {k: v for k, v in self.net.items() if k.startswith(("conv1", "conv2"))}
        self.check("4", "conv3_3")

    def test_more_layers_than_there_are(self) -> None:
        self.net = {k: v for k, v in self.net.items() if k < "conv4"}
        fixtures.write_npz(self.path, self.net, False)
        self.assert_fails(self.path, "--layers 13", options=("--layers", "13"))

    def test_vgg19(self) -> None:
        self.net["conv3_4.weight"] = np.zeros((2, 2, 3, 3), "<f4")
        self.check("conv3_4", "VGG-19")
        named = {torch_name(k): v for k, v in network().items()} | {"features.16.weight": np.zeros((2, 2, 3, 3), "<f4")}
        fixtures.write_plain_safetensors(self.path, named)
        self.assert_fails(self.path, "features.16")

    def test_batch_normalisation(self) -> None:
        named = {torch_name(k): v for k, v in network().items()} | {"features.1.running_mean": np.zeros(2, "<f4")}
        fixtures.write_plain_safetensors(self.path, named)
        self.assert_fails(self.path, "vgg16_bn")

    def test_no_convolution_at_all(self) -> None:
        np.savez(self.path, x=np.zeros(3))
        self.assert_fails(self.path, "No convolution")


class Hostile(ConvertCase):
    def torch_file(self, data_pkl: bytes) -> Path:
        path = self.folder / "evil.pth"
        fixtures.write_torch_zip(path, network(), data_pkl)
        return path

    def test_pickle_that_runs_a_command(self) -> None:
        mark = self.folder / "mark"

        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {mark}",)

        for protocol in (0, 2, 4):
            self.assert_fails(self.torch_file(pickle.dumps({"x": Evil()}, protocol)), "system", "refused")
        legacy = self.folder / "evil_legacy.pth"
        fixtures.write_torch_legacy(legacy, network())
        magic = legacy.read_bytes()[:15]
        legacy.write_bytes(magic + pickle.dumps(1001, 2) + pickle.dumps(Evil(), 2))
        self.assert_fails(legacy, "system", "refused")
        self.assertFalse(mark.exists())

    def test_pickle_that_names_other_things(self) -> None:
        for text in (b"cbuiltins\neval\n", b"ctorch\nload\n", b"ctorch._utils\n__builtins__\n", b"cnumpy\nload\n"):
            self.assert_fails(self.torch_file(b"\x80\x02" + text + b"."), "refused")
        self.assert_fails(self.torch_file(b"\x80\x02(ios\nsystem\n."), "INST")
        self.assert_fails(self.torch_file(b"\x80\x02\x82\x01."), "EXT1")
        self.assert_fails(self.torch_file(b"\x80\x02Nr\xff\xff\xff\xff."), "huge")

    def test_pickle_that_is_no_state_dict(self) -> None:
        self.assert_fails(self.torch_file(pickle.dumps([1, 2], 2)), "state_dict")
        self.assert_fails(self.torch_file(pickle.dumps({"features.0.weight": 3}, 2)), "No convolution")
        self.assert_fails(self.torch_file(b"\x80\x02("), "damaged")
        self.assert_fails(self.torch_file(b""), "damaged")
        bare = self.folder / "bare.pth"
        bare.write_bytes(pickle.dumps({}, 4))
        self.assert_fails(bare, "bare pickle")

    def test_tensors_beyond_their_storage(self) -> None:
        net = network()
        named = {torch_name(k): v for k, v in net.items()}
        good = fixtures.torch_pickle(named)
        stride = b"J" + struct.pack("<i", 27) + b"J" + struct.pack("<i", 9)
        self.assertIn(stride, good)
        wide = good.replace(stride, b"J" + struct.pack("<i", 1 << 30) + b"J" + struct.pack("<i", 9))
        self.assert_fails(self.torch_file(wide), "features.0.weight", "beyond")
        negative = good.replace(stride, b"J" + struct.pack("<i", -27) + b"J" + struct.pack("<i", 9))
        self.assert_fails(self.torch_file(negative), "shape")

    def test_storage_of_another_size(self) -> None:
        path = self.torch_file(b"")
        named = {torch_name(k): v for k, v in network().items()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", fixtures.torch_pickle(named))
            archive.writestr("archive/data/0", bytes(1 << 24))  # packs to 16 KB
        self.assert_fails(path, "archive/data/0")

    def test_zip_bombs(self) -> None:
        path = self.folder / "bomb.npz"
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            head, {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 10, 3, 3)}
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("conv1_1_w.npy", head.getvalue() + bytes(1 << 20))
        self.assert_fails(path, "conv1_1.weight", "does not fit")
        wide = io.BytesIO()
        np.save(wide, np.zeros((900_000, 3, 3, 3), "<f4"))  # 97 MB in 100 KB
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in NAMES:
                archive.writestr(f"{name}_w.npy", wide.getvalue() if name == "conv1_1" else b"")
        self.assert_fails(path, "header")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x/data.pkl", bytes(32 << 20))
        self.assert_fails(path, "data.pkl", "refused")

    def test_member_that_lies_about_its_size(self) -> None:
        path = self.folder / "lie.npz"
        fixtures.write_npz(path, network(), False)
        with zipfile.ZipFile(path) as archive:
            content = {info.filename: archive.read(info) for info in archive.infolist()}
        name = "conv1_1_w.npy"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for key, data in content.items():
                archive.writestr(key, data + bytes(1 << 20) if key == name else data)
        data = bytearray(path.read_bytes())
        true = struct.pack("<I", len(content[name]) + (1 << 20))
        self.assertEqual(data.count(true), 2)
        path.write_bytes(bytes(data).replace(true, struct.pack("<I", len(content[name]))))
        self.assert_fails(path, "damaged")

    def test_pickled_array_in_npz(self) -> None:
        path = self.folder / "a.npz"
        np.savez(path, conv1_1_w=np.array([{}], dtype=object))
        self.assert_fails(path, "object")

    def test_truncated_protobuf(self) -> None:
        path = self.folder / "a.caffemodel"
        fixtures.write_caffemodel(path, network(), True)
        data = path.read_bytes()
        for size in (1, 5, 40, len(data) // 2, len(data) - 40):
            path.write_bytes(data[:size])
            self.assert_fails(path, "Caffe model")

    def test_protobuf_lies(self) -> None:
        path = self.folder / "a.caffemodel"
        for data, word in (
            (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "breaks off"),
            (b"\xff" * 20, "breaks off"),
            (b"\x0b\x0c", "breaks off"),
            (b"\x00\x00", "breaks off"),
            (fixtures.message(2, fixtures.message(1, b"x")), "No convolution"),
        ):
            path.write_bytes(data)
            self.assert_fails(path, word)
        huge = b"".join(fixtures.varint(n << 3) + fixtures.varint((1 << 64) - 1) for n in range(1, 5))
        for blob in (
            huge,
            huge + fixtures.message(5, bytes(16)),
            fixtures.message(7, fixtures.message(1, b"\x01" * 99)),
        ):
            path.write_bytes(fixtures.message(2, fixtures.message(4, b"conv1_1") + fixtures.message(6, blob)))
            self.assert_fails(path)

    def test_safetensors_lies(self) -> None:
        path = self.folder / "a.safetensors"

        def header(text: bytes, length: int | None = None) -> None:
            path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text)

        def entry(**fields: object) -> bytes:
            whole = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | fields
            return json.dumps({"conv1_1.weight": whole}).encode()

        for text, length, word in (
            (b"{}", 1 << 63, "truncated"),
            (b"{}", 99, "truncated"),
            (b"{]", None, "JSON"),
            (b"{" + b'"a":[' * 100_000, None, "JSON"),
            (b'{"a":\xff}', None, "JSON"),
            (b'{"a":{},"a":{}}', None, "twice"),
            (b'{"__metadata__":{"a":1}}', None, "__metadata__"),
            (b'{"conv1_1.weight":7}', None, "shape"),
            (entry(), None, "outside"),
            (entry(shape=[-1]), None, "shape"),
            (entry(shape=[True]), None, "shape"),
            (entry(shape=[1 << 47, 1 << 47]), None, "outside"),
            (entry(data_offsets=[4, 0]), None, "outside"),
            (entry(data_offsets=[0, 1 << 60]), None, "data_offsets"),
            (entry(data_offsets=[0]), None, "data_offsets"),
            (entry(shape=[9], data_offsets=[0, 0]), None, "fit"),
            (b'{"__metadata__":{"dslt.arch":"alexnet"}}', None, "alexnet"),
            (b'{"__metadata__":{"dslt.channel_order":"gbr"}}', None, "gbr"),
            (b'{"__metadata__":{"dslt.mean":"1,2"}}', None, "dslt.mean"),
            (b'{"__metadata__":{"dslt.scale_low":"0"}}', None, "dslt.scale_low"),
        ):
            with self.subTest(text[:60]):
                header(text, length)
                self.assert_fails(path, word)
        net = {k: ("I8" if k == "conv1_2.bias" else "F32", list(v.shape), v.tobytes()) for k, v in network().items()}
        fixtures.write_safetensors(path, net)
        self.assert_fails(path, "conv1_2.bias", "'I8'")

    def test_files_that_are_something_else(self) -> None:
        path = self.folder / "weights.pth"
        for data, word in (
            (b"", "empty"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS"),
            (b"MATLAB 7.3 MAT-file", "7.3"),
            (bytes(257) + b"ustar" + bytes(300), "tar"),
            (b"just some text that is no weight file at all", ".pth, .safetensors"),
            (b"PK\x03\x04 and nothing more", "zip"),
        ):
            with self.subTest(word):
                path.write_bytes(data)
                self.assert_fails(path, word)
        self.assert_fails(self.folder / "absent.pth", "no such file")
        self.assert_fails(self.folder, "not a file")

    def test_damaged_files_never_end_in_a_traceback(self) -> None:
        net = network()
        named = {torch_name(k): v for k, v in net.items()}
        writers = {
            "zip.pth": lambda path: fixtures.write_torch_zip(path, net),
            "legacy.pth": lambda path: fixtures.write_torch_legacy(path, net),
            "v1.caffemodel": lambda path: fixtures.write_caffemodel(path, net, True),
            "v2.caffemodel": lambda path: fixtures.write_caffemodel(path, net, False),
            "a.npz": lambda path: fixtures.write_npz(path, net, True),
            "a.safetensors": lambda path: fixtures.write_plain_safetensors(path, named),
        }
        rng = np.random.default_rng(7)
        for name, write in writers.items():
            path = self.folder / name
            write(path)
            good = path.read_bytes()
            outcomes = {0: 0, 1: 0}
            for trial in range(150):
                data = bytearray(good)
                reach = len(data) if trial % 2 else min(len(data), 2000)  # headers lie at the front of most formats
                for _ in range(int(rng.integers(1, 4))):
                    data[int(rng.integers(reach))] = int(rng.integers(256))
                path.write_bytes(bytes(data[: int(rng.integers(1, len(data)))] if trial % 5 == 0 else data))
                code, errors = self.run_convert(path)
                self.assertIn(code, (0, 1), name)
                outcomes[code] += 1
                if code:
                    self.assertNotIn("Traceback", errors)
                    self.assertTrue(errors.strip(), name)
            self.assertGreater(outcomes[1], 0, name)

    @needs("h5py", "scipy")
    def test_truncated_containers_of_other_libraries(self) -> None:
        mat, h5 = self.folder / "a.mat", self.folder / "a.h5"
        fixtures.write_matconvnet(mat, network(), False, np.zeros(3))
        fixtures.write_keras(h5, network(), "old")
        for path in (mat, h5):
            data = path.read_bytes()
            for part in (0.05, 0.3, 0.7, 0.95):
                path.write_bytes(data[: max(600, int(part * len(data)))])
                self.assert_fails(path)


if __name__ == "__main__":
    unittest.main()
