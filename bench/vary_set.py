#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write an OTB-like set again, changed: with small targets, backwards, with frames left out, from a later frame on, turned,
grey and noisy, stretched, or with boxes drawn in another way.

    bench/vary_set.py ../shared/data/selection /tmp/small --side 20      # until the first box has 20 x 20 pixels
    bench/vary_set.py ../shared/data/selection /tmp/back --backwards
    bench/vary_set.py ../shared/data/selection /tmp/third --every 3
    bench/vary_set.py ../shared/data/selection /tmp/later --from 0.3333  # of each sequence's frames
    bench/vary_set.py ../shared/data/selection /tmp/turned --turn 3      # each frame by 3 degrees more
    bench/vary_set.py ../shared/data/selection /tmp/grey --grey          # little contrast, changing light, noise
    bench/vary_set.py ../shared/data/selection /tmp/wide --stretch       # frames become wider and lower
    bench/vary_set.py ../shared/data/selection /tmp/thin --margins=-0.2,0,-0.2,0  # each side 0.2 widths farther in
    build/dslt run --dataset folder --root /tmp/small -o /tmp/boxes

A set for choosing settings is small; seen in other ways it tells luck from gain. The sets share their videos, so they are not as
good as other videos. A sequence begins with its first frame that has a box. Frames that are not changed are links to the
originals. A box in a turned frame is that of the ellipse in the turned box; every box ends where the frame does. Needs Python 3 with OpenCV and NumPy.
"""
import argparse
import math
import os
import pathlib
import re
import sys

import cv2
import numpy as np


def boxes_of(path):
    rows = [line for line in path.read_text().splitlines() if line.strip()]
    return [[float(v) for v in re.split(r"[\s,]+", row.strip())[:4]] for row in rows]


def reduce(image, box, factor):
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small, [v * factor for v in box]


def turn(image, box, degrees):
    """Around the frame's centre, beyond its borders mirrored."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1)
    turned = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    x, y, w, h = box
    cx, cy = matrix[:, :2] @ np.array([x + w / 2 - 0.5, y + h / 2 - 0.5]) + matrix[:, 2] + 0.5
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    w, h = math.hypot(w * c, h * s), math.hypot(w * s, h * c)
    return turned, [cx - w / 2, cy - h / 2, w, h]


def grey(image, number):
    rng = np.random.default_rng(number)
    light = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    contrast = 0.45 + 0.15 * math.sin(number / 12)
    light = 100 + contrast * (light - 110) + 25 * math.sin(number / 17) + rng.normal(0, 4, light.shape)
    return np.repeat(np.clip(light, 0, 255)[..., None], 3, 2).astype(np.uint8)


class Stretch:
    """Frames grow to 1.8 times their width in at least 60 frames, and become lower by the root of that; what is shown
    stays as wide as it was and follows the target slowly."""

    def __init__(self, frames):
        self.step, self.centre = 0.8 / max(60, frames), None

    def __call__(self, image, box, number):
        height, width = image.shape[:2]
        sx = 1 + self.step * number
        sy = 1 / math.sqrt(sx)
        x, y, w, h = box
        wide = cv2.resize(image, None, fx=sx, fy=sy, interpolation=cv2.INTER_LINEAR)[:height]
        centre = wide.shape[1] / 2 if math.isnan(x) else (x + w / 2) * sx
        self.centre = centre if self.centre is None else 0.8 * self.centre + 0.2 * centre
        left = int(min(max(self.centre - width / 2, 0), wide.shape[1] - width))
        shown = cv2.copyMakeBorder(wide[:, left : left + width], 0, height - wide.shape[0], 0, 0, cv2.BORDER_REPLICATE)
        return shown, [x * sx - left, y * sy, w * sx, h * sy]


def redraw(box, margins):
    """Each side farther out by its share of the box's width or height."""
    (x, y, w, h), (left, top, right, bottom) = box, margins
    return [x - left * w, y - top * h, w * (1 + left + right), h * (1 + top + bottom)]


def inside(box, size):
    """What of a box lies in a frame of width x height pixels; NaN where nothing does. OTB's rules count a frame as a miss whose
    true box begins left of the first pixel, whatever a tracker says."""
    (x, y, w, h), (width, height) = box, size
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
    if not (right > left and bottom > top):  # false for NaN, too
        return [math.nan] * 4
    return [left, top, right - left, bottom - top]


def write_frame(frame, to, box, number, changes):
    """The frame and its box (first pixel 0) after all changes; a link to the original where there are none."""
    if not changes:
        os.symlink(frame.resolve(), to.with_suffix(frame.suffix))
        return box
    image = cv2.imread(str(frame))
    if image is None:
        sys.exit(f"{frame}: cannot be read")
    for change in changes:
        image, box = change(image, box, number)
    cv2.imwrite(str(to.with_suffix(".jpg")), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return box


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
    changes = []
    if factor < 1:
        changes.append(lambda image, box, number: reduce(image, box, factor))
    if args.turn:
        changes.append(lambda image, box, number: turn(image, box, args.turn * number))
    if args.grey:
        changes.append(lambda image, box, number: (grey(image, number), box))
    if args.stretch:
        changes.append(Stretch(len(order)))
    first = cv2.imread(str(frames[order[0]]))
    if first is None:
        sys.exit(f"{frames[order[0]]}: cannot be read")
    size = (round(first.shape[1] * factor), round(first.shape[0] * factor))
    (out / "img").mkdir(parents=True)
    with (out / "groundtruth_rect.txt").open("w") as rows:
        for number, index in enumerate(order, 1):
            x, y, w, h = boxes[index]
            box = write_frame(frames[index], out / "img" / f"{number:05d}", [x - 1, y - 1, w, h], number - 1, changes)
            box = inside(redraw(box, args.margins), size)
            row = [box[0] + 1, box[1] + 1, *box[2:]]
            rows.write(",".join("NaN" if math.isnan(v) else f"{v:.3f}" for v in row) + "\n")
    return f"{len(order)} frames, {factor:.2f} of their size"


def four_margins(text):
    refusal = argparse.ArgumentTypeError(f"{text!r} is not LEFT,TOP,RIGHT,BOTTOM, four numbers that leave something of the box")
    try:
        left, top, right, bottom = (float(v) for v in text.split(","))
    except ValueError:
        raise refusal from None
    if not all(map(math.isfinite, (left, top, right, bottom))) or left + right <= -1 or top + bottom <= -1:
        raise refusal
    return left, top, right, bottom


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path, help="folder of sequences, each with img/ and groundtruth_rect.txt")
    parser.add_argument("out", type=pathlib.Path, help="folder that is made; it must not exist")
    parser.add_argument("--side", type=float, help="reduce frames until the first box has SIDE x SIDE pixels")
    parser.add_argument("--backwards", action="store_true", help="the last frame first")
    parser.add_argument("--every", type=int, default=1, help="keep every N-th frame")
    parser.add_argument("--from", type=float, default=0, help="leave out this share of the frames at the beginning")
    parser.add_argument("--turn", type=float, default=0, metavar="DEGREES", help="turn each frame by this more than the last")
    parser.add_argument("--grey", action="store_true", help="little contrast, changing light, noise, no colours")
    parser.add_argument("--stretch", action="store_true", help="frames become wider and lower")
    parser.add_argument("--margins", type=four_margins, default=(0, 0, 0, 0), metavar="LEFT,TOP,RIGHT,BOTTOM",
                        help="every box with sides farther out by these shares of its width or height, negative: farther in")
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
