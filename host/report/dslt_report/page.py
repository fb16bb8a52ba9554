# SPDX-License-Identifier: Apache-2.0
"""The page: sections in the order of a paper, styles and script inline. templates/ turns what is collected here into HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import jinja2
from markupsafe import Markup

from . import ablation, channels, curves, player, protocol_figures, protocol_sections, strip_section, tables
from .curves import KINDS
from .figure import Entry, Figure
from .model import Model
from .palette import style, variables
from .text import clean, plural

HERE = Path(__file__).resolve().parent
FONTS = ('--sans:"Source Sans 3","Source Sans Pro","Segoe UI",system-ui,-apple-system,"Helvetica Neue",Arial,'
         '"Liberation Sans",sans-serif;--serif:"Source Serif 4","Iowan Old Style",Charter,Georgia,"Liberation Serif",'
         "serif")
PROTOCOLS = {"ope": "One-pass evaluation", "tre": "Temporal robustness evaluation",
             "sre": "Spatial robustness evaluation", "got10k": "GOT-10k's protocol"}
SHOWN_NOTES = 3  # of the remarks on the results; the others are folded
# What the page may load: nothing but what it carries.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass
class Drawn:
    """A figure in the page."""

    svg: Markup
    title: str
    note: str
    legend: list[Entry]


@dataclass
class Section:
    identity: str  # also the template's name
    title: str
    data: dict[str, Any]


def environment() -> jinja2.Environment:
    """Every text is cleaned and escaped; what is HTML already is marked so where it is made."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined, finalize=lambda value: clean(value) if type(value) is str else value)
    made.globals.update(style=style, plural=plural, newline=Markup("\n"))
    return made


class Page:
    """Collects sections and figures. Figures also become files when `keep` is called for each."""

    def __init__(self, model: Model, with_pictures: bool, keep: Callable[[Figure], None] | None,
                 player_megabytes: int = 0) -> None:
        self.model, self.with_pictures, self.keep = model, with_pictures, keep
        self.player_megabytes = player_megabytes if with_pictures else 0
        self.sections: list[Section] = []

    def figure(self, figure: Figure | None, title: str = "", note: str = "") -> Drawn | None:
        """None for None."""
        if figure is None:
            return None
        svg = figure.page_svg()
        if self.keep:
            self.keep(figure)
        return Drawn(Markup(svg), title, note, figure.legend)

    def section(self, identity: str, title: str, data: dict[str, Any] | None) -> None:
        if data:
            self.sections.append(Section(identity, title, data))

    # ---- sections ----------------------------------------------------------------------------------

    def overview(self) -> None:
        if not self.model.trackers:
            return
        figures = [self.figure(curves.overall(self.model, kind), kind.title) for kind in KINDS.values()]
        self.section("overall", "Overall", {"table": tables.overall(self.model), "figures": list(filter(None, figures))})

    def attributes(self) -> None:
        model = self.model
        if not model.attributes:
            return
        folds = []
        for kind in (KINDS["success"], KINDS["precision"]):
            figures = [self.figure(curves.attribute(model, kind, a, number),
                                   f"{a.words} ({a.count})" if a.count else a.words)
                       for number, a in enumerate(model.attributes, 1)]
            if any(figures):
                folds.append({"title": f"{kind.title} plots", "figures": list(filter(None, figures))})
        self.section("attributes", "Attributes", {"table": tables.attributes(model, model.rank_measure), "folds": folds})

    def sequences(self) -> None:
        model = self.model
        if model.sequences:
            self.section("sequences", "Sequences",
                         {"table": tables.sequences(model), "measures": tables.measure_choice(model)})
        playing = player.section(model, strip_section.by_need(model), self.player_megabytes)
        clips = playing["sequences"] if playing else []
        self.section("time", "Overlap over time", strip_section.section(model, self.with_pictures, clips))
        self.section("player", "Player", playing)

    def protocols(self) -> None:
        self.section("vot", "VOT", protocol_sections.vot(self.model, self.figure))
        self.section("ablation", "Ablation", ablation.section(self.model, self.figure))
        self.section("losses", "Losses", protocol_sections.losses(self.model, self.figure))
        self.section("channels", "Channel weights", channels.section(self.model, self.figure))
        speed = self.figure(curves.speed(self.model))
        self.section("speed", "Speed", {"figures": [speed]} if speed else None)

    def manifests(self) -> None:
        entries = [{"name": tracker.name, "facts": _facts(tracker.manifest),
                    "lines": json.dumps(tracker.manifest, indent=2, ensure_ascii=False).split("\n")}
                   for tracker in self.model.trackers if tracker.manifest is not None]
        missing = [t.name for t in self.model.trackers if t.manifest is None]
        self.section("manifest", "How the results were made", {"entries": entries, "missing": missing} if entries else None)

    # ---- the whole ---------------------------------------------------------------------------------

    def html(self) -> str:
        for part in (self.overview, self.attributes, self.sequences, self.protocols, self.manifests):
            part()
        model = self.model
        themes = (f":root{{color-scheme:light dark;{FONTS};--heat:43,155,219;{variables(False)}}}"
                  f"@media screen and (prefers-color-scheme:dark){{:root{{{variables(True)}}}}}")
        scripts = ["page.js"] + ["player.js"] * any(s.identity == "player" and s.data["clips"] for s in self.sections)
        return environment().get_template("page.html").render(
            model=model, sections=self.sections, facts=_headline(model), notes=model.notes[:SHOWN_NOTES],
            more_notes=model.notes[SHOWN_NOTES:], protocol=PROTOCOLS.get(model.protocol, model.protocol), policy=POLICY,
            themes=Markup(themes), css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup("".join((HERE / name).read_text(encoding="utf-8") for name in scripts)))


def _headline(model: Model) -> list[tuple[str, str]]:
    if not model.trackers:
        return []
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
    return facts


def _facts(manifest: dict[str, Any]) -> tables.Table:
    """The manifest's plain values, two levels deep, before the whole of it."""
    plain: list[tuple[str, Any]] = []
    for name, value in manifest.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        plain += [(f"{name}.{key}" if key else name, v) for key, v in inner
                  if isinstance(v, (str, int, float)) and v != ""]
    return tables.Table("", [], [tables.Row(name, [tables.words(value)]) for name, value in plain], "",
                        label="Main values")
