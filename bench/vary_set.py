#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write an OTB-like set again, changed: with small targets, backwards, with frames left out, or from a later frame on.

    bench/vary_set.py ../shared/data/selection /tmp/small --side 20      # until the first box has 20 x 20 pixels
    bench/vary_set.py ../shared/data/selection /tmp/back --backwards
    bench/vary_set.py ../shared/data/selection /tmp/third --every 3
    bench/vary_set.py ../shared/data/selection /tmp/later --from 0.3333  # of each sequence's frames
    build/dslt run --dataset folder --root /tmp/small -o /tmp/boxes

A set for choosing settings is small; seen in other ways it tells luck from gain. The sets share their videos, so they are not as
good as other videos. A sequence begins with its first frame that has a box. Frames that are not reduced are links to the
originals. Needs Python 3 with OpenCV.
"""
import argparse
import math
import os
import pathlib
import re
import sys

import cv2


def boxes_of(path):
    rows = [line for line in path.read_text().splitlines() if line.strip()]
    return [[float(v) for v in re.split(r"[\s,]+", row.strip())[:4]] for row in rows]


def write_frame(frame, to, factor):
    if factor >= 1:
        os.symlink(frame.resolve(), to.with_suffix(frame.suffix))
        return
    image = cv2.imread(str(frame))
    if image is None:
        sys.exit(f"{frame}: cannot be read")
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(to.with_suffix(".jpg")), small, [cv2.IMWRITE_JPEG_QUALITY, 92])


def vary(folder, out, args):
    """Boxes are in the OTB convention: the first pixel is 1, so that is taken off before scaling."""
    boxes = boxes_of(folder / "groundtruth_rect.txt")
    frames = sorted(f for f in (folder / "img").iterdir() if f.suffix.lower() in (".jpg", ".jpeg", ".png", ".bmp"))
    order = list(range(min(len(frames), len(boxes))))
    order = order[int(getattr(args, "from") * len(order)) :: args.every]
    if args.backwards:
        order.reverse()
    while order and any(math.isnan(v) for v in boxes[order[0]]):
        order.pop(0)
    if not order:
        sys.exit(f"{folder}: no frame with a box is left")
    w, h = boxes[order[0]][2:]
    factor = min(1.0, args.side / math.sqrt(w * h)) if args.side else 1.0
    (out / "img").mkdir(parents=True)
    with (out / "groundtruth_rect.txt").open("w") as rows:
        for number, index in enumerate(order, 1):
            write_frame(frames[index], out / "img" / f"{number:05d}", factor)
            x, y, w, h = boxes[index]
            row = [(x - 1) * factor + 1, (y - 1) * factor + 1, w * factor, h * factor]
            rows.write(",".join("NaN" if math.isnan(v) else f"{v:.3f}" for v in row) + "\n")
    return f"{len(order)} frames, {factor:.2f} of their size"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path, help="folder of sequences, each with img/ and groundtruth_rect.txt")
    parser.add_argument("out", type=pathlib.Path, help="folder that is made; it must not exist")
    parser.add_argument("--side", type=float, help="reduce frames until the first box has SIDE x SIDE pixels")
    parser.add_argument("--backwards", action="store_true", help="the last frame first")
    parser.add_argument("--every", type=int, default=1, help="keep every N-th frame")
    parser.add_argument("--from", type=float, default=0, help="leave out this share of the frames at the beginning")
    args = parser.parse_args()
    folders = sorted(f.parent for f in args.root.glob("*/groundtruth_rect.txt"))
    if not folders:
        parser.error(f"{args.root} holds no folder with a groundtruth_rect.txt")
    if args.out.exists():
        parser.error(f"{args.out} exists already")
    if args.every < 1 or not 0 <= getattr(args, "from") < 1 or (args.side is not None and not args.side >= 1):
        parser.error("--every takes 1 or more, --from 0 to below 1, --side 1 or more")
    for folder in folders:
        print(f"{folder.name}: {vary(folder, args.out / folder.name, args)}", flush=True)


if __name__ == "__main__":
    main()
