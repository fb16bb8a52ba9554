#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Track a part of a video now and the rest later: what the tracker knows is kept in a file between the runs.

    resume.py clip.mp4 clip.state --box 120,80,64,48 --frames 100      begin, stop after 100 frames
    resume.py clip.mp4 clip.state --frames 100                         the next 100
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from pathlib import Path

import dslt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video", help="a video, or a folder of pictures")
    parser.add_argument("state", type=Path, help="file between the runs")
    parser.add_argument("--box", help="x,y,width,height in the first frame, to begin anew")
    parser.add_argument("--frames", type=int, default=100, help="frames of this run (100)")
    given = parser.parse_args()
    try:
        if given.box:
            tracker, done = dslt.Tracker(), 0
        else:
            kept = given.state.read_bytes()  # the number of frames so far, and the tracker
            done, tracker = int.from_bytes(kept[:8], "little"), dslt.Tracker.load(kept[8:])
        for frame in itertools.islice(dslt.frames(given.video, ahead=4), done, done + given.frames):
            result = tracker.update(frame) if done else tracker.init(frame, given.box.split(","))
            done += 1
            print(done, *(f"{side:.2f}" for side in result.box), sep=",")
    except (dslt.Error, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    part = given.state.with_name(given.state.name + ".part")
    part.write_bytes(done.to_bytes(8, "little") + tracker.save())
    os.replace(part, given.state)  # all of it or what was there before
    return 0


if __name__ == "__main__":
    sys.exit(main())
