# SPDX-License-Identifier: Apache-2.0
"""The section of overlap over time: a strip a sequence, opening to all trackers and the worst frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import strips, thumbnails
from .model import Model, Sequence, Worst
from .palette import RAMP
from .text import plural

OPEN = 3  # sequences that are open from the start, the worst ones


def by_need(model: Model) -> list[Sequence]:
    """Sequences with overlaps, those first that the tracker in focus does worst on."""
    if model.focus is None:
        return []
    focus = model.focus.index
    shown = [s for s in model.sequences if s.overlaps is not None]
    mean = {s.name: _mean(s.overlaps[focus]) for s in shown}
    return sorted(shown, key=lambda s: (mean[s.name] if mean[s.name] is not None else 2, s.name))


def section(model: Model, with_pictures: bool, clips: list[Sequence]) -> dict[str, Any] | None:
    """`clips`: the sequences that play, in the player's order."""
    shown = by_need(model)
    if not shown:
        return None
    pictures = thumbnails.draw_all(thumbnails.share(shown)) if with_pictures else {}
    place = {sequence.name: index for index, sequence in enumerate(clips)}
    entries = [_sequence(model, s, pictures) | {"opened": i < OPEN, "clip": place.get(s.name)} for i, s in enumerate(shown)]
    why = ""
    if with_pictures and not pictures:
        why = f"{model.pictures or 'No frame could be read.'} So there are no thumbnails of the worst frames."
    return {"focus": model.focus.name, "many": len(model.trackers) > 1, "drawn": bool(pictures), "why": why,
            "ramp": ",".join(f"rgb{colour}" for colour in RAMP), "truth_colour": thumbnails.TRUTH,
            "box_colour": thumbnails.TRACKER, "entries": entries}


def _mean(row: np.ndarray) -> float | None:
    known = row[np.isfinite(row)]
    return float(known.mean()) if known.size else None


def _shown(mean: float | None) -> str:
    return "–" if mean is None else f"{mean:.2f}"


def _sequence(model: Model, sequence: Sequence, pictures: dict[int, thumbnails.Picture]) -> dict[str, Any]:
    focus = model.focus.index
    table = strips.columns(sequence.overlaps)
    entry = {"name": sequence.name, "strip": strips.png(table[focus:focus + 1]),
             "about": f"{model.focus.name} on {sequence.name}: {strips.words(sequence.overlaps[focus])}",
             "value": _shown(_mean(sequence.overlaps[focus])), "frames": plural(sequence.overlaps.shape[1], "frame"),
             "rows": [], "worst": [_frame(model, sequence, w, pictures[id(w)]) for w in sorted(
                 sequence.worst, key=lambda w: w.frame) if id(w) in pictures]}
    if len(model.trackers) > 1:
        entry["rows"] = [{"name": t.name, "focus": t is model.focus, "mean": _shown(_mean(row))}
                         for t, row in zip(model.trackers, sequence.overlaps)]
        entry["rows_strip"] = strips.png(table)
        entry["rows_height"] = f"{1.05 * len(model.trackers):g}"
        entry["rows_about"] = f"Overlap of every tracker on {sequence.name}, a row each in the order of the overall ranking"
    return entry


def _frame(model: Model, sequence: Sequence, frame: Worst, picture: thumbnails.Picture) -> dict[str, Any]:
    caption = f"frame {frame.frame}, overlap {frame.overlap:.2f}"
    if frame.box is None:
        caption += ", no box"
    elif picture.outside:
        caption += ", box outside"
    return {"frame": frame.frame, "uri": picture.uri, "caption": caption,
            "about": f"Frame {frame.frame} of {sequence.name} with the ground truth and the box of {model.focus.name}"}
