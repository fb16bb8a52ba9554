# SPDX-License-Identifier: Apache-2.0
"""The section of dslt ablate: its table beside the paper's numbers, and convergence as in the paper's figure 11."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from . import tables
from .figure import Entry, Figure
from .model import Model
from .protocol_figures import style_index
from .tables import Head
from .text import clean, is_number, number, plural

Variant = dict[str, Any]
GROUPS = {"losses": "Losses", "layers": "Layers", "features": "Features", "mining": "Threshold and weight",
          "patches": "Patches"}


def section(model: Model, draw: Callable[..., Any]) -> dict[str, Any] | None:
    documents = [_one(model, document, place, draw) for place, document in enumerate(model.ablations)]
    return {"documents": documents} if documents else None


def _one(model: Model, document: dict[str, Any], place: int, draw: Callable[..., Any]) -> dict[str, Any]:
    variants = [v for v in document.get("variants") or [] if isinstance(v, dict) and isinstance(v.get("name"), str)]
    index = style_index(model, [clean(v["name"]) for v in variants])
    suffix = f"-{place + 1}" if place else ""
    groups = []
    for key, title in GROUPS.items():
        group = [v for v in variants if v.get(key)]
        if not group:
            continue
        figures = [draw(convergence(group, index, f"ablation-{key}-loss{suffix}", title), "Training loss, first frame"),
                   draw(steps(group, index, f"ablation-{key}-steps{suffix}", title), "Training steps of a sequence",
                        "Full colour: the first frame; pale: all later updates.")]
        groups.append({"title": title, "table": _table(group, title), "figures": list(filter(None, figures))})
    note = document.get("paper_note")
    return {"head": _head(document), "groups": groups, "note": note if isinstance(note, str) else ""}


def _head(document: dict[str, Any]) -> str:
    sequences, frames, limit = (document.get(key) for key in ("sequences", "frames", "frames_limit"))
    text = clean(document.get("dataset") or "")
    if isinstance(sequences, int) and isinstance(frames, int):
        text += f"{': ' if text else ''}{plural(sequences, 'sequence')}, {plural(frames, 'frame')}"
        if isinstance(limit, int) and limit > 0:
            text += f" (at most {limit} of each)"
    return f"{text}." if text else ""


def _table(group: list[Variant], title: str) -> tables.Table:
    paper = [v.get("paper") if isinstance(v.get("paper"), dict) else {} for v in group]
    score, name, what = "auc", "AUC", "Area under the success curve"
    if any("success50" in p for p in paper):  # of papers that print it instead
        score, name, what = "success50", "OS", "Share of frames with an overlap above 0.5"
    heads = [Head("Variant"), Head(name, what), Head("Precision", "At 20 px"), Head(f"Paper {name}", "As the paper prints it"),
             Head("Paper precision", "As the paper prints it"), Head("First steps", "Mean training steps on the first frame"),
             Head("All steps", "Mean training steps of a sequence"), Head("What it is", words=True),
             Head("The paper's words", words=True)]
    best = {m: tables.best_of(v.get(m) for v in group) for m in (score, "precision20")}
    rows = []
    for variant, printed in zip(group, paper):
        cells = [tables.cell(variant.get(m), best[m]) for m in (score, "precision20")]
        cells += [tables.cell(printed.get(m)) for m in (score, "precision20")]
        cells += [tables.cell(variant.get(m), text=number(variant.get(m), 1)) for m in ("mean_init_steps", "mean_steps")]
        cells += [tables.words(part.get(key) or "") for part, key in ((variant, "what"), (printed, "words"))]
        rows.append(tables.Row(variant["name"], cells))
    return tables.Table(f"{title}: measured beside the paper's numbers. Bold: the best measured.", heads, rows)


def convergence(group: list[Variant], index: dict[str, int], name: str, title: str) -> Figure | None:
    """Loss in shares of the first step's, so that different losses can share an axis."""
    curves = [(clean(v["name"]), [x if is_number(x) else math.nan for x in v["curve"]["relative"]]) for v in group
              if isinstance(v.get("curve"), dict) and isinstance(v["curve"].get("relative"), list)
              and len(v["curve"]["relative"]) > 1]
    if not curves:
        return None
    figure = Figure(name, f"{title}: training loss, first frame", "Iteration", "Loss / first loss", left=0.66)
    for place, (variant, values) in reversed(list(enumerate(curves))):
        figure.curve(index[variant], np.arange(1, len(values) + 1), values, width=2.4 if place == 0 else 1.6)
    if all(x > 0 for _, values in curves for x in values if math.isfinite(x)):
        figure.log_axis("y")
    figure.axes.set_xlim(1, max(len(values) for _, values in curves))
    ends = [(variant, next((x for x in reversed(values) if math.isfinite(x)), math.nan)) for variant, values in curves]
    figure.legend = [Entry(index[variant], f"{variant} [{end:.3g}]") for variant, end in ends]
    figure.alt = f"{figure.title}; at the end: " + ", ".join(entry.text for entry in figure.legend)
    return figure


def steps(group: list[Variant], index: dict[str, int], name: str, title: str) -> Figure | None:
    bars = [(clean(v["name"]), v["mean_init_steps"], v["mean_steps"]) for v in group
            if is_number(v.get("mean_init_steps")) and is_number(v.get("mean_steps"))]
    if not bars or max(whole for *_, whole in bars) <= 0:
        return None
    figure = Figure(name, f"{title}: mean training steps of a sequence", "Steps", "", height=0.85 + 0.36 * len(bars),
                    left=1.05)
    for place, (variant, first, whole) in enumerate(bars):
        figure.bar(index[variant], place, first, whole, f"{whole:,.0f}")
    figure.name_rows([variant for variant, *_ in bars])
    figure.axes.set_xlim(0, 1.18 * max(whole for *_, whole in bars))
    figure.alt = f"{figure.title}: " + ", ".join(
        f"{variant} {first:.0f} on the first frame, {whole:.0f} in all" for variant, first, whole in bars)
    return figure
