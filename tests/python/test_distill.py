# SPDX-License-Identifier: Apache-2.0
"""weights/distill: the folded network equals the trained one, the rendered pairs and the tracking loss mean what they say."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights" / "distill"))

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips  # noqa: E402

skips.need("cv2", "numpy", "torch")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

import pairs  # noqa: E402
from photos import affine, random_crop, sample  # noqa: E402
from student import CONV4_3, CONV5_3, POOL_AFTER, Student  # noqa: E402
from track_loss import gaussian, response, track_loss  # noqa: E402


def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    coarse = [rng.integers(0, 256, (20, 24, 3), dtype=np.uint8) for _ in range(3)]
    return [cv2.resize(c, (240, 200), interpolation=cv2.INTER_CUBIC) for c in coarse]


class Fold(unittest.TestCase):
    def test_folding_changes_nothing(self) -> None:
        torch.manual_seed(1)
        student = Student([4] * 13, [100.0] * 3, [64.0] * 3)
        images = torch.rand(4, 3, 32, 32) * 255
        student(images)  # running means of its own
        student.eval()
        x = (images - student.mean) / student.deviation
        taps = {}
        for index, (weight, bias) in enumerate(student.folded()):
            x = torch.relu(torch.nn.functional.conv2d(x, weight, bias, padding=1))
            taps[index] = x
            if index in POOL_AFTER:
                x = torch.nn.functional.max_pool2d(x, 2)
        _, low, high = student(images)
        for mine, exact in ((taps[CONV4_3], low), (taps[CONV5_3], high)):
            self.assertLess(float((mine - exact).detach().abs().max()), 1e-4 * float(exact.detach().abs().max()) + 1e-6)


class Material(unittest.TestCase):
    def test_the_same_seed_gives_the_same_crop(self) -> None:
        photos = pictures()
        one, two = (random_crop(photos, 64, np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(one, two)
        self.assertEqual(one.shape, (64, 64, 3))
        self.assertTrue(0 <= one.min() and one.max() <= 255)

    def test_the_centre_lands_where_it_is_asked_for(self) -> None:
        photo = np.zeros((200, 240, 3), np.uint8)
        photo[120:123, 80:83] = 255
        crop = sample(photo, affine((81, 121), (20, 44), 2.0, 0.4, 1.1, False), 64)
        y, x = np.unravel_index(int(cv2.GaussianBlur(crop[..., 0], (0, 0), 2).argmax()), (64, 64))
        self.assertLess(abs(x - 20) + abs(y - 44), 2)

    def test_pairs_are_whole_and_repeatable(self) -> None:
        photos = pictures()
        for seed in range(20):
            one, two = (pairs.render(photos, 96, np.random.default_rng(seed)) for _ in range(2))
            np.testing.assert_array_equal(one.second, two.second)
            self.assertTrue(np.isfinite(one.first).all() and np.isfinite(one.second).all())
            self.assertTrue(all(0 < v < 96 for v in one.place))


class TrackLoss(unittest.TestCase):
    def test_a_shifted_map_answers_at_its_shift(self) -> None:
        torch.manual_seed(2)
        first = torch.randn(1, 8, 16, 16)
        second = torch.roll(first, (2, -3), (2, 3))
        label = gaussian(16, 1.0, torch.full((1, 2), 7.5))
        got = response(first, second, label, 0.01)[0]
        peak = int(got.argmax())
        self.assertLessEqual(abs(peak // 16 - 9.5), 1)
        self.assertLessEqual(abs(peak % 16 - 4.5), 1)

    def test_the_right_place_costs_least_and_gradients_flow(self) -> None:
        torch.manual_seed(3)
        first = torch.randn(2, 8, 16, 16, requires_grad=True)
        second = torch.roll(first.detach(), (2, -3), (2, 3)).requires_grad_()
        place = {d: torch.tensor([[(8 - 3 + d) * 8.0, (8 + 2) * 8.0]] * 2) for d in (-3, 0, 3)}
        costs = {d: track_loss(first, second, p, 8, 1.0, 0.03) for d, p in place.items()}
        self.assertLess(float(costs[0]), min(float(costs[-3]), float(costs[3])))
        costs[0].backward()
        self.assertGreater(float(first.grad.abs().sum()), 0)
        self.assertGreater(float(second.grad.abs().sum()), 0)


if __name__ == "__main__":
    unittest.main()
