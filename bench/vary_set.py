#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write an OTB-like set again with its frames reduced until the first box of each sequence has SIDE x SIDE pixels.

    bench/reduced_set.py ../shared/data/selection /tmp/reduced --side 20
    build/dslt run --dataset folder --root /tmp/reduced -o /tmp/boxes

Choosing settings on large targets alone says little about small ones, of which most sets for choosing have few. Sequences
whose target is smaller already are copied at their size. Needs Python 3 with OpenCV and NumPy.
"""
import argparse
import math
import pathlib
import re
import sys

import cv2


def boxes_of(path):
    rows = [line for line in path.read_text().splitlines() if line.strip()]
    return [[float(v) for v in re.split(r"[\s,]+", row.strip())[:4]] for row in rows]


def reduce(folder, out, side):
    """Boxes are in the OTB convention: the first pixel is 1, so that is taken off before scaling."""
    boxes = boxes_of(folder / "groundtruth_rect.txt")
    x, y, w, h = boxes[0]
    factor = min(1.0, side / math.sqrt(w * h))
    (out / "img").mkdir(parents=True, exist_ok=True)
    for frame in sorted((folder / "img").iterdir()):
        image = cv2.imread(str(frame))
        if image is None:
            sys.exit(f"{frame}: cannot be read")
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(out / "img" / (frame.stem + ".jpg")), small, [cv2.IMWRITE_JPEG_QUALITY, 92])
    with (out / "groundtruth_rect.txt").open("w") as rows:
        for x, y, w, h in boxes:
            row = [(x - 1) * factor + 1, (y - 1) * factor + 1, w * factor, h * factor]
            rows.write(",".join("NaN" if math.isnan(v) else f"{v:.3f}" for v in row) + "\n")
    return factor


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path, help="folder of sequences, each with img/ and groundtruth_rect.txt")
    parser.add_argument("out", type=pathlib.Path, help="folder that is made; it must not exist")
    parser.add_argument("--side", type=float, default=20, help="pixels (default 20)")
    args = parser.parse_args()
    folders = sorted(f.parent for f in args.root.glob("*/groundtruth_rect.txt"))
    if not folders:
        parser.error(f"{args.root} holds no folder with a groundtruth_rect.txt")
    if args.out.exists():
        parser.error(f"{args.out} exists already")
    for folder in folders:
        print(f"{folder.name}: reduced to {reduce(folder, args.out / folder.name, args.side):.2f}", flush=True)


if __name__ == "__main__":
    main()
