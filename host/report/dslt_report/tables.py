# SPDX-License-Identifier: Apache-2.0
"""Tables: overall, per attribute, per sequence, ablation. Each scrolls in a box of its own and sorts."""

from __future__ import annotations

from typing import Any, Iterable, Sequence as Row

from .model import MEASURES, Model, Tracker
from .palette import style
from .text import attribute, escape, is_number, number, speed

SHORT = {"precision20": "Precision", "norm_precision20": "Norm. precision"}
CELL_MEASURES = {"auc": ("auc", "precision20", "norm_precision20", "op50"), "ao": ("ao", "sr50", "sr75")}


def key(index: int, number: int = 0) -> str:
    """A short stroke in a tracker's colour and dashes, or a disc with a number."""
    look = style(index)
    if number:
        return (f'<svg class="key" viewBox="0 0 30 20" role="img" aria-label="{number}"><circle cx="15" cy="10" r="9.5" '
                f'fill="var({look.variable})"/><text x="15" y="14" class="disc">{number}</text></svg>')
    dash = f' stroke-dasharray="{" ".join(f"{2 * length:g}" for length in look.dash)}"' if look.dash else ""
    return (f'<svg class="key" viewBox="0 0 30 20" aria-hidden="true"><path d="M1 10H29" '
            f'stroke="var({look.variable})" stroke-width="3.4"{dash}/></svg>')


