# SPDX-License-Identifier: Apache-2.0
"""Small pictures of frames with the ground truth and a tracker's box drawn in."""

from __future__ import annotations

import base64
import io
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PIL import Image, ImageDraw

from .model import Sequence, Worst
from .palette import SERIES

SIZE = (232, 174)
QUALITY = 72
BUDGET = 300  # pictures in a report, which keeps it well under 10 MB
TRUTH = "#ffffff"
SHADOW = "#101010"
TRACKER = SERIES[0][1]
SMALLEST = 6  # pixels: a smaller box could not be seen


def share(sequences: list[Sequence]) -> list[Worst]:
    """The frames to show: as many of each sequence as the budget allows, at least the worst of the worst ones."""
    withpictures = [s for s in sequences if s.worst]
    each = max(1, BUDGET // max(1, len(withpictures)))
    for sequence in withpictures:
        del sequence.worst[each:]
    frames = [worst for sequence in withpictures for worst in sequence.worst]
    return sorted(frames, key=lambda worst: worst.overlap)[:BUDGET]


class Picture(NamedTuple):
    uri: str  # "data:..."
    outside: bool  # the tracker's box is nowhere within the frame


def draw(worst: Worst) -> Picture | None:
    """None when the file cannot be read as a picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(worst.path) as file:
                full = file.size
                file.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))  # JPEG: decode at a fraction of the size
                picture = file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    scale = min(SIZE[0] / full[0], SIZE[1] / full[1])
    size = max(1, round(full[0] * scale)), max(1, round(full[1] * scale))
    picture = picture.resize(size, Image.BILINEAR)
    canvas = ImageDraw.Draw(picture)
    for box, colour in ((worst.truth, TRUTH), (worst.box, TRACKER)):
        _outline(canvas, box, scale, colour)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY, optimize=True)
    uri = "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
    return Picture(uri, worst.box is None or not _meets(worst.box, full))


def _meets(box: list[float], size: tuple[int, int]) -> bool:
    x, y, width, height = box
    return x < size[0] and y < size[1] and x + width > 0 and y + height > 0


def _outline(canvas: ImageDraw.ImageDraw, box: list[float] | None, scale: float, colour: str) -> None:
    if box is None:
        return
    x, y, width, height = (value * scale for value in box)
    if not all(abs(value) < 1e6 for value in (x, y, width, height)):  # also false for NaN
        return
    wide, high = max(width, SMALLEST), max(height, SMALLEST)
    x, y = x - (wide - width) / 2, y - (high - height) / 2
    for grow, thickness, stroke in ((1, 4, SHADOW), (0, 2, colour)):
        canvas.rectangle((x - grow, y - grow, x + wide + grow, y + high + grow), outline=stroke, width=thickness)


def draw_all(frames: list[Worst]) -> dict[int, Picture]:
    """Pictures by id() of their frame. Decoding leaves Python's lock, so two threads are nearly twice as fast."""
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        pictures = pool.map(draw, frames)
        return {id(frame): picture for frame, picture in zip(frames, pictures) if picture}
