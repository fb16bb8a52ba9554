#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw docs/rooms.svg and docs/frame.svg, the pictures of docs/architecture.md. Standard library only.

    python3 docs/pictures.py

Each picture has a light background of its own, so it reads the same on a light and a dark page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

FONT = "font-family='Helvetica, Arial, sans-serif'"
INK, LINE, PAPER = "#1f2933", "#5b6b7a", "#fbfcfd"
BLUE, GREEN, AMBER, GREY = "#dbe9f8", "#dff1e1", "#fdeecb", "#e9edf1"


class Picture:
    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height = width, height
        self.parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
            f"role='img' aria-label='{escape(title, quote=True)}'>",
            f"<title>{escape(title)}</title>",
            "<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' "
            f"orient='auto'><path d='M0 0L10 5L0 10z' fill='{LINE}'/></marker></defs>",
            f"<rect width='{width}' height='{height}' rx='10' fill='{PAPER}' stroke='#cfd6dd'/>",
        ]

    def text(self, x: float, y: float, text: str, size: int = 13, weight: str = "normal", anchor: str = "middle") -> None:
        self.parts.append(
            f"<text x='{x}' y='{y}' {FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}' "
            f"fill='{INK}'>{escape(text)}</text>"
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str, name: str, *lines: str) -> None:
        self.parts.append(
            f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{fill}' stroke='{LINE}'/>"
        )
        top = y + height / 2 - 8.0 * len(lines) + 5
        self.text(x + width / 2, top, name, 15, "bold")
        for number, line in enumerate(lines):
            self.text(x + width / 2, top + 18 + 16 * number, line, 12)

    def arrow(self, *points: tuple[float, float], dashed: bool = False) -> None:
        path = "M" + "L".join(f"{x} {y}" for x, y in points)
        style = " stroke-dasharray='5 4'" if dashed else ""
        self.parts.append(f"<path d='{path}' fill='none' stroke='{LINE}' stroke-width='1.6'{style} marker-end='url(#tip)'/>")

    def save(self, name: str) -> None:
        (Path(__file__).parent / name).write_text("\n".join([*self.parts, "</svg>"]) + "\n", encoding="utf-8")


def rooms() -> None:
    p = Picture(900, 560, "The rooms of dslt: a room includes only rooms below it")
    p.arrow((34, 40), (34, 526))
    p.parts.append(
        f"<text transform='translate(24 282) rotate(-90)' {FONT} font-size='13' text-anchor='middle' fill='{INK}'>"
        "a room includes only rooms below it</text>"
    )
    p.box(60, 25, 815, 54, GREY, "cli", "the program: one verb a file")
    names = (("report", "tables and pages"), ("bench", "speed and memory"), ("experiment", "runs that resume"),
             ("eval", "scores"), ("trax", "VOT's protocols"), ("live", "a page to draw on"))
    for number, (name, line) in enumerate(names):
        p.box(60 + 137 * number, 97, 130, 54, GREY, name, line)
    p.box(60, 181, 560, 48, BLUE, "trackers", "one folder for each tracker: dslt")
    p.box(60, 241, 560, 48, BLUE, "tracker", "what trackers share: options and presets, targets, groups")
    p.box(60, 301, 560, 48, BLUE, "nn", "weight files and networks, the backbone, the head that learns on line")
    p.box(60, 361, 560, 72, GREEN, "backend", "operations: device.h, nn.h, vision.h", "cpu: oneDNN or plain C loops; cuda: kernels/, cuBLAS, cuDNN")
    p.box(60, 449, 275, 72, GREEN, "math", "formulas that host and kernels", "share: losses, Adam, sampling")
    p.box(650, 181, 225, 108, AMBER, "dataset", "benchmark sets, sequences,", "boxes; needs base alone")
    p.box(650, 301, 225, 132, AMBER, "media", "videos, images, cameras,", "rendered clips;", "needs base alone")
    p.box(353, 449, 522, 72, GREY, "base", "errors, files, processes, random numbers")
    p.text(340, 170, "the library, libdslt, with its public header include/dslt/dslt.h", 12, "bold")
    p.save("rooms.svg")


def frame() -> None:
    p = Picture(940, 430, "The way of a frame: crop, backbone, head, locate, then learning")
    y = 95
    p.text(470, 34, "dslt_tracker_update(): from a frame to a box, then learning from it", 16, "bold")
    p.box(25, y, 120, 84, AMBER, "frame", "pixels from", "the caller")
    p.box(185, y, 130, 84, GREEN, "crop", "the search area at", "each scale level")
    p.box(355, y, 140, 84, GREEN, "backbone", "VGG topology: maps", "conv4_3, conv5_3")
    p.box(535, y, 160, 84, BLUE, "head", "reduce, upsample, add;", "two regressions, added")
    p.box(735, y, 180, 84, GREEN, "locate", "motion prior, highest", "peak, place between cells")
    for x in (145, 315, 495, 695):
        p.arrow((x, y + 42), (x + 38, y + 42))
    p.text(716, y - 12, "response map", 12)
    p.box(735, 245, 180, 60, AMBER, "box", "and peak, lost or not")
    p.arrow((825, y + 84), (825, 243))
    p.box(535, 245, 160, 60, GREEN, "store", "first and latest samples")
    p.box(535, 345, 160, 60, GREEN, "update", "loss, gradient, Adam")
    p.arrow((735, 275), (697, 275))
    p.text(716, 266, "label", 12)
    p.arrow((425, y + 84), (425, 275), (533, 275))
    p.text(478, 267, "features", 12)
    p.arrow((615, 305), (615, 343))
    p.arrow((535, 375), (505, 375), (505, 212), (600, 212), (600, y + 86))
    p.text(448, 364, "new weights", 12)
    p.arrow((825, 305), (825, 375), (900, 375), dashed=True)
    p.text(818, 395, "place and size of the next search", 12)
    p.text(190, 262, "The first frame, dslt_tracker_init(), takes", 12)
    p.text(190, 279, "the same way with the given box: one sample,", 12)
    p.text(190, 296, "up to 100 steps.", 12)
    p.save("frame.svg")


if __name__ == "__main__":
    rooms()
    frame()
