# SPDX-License-Identifier: Apache-2.0
"""The figures of one-pass evaluation: success, precision and normalised precision, overall and per attribute, and
accuracy against speed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from .figure import Entry, Figure
from .model import Attribute, Model, Tracker, best_first, curve
from .text import is_number


class Kind(NamedTuple):
    name: str  # of the curve in the evaluation
    title: str
    xlabel: str
    ylabel: str
    measure: str  # by which the legend ranks
    last: float  # the last threshold


KINDS = {
    kind.name: kind for kind in (
        Kind("success", "Success", "Overlap threshold", "Success rate", "auc", 1.0),
        Kind("precision", "Precision", "Location error threshold (px)", "Precision", "precision20", 50.0),
        Kind("norm_precision", "Normalised precision", "Normalised location error threshold", "Precision",
             "norm_precision20", 0.5),
    )
}


def bracket(name: str, value: float) -> str:
    """As in the papers: "DSLT [0.612]"."""
    return f"{name} [{value:.3f}]"


def _draw(figure: Figure, kind: Kind, thresholds: list[float] | None, parts: list[tuple[Tracker, dict]]) -> Figure | None:
    by_name = {tracker.name: part for tracker, part in parts}
    measure = "ao" if kind.name == "success" and any(is_number(part.get("ao")) for _, part in parts) else kind.measure
    ranked = best_first([tracker for tracker, _ in parts], lambda t: t.value(measure, by_name[t.name]))
    ranked = [(t, s) for t, s in ranked if curve(by_name[t.name], kind.name) is not None]
    if not ranked:
        return None
    for place, (tracker, _) in reversed(list(enumerate(ranked))):  # the best on top
        y = curve(by_name[tracker.name], kind.name)
        x = thresholds if thresholds and len(thresholds) == len(y) else np.linspace(0, kind.last, len(y))
        figure.curve(tracker.index, x, y, width=2.4 if place == 0 else 1.5)
    figure.legend = [Entry(tracker.index, bracket(tracker.name, score)) for tracker, score in ranked]
    figure.axes.set_xlim(0, kind.last)
    figure.axes.set_ylim(0, 1)
    figure.axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    figure.alt = f"{figure.title}. Best first: " + ", ".join(entry.text for entry in figure.legend)
    return figure


def overall(model: Model, kind: Kind) -> Figure | None:
    figure = Figure(kind.name.replace("_", "-"), f"{kind.title} plots of {model.protocol.upper()}" + (f" on {model.dataset}" if model.dataset else ""),
                    kind.xlabel, kind.ylabel)
    return _draw(figure, kind, model.thresholds.get(kind.name), [(tracker, tracker.overall) for tracker in model.trackers])


def attribute(model: Model, kind: Kind, which: Attribute, number: int) -> Figure | None:
    figure = Figure(f"{kind.name.replace('_', '-')}-{number:02d}-{slug(which.name)}",
                    f"{kind.title}: {which.words} ({which.count})", kind.xlabel, kind.ylabel, height=2.75)
    parts = [(t, t.attributes[which.name]) for t in model.trackers if isinstance(t.attributes.get(which.name), dict)]
    return _draw(figure, kind, model.thresholds.get(kind.name), parts)


def slug(name: str) -> str:
    """Letters and digits of a name, for files and identifiers."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    return kept[:40] or "x"


def speed(model: Model) -> Figure | None:
    """AUC against frames per second for trackers whose folders hold times."""
    timed = [t for t in model.trackers if t.fps and t.fps > 0 and t.value(model.rank_measure) is not None]
    if not timed:
        return None
    measure = "AO" if model.rank_measure == "ao" else "AUC"
    figure = Figure("speed", f"{measure} against speed", "Frames per second", measure, left=0.66)
    figure.log_axis("x")
    for tracker in reversed(timed):
        figure.numbered(tracker.index, tracker.index + 1, tracker.fps, tracker.value(model.rank_measure))
    low, high = min(t.fps for t in timed), max(t.fps for t in timed)
    figure.axes.set_xlim(low / 2, high * 2)
    figure.axes.set_xticks(_ticks(low / 2, high * 2))
    _room(figure, [t.value(model.rank_measure) for t in timed])
    figure.legend = [Entry(t.index, t.name, t.index + 1) for t in timed]
    figure.alt = f"{figure.title}: " + ", ".join(
        f"{t.name} {t.value(model.rank_measure):.3f} at {t.fps:.3g} frames per second" for t in timed)
    return figure


def _ticks(low: float, high: float) -> list[float]:
    ticks = [digit * 10.0**power for power in range(-4, 6) for digit in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def _room(figure: Figure, values: list[float]) -> None:
    low, high = min(values), max(values)
    margin = max(0.04, 0.2 * (high - low))
    figure.axes.set_ylim(max(0, low - margin), min(1.0, high + margin))
    figure.axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
