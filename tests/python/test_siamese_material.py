# SPDX-License-Identifier: Apache-2.0
"""weights/siamese: what is done to training pairs keeps the box around its target."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights" / "siamese"))

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips  # noqa: E402

skips.need("numpy", "cv2")

import numpy as np  # noqa: E402

from material import Frame, Material, hidden, redrawn, warped  # noqa: E402


def ellipse(side: int, box: np.ndarray) -> np.ndarray:
    """A white ellipse in `box`, corners relative to the middle, on black."""
    at = np.arange(side) - (side - 1) / 2
    u = (at[None] - (box[0] + box[2]) / 2) / ((box[2] - box[0]) / 2)
    v = (at[:, None] - (box[1] + box[3]) / 2) / ((box[3] - box[1]) / 2)
    return np.repeat(np.uint8(255 * (u * u + v * v <= 1))[..., None], 3, 2)


def around(image: np.ndarray) -> np.ndarray:
    ys, xs = np.nonzero(image[..., 0] > 127)
    middle = (image.shape[0] - 1) / 2
    return np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) - 0.5 - middle


class Pairs(unittest.TestCase):
    def test_a_bent_targets_box_lies_around_it(self) -> None:
        box = np.array([-40.0, -25.0, 30.0, 35.0])
        image, changes, misses = ellipse(255, box), [], []
        self.assertLess(np.abs(around(image) - box).max(), 1.1)
        for seed in range(30):
            bent, found = warped(image, box, np.random.default_rng(seed))
            misses.append(np.abs(around(bent) - found).max())
            changes.append(np.abs(found - box).max())
        self.assertLess(np.max(misses), 6.0)
        self.assertLess(np.median(misses), 0.5 * np.median(changes))
        self.assertGreater(np.median(changes), 3.0)

    def test_a_cover_hides_a_part_of_the_target_alone(self) -> None:
        box = np.array([-30.0, -30.0, 30.0, 30.0])
        photos = [np.full((200, 200, 3), 128, np.uint8)]
        for seed in range(20):
            image = ellipse(255, box)
            covered = hidden(image, box, photos, np.random.default_rng(seed))
            inside = image[..., 0] > 127
            share = np.mean(np.abs(covered[inside][:, 0] - 255) > 60)
            self.assertGreater(share, 0.01)
            self.assertLess(share, 0.95)

    def test_boxes_are_redrawn_alike(self) -> None:
        image, boxes = np.zeros((8, 8, 3), np.uint8), np.array([[10.0, 20, 40, 60], [-3, 5, 80, 30]])
        changes = []
        for seed in range(50):
            frames = redrawn(*(Frame(image, box) for box in boxes), np.random.default_rng(seed))
            shares = []
            for frame, (x, y, w, h) in zip(frames, boxes):
                fx, fy, fw, fh = frame.box
                self.assertGreater(min(fw / w, fh / h), 0.2)
                shares.append([(x - fx) / w, (y - fy) / h, (fx + fw - x - w) / w, (fy + fh - y - h) / h])
            np.testing.assert_allclose(shares[0], shares[1], atol=1e-9)
            changes.append(np.abs(shares[0]).max())
        self.assertGreater(np.median(changes), 0.03)
        self.assertLessEqual(max(changes), 0.5)

    def test_clutter_leaves_the_target(self) -> None:
        grey = Frame(np.full((256, 256, 3), 90, np.uint8), np.array([108.0, 108.0, 40.0, 40.0]))
        other = Frame(np.full((256, 256, 3), 200, np.uint8), np.array([100.0, 90.0, 50.0, 60.0]))
        m = Material.__new__(Material)  # without files
        m.s, m.tracks = {"groups": {"general": 1.0}}, {False: {"general": [[other, other]]}}
        m.photos = type("Photos", (), {"train": [np.full((200, 200, 3), 30, np.uint8)]})()
        for seed in range(20):
            image = m.cluttered(grey, np.random.default_rng(seed), False).image
            self.assertGreater(np.mean(image != 90), 0.005)
            middle = image[118:138, 118:138]
            self.assertTrue((middle == 90).all(), f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
