# SPDX-License-Identifier: Apache-2.0
"""The section of overlap over time: a strip a sequence, opening to all trackers and the worst frames."""

from __future__ import annotations

import numpy as np

from . import strips, thumbnails
from .model import Model, Sequence, Worst
from .palette import RAMP
from .text import attribute, escape, plural

OPEN = 3  # sequences that are open from the start, the worst ones


def section(model: Model, with_pictures: bool) -> str:
    shown = [s for s in model.sequences if s.overlaps is not None]
    if not shown or model.focus is None:
        return ""
    focus = model.focus.index
    mean = {s.name: _mean(s.overlaps[focus]) for s in shown}
    shown.sort(key=lambda s: (mean[s.name] if mean[s.name] is not None else 2, s.name))
    frames = thumbnails.share(shown) if with_pictures else []
    pictures = thumbnails.draw_all(frames)
    entries = [_sequence(model, s, mean[s.name], pictures, place < OPEN) for place, s in enumerate(shown)]
    return _introduction(model, with_pictures, bool(pictures)) + f'<div class="strips">{"".join(entries)}</div>'


def _introduction(model: Model, wanted: bool, drawn: bool) -> str:
    stops = ",".join(f"rgb{colour}" for colour in RAMP)
    name = escape(model.focus.name)
    text = (f'<p>Each strip runs from the first frame of a sequence to the last and is coloured by the overlap of '
            f"{name} with the ground truth. The sequences it does worst on come first; open one to see "
            f'{"every tracker" if len(model.trackers) > 1 else "more"}{" and the worst frames" if drawn else ""}.</p>'
            f'<p class="note">0<span class="ramp" role="img" aria-label="from red, lost, to blue, exact" '
            f'style="background:linear-gradient(90deg,{stops})"></span>1 '
            f"&emsp;Grey: no usable ground truth or no result.")
    if drawn:
        text += (f' &emsp;In the frames: <span class="swatch" style="border-color:{thumbnails.TRUTH}"></span>ground '
                 f'truth, <span class="swatch" style="border-color:{thumbnails.TRACKER}"></span>{name}. '
                 "Frames are counted from 0.")
    text += "</p>"
    if wanted and not drawn:
        why = model.pictures or "No frame could be read, so there are no thumbnails of the worst ones."
        text += f'<p class="note">{escape(why)}</p>'
    return text


def _mean(row: np.ndarray) -> float | None:
    known = row[np.isfinite(row)]
    return float(known.mean()) if known.size else None


def _sequence(model: Model, sequence: Sequence, mean: float | None, pictures: dict[int, thumbnails.Picture], opened: bool) -> str:
    focus = model.focus.index
    table = strips.columns(sequence.overlaps)
    alone = strips.png(table[focus:focus + 1])
    about = f"{model.focus.name} on {sequence.name}: {strips.words(sequence.overlaps[focus])}"
    value = "–" if mean is None else f"{mean:.2f}"
    parts = [f'<details{" open" if opened else ""}><summary><b>{escape(sequence.name)}</b>'
             f'<img class="strip" src="{alone}" alt="{attribute(about)}"><span>{value} in '
             f"{plural(sequence.overlaps.shape[1], 'frame')}</span></summary>"]
    if len(model.trackers) > 1:
        parts.append(_rows(model, sequence, table))
    worst = [(w, pictures[id(w)]) for w in sequence.worst if id(w) in pictures]
    if worst:
        parts.append('<div class="worst">')
        for frame, picture in sorted(worst, key=lambda pair: pair[0].frame):
            alt = f"Frame {frame.frame} of {sequence.name} with the ground truth and the box of {model.focus.name}"
            parts.append(f'<figure><img src="{picture.uri}" alt="{attribute(alt)}" loading="lazy"><figcaption>'
                         f"{_caption(frame, picture)}</figcaption></figure>")
        parts.append("</div>")
    return "".join(parts) + "</details>"


def _caption(frame: Worst, picture: thumbnails.Picture) -> str:
    text = f"frame {frame.frame}, overlap {frame.overlap:.2f}"
    if frame.box is None:
        return text + ", no box"
    return text + ", box outside" if picture.outside else text


def _rows(model: Model, sequence: Sequence, table: np.ndarray) -> str:
    means = [_mean(row) for row in sequence.overlaps]
    names = "".join(f'<li{" class=focus" if t is model.focus else ""} title="{attribute(t.name)}">{escape(t.name)}</li>'
                    for t in model.trackers)
    values = "".join(f"<li>{'–' if m is None else f'{m:.2f}'}</li>" for m in means)
    alt = f"Overlap of every tracker on {sequence.name}, a row each in the order of the overall ranking"
    return (f'<div class="rows"><ol class="names">{names}</ol><img class="strip" src="{strips.png(table)}" '
            f'alt="{attribute(alt)}" style="height:{1.05 * len(means):g}rem"><ol class="means">{values}</ol></div>')
