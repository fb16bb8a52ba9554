# SPDX-License-Identifier: Apache-2.0
"""What the tests of weights/convert.py share: a folder, a way to run it, what success and failure look like."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CONVERT = ROOT / "weights" / "convert.py"
sys.path[:0] = [str(ROOT / "weights"), str(Path(__file__).resolve().parent)]
import skips
from skips import needs

skips.need("numpy")

# isort: split
import numpy as np
import convert
import vgg_fixtures as fixtures
from vgg_fixtures import Network

CAFFE_MEAN = "103.939,116.779,123.68"
CAFFE_MEAN_RGB = "123.68,116.779,103.939"


class ConvertCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out = self.folder / "out.safetensors"

    def run_convert(self, source: Path, *options: str) -> tuple[int, str]:
        """Exit code and what went to stderr."""
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            try:
                code = convert.main([str(source), "-o", str(self.out), *options])
            except SystemExit as stop:
                code = int(stop.code or 0)
        return code, errors.getvalue()

    def converted(self, source: Path, *options: str):
        code, errors = self.run_convert(source, *options)
        self.assertEqual(code, 0, errors)
        self.errors = errors
        return fixtures.read_safetensors(self.out)

    def assert_holds(self, net: Network, source: Path, *options: str) -> dict[str, str]:
        metadata, tensors, order = self.converted(source, *options)
        self.assertEqual(order, list(net))
        for name, values in net.items():
            self.assertEqual(tensors[name][0], "F32")
            np.testing.assert_array_equal(tensors[name][1], values, err_msg=name)
        self.assertEqual(metadata["dslt.arch"], "vgg16")
        self.assertIn(hashlib.sha256(source.read_bytes()).hexdigest(), metadata["dslt.source"])
        return metadata

    def assert_feeding(self, metadata: dict[str, str], order: str, mean: str, deviation: str = "1,1,1") -> None:
        found = [metadata[f"dslt.{key}"] for key in ("channel_order", "mean", "deviation", "scale_low", "scale_high")]
        self.assertEqual(found, [order, mean, deviation, "1", "1"])

    def assert_fails(self, source: Path, *words: str, options: tuple[str, ...] = (), code: int = 1) -> None:
        found, errors = self.run_convert(source, *options)
        self.assertEqual(found, code, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertTrue(errors.endswith(".\n"), errors)
        for word in words:
            self.assertIn(word, errors)
        self.assertNotIn("Traceback", errors)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith((".out", "out"))], [])
