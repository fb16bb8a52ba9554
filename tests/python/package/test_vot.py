# SPDX-License-Identifier: Apache-2.0
"""dslt.vot.Tracker under vot-toolkit itself: `vot test`, `vot evaluate`, and scores equal to those of `dslt eval`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import cv2
import dslt
import dslt.vot
import numpy as np
import scene

PROGRAM = os.environ.get("DSLT_PROGRAM", "")
SHARED = Path("../shared/data/sequences/vot").resolve()
FAST = {"threads": 1, "precision": "f32", "init_steps": 10}
FRAMES = 60  # of a real sequence
CONFIG = """\
registry: [trackers.ini]
stack:
  title: one pass
  experiments:
    unsupervised:
      type: unsupervised
      repetitions: 1
      analyses: [{type: average_accuracy}]
"""
# The toolkit's own analysis of the workspace in the current folder.
MEASURE = """
import json
from vot.analysis.accuracy import AverageAccuracy, SequenceAccuracy
from vot.analysis.processor import AnalysisProcessor
from vot.workspace import Workspace
workspace = Workspace.load(".")
trackers = workspace.registry.resolve("dslt", storage=workspace.storage.substorage("results"))
sequences, experiment = list(workspace.dataset), workspace.stack.experiments["unsupervised"]
grid = [AnalysisProcessor.run_default(one(), experiment, trackers, sequences) for one in (AverageAccuracy, SequenceAccuracy)]
print(json.dumps([grid[0][0, 0][0], {s.name: grid[1][0, i][0] for i, s in enumerate(sequences)}], default=float))
"""


class Toolkit(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        entry = subprocess.run([sys.executable, "-m", "dslt.vot"], capture_output=True, text=True, check=True).stdout
        self.assertIn("command = dslt.vot:Tracker", entry)
        options = "".join(f"arg_{key} = {value}\n" for key, value in FAST.items())
        (self.folder / "trackers.ini").write_text(entry + options)

    def sequence(self, name: str, files: list[Path], truth: list[str]) -> None:
        height, width = cv2.imread(str(files[0])).shape[:2]
        place = self.folder / "sequences" / name
        place.mkdir(parents=True)
        for i, file in enumerate(files):
            (place / f"{i + 1:08}.jpg").symlink_to(file)
        (place / "groundtruth.txt").write_text("\n".join(truth) + "\n")
        (place / "sequence").write_text(f"channels.color=%08d.jpg\nfps=30\nformat=default\nwidth={width}\nheight={height}\n")

    def workspace(self) -> list[str]:
        """Sequences drawn here, and a real one where there is one."""
        names = ["drawn1", "drawn2"]
        for seed, name in enumerate(names):
            frames, truth = scene.clip(12, seed)
            files = [self.folder / f"{name}-{i:03}.jpg" for i in range(len(frames))]
            for file, frame in zip(files, frames):
                cv2.imwrite(str(file), frame)
            self.sequence(name, files, [",".join(f"{side:.4f}" for side in box) for box in truth])
        if SHARED.exists():
            names.append("bag")
            truth = (SHARED / "bag/groundtruth.txt").read_text().split()[:FRAMES]
            self.sequence("bag", sorted((SHARED / "bag").glob("*.jpg"))[:FRAMES], truth)
        (self.folder / "sequences/list.txt").write_text("\n".join(names) + "\n")
        (self.folder / "config.yaml").write_text(CONFIG)
        return names

    def vot(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "vot", *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300,
                              env={**os.environ, "VOT_RESULTS_BINARY": "false"})
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_the_toolkits_test_of_three_objects(self) -> None:
        said = self.vot("test", "dslt")
        self.assertIn("Test concluded success", said.strip().splitlines()[-1])
        self.assertNotIn("Exception", said)

    @unittest.skipUnless(PROGRAM, "no program dslt: DSLT_PROGRAM names none")
    def test_evaluation(self) -> None:
        names = self.workspace()
        self.vot("evaluate", "dslt")
        results = self.folder / "results/dslt"
        for name in names:
            found = (results / f"unsupervised/{name}/{name}_001.txt").read_text().split()
            files = sorted((self.folder / "sequences" / name).glob("*.jpg"))
            self.assertEqual(len(found), len(files))
            if name != "bag":  # whose truth is a polygon
                truth = np.loadtxt(self.folder / "sequences" / name / "groundtruth.txt", delimiter=",")
                boxes = [result.box for result in dslt.track(files, truth[0], **FAST)]
                np.testing.assert_allclose([list(map(float, row.split(","))) for row in found[1:]], boxes[1:], atol=1e-3)
            confidence = (results / f"unsupervised/{name}/{name}_001_confidence.value").read_text().split()
            self.assertEqual(len(confidence), len(files))
        out = subprocess.run([sys.executable, "-c", MEASURE], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(out.returncode, 0, out.stderr)
        overall, each = json.loads(out.stdout.splitlines()[-1])
        out = subprocess.run([PROGRAM, "eval", results, "--dataset", "vot", "--root", self.folder / "sequences", "--protocol", "vot",
                              "--convention", "python", "--json", "-"], capture_output=True, text=True)
        ours = json.loads(out.stdout)["trackers"]["dslt"]
        print(f"vot-toolkit: {overall:.8f} {each}\ndslt eval: {ours['no_reset_overlap']:.8f}")
        self.assertAlmostEqual(ours["no_reset_overlap"], overall, places=12)
        for name in names:
            self.assertAlmostEqual(ours["sequences"][name]["no_reset_overlap"], each[name], places=12)
        self.assertGreater(overall, 0.5)

    def test_objects_join_and_what_goes_wrong_is_said(self) -> None:
        frames, truth = scene.clip(3)
        files = [str(self.folder / f"{i}.png") for i in range(3)]
        for file, frame in zip(files, frames):
            cv2.imwrite(file, frame)
        tracker, box = dslt.vot.Tracker(**{key: str(value) for key, value in FAST.items()}), tuple(truth[0])
        self.assertEqual(tracker.init(files[0], [(box, {})]), [(box, {"confidence": 1.0})])
        second = tracker.update(files[1], [((10, 70, 30, 24), {})])
        self.assertEqual(len(second), 2)
        self.assertEqual(second[1][0], (10, 70, 30, 24))
        wanted = list(dslt.track(frames, box, **FAST))
        self.assertEqual(second[0][0], tuple(wanted[1].box))
        third = tracker.update({"color": frames[2][:, :, ::-1], "depth": frames[2][:, :, 0]}, [])
        self.assertEqual(third[0][0], tuple(wanted[2].box))
        self.assertEqual(len(tracker.init(files[0], [(box, {})])), 1)
        with self.assertRaisesRegex(RuntimeError, "There is no file .*none.png"):
            tracker.update(str(self.folder / "none.png"), [])
        with self.assertRaises(ValueError):
            dslt.vot.Tracker(sede="1")


if __name__ == "__main__":
    unittest.main()
