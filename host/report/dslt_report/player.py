# SPDX-License-Identifier: Apache-2.0
"""Sequences that play in the page: which of them, how many of their frames and how large, so that they fit into a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from . import strips, thumbnails
from .model import Model, Sequence
from .text import plural

QUALITY = 62
# Tried in turn until all sequences fit: longest side in pixels, and every which of the frames at hand.
PLANS = ((480, 1), (400, 1), (320, 1), (320, 2), (320, 3), (256, 3), (256, 4), (256, 6), (256, 8), (256, 12), (256, 100_000))
ENOUGH = 100  # frames of a sequence that no plan goes below; rather, sequences are left out
SAMPLES = 3  # frames of a sequence by which the size of the others is guessed
MARGIN = 1.04  # what a guess may be wrong by; where it was wrong by more, frames are dropped


@dataclass
class Clip:
    """One sequence in the page."""

    sequence: Sequence
    stride: int  # every which of the frames at hand
    side: int  # the longer one of the pictures at most, pixels
    pictures: list[str | None]  # base64 of JPEG; None: the frame cannot be read
    size: tuple[int, int]  # of a frame in full
    text: Markup = Markup()  # JSON for player.js

    @property
    def step(self) -> int:
        return self.stride * self.sequence.playable.step


def section(model: Model, ordered: list[Sequence], megabytes: int) -> dict[str, Any] | None:
    """`ordered`: those first that are wanted most. None: no frames are wanted, or there are no sequences."""
    if megabytes <= 0 or not ordered:
        return None
    clips = fit([s for s in ordered if s.playable], megabytes * 1_000_000)
    why = "" if clips else f"{model.pictures or 'No frame could be read.'} So no sequence can be played."
    return {"clips": [clip.text for clip in clips], "sequences": [clip.sequence for clip in clips], "why": why,
            "trackers": model.trackers, **(_extent(clips, len(ordered), megabytes, model.focus.name) if clips else {})}


def _extent(clips: list[Clip], wanted: int, megabytes: int, focus: str) -> dict[str, Any]:
    """In words what plays and what does not, and the limit where that is why."""
    side = max(min(clip.side, max(clip.size)) for clip in clips)
    whole = max(max(clip.size) for clip in clips)
    steps = sorted({clip.step for clip in clips})
    every = "every frame" if steps == [1] else f"every {ordinal(steps[-1])} frame"
    every += " (of shorter sequences more)" if len(steps) > 1 else ""
    size = sum(len(clip.text) for clip in clips) / 1e6
    text = f"{plural(len(clips), 'sequence')}, {every}, at most {side} pixels on the longer side; {size:.1f} MB of this page."
    if len(clips) < wanted:
        text += f" {plural(wanted - len(clips), 'sequence')} more had no room or no frames: {focus} does worst on those shown."
    limited = len(clips) < wanted or steps != [1] or side < min(PLANS[0][0], whole)
    return {"extent": text, "limit": megabytes if limited else None}


def ordinal(number: int) -> str:
    if number == 2:
        return "other"
    return f"{number}{'th' if number % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


# ---- what fits -------------------------------------------------------------------------------------


def fit(playable: list[Sequence], limit: int) -> list[Clip]:
    """As much as `limit` characters hold. A sequence of which no frame can be read is left out."""
    costs = {s.name: cost for s, cost in zip(playable, thumbnails.at_once(_guess, playable)) if cost}
    clips = [clip for clip in (_encode(s, stride, side) for s, stride, side in _plan(
        [s for s in playable if s.name in costs], costs, limit)) if clip]
    while sum(len(clip.text) for clip in clips) > limit:
        largest = max(clips, key=lambda clip: len(clip.text))
        if len(largest.pictures) > 1:
            largest.stride, largest.pictures = 2 * largest.stride, largest.pictures[::2]
            largest.text = _json(largest)
        else:
            clips.remove(largest)
    return clips


def _plan(playable: list[Sequence], costs: dict[str, dict[int, float]], limit: int) -> list[tuple[Sequence, int, int]]:
    """Sequences with their stride and the side of their pictures."""

    def cost(sequence: Sequence, stride: int, side: int) -> float:
        count = -(-len(sequence.playable.paths) // stride)
        return MARGIN * (count * (costs[sequence.name][side] + _text_a_frame(sequence)) + _text_once(sequence))

    chosen: list[tuple[Sequence, int, int]] = []
    for side, stride in PLANS:
        chosen = [(s, max(1, min(stride, len(s.playable.paths) // ENOUGH)), side) for s in playable]
        if sum(cost(*one) for one in chosen) <= limit:
            return chosen
    fitting, room = [], float(limit)
    for one in chosen:
        if cost(*one) <= room:
            fitting.append(one)
            room -= cost(*one)
    if not fitting and chosen:  # not even one: then fewer frames of the first
        sequence, stride, side = chosen[0]
        fitting = [(sequence, stride * math.ceil(cost(sequence, stride, side) / limit), side)]
    return fitting


def _text_a_frame(sequence: Sequence) -> int:
    """Characters of boxes and overlaps."""
    return 22 * (len(sequence.overlaps) + 1) + 4 * len(sequence.overlaps)


def _text_once(sequence: Sequence) -> int:
    """Characters of the curves and the rest."""
    return 4 * len(sequence.overlaps) * min(sequence.overlaps.shape[1], strips.COLUMNS) + 300


def _guess(sequence: Sequence) -> dict[int, float] | None:
    """Characters of a picture by its side; None when no frame can be read."""
    paths = sequence.playable.paths
    places = sorted({round(i * (len(paths) - 1) / (SAMPLES - 1)) for i in range(SAMPLES)})
    largest = PLANS[0][0]
    found = [thumbnails.read(paths[i], (largest, largest)) for i in places if paths[i]]
    pictures = [one[0] for one in found if one]
    if not pictures:
        return None
    return {side: sum(len(thumbnails.jpeg(_smaller(p, side), QUALITY)) for p in pictures) / len(pictures)
            for side in sorted({side for side, _ in PLANS})}


def _smaller(picture: Any, side: int) -> Any:
    scale = side / max(picture.size)
    return picture if scale >= 1 else picture.resize([max(1, round(scale * length)) for length in picture.size])


def _encode(sequence: Sequence, stride: int, side: int) -> Clip | None:
    found = thumbnails.at_once(lambda path: path and thumbnails.read(path, (side, side)), sequence.playable.paths[::stride])
    sizes = [one[1] for one in found if one]
    if not sizes:
        return None
    pictures = thumbnails.at_once(lambda one: thumbnails.jpeg(one[0], QUALITY) if one else None, found)
    clip = Clip(sequence, stride, side, pictures, sizes[0])
    clip.text = _json(clip)
    return clip


# ---- for the script --------------------------------------------------------------------------------


def _json(clip: Clip) -> Markup:
    sequence, step = clip.sequence, clip.step
    boxes = sequence.playable.boxes[:, ::step]
    return htmlsafe_json_dumps({
        "name": sequence.name, "frames": sequence.overlaps.shape[1], "step": step, "size": clip.size,
        "pictures": clip.pictures,
        "boxes": [[_box(box) for box in row] for row in boxes],  # the truth, then the trackers; tenths of pixels
        "overlaps": [_percent(row) for row in sequence.overlaps[:, ::step]],  # of the frames that are shown
        "curves": [_percent(row) for row in strips.columns(sequence.overlaps)],  # of all
    }, separators=(",", ":"))


def _box(box: np.ndarray) -> list[int] | int:
    """0: there is none."""
    return [round(10 * float(v)) for v in box] if np.isfinite(box).all() and np.abs(box).max() < 1e6 else 0


def _percent(overlaps: np.ndarray) -> list[int]:
    """-1: unknown."""
    return [round(100 * float(v)) if math.isfinite(v) else -1 for v in overlaps]
