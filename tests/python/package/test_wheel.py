# SPDX-License-Identifier: Apache-2.0
"""The repaired wheel in an environment that holds nothing but it and numpy."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import unittest
import zipfile
from pathlib import Path

FOLDER = Path(os.environ["DSLT_PACKAGE_FOLDER"])


def wheel() -> Path:
    file, = (FOLDER / "dist" / "repaired").glob("dslt-*.whl")
    return file


class Wheel(unittest.TestCase):
    def test_it_is_named_for_many_systems_and_holds_what_it_should(self) -> None:
        self.assertRegex(wheel().name, r"-manylinux_2_\d+_\w+\.whl$")
        with zipfile.ZipFile(wheel()) as archive:
            names = archive.namelist()
        for name in ("dslt/__init__.py", "dslt/py.typed", "dslt/_dslt.pyi", "dslt/_option_types.pyi"):
            self.assertIn(name, names)
        libraries = [name for name in names if name.startswith("dslt.libs/")]
        self.assertTrue(any("jansson" in name for name in libraries), libraries)
        for name in names:  # neither headers nor the program, nor what the package does without
            self.assertRegex(name, r"^dslt(\.libs|-[\d.]+\.dist-info)?/")
            self.assertNotRegex(name, r"opencv|avcodec|onnx_proto|crypto|cuda")

    def test_the_environment_is_bare(self) -> None:
        names = {package.metadata["Name"].lower() for package in importlib.metadata.distributions()}
        self.assertEqual(names - {"pip", "setuptools", "wheel"}, {"dslt", "numpy"})

    def test_it_tracks_without_the_systems_libraries(self) -> None:
        script = ("import numpy as np, dslt, scene\n"
                  "frames, truth = scene.clip(4)\n"
                  "result = list(dslt.track(frames, truth[0], **scene.FAST))[-1]\n"
                  "assert scene.overlap(result.box, truth[3]) > 0.6, result\n"
                  "maps = {line.split()[-1] for line in open('/proc/self/maps') if '.so' in line}\n"
                  "print(*sorted(maps), sep='\\n')\n")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for library in ("dnnl", "jansson", "gomp"):
            for line in done.stdout.split():
                if f"lib{library}" in line:
                    self.assertIn("dslt.libs", line)

    def test_its_names_stay_inside(self) -> None:
        module, = Path(sys.prefix).glob("lib/python*/site-packages/dslt/_dslt*.so")
        import ctypes

        import dslt

        library = ctypes.CDLL(dslt._dslt.__file__)
        self.assertEqual(str(module), dslt._dslt.__file__)
        with self.assertRaises(AttributeError):
            library.dslt_version


if __name__ == "__main__":
    unittest.main()
