# SPDX-License-Identifier: Apache-2.0
"""Runs beside each other on pairs of frames of annotated sequences: the template from one frame, the search area from
another one, moved and resized at random. What a network is worth at one look, without the chances of a whole sequence.

    python3 weights/siamese/on_sequences.py --teachers TEACHERS --sequences FOLDER run1 run2

FOLDER has sequences in OTB layout. Prints, for each kind of sequence (the name up to its first -), the mean overlap of the
box at the best score, the share of pairs in which it is on something else (overlap below 0.1), and both of NanoTrack."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from material import Example, Frame, crop
from net import boxes_of, trained
from teachers import NanoTrack
from torch import Tensor
from train import batch_of, best_box, overlap

ELSEWHERE = 0.1  # overlap below which the box is on something else


class Sequence:
    def __init__(self, folder: Path) -> None:
        self.kind = folder.name.split("-")[0]
        self.images = sorted((folder / "img").glob("*"))
        text = (folder / "groundtruth_rect.txt").read_text().replace(",", " ")
        try:
            boxes = np.array([[float(v) for v in line.split()] for line in text.splitlines()]).reshape(-1, 4)
        except ValueError as error:
            raise SystemExit(f"{folder / 'groundtruth_rect.txt'} must have x, y, width and height in every line: {error}") from None
        self.boxes = boxes - np.array([1, 1, 0, 0])
        self.seen = [n for n in range(min(len(boxes), len(self.images))) if np.isfinite(boxes[n]).all() and boxes[n, 2:].min() > 1]

    def frame(self, n: int) -> Frame:
        image = cv2.imread(str(self.images[n]), cv2.IMREAD_COLOR)
        if image is None:
            raise SystemExit(f"{self.images[n]} cannot be decoded.")
        return Frame(image, self.boxes[n])

    def pair(self, rng: np.random.Generator, apart: int) -> Example:
        a = int(rng.choice(self.seen))
        near = [n for n in self.seen if 0 < abs(n - a) <= apart]
        first, second = self.frame(a), self.frame(int(rng.choice(near or self.seen)))
        z, inner = crop(first, 127, 127, np.zeros(2), np.ones(2))
        shift = rng.uniform(-0.5, 0.5, 2) * np.sqrt(second.box[2] * second.box[3])
        x, box = crop(second, 255, 127, shift, np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.06) * np.array([1, -1])))
        return Example(np.float32(z), np.float32(x), np.float32(box), True, True, False, np.float32(inner[2:] - inner[:2]))


def read_sequences(folder: Path) -> list[Sequence]:
    found = [Sequence(p.parent) for p in sorted(folder.glob("*/groundtruth_rect.txt"))]
    if not found:
        raise SystemExit(f"{folder} holds no sequences (NAME/img and NAME/groundtruth_rect.txt); name it with --sequences.")
    usable = [s for s in found if len(s.seen) > 1]
    if not usable:
        raise SystemExit(f"{folder}: no sequence has two frames with a box and a picture.")
    return usable


def best_overlaps(score: Tensor, distances: Tensor, box: Tensor) -> np.ndarray:
    return overlap(best_box(score, boxes_of(distances)), box)[0].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders with settings.json and checkpoint.pt")
    parser.add_argument("--teachers", type=Path, required=True)
    parser.add_argument("--sequences", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=96, help="of each sequence, in steps of 32")
    parser.add_argument("--apart", type=int, default=60, help="frames between template and search area, at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    nano, nets = NanoTrack(args.teachers / "nanotrack"), [trained(run) for run in args.runs]
    found: dict[str, list[np.ndarray]] = {}
    for index, sequence in enumerate(read_sequences(args.sequences)):
        rng = np.random.default_rng([args.seed, index])
        for _ in range(max(1, args.pairs // 32)):
            batch = batch_of([sequence.pair(rng, args.apart) for _ in range(32)], nano)
            rows = [best_overlaps(batch.answer.score, batch.answer.distances, batch.box)]
            for net in nets:
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    _, _, logit, distances = net(batch.template, batch.search, batch.size)
                rows.append(best_overlaps(logit, distances, batch.box))
            found.setdefault(sequence.kind, []).append(np.stack(rows))
    kinds = {kind: np.concatenate(rows, 1) for kind, rows in found.items()}
    kinds["all"] = np.concatenate(list(kinds.values()), 1)
    print("| run | " + " | ".join(kinds) + " |\n| --- |" + " --- |" * len(kinds))
    for row, name in enumerate(["NanoTrack v2", *(run.name for run in args.runs)]):
        cells = [f"{v[row].mean():.3f}, {(v[row] < ELSEWHERE).mean():.1%}" for v in kinds.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
