#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follow targets through a video and draw boxes, scores and traces with supervision.

    pip install . supervision opencv-python-headless
    python examples/python/annotate.py clip.mp4 out.mp4 120,80,64,48 300,90,60,50
"""

from __future__ import annotations

import argparse

import dslt
import numpy as np
import supervision as sv


def box(text: str) -> tuple[float, ...]:
    """X,Y,WIDTH,HEIGHT in pixels."""
    return tuple(float(number) for number in text.split(","))


def detections(results: list[dslt.Result]) -> sv.Detections:
    """The targets that are seen, each with its number; supervision's boxes are two corners."""
    seen = [index for index, result in enumerate(results) if not result.lost]
    boxes = np.array([results[index].box for index in seen]).reshape(-1, 4)
    return sv.Detections(xyxy=np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]),
                         confidence=np.array([results[index].score for index in seen]),
                         tracker_id=np.array(seen, dtype=int))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("out", help="the annotated video, .mp4")
    parser.add_argument("boxes", nargs="+", type=box, metavar="X,Y,W,H", help="targets in the first frame")
    given = parser.parse_args()

    by_track = {"color_lookup": sv.ColorLookup.TRACK}
    boxes, labels, traces = sv.BoxAnnotator(**by_track), sv.LabelAnnotator(**by_track), sv.TraceAnnotator(**by_track)
    group = dslt.Group()
    with sv.VideoSink(given.out, sv.VideoInfo.from_video_path(given.video)) as sink:
        for index, frame in enumerate(sv.get_video_frames_generator(given.video)):
            found = detections(group.update(frame) if index else group.init(frame, given.boxes))
            picture = boxes.annotate(frame.copy(), found)
            picture = traces.annotate(picture, found)
            picture = labels.annotate(picture, found, [f"{n} {score:.2f}" for n, score in zip(found.tracker_id, found.confidence)])
            sink.write_frame(picture)


if __name__ == "__main__":
    main()
