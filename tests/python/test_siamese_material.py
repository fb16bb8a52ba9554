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

from material import Frame, Material, bent, elsewhere, hidden, laid_beside, redrawn, warped  # noqa: E402
from outline import extents, objects_of, outline_of  # noqa: E402


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
            frames = redrawn(*(Frame(image, box) for box in boxes), np.random.default_rng(seed), [-0.28, 0.2])
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
        m.s, m.tracks = {"groups": {"general": 1.0}, "outlines": 0.0}, {False: {"general": [[other, other]]}}
        m.photos = type("Photos", (), {"train": [np.full((200, 200, 3), 30, np.uint8)]})()
        for seed in range(20):
            image = m.cluttered(grey, np.random.default_rng(seed), False).image
            self.assertGreater(np.mean(image != 90), 0.005)
            middle = image[118:138, 118:138]
            self.assertTrue((middle == 90).all(), f"seed {seed}")

    def disc(self, colour: int = 200) -> Frame:
        """A disc with some texture on a dark, textured ground; its box, without its outline."""
        rng = np.random.default_rng(0)
        ys, xs = np.mgrid[0:256, 0:256]
        image = np.repeat(np.uint8(40 + rng.integers(0, 20, (256, 256)))[..., None], 3, 2)
        image[(xs - 128) ** 2 + (ys - 128) ** 2 < 30**2] = np.uint8([colour, 60, colour // 2])
        return Frame(image, np.array([98.0, 98.0, 60.0, 60.0]))

    def test_the_outline_of_a_disc(self) -> None:
        frame = self.disc()
        outline = outline_of(frame.image, frame.box)
        self.assertEqual(outline.shape, frame.image.shape[:2])
        disc = frame.image[..., 0] == 200
        found = outline > 127
        self.assertGreater((disc & found).sum() / (disc | found).sum(), 0.9)
        np.testing.assert_allclose(extents(outline), frame.box, atol=3)
        np.testing.assert_array_equal(outline, outline_of(frame.image, frame.box))

    def test_nothing_stands_out(self) -> None:
        flat = np.full((256, 256, 3), 90, np.uint8)
        self.assertIsNone(outline_of(flat, np.array([98.0, 98.0, 60.0, 60.0])))
        self.assertIsNone(outline_of(flat, np.array([-80.0, -80.0, 400.0, 400.0])))  # no ground to compare with
        np.testing.assert_array_equal(extents(np.zeros((8, 8), np.uint8)), np.zeros(4))

    def test_a_neighbour_behind_leaves_the_target(self) -> None:
        target, other = self.disc(), self.disc(90)
        target = target._replace(outline=outline_of(target.image, target.box))
        other = other._replace(outline=outline_of(other.image, other.box))
        ys, xs = np.mgrid[0:256, 0:256]
        inner = (xs - 128) ** 2 + (ys - 128) ** 2 < 25**2
        for far in (0.3, 0.45):
            image = laid_beside(target, other, 0.0, far, 1.0, True).image
            self.assertLess(np.abs(image[inner].astype(int) - target.image[inner]).max(), 30, "hidden")
            self.assertGreater((image[..., 0] == 90).sum(), 100, "no neighbour")
        before = laid_beside(target, other, 0.0, 0.3, 1.0, False).image  # as if 0.42 away
        self.assertTrue((before[128, 100:140, 0] == 200).all())
        self.assertTrue((before[128, 160:185, 0] == 90).all())

    def test_things_of_a_photograph(self) -> None:
        photo = self.disc().image
        found = objects_of(photo, np.random.default_rng(3), 60)
        self.assertGreater(len(found), 0)
        disc = photo[..., 0] == 200
        box, outline = max(found, key=lambda f: float((disc & (f[1] > 127)).sum()))
        self.assertGreater((disc & (outline > 127)).sum() / (disc | (outline > 127)).sum(), 0.9)
        np.testing.assert_allclose(extents(outline), box, atol=4)
        again = objects_of(photo, np.random.default_rng(3), 60)
        np.testing.assert_array_equal([b for b, _ in again], [b for b, _ in found])

    def test_a_bent_thing_keeps_its_box_around_it(self) -> None:
        thing = self.disc()
        thing = thing._replace(outline=outline_of(thing.image, thing.box))
        changes = []
        for seed in range(20):
            other = bent(thing, np.random.default_rng(seed))
            ys, xs = np.nonzero(other.image[..., 0] > 150)
            x, y, w, h = other.box
            keep = (xs >= x - 4) & (xs < x + w + 4) & (ys >= y - 4) & (ys < y + h + 4)
            self.assertGreater(keep.sum(), 0.5 * w * h)
            changes.append(max(abs(w - 60), abs(h - 60)))
        self.assertGreater(np.median(changes), 3)

    def test_what_goes_elsewhere_takes_no_ground_with_it(self) -> None:
        target = self.disc()
        target = target._replace(outline=outline_of(target.image, target.box))
        photos = [np.full((300, 300, 3), 250, np.uint8)]
        for seed in range(5):
            for frame in elsewhere(photos, target, target, np.random.default_rng(seed)):
                disc = frame.image[..., 1] < 70
                x, y, w, h = frame.box
                self.assertTrue(((frame.image[..., 1] > 70) | (frame.image[..., 0] > 150)).all(), "old ground")
                ys, xs = np.nonzero(disc)
                np.testing.assert_allclose([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], [x, y, x + w, y + h], atol=3)

    def test_a_cover_hides_the_whole_target(self) -> None:
        m = Material.__new__(Material)
        grey = Frame(np.full((256, 256, 3), 90, np.uint8), np.array([108.0, 108.0, 40.0, 40.0]))
        other = Frame(np.full((256, 256, 3), 200, np.uint8), np.array([100.0, 90.0, 50.0, 60.0]))
        m.s, m.tracks = {"groups": {"general": 1.0}}, {False: {"general": [[other, other]]}}
        m.photos = type("Photos", (), {"train": [np.full((200, 200, 3), 30, np.uint8)]})()
        for seed in range(20):
            image = m.covered(grey, np.random.default_rng(seed), False).image
            self.assertTrue((np.abs(image[112:144, 112:144].astype(int) - 90) > 40).all(), f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
