# SPDX-License-Identifier: Apache-2.0
"""bench/vary_set.py: in every changed set the boxes stay around their target and inside the frame."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips

skips.need("numpy", "cv2")

import cv2  # noqa: E402
import numpy as np  # noqa: E402

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "vary_set.py"
WIDTH, HEIGHT, FRAMES = 160, 120, 12


def box_of(number: int) -> tuple[int, int, int, int]:
    """x, y (first pixel 0), width and height: the target goes from the left edge to the right."""
    return 8 * number, 40 + number, 40, 30


def write_set(root: Path) -> None:
    folder = root / "white"
    (folder / "img").mkdir(parents=True)
    rows = []
    for number in range(FRAMES):
        x, y, w, h = box_of(number)
        image = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
        cv2.ellipse(image, ((x + w / 2 - 0.5, y + h / 2 - 0.5), (w, h), 0), (255, 255, 255), -1)
        cv2.imwrite(str(folder / "img" / f"{number + 1:04d}.png"), image)
        rows.append(f"{x + 1},{y + 1},{w},{h}" if number else "NaN,NaN,NaN,NaN")
    (folder / "groundtruth_rect.txt").write_text("\n".join(rows) + "\n")


def around(image: np.ndarray) -> list[float]:
    """x, y, width and height of what is bright."""
    light = image[..., 0].astype(int)
    ys, xs = np.nonzero(light > (light.min() + light.max()) / 2)
    return [float(v) for v in (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1)]


class Sets(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        write_set(self.root / "set")

    def run_script(self, *options: str) -> subprocess.CompletedProcess:
        shutil.rmtree(self.root / "out", ignore_errors=True)
        command = [sys.executable, SCRIPT, self.root / "set", self.root / "out", *options]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)

    def vary(self, *options: str) -> list[tuple[list[float], np.ndarray]]:
        """Boxes (first pixel 0) and frames of the changed set."""
        result = self.run_script(*options)
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = self.root / "out" / "white"
        rows = [[float(v) for v in row.split(",")] for row in (folder / "groundtruth_rect.txt").read_text().split()]
        frames = [cv2.imread(str(path)) for path in sorted((folder / "img").iterdir())]
        self.assertEqual(len(rows), len(frames))
        return [([x - 1, y - 1, w, h], frame) for (x, y, w, h), frame in zip(rows, frames)]

    def assert_near(self, box: list[float], wanted: list[float], most: float) -> None:
        for value, expected in zip(box, wanted, strict=True):
            self.assertLessEqual(abs(value - expected), most, f"{box}, not {wanted}")

    def test_order_and_choice_of_frames(self) -> None:
        boxes = [box for box, _ in self.vary("--backwards", "--every", "3")]
        self.assertEqual([box[0] for box in boxes[:-1]], [72, 48, 24])
        self.assertTrue(math.isnan(boxes[-1][0]))

    def test_it_begins_with_a_box(self) -> None:
        self.assertEqual(self.vary()[0][0], [8, 41, 40, 30])

    def test_from_a_later_frame_on(self) -> None:
        self.assertEqual(self.vary("--from", "0.5")[0][0][0], 48)

    def test_boxes_lie_around_the_target(self) -> None:
        for options, most in ((("--side", "20"), 1.0), (("--turn", "3"), 2.0), (("--stretch",), 1.5), (("--grey",), 2.0)):
            with self.subTest(options=options):
                for box, frame in self.vary(*options)[:7]:  # later ones end at the frame's edge
                    self.assert_near(around(cv2.blur(frame, (3, 3))), box, most)

    def test_first_box_has_the_wanted_area(self) -> None:
        box, frame = self.vary("--side", "20")[0]
        self.assertAlmostEqual(math.sqrt(box[2] * box[3]), 20, delta=0.01)
        self.assertEqual(frame.shape[:2], (round(HEIGHT * 20 / math.sqrt(1200)), round(WIDTH * 20 / math.sqrt(1200))))

    def test_margins_end_at_the_frame(self) -> None:
        """OTB's rules miss a frame whose box begins outside, so a margin must not put one there."""
        boxes = [box for box, _ in self.vary("--margins=0.3,0.1,1.1,0.1")]
        self.assert_near(boxes[0], [0, 38, 92, 36], 1e-3)
        self.assert_near(boxes[1], [4, 39, 96, 36], 1e-3)
        self.assert_near(boxes[-1], [76, 48, 84, 36], 1e-3)
        self.assertTrue(all(math.isfinite(v) for box in boxes for v in box))

    def test_a_target_that_left_has_no_box(self) -> None:
        boxes = [box for box, _ in self.vary("--margins=-3,0,4,0")]  # three widths to the right
        self.assertTrue(all(math.isnan(v) for v in boxes[-1]), boxes[-1])

    def test_refuses_what_it_cannot_do(self) -> None:
        for options in (("--margins=1,2,3",), ("--margins=-1,0,0,0",), ("--margins=nan,0,0,0",), ("--every", "0"),
                        ("--from", "1"), ("--side", "0")):
            with self.subTest(options=options):
                result = self.run_script(*options)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertFalse((self.root / "out").exists())

    def test_a_broken_picture_is_named(self) -> None:
        (self.root / "set" / "white" / "img" / "0002.png").write_bytes(b"no picture")
        result = self.run_script("--grey")
        self.assertEqual(result.returncode, 1)
        self.assertIn("0002.png: cannot be read", result.stderr)


if __name__ == "__main__":
    unittest.main()
