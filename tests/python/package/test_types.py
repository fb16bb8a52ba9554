# SPDX-License-Identifier: Apache-2.0
"""The package's types, by mypy: the package itself, a program that uses it well, and one that does not."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GOOD = """
import dslt
import numpy as np

tracker = dslt.Tracker(preset="dslt", threads=2, loss="l2", seed=1, fuse=[1, 0.5])
result: dslt.Result = tracker.init(np.zeros((10, 10, 3), np.uint8), (1, 2, 3, 4))
width: float = tracker.update(np.zeros((10, 10), np.uint16)).box.width
lost: bool = tracker.lost
peak: float = tracker.response.max().item()
boxes: list[dslt.Box] = dslt.Group(dslt.presets()[0].name).boxes
for each in dslt.track("clip.mp4", box=(1, 2, 3, 4)):
    x, y, w, h = each.box
    milliseconds: float = each.stage_ms["crop"]
try:
    dslt.Weights("none")
except dslt.FileError as error:
    code: int = error.code
"""
# Each line alone must be refused, with this word in the message.
BAD = {
    'dslt.Tracker(sede=1)': "sede",
    'dslt.Tracker(channel_order=3)': "channel_order",
    'dslt.track("clip.mp4")': "box",
    'dslt.Tracker().init(None)': "box",
    'dslt.Tracker().lost = True': "lost",
    'dslt.Tracker().update(None).boxes': "boxes",
    'dslt.Tracker(backend=object())': "backend",
}


class Types(unittest.TestCase):
    def mypy(self, *arguments: object) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", folder,
                                   *map(str, arguments)], capture_output=True, text=True, cwd=folder)
            return done.returncode, done.stdout + done.stderr

    def test_the_package(self) -> None:
        self.assertEqual(self.mypy("-p", "dslt"), (0, ""))

    def test_programs(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            good, bad = Path(folder, "good.py"), Path(folder, "bad.py")
            good.write_text(GOOD)
            bad.write_text("import dslt\n" + "\n".join(BAD) + "\n")
            self.assertEqual(self.mypy(good), (0, ""))
            code, said = self.mypy(bad)
            self.assertEqual(code, 1)
            for number, (line, word) in enumerate(BAD.items(), 2):
                found = [one for one in said.splitlines() if f"bad.py:{number}: error" in one]
                self.assertTrue(any(word in one for one in found), f"{line}: {said}")


if __name__ == "__main__":
    unittest.main()