def head(titles: Iterable[str | tuple[str, str]], words: frozenset[int] = frozenset(), sorted_by: int | None = None) -> str:
    """Titles may be pairs of a short one and a long one, which shows when pointed at."""
    cells = []
    for place, title in enumerate(titles):
        short, long = title if isinstance(title, tuple) else (title, "")
        kind = ' class="words"' if place in words else ""
        order = ' aria-sort="descending"' if place == sorted_by else ""
        hint = f' title="{attribute(long)}"' if long else ""
        cells.append(f'<th scope="col"{kind}{order}><button type="button"{hint}>{escape(short)}</button></th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def boxed(caption: str, inside: str, classes: str = "sorts", identity: str = "") -> str:
    """The box takes the focus, so that a keyboard can scroll it."""
    named = f' id="{identity}"' if identity else ""
    label = attribute(caption)
    return (f'<div class="box" tabindex="0" role="region" aria-label="{label}"><table class="{classes}"{named}>'
            f"<caption><span>{escape(caption)}</span></caption>{inside}</table></div>")


def cell(value: Any, best: Any = None, text: str | None = None) -> str:
    shown = number(value) if text is None else text
    mark = ' class="best"' if is_number(value) and value == best else ""
    exact = f' data-k="{value:.9g}"' if is_number(value) else ' data-k=""'
    return f"<td{mark}{exact}>{shown}</td>"


def best_of(values: Iterable[Any]) -> Any:
    return max((v for v in values if is_number(v)), default=None)


def overall(model: Model) -> str:
    measures = [m for m in MEASURES if any(t.value(m) is not None for t in model.trackers)]
    timed = any(t.fps for t in model.trackers)
    names = ["Tracker", "Rank"] + [(SHORT.get(m, MEASURES[m]), MEASURES[m]) for m in measures]
    names += [("fps", "Frames per second after the first frame"),
              ("First (s)", "Median seconds of the first frame, on which a tracker learns")] * timed + ["Sequences"]
    best = {m: best_of(t.value(m) for t in model.trackers) for m in measures}
    rows = []
    for tracker in model.trackers:
        cells = [f"<td>{tracker.index + 1}</td>"] + [cell(tracker.value(m), best[m]) for m in measures]
        if timed:
            cells.append(cell(tracker.fps, best_of(t.fps for t in model.trackers), speed(tracker.fps)))
            cells.append(cell(tracker.speed.first if tracker.speed else None))
        cells.append(f"<td>{len(tracker.sequences)}</td>")
        rows.append(f"<tr{focus(model, tracker)}><th scope=\"row\">{name(tracker)}</th>"
                    f"{''.join(cells)}</tr>")
    place = 2 + measures.index(model.rank_measure) if model.rank_measure in measures else None
    return boxed("All sequences; precision at 20 px, normalised precision at 0.2. Bold: the best of a column.",
                 head(names, sorted_by=place) + f"<tbody>{''.join(rows)}</tbody>")


def name(tracker: Tracker) -> str:
    return f'<span class="name">{key(tracker.index)}<span>{escape(tracker.name)}</span></span>'


def focus(model: Model, tracker: Tracker) -> str:
    return ' class="focus"' if tracker is model.focus and len(model.trackers) > 1 else ""


def attributes(model: Model, measure: str) -> str:
    def value(tracker: Tracker, name: str) -> float | None:
        part = tracker.attributes.get(name)
        return tracker.value(measure, part) if isinstance(part, dict) else None

    best = {a.name: best_of(value(t, a.name) for t in model.trackers) for a in model.attributes}
    rows = []
    for tracker in model.trackers:
        cells = "".join(heat(value(tracker, a.name), best[a.name]) for a in model.attributes)
        rows.append(f"<tr{focus(model, tracker)}><th scope=\"row\">{name(tracker)}</th>"
                    f"{cells}</tr>")
    columns = "".join(f'<th scope="col"><button type="button" title="{attribute(a.words)}">{escape(a.name)}'
                      f"{f' ({a.count})' if a.count else ''}</button></th>" for a in model.attributes)
    inside = (f'<thead><tr><th scope="col"><button type="button">Tracker</button></th>{columns}</tr></thead>'
              f"<tbody>{''.join(rows)}</tbody>")
    return boxed(f"{MEASURES[measure]} per attribute; in brackets the number of sequences.", inside, "sorts dense")


def heat(value: float | None, best: float | None) -> str:
    if not is_number(value):
        return '<td data-k="">–</td>'
    mark = " best" if value == best else ""
    return f'<td class="heat{mark}" style="--v:{round(100 * value)}" data-k="{value:.6g}">{value:.3f}</td>'


def sequences(model: Model) -> str:
    """A row a sequence; each cell carries all measures for the choice above the table."""
    measures = CELL_MEASURES[model.rank_measure]
    described = any(s.attributes for s in model.sequences)
    names = ["Sequence", "Frames"] + [t.name for t in model.trackers] + ["Attributes"] * described
    rows = []
    for sequence in model.sequences:
        parts = [t.sequences.get(sequence.name, {}) for t in model.trackers]
        first = [part.get(measures[0]) for part in parts]
        best = max((f"{v:.3f}" for v in first if is_number(v)), default=None)
        cells = []
        for part, value in zip(parts, first):
            every = [part.get(m) for m in measures]
            data = " ".join(f"{v:.3f}" if is_number(v) else "-" for v in every)
            shown = number(value)
            mark = " best" if shown == best else ""
            tint = round(100 * value) if is_number(value) else 0
            cells.append(f'<td class="heat{mark}" style="--v:{tint}" data-v="{data}">{shown}</td>')
        words = f'<td class="words">{escape(", ".join(sequence.attributes))}</td>' if described else ""
        rows.append(f'<tr><th scope="row"><span class="name">{escape(sequence.name)}</span></th><td>{sequence.frames}</td>'
                    f"{''.join(cells)}{words}</tr>")
    words_at = frozenset({len(names) - 1}) if described else frozenset()
    options = "".join(f'<option value="{i}">{MEASURES[m]}</option>' for i, m in enumerate(measures))
    tools = ('<div class="tools" hidden><label>Measure <select id="measure" autocomplete="off">'
             f'{options}</select></label><label>Find <input id="find" type="search" autocomplete="off" '
             'placeholder="name or attribute"></label></div>')
    return tools + boxed(f"{MEASURES[measures[0]]} per sequence, unless another measure is chosen above. Bold: the best of a row.",
                         head(names, words_at) + f"<tbody>{''.join(rows)}</tbody>", "sorts many", "sequence-table")


def plain(caption: str, names: Row[str], rows: Iterable[Row[Any]], digits: int = 3) -> str:
    """A table of names and numbers; a column's best stands out only where the caller says so in the caption."""
    body, words = [], set()
    for row in rows:
        first, *rest = row
        cells = [f'<td class="words">{escape(v)}</td>' if isinstance(v, str) else
                 cell(v, text=number(v, 0 if isinstance(v, int) else digits)) for v in rest]
        words |= {place for place, v in enumerate(row) if place and isinstance(v, str)}
        body.append(f'<tr><th scope="row"><span class="name">{escape(first)}</span></th>{"".join(cells)}</tr>')
    return boxed(caption, head(names, frozenset(words)) + f"<tbody>{''.join(body)}</tbody>")
