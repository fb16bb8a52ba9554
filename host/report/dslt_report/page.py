# SPDX-License-Identifier: Apache-2.0
"""The page: sections in the order of a paper, styles and script inline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

from . import ablation, curves, protocol_figures, protocol_sections, strip_section, tables
from .curves import KINDS
from .figure import Figure
from .model import Model
from .palette import variables
from .text import escape, plural

HERE = Path(__file__).resolve().parent
FONTS = ('--sans:"Source Sans 3","Source Sans Pro","Segoe UI",system-ui,-apple-system,"Helvetica Neue",Arial,'
         '"Liberation Sans",sans-serif;--serif:"Source Serif 4","Iowan Old Style",Charter,Georgia,"Liberation Serif",'
         "serif")
PROTOCOLS = {"ope": "One-pass evaluation", "tre": "Temporal robustness evaluation",
             "sre": "Spatial robustness evaluation", "got10k": "GOT-10k's protocol"}
SHOWN_NOTES = 3  # of the remarks on the results; the others are folded
# What the page may load: nothing but what it carries.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class Page:
    """Collects sections and figures. Figures also become files when `keep` is called for each."""

    def __init__(self, model: Model, with_pictures: bool, keep: Callable[[Figure], None] | None) -> None:
        self.model, self.with_pictures, self.keep = model, with_pictures, keep
        self.sections: list[tuple[str, str, str]] = []  # identity, title, HTML

    def figure(self, figure: Figure | None, title: str = "", note: str = "") -> str:
        """HTML of a figure with its ranked legend; "" for None."""
        if figure is None:
            return ""
        svg = figure.page_svg()
        if self.keep:
            self.keep(figure)
        lines = "".join(f'<li data-s="{index}">{tables.key(index, number)}<span>{escape(text)}</span></li>'
                        for index, text, number in figure.legend)
        heading = f"<h3>{escape(title)}</h3>" if title else ""
        caption = f"<figcaption>{escape(note)}</figcaption>" if note else ""
        few = " few" if len(figure.legend) < 6 else ""  # no second column for a handful
        legend = f'<ol class="legend{few}">{lines}</ol>' if lines else ""
        return f"<figure>{heading}{svg}{caption}{legend}</figure>"

    def section(self, identity: str, title: str, inside: str) -> None:
        if inside:
            self.sections.append((identity, title, inside))

    # ---- sections ----------------------------------------------------------------------------------

    def overview(self) -> None:
        if not self.model.trackers:
            return
        figures = "".join(self.figure(curves.overall(self.model, kind), kind.title) for kind in KINDS.values())
        plots = f'<div class="figures">{figures}</div>' if figures else ""
        self.section("overall", "Overall", tables.overall(self.model) + plots)

    def attributes(self) -> None:
        model = self.model
        if not model.attributes:
            return
        parts = [tables.attributes(model, model.rank_measure)]
        for kind, opened in ((KINDS["success"], True), (KINDS["precision"], False)):
            figures = "".join(
                self.figure(curves.attribute(model, kind, a, number),
                            f"{a.words} ({a.count})" if a.count else a.words)
                for number, a in enumerate(model.attributes, 1))
            if figures:
                parts.append(f'<details class="fold"{" open" if opened else ""}><summary>{kind.title} plots</summary>'
                             f'<div class="figures small">{figures}</div></details>')
        self.section("attributes", "Attributes", "".join(parts))

    def sequences(self) -> None:
        self.section("sequences", "Sequences", tables.sequences(self.model) if self.model.sequences else "")
        self.section("time", "Overlap over time", strip_section.section(self.model, self.with_pictures))

    def protocols(self) -> None:
        self.section("vot", "VOT", protocol_sections.vot(self.model, self.figure))
        self.section("ablation", "Ablation", ablation.section(self.model, self.figure))
        losses = self.figure(protocol_figures.losses(self.model), "Loss") \
            + self.figure(protocol_figures.snr(self.model), "Signal to noise")
        self.section("losses", "Losses", protocol_sections.losses(self.model, losses))
        speed = self.figure(curves.speed(self.model))
        self.section("speed", "Speed", protocol_sections.speed(self.model, speed))

    def manifests(self) -> None:
        parts = []
        for tracker in self.model.trackers:
            if tracker.manifest is not None:
                text = json.dumps(tracker.manifest, indent=2, ensure_ascii=False)
                text = "\n".join(map(escape, text.split("\n")))
                parts.append(f'<details class="fold"><summary>{escape(tracker.name)}</summary>{_facts(tracker.manifest)}'
                             f"<pre>{text}</pre></details>")
        missing = [t.name for t in self.model.trackers if t.manifest is None]
        if parts and missing:
            parts.append(f'<p class="note">Without a manifest: {escape(", ".join(missing))}.</p>')
        self.section("manifest", "How the results were made", "".join(parts))

    # ---- the whole ---------------------------------------------------------------------------------

    def html(self) -> str:
        for part in (self.overview, self.attributes, self.sequences, self.protocols, self.manifests):
            part()
        model = self.model
        style = (HERE / "page.css").read_text(encoding="utf-8")
        script = (HERE / "page.js").read_text(encoding="utf-8")
        themes = (f":root{{color-scheme:light dark;{FONTS};--heat:43,155,219;{variables(False)}}}"
                  f"@media screen and (prefers-color-scheme:dark){{:root{{{variables(True)}}}}}")
        links = "".join(f'<li><a href="#{i}">{escape(title)}</a></li>' for i, title, _ in self.sections)
        body = "".join(f'<section id="{i}"><h2>{escape(title)}</h2>{inside}</section>'
                       for i, title, inside in self.sections)
        return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
                '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
                '<meta name="color-scheme" content="light dark">\n'
                f"<title>{escape(model.title)}</title>\n<style>{themes}\n{style}</style>\n</head>\n<body>\n"
                f"<header><h1>{escape(model.title)}</h1>{_lead(model)}</header>\n"
                f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n<main>\n{body}\n</main>\n'
                f"<footer><p>{_footer(model)}</p></footer>\n<script>{script}</script>\n</body>\n</html>\n")


def _lead(model: Model) -> str:
    if not model.trackers:
        return _notes(model)
    best = model.trackers[0]
    value = best.value(model.rank_measure)
    frames = sum(s.frames for s in model.sequences)
    facts: list[tuple[str, str]] = []
    if value is not None:
        facts.append((f"best {'AO' if model.rank_measure == 'ao' else 'AUC'}: {best.name}", f"{value:.3f}"))
    facts += [("trackers" if len(model.trackers) != 1 else "tracker", f"{len(model.trackers):,}"),
              ("sequences" if len(model.sequences) != 1 else "sequence", f"{len(model.sequences):,}")]
    if frames:
        facts.append(("frames", f"{frames:,}"))
    items = "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(count)}</dd></div>" for what, count in facts)
    return f'<dl class="facts">{items}</dl>{_notes(model)}'


def _notes(model: Model) -> str:
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in model.notes[:SHOWN_NOTES])
    more = "".join(f"<li>{escape(note)}</li>" for note in model.notes[SHOWN_NOTES:])
    if more:
        notes += (f'<details class="note"><summary>{plural(len(model.notes) - SHOWN_NOTES, "more remark")}</summary>'
                  f"<ul>{more}</ul></details>")
    return notes


def _footer(model: Model) -> str:
    if not model.trackers:
        return "Written by dslt report."
    text = PROTOCOLS.get(model.protocol, escape(model.protocol))
    if model.dataset:
        text += f" on {escape(model.dataset)}"
    if model.convention:
        text += f" in the convention <code>{escape(model.convention)}</code>"
    return text + ". Trackers keep their colour and dashes in all figures; legends are ranked. Written by dslt report."


def _facts(manifest: dict[str, Any]) -> str:
    """The manifest's plain values, two levels deep, before the whole of it."""
    plain: list[tuple[str, Any]] = []
    for name, value in manifest.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        plain += [(f"{name}.{key}" if key else name, v) for key, v in inner
                  if isinstance(v, (str, int, float)) and v != ""]
    rows = "".join(f'<tr><th scope="row"><span class="name">{escape(name)}</span></th>'
                   f'<td class="words">{escape(value)}</td></tr>' for name, value in plain)
    return (f'<div class="box" tabindex="0" role="region" aria-label="Main values"><table><tbody>{rows}</tbody>'
            "</table></div>") if rows else ""
