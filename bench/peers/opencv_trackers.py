#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run OpenCV's trackers over OTB-like folders, in the layout that `dslt eval` reads.

    python3 bench/peers/opencv_trackers.py --root DIR --out DIR [--trackers CSRT,KCF,MIL] [--sequences A,B] [--frames N]

Each folder under --root with img/ and groundtruth_rect.txt (or .1.txt, .2.txt: several targets, NAME-1, NAME-2) is a
sequence. For each tracker T it writes OUT/T/NAME.txt (x,y,w,h, 1-based) and OUT/T/times/NAME.txt (seconds a frame,
the first one being init; decoding apart); with --frames also OUT/T/manifest.json, which tells dslt eval how many there are. Where a tracker reports a failure its last box stands. What is there
already is not run again. Needs Debian's python3-opencv, or pip install opencv-contrib-python numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


def sequences(root: Path) -> Iterator[tuple[str, list[Path], list[float]]]:
    """Name, frames in order, first box (x, y, w, h; 1-based)."""
    for folder in sorted(p for p in root.iterdir() if (p / "img").is_dir()):
        frames = sorted(p for p in (folder / "img").iterdir() if p.suffix.lower() in SUFFIXES)
        truths = sorted(folder.glob("groundtruth_rect*.txt"))
        for index, truth in enumerate(truths):
            rows = truth.read_text().split("\n")
            box = [float(v) for v in rows[0].replace("\t", ",").replace(" ", ",").split(",") if v]
            name = folder.name if len(truths) == 1 else f"{folder.name}-{index + 1}"
            yield name, frames[: sum(1 for row in rows if row.strip())], box


def make_tracker(kind: str):
    """TrackerNano reads its networks from the folder that NANO names."""
    if kind == "Nano":
        folder = os.environ.get("NANO", "")
        params = cv2.TrackerNano_Params()
        params.backbone, params.neckhead = f"{folder}/v2_backbone.onnx", f"{folder}/v2_head.onnx"
        return cv2.TrackerNano_create(params)
    make = getattr(cv2, f"Tracker{kind}_create", None) or getattr(cv2.legacy, f"Tracker{kind}_create")
    return make()


def track(kind: str, frames: list[Path], box: list[float]) -> tuple[np.ndarray, list[float]]:
    tracker, boxes, times = make_tracker(kind), np.zeros((len(frames), 4)), []
    boxes[0] = box
    for index, path in enumerate(frames):
        frame = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if frame is None:
            raise SystemExit(f"{path}: cannot be decoded.")
        began = time.perf_counter()
        if index == 0:
            tracker.init(frame, tuple(round(v) for v in (box[0] - 1, box[1] - 1, box[2], box[3])))
        else:
            found, new = tracker.update(frame)
            boxes[index] = (new[0] + 1, new[1] + 1, new[2], new[3]) if found else boxes[index - 1]
        times.append(time.perf_counter() - began)
    return boxes, times


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trackers", default="CSRT,KCF,MIL")
    parser.add_argument("--sequences", default="", help="names, comma between them (default: all)")
    parser.add_argument("--frames", type=int, default=0, metavar="N", help="only the first N frames of each sequence")
    args = parser.parse_args()
    if args.frames < 0:
        parser.error("--frames takes 1 or more")
    wanted = set(filter(None, args.sequences.split(",")))
    found = [s for s in sequences(args.root) if not wanted or s[0] in wanted]
    if not found:
        print(f"{args.root} holds no folder with img/ and groundtruth_rect.txt.", file=sys.stderr)
        return 1
    for kind in args.trackers.split(","):
        if not hasattr(cv2, f"Tracker{kind}_create") and not hasattr(cv2.legacy, f"Tracker{kind}_create"):
            print(f"This OpenCV ({cv2.__version__}) has no tracker {kind}.", file=sys.stderr)
            return 1
        if args.frames:
            write(args.out / kind / "manifest.json",
                  [json.dumps({"program": "opencv_trackers.py", "opencv": cv2.__version__, "frames_limit": args.frames})])
        for name, frames, box in found:
            frames = frames[: args.frames or None]
            path = args.out / kind / f"{name}.txt"
            if path.exists():
                continue
            cv2.setRNGSeed(1)  # MIL draws random features
            boxes, times = track(kind, frames, box)
            write(args.out / kind / "times" / f"{name}.txt", [f"{t:.6f}" for t in times])
            write(path, [",".join(f"{v:.4f}" for v in row) for row in boxes])
            print(f"{kind} {name}: {len(frames)} frames, {len(times[1:]) / sum(times[1:]):.1f} frames/s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
