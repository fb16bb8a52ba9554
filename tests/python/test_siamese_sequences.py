# SPDX-License-Identifier: Apache-2.0
"""weights/siamese/on_sequences.py: pairs of frames of annotated sequences, and where the best box lies; earlier runs as teachers."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights" / "siamese"))

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips  # noqa: E402

skips.need("numpy", "cv2", "torch", "onnx", "onnxruntime")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from net import Net, cell_centres, trained  # noqa: E402
from on_sequences import best_overlaps, read_sequences  # noqa: E402
from teachers import Answer, Peers, mean_distances  # noqa: E402


def write_sequence(folder: Path, boxes: list[list[float]]) -> None:
    """A white target in its box, 0-based, on black; boxes are written 1-based."""
    (folder / "img").mkdir(parents=True)
    for n, (x, y, w, h) in enumerate(boxes):
        image = np.zeros((120, 160, 3), np.uint8)
        if np.isfinite(x):
            image[int(y) : int(y + h), int(x) : int(x + w)] = 255
        cv2.imwrite(str(folder / "img" / f"{n + 1:04d}.png"), image)
    rows = [",".join(str(v + (k < 2)) for k, v in enumerate(box)) for box in boxes]
    (folder / "groundtruth_rect.txt").write_text("\n".join(rows) + "\n")


class Sequences(unittest.TestCase):
    def test_a_pair_shows_the_target_where_its_box_says(self) -> None:
        nan = float("nan")
        with tempfile.TemporaryDirectory() as name:
            write_sequence(Path(name) / "kind-1", [[50, 40, 30, 20], [nan, nan, nan, nan], [60, 44, 30, 20], [70, 50, 34, 22]])
            write_sequence(Path(name) / "other-1", [[50, 40, 30, 20], [nan, nan, nan, nan]])  # one frame says nothing
            found = read_sequences(Path(name))
            self.assertEqual([s.kind for s in found], ["kind"])
            self.assertEqual(found[0].seen, [0, 2, 3])
            for seed in range(10):
                e = found[0].pair(np.random.default_rng(seed), 60)
                ys, xs = np.nonzero(e.search[..., 0] > 127)
                got = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) - 0.5 - 127
                np.testing.assert_allclose(got, e.box, atol=4)
                ys, xs = np.nonzero(e.template[..., 0] > 127)
                np.testing.assert_allclose([xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()], e.size, atol=4)

    def test_no_sequences(self) -> None:
        with tempfile.TemporaryDirectory() as name, self.assertRaises(SystemExit) as failure:
            read_sequences(Path(name))
        self.assertIn("--sequences", str(failure.exception))

    def test_what_is_no_box_is_named(self) -> None:
        for text, said in (("1,2,3\n", "width and height"), ("1,2,3,x\n", "width and height"), ("nan,nan,nan,nan\n", "two frames")):
            with tempfile.TemporaryDirectory() as name:
                write_sequence(Path(name) / "kind-1", [[50, 40, 30, 20], [50, 40, 30, 20]])
                (Path(name) / "kind-1" / "groundtruth_rect.txt").write_text(text)
                with self.assertRaises(SystemExit) as failure:
                    read_sequences(Path(name))
                self.assertIn(said, str(failure.exception), text)
                self.assertIn(name, str(failure.exception))

    def test_overlap_of_the_best_box(self) -> None:
        score, distances = torch.full((2, 16, 16), -5.0), torch.full((2, 4, 16, 16), 20.0)
        score[0, 8, 8] = score[1, 8, 10] = 3.0
        centre = float(cell_centres(16)[8])
        box = torch.tensor([[centre - 20, centre - 20, centre + 20, centre + 20]] * 2)
        found = best_overlaps(score, distances, box)
        self.assertAlmostEqual(float(found[0]), 1, places=4)
        self.assertAlmostEqual(float(found[1]), (40 - 32) / (40 + 32), places=4)

    def test_distances_are_the_geometric_mean_weighted_by_scores(self) -> None:
        ones = torch.ones(1, 4, 2, 2)
        high, none = torch.full((1, 2, 2), 0.8), torch.zeros(1, 2, 2)
        for scores, wanted in (([high, high], 20.0), ([high, none], 10.0), ([none, none], 20.0)):
            found = mean_distances(scores, [10 * ones, 40 * ones])
            np.testing.assert_allclose(found, wanted * ones, rtol=1e-4)

    def test_earlier_runs_count_like_the_teacher(self) -> None:
        shape = {"widths": [4, 5, 6, 8], "blocks": 1, "neck": 6, "tower": 1, "alone": 0, "around": 0.5}
        base = json.loads((ROOT / "weights" / "siamese" / "settings.json").read_text())
        with tempfile.TemporaryDirectory() as name:
            for n in range(2):
                torch.manual_seed(n)
                net = Net({**base, **shape})
                torch.nn.init.normal_(net.head.score.weight, std=2.0)
                (Path(name) / str(n)).mkdir()
                torch.save({"settings": shape, "average": net.state_dict()}, Path(name) / str(n) / "checkpoint.pt")
            runs = [Path(name) / str(n) for n in range(2)]
            peers, nets = Peers(runs), [trained(run) for run in runs]
        z, x, size = torch.rand(2, 3, 127, 127) * 255, torch.rand(2, 3, 255, 255) * 255, torch.tensor([[60.0, 40.0], [50.0, 70.0]])
        none = torch.zeros(2, 0)
        own = Answer(none, none, none, torch.rand(2, 16, 16), torch.rand(2, 4, 16, 16) * 50 + 10, none)
        got = peers(own, z, x, size)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            scores = [own.score, *(net(z, x, size)[2].sigmoid() for net in nets)]
        self.assertGreater(float((scores[1] - scores[2]).abs().max()), 0.05)
        np.testing.assert_allclose(got.score, sum(scores) / 3, atol=1e-3)
        self.assertEqual(got.distances.shape, own.distances.shape)
        self.assertTrue(bool(torch.isfinite(got.distances).all()))


if __name__ == "__main__":
    unittest.main()
