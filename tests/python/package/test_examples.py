# SPDX-License-Identifier: Apache-2.0
"""The examples run: annotate.py with supervision on a clip made here, and every cell of the notebook."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import cv2
import dslt
import nbformat
import numpy as np
import scene
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


def clip(path: Path, scale: int = 2) -> tuple[list[np.ndarray], np.ndarray]:
    """A video of the drawn clip, enlarged."""
    frames, truth = scene.clip(8)
    frames = [np.repeat(np.repeat(frame, scale, axis=0), scale, axis=1) for frame in frames]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return frames, scale * truth


class Pages(unittest.TestCase):
    """The Python of docs/python.md and of the README, on a clip of their names and boxes."""

    def test_every_block_runs(self) -> None:
        count = 0
        for page in ("docs/python.md", "README.md"):
            text = (EXAMPLES.parents[1] / page).read_text(encoding="utf-8")
            for block in re.findall(r"```python\n(.*?)```", text, re.S):
                if "got10k" in block:
                    continue  # needs the benchmark
                with self.subTest(page, block=block), tempfile.TemporaryDirectory() as folder:
                    clip(Path(folder, "clip.mp4"), 3)
                    done = subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=folder, capture_output=True, text=True)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    count += 1
        self.assertGreaterEqual(count, 4)


class Videos(unittest.TestCase):
    def test_imageio_reads_them_where_there_is_no_opencv(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            video, bad = Path(folder, "clip.mp4"), Path(folder, "bad.mp4")
            _, truth = clip(video)
            bad.write_bytes(b"no video at all")
            wanted = list(dslt.frames(video))
            boxes = [result.box for result in dslt.track(video, truth[0], **scene.FAST)]
            with mock.patch.dict(sys.modules, {"cv2": None}):
                for order, turn in (("bgr", 1), ("rgb", -1)):
                    found = list(dslt.frames(video, order))
                    self.assertEqual(len(found), len(wanted))
                    for one, other in zip(found, wanted):  # two decoders round colours in their own ways
                        self.assertLess(np.abs(one[:, :, ::turn].astype(int) - other).mean(), 4)
                again = [result.box for result in dslt.track(video, truth[0], **scene.FAST)]
                with self.assertRaisesRegex(dslt.FileError, "imageio cannot read .*bad.mp4"):
                    dslt.frames(bad)
            for one, other in zip(again, boxes):
                self.assertGreater(scene.overlap(one, other), 0.8)


class Examples(unittest.TestCase):
    def test_resume(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder, "clip.mp4")
            _, truth = clip(video)

            def run(state: str, *arguments: str) -> str:
                return subprocess.run([sys.executable, EXAMPLES / "resume.py", video, Path(folder, state), *arguments], check=True,
                                      capture_output=True, text=True).stdout

            box = ("--box", ",".join(map(str, truth[0])))
            whole, parts = run("a", *box), run("b", *box, "--frames", "3") + run("b", "--frames", "2") + run("b")
            self.assertEqual(parts, whole)
            self.assertEqual(len(whole.splitlines()), 8)

    def test_annotate(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            video, out = Path(folder, "clip.mp4"), Path(folder, "out.mp4")
            frames, truth = clip(video)
            boxes = [",".join(map(str, truth[0])), "20,120,60,60"]
            done = subprocess.run([sys.executable, EXAMPLES / "annotate.py", video, out, *boxes], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            reader, annotated = cv2.VideoCapture(str(out)), []
            while (read := reader.read())[0]:
                annotated.append(read[1])
            self.assertEqual(len(annotated), len(frames))
            for frame, picture, box in zip(frames, annotated, truth):
                self.assertEqual(picture.shape, frame.shape)
                drawn = np.abs(picture.astype(int) - frame).max(axis=2) > 60
                x, y, w, h = (int(side) for side in box)
                edge = np.zeros_like(drawn)
                edge[y - 4 : y + h + 4, x - 4 : x + w + 4] = True
                edge[y + 6 : y + h - 6, x + 6 : x + w - 6] = False
                self.assertGreater(drawn[edge].mean(), 0.15, "a box is drawn around the target")
                self.assertLess(drawn[:30, -60:].mean(), 0.02, "and nothing where there is no target")

    def test_the_notebook(self) -> None:
        file = EXAMPLES / "first_steps.ipynb"
        committed = json.loads(file.read_text(encoding="utf-8"))
        for cell in committed["cells"]:
            self.assertEqual(cell.get("outputs", []), [], "notebooks are committed without outputs")
            self.assertIsNone(cell.get("execution_count"))
        self.assertLess(file.stat().st_size, 20000)
        book = nbformat.read(file, as_version=4)
        NotebookClient(book, timeout=300, kernel_name="python3").execute()
        outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
        pictures = [output for output in outputs if "image/png" in output.get("data", {})]
        self.assertEqual(len(pictures), 2)
        said = "".join(output.get("text", "") for output in outputs) + "".join(
            output["data"].get("text/plain", "") for output in outputs if "data" in output)
        self.assertIn("DSLT_EBOX", said)
        self.assertIn("Result(box=Box(x=", said)
        self.assertNotIn("Traceback", said)


if __name__ == "__main__":
    unittest.main()
