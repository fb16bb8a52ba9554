# SPDX-License-Identifier: Apache-2.0
"""Tables: overall, per attribute, per sequence, and plain ones. templates/parts.html turns them into HTML; each scrolls in a
box of its own, and those with heads sort."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence as Several

from .model import MEASURES, Model, Tracker
from .text import is_number, number, speed

SHORT = {"precision20": "Precision", "norm_precision20": "Norm. precision"}
CELL_MEASURES = {"auc": ("auc", "precision20", "norm_precision20", "op50"), "ao": ("ao", "sr50", "sr75")}


@dataclass
class Head:
    short: str
    long: str = ""  # shows when pointed at
    words: bool = False  # a column of words, not of numbers
    falling: bool = False  # the rows are sorted by this column


@dataclass
class Cell:
    text: str
    key: str | None = None  # sorts by this number; "": missing; None: sorts by its text
    best: bool = False
    heat: int | None = None  # tint, per cent
    every: str = ""  # each measure's number, for the choice above the table
    words: bool = False


@dataclass
class Row:
    name: str
    cells: list[Cell]
    tracker: int | None = None  # its place, which gives the key before the name
    focus: bool = False


@dataclass
class Table:
    caption: str
    heads: list[Head]
    rows: list[Row]
    classes: str = "sorts"
    identity: str = ""
    label: str = field(default="")  # for those who do not see the caption

    def __post_init__(self) -> None:
        self.label = self.label or self.caption


def cell(value: Any, best: Any = None, text: str | None = None) -> Cell:
    exact = f"{value:.9g}" if is_number(value) else ""
    return Cell(number(value) if text is None else text, exact, is_number(value) and value == best)


def words(text: object) -> Cell:
    return Cell(str(text), words=True)


def best_of(values: Iterable[Any]) -> Any:
    return max((v for v in values if is_number(v)), default=None)


def _row(model: Model, tracker: Tracker, cells: list[Cell]) -> Row:
    return Row(tracker.name, cells, tracker.index, tracker is model.focus and len(model.trackers) > 1)


def overall(model: Model) -> Table:
    measures = [m for m in MEASURES if any(t.value(m) is not None for t in model.trackers)]
    heads = [Head("Tracker"), Head("Rank")]
    heads += [Head(SHORT.get(m, MEASURES[m]), MEASURES[m], falling=m == model.rank_measure) for m in measures]
    timed = any(t.fps for t in model.trackers)
    if timed:
        heads += [Head("fps", "Frames per second after the first frame"),
                  Head("First (s)", "Median seconds of the first frame, on which a tracker learns")]
    heads.append(Head("Sequences"))
    best = {m: best_of(t.value(m) for t in model.trackers) for m in measures}
    rows = []
    for tracker in model.trackers:
        cells = [Cell(str(tracker.index + 1))] + [cell(tracker.value(m), best[m]) for m in measures]
        if timed:
            cells.append(cell(tracker.fps, best_of(t.fps for t in model.trackers), speed(tracker.fps)))
            cells.append(cell(tracker.speed.first if tracker.speed else None))
        rows.append(_row(model, tracker, [*cells, Cell(str(len(tracker.sequences)))]))
    return Table("All sequences; precision at 20 px, normalised precision at 0.2. Bold: the best of a column.", heads, rows)


def attributes(model: Model, measure: str) -> Table:
    def value(tracker: Tracker, name: str) -> float | None:
        part = tracker.attributes.get(name)
        return tracker.value(measure, part) if isinstance(part, dict) else None

    best = {a.name: best_of(value(t, a.name) for t in model.trackers) for a in model.attributes}
    rows = [_row(model, tracker, [_heat(value(tracker, a.name), best[a.name]) for a in model.attributes])
            for tracker in model.trackers]
    heads = [Head("Tracker")] + [Head(f"{a.name} ({a.count})" if a.count else a.name, a.words) for a in model.attributes]
    return Table(f"{MEASURES[measure]} per attribute; in brackets the number of sequences.", heads, rows, "sorts dense")


def _heat(value: float | None, best: float | None) -> Cell:
    if not is_number(value):
        return Cell("–", "")
    return Cell(f"{value:.3f}", f"{value:.6g}", value == best, round(100 * value))


def measure_choice(model: Model) -> list[str]:
    """What the table of sequences can show."""
    return [MEASURES[m] for m in CELL_MEASURES[model.rank_measure]]


def sequences(model: Model) -> Table:
    """A row a sequence; each cell carries all measures for the choice above the table."""
    measures = CELL_MEASURES[model.rank_measure]
    described = any(s.attributes for s in model.sequences)
    rows = []
    for sequence in model.sequences:
        parts = [t.sequences.get(sequence.name, {}) for t in model.trackers]
        first = [part.get(measures[0]) for part in parts]
        best = max((f"{v:.3f}" for v in first if is_number(v)), default=None)
        cells = [Cell(str(sequence.frames))]
        for part, value in zip(parts, first):
            every = " ".join(f"{v:.3f}" if is_number(v) else "-" for v in (part.get(m) for m in measures))
            shown = number(value)
            cells.append(Cell(shown, None, shown == best, round(100 * value) if is_number(value) else 0, every))
        rows.append(Row(sequence.name, cells + [words(", ".join(sequence.attributes))] * described))
    heads = [Head("Sequence"), Head("Frames"), *(Head(t.name) for t in model.trackers)]
    heads += [Head("Attributes", words=True)] * described
    return Table(f"{MEASURES[measures[0]]} per sequence, unless another measure is chosen above. Bold: the best of a row.",
                 heads, rows, "sorts many", "sequence-table")


def plain(caption: str, names: Several[str], rows: Iterable[Several[Any]], digits: int = 3) -> Table:
    """A table of names and numbers; a column's best stands out only where the caller says so in the caption."""
    made, wordy = [], set()
    for first, *rest in rows:
        cells = [words(v) if isinstance(v, str) else cell(v, text=number(v, 0 if isinstance(v, int) else digits))
                 for v in rest]
        wordy |= {place for place, v in enumerate(rest, 1) if isinstance(v, str)}
        made.append(Row(first, cells))
    return Table(caption, [Head(name, words=place in wordy) for place, name in enumerate(names)], made)
