# SPDX-License-Identifier: Apache-2.0
"""Small pictures of frames with the ground truth and a tracker's box drawn in."""

from __future__ import annotations

import base64
import io
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterable, NamedTuple

from PIL import Image, ImageDraw

from .model import Sequence, Worst
from .palette import SERIES

SIZE = (232, 174)
QUALITY = 72
BUDGET = 300  # pictures in a report, which keeps it well under 10 MB
TRUTH = "#ffffff"
SHADOW = "#101010"
TRACKER = SERIES[0][1]
ORIENTATION = 0x0112  # EXIF's tag
TURNS = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_270,
         7: Image.TRANSVERSE, 8: Image.ROTATE_90}
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


def read(path: str, size: tuple[int, int], enlarge: bool = False) -> tuple[Image.Image, tuple[int, int]] | None:
    """The picture, no larger than `size` pixels (with `enlarge`: filling it), and how large it is in full; None when it cannot be read. Upright, as EXIF
    has it, for boxes are."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                full = file.size
                file.draft("RGB", (size[0] * 2, size[1] * 2))  # JPEG: decode at a fraction of the size
                turned = file.getexif().get(ORIENTATION, 1) if file.format == "JPEG" else 1
                picture = file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    if turned in TURNS:
        picture = picture.transpose(TURNS[turned])
        full = full if turned < 5 else (full[1], full[0])
    scale = min(size[0] / full[0], size[1] / full[1])
    if scale > 1 and not enlarge:
        return picture, full
    small = max(1, round(full[0] * scale)), max(1, round(full[1] * scale))
    return picture.resize(small, Image.BILINEAR), full


def jpeg(picture: Image.Image, quality: int) -> str:
    """In base64."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def draw(worst: Worst) -> Picture | None:
    """None when the file cannot be read as a picture."""
    found = read(worst.path, SIZE, enlarge=True)
    if found is None:
        return None
    picture, full = found
    scale = min(SIZE[0] / full[0], SIZE[1] / full[1])
    canvas = ImageDraw.Draw(picture)
    for box, colour in ((worst.truth, TRUTH), (worst.box, TRACKER)):
        _outline(canvas, box, scale, colour)
    return Picture("data:image/jpeg;base64," + jpeg(picture, QUALITY), worst.box is None or not _meets(worst.box, full))


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


def at_once(call: Callable, inputs: Iterable) -> list:
    """The results in order. Decoding leaves Python's lock, so two threads are nearly twice as fast."""
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(call, inputs))


def draw_all(frames: list[Worst]) -> dict[int, Picture]:
    """Pictures by id() of their frame."""
    return {id(frame): picture for frame, picture in zip(frames, at_once(draw, frames)) if picture}
