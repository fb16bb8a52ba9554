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
    if isinstance(document.get("networks"), list):
        groups += _networks([n for n in document["networks"] if isinstance(n, dict) and isinstance(n.get("name"), str)],
                            document.get("attributes"))
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


def _spread(value: Any, sign: str = "") -> tables.Cell:
    """Mean and deviation over networks."""
    value = value if isinstance(value, dict) else {}
    mean, deviation = value.get("mean"), value.get("deviation")
    if not is_number(mean):
        return tables.cell(None)
    return tables.cell(mean, text=f"{mean:{sign}.1f}" + (f" ± {deviation:.1f}" if is_number(deviation) else ""))


def _printed(values: Any, measure: str, digits: int = 1) -> tables.Cell:
    value = values.get(measure) if isinstance(values, dict) else None
    return tables.cell(value, text=number(value, digits))


def _networks(networks: list[dict[str, Any]], attributes: Any) -> list[dict[str, Any]]:
    """Of trained networks: scores, gains and attributes, in per cent and points."""
    scores, gains, rows = [], [], []
    for network in networks:
        seeds = len(network["variants"]) if isinstance(network.get("variants"), list) else 0
        cells = [tables.cell(seeds, text=str(seeds))]
        cells += [_spread(network.get(m)) for m in ("precision20", "auc", "success50", "fps")]
        cells += [_printed(network.get("paper"), m, d) for m, d in (("precision20", 1), ("success50", 1), ("fps", 0))]
        scores.append(tables.Row(network["name"], cells))
        for gain in (g for g in network.get("gains") or [] if isinstance(g, dict)):
            cells = [tables.words(gain.get("over") or "")]
            for measure in ("precision20", "auc"):
                cells += [_spread(gain.get(measure), "+"), _printed(gain, f"paper_{measure}")]
            gains.append(tables.Row(network["name"], cells))
    for entry in (a for a in (attributes if isinstance(attributes, list) else []) if isinstance(a, dict)):
        rows.append(tables.Row(f"{entry.get('words')} ({entry.get('sequences')})",
                               [_printed(entry.get("auc"), network["name"]) for network in networks]))
    heads = [Head("Network"), Head("Seeds"), Head("DPR", "Share of frames within 20 px"), Head("AUC"),
             Head("OSR", "Share of frames with an overlap above 0.5"), Head("fps"), Head("Paper DPR"), Head("Paper OSR"),
             Head("Paper fps")]
    groups = [("Networks", tables.Table("Mean ± deviation over seeds, per cent, beside the paper's table II.", heads, scores))]
    heads = [Head("Network"), Head("Over", words=True), Head("DPR"), Head("Paper DPR"), Head("AUC"), Head("Paper AUC")]
    groups.append(("Gains", tables.Table("Points; differences of networks with the same seed, beside the paper's figure 9.",
                                         heads, gains)))
    if rows:
        groups.append(("Attributes", tables.Table("AUC by attribute, per cent, mean over seeds.",
                                                  [Head("Attribute")] + [Head(n["name"]) for n in networks], rows)))
    return [{"title": title, "table": table, "figures": []} for title, table in groups]


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
