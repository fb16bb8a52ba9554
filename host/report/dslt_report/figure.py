# SPDX-License-Identifier: Apache-2.0
"""One figure, twice: for the page (text stays text, colours are CSS variables, no legend or title, for the page has
its own) and as SVG and PNG files that stand alone (with both)."""

from __future__ import annotations

import io
import re
from typing import NamedTuple, Sequence

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import NullFormatter

from . import palette
from .palette import BASE
from .text import attribute

PAPER, INK, SOFT, GRID, CARD = (BASE[name][0] for name in ("paper", "ink", "soft", "line", "card"))
VARIABLES = palette.light_to_variable()
TITLE_HEIGHT = 0.34  # inches above the axes' area, cut off in the page
ROW_LIMIT = 12  # characters of a bar's name
NAME_LIMIT = 28  # characters of a tracker's name in a file's legend

matplotlib.rcdefaults()  # the user's own matplotlibrc would change the page
matplotlib.rcParams.update({
    "svg.fonttype": "none",
    "svg.hashsalt": "dslt",  # the same identifiers in every run
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, hence the same PNG everywhere
    "font.size": 10,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.unicode_minus": False,
    "path.simplify": False,
})


class Entry(NamedTuple):
    """A line of a legend."""

    index: int  # of the tracker's style
    text: str
    number: int = 0  # in the disc of Figure.numbered(); 0: the tracker has a line instead


class Figure:
    """A pair of axes with the project's look. Sizes in inches, without the title's and the legend's room."""

    def __init__(self, name: str, title: str, xlabel: str, ylabel: str, width: float = 4.0, height: float = 3.05,
                 left: float = 0.58) -> None:
        self.name, self.title, self.width, self.height, self.left = name, title, width, height, left
        self.legend: list[Entry] = []
        self.alt = ""
        self.canvas = Canvas(figsize=(width, height))
        self.axes = self.canvas.add_axes([0, 0, 1, 1])
        self.axes.set_facecolor("none")
        self.axes.set_xlabel(xlabel)
        self.axes.set_ylabel(ylabel)
        self.axes.grid(True, color=GRID, linewidth=0.8)
        self.axes.set_axisbelow(True)
        self.axes.tick_params(which="both", length=0, pad=5)
        for side in ("top", "right"):
            self.axes.spines[side].set_visible(False)

    # ---- what is drawn -----------------------------------------------------------------------------

    def curve(self, index: int, x: Sequence[float], y: Sequence[float], width: float = 1.5, alpha: float = 1) -> None:
        """A line in the style of tracker `index`, found again in the page by its class s-INDEX."""
        look = palette.style(index)
        line, = self.axes.plot(x, y, color=look.colour, linewidth=width, alpha=alpha, solid_capstyle="round",
                               clip_on=False, zorder=3)
        if look.dash:
            line.set_dashes([length / width * 1.5 for length in look.dash])
        line.set_gid(f"series-{index}")

    def numbered(self, index: int, number: int, x: float, y: float) -> None:
        """A disc with a number, for places where names would cover each other."""
        look = palette.style(index)
        disc, = self.axes.plot([x], [y], "o", color=look.colour, markersize=14, markeredgecolor=PAPER, zorder=4)
        disc.set_gid(f"series-{index}")
        self.axes.annotate(str(number), (x, y), color=PAPER, fontsize=8, fontweight="bold", ha="center",
                           va="center_baseline", zorder=5)

    def bar(self, index: int, place: int, part: float, whole: float, label: str) -> None:
        """A horizontal bar on row `place`: `part` of it in full colour, the rest pale, the label at its end."""
        colour = palette.style(index).colour
        for value, alpha in ((whole, 0.38), (part, 1.0)):
            drawn = self.axes.barh([place], [value], height=0.62, color=colour, alpha=alpha, zorder=3)[0]
            drawn.set_gid(f"series-{index}")
        self.axes.annotate(label, (whole, place), xytext=(5, 0), textcoords="offset points", va="center",
                           fontsize=9)

    def bars(self, index: int, values: Sequence[float]) -> None:
        """An upright bar for each value, from 1 on, and a line at their mean."""
        look = palette.style(index)
        room = 72 * (self.width - self.left - 0.2) / (len(values) + 1)  # points from bar to bar
        drawn = self.axes.vlines(range(1, len(values) + 1), 0, values, color=look.colour, linewidth=0.7 * room, zorder=3)
        drawn.set_gid(f"series-{index}")
        self.axes.axhline(sum(values) / len(values), color=INK, linewidth=0.9, zorder=4)

    def name_rows(self, names: Sequence[str]) -> None:
        """Names for the rows 0, 1 ... of bars, from the top."""
        self.axes.set_yticks(range(len(names)))
        shown = [name if len(name) <= ROW_LIMIT else name[:ROW_LIMIT - 1] + "…" for name in names]
        for label in self.axes.set_yticklabels(shown):
            label.set_parse_math(False)
            label.set_color(INK)
        self.axes.set_ylim(len(names) - 0.4, -0.6)
        self.axes.grid(False, axis="y")

    def log_axis(self, which: str) -> None:
        """A logarithmic axis whose ticks are plain numbers, for "10^1" would not be text in the page."""
        getattr(self.axes, f"set_{which}scale")("log")
        axis = getattr(self.axes, f"{which}axis")
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(NullFormatter())

    # ---- what comes out ----------------------------------------------------------------------------

    def _lay_out(self, alone: bool) -> None:
        extra = (0.5 + 0.075 * max(map(len, self._labels()), default=0)) if alone and self.legend else 0
        top = TITLE_HEIGHT if alone else 0
        width, height = self.width + extra, self.height + top
        # A column of legend may be taller than the axes.
        height = max(height, 0.2 * len(self.legend) + top + 0.2) if alone else height
        bottom, right, above = 0.5, 0.2, 0.12  # right: half of the last tick's number
        self.canvas.set_size_inches(width, height)
        self.axes.set_position([self.left / width, (bottom + height - self.height - top) / height,
                                (self.width - self.left - right) / width,
                                (self.height - bottom - above) / height])
        if alone:
            self._decorate(width, height)

    def _labels(self) -> list[str]:
        texts = [f"{entry.number}  {entry.text}" if entry.number else entry.text for entry in self.legend]
        return [text if len(text) <= NAME_LIMIT + 8 else text[:NAME_LIMIT] + "…" + text[-8:] for text in texts]

    def _decorate(self, width: float, height: float) -> None:
        title = self.canvas.text(self.left / width, 1 - 0.11 / height, self.title, va="top", fontsize=11,
                                 fontweight="bold")
        title.set_parse_math(False)
        self._fit(title, width)
        if not self.legend:
            return
        looks = [palette.style(entry.index) for entry in self.legend]
        lines = [Line2D([], [], color=look.colour, marker="o", markersize=9, linestyle="none") if entry.number else
                 Line2D([], [], color=look.colour, linewidth=1.8, dashes=look.dash or (None, None))
                 for look, entry in zip(looks, self.legend)]
        # Names are anything a folder may be called: "_x" and "$x$" mean something to matplotlib, hence later.
        box = self.canvas.legend(lines, ["x"] * len(lines), loc="upper left", frameon=False, fontsize=8.5,
                                 bbox_to_anchor=((self.width + 0.02) / width, 1 - TITLE_HEIGHT / height),
                                 borderaxespad=0, handlelength=2.4, labelspacing=0.42)
        for text, label in zip(box.get_texts(), self._labels()):
            text.set_parse_math(False)
            text.set_text(label)

    def _fit(self, title: Text, width: float) -> None:
        """A title that is too long begins at the figure's edge, and is smaller where that is not enough."""
        margin = 0.1
        taken = title.get_window_extent(FigureCanvasAgg(self.canvas).get_renderer()).width / self.canvas.dpi
        if self.left + taken <= width - margin:
            return
        title.set_x(margin / width)
        title.set_fontsize(title.get_fontsize() * min(1, (width - 2 * margin) / taken))

    def _svg(self) -> str:
        stream = io.StringIO()
        FigureCanvasSVG(self.canvas).print_svg(stream, metadata={"Date": None, "Creator": None})
        return stream.getvalue()

    def page_svg(self) -> str:
        """The inline picture. Call before files(), which adds what the page does not want."""
        self._lay_out(alone=False)
        self.canvas.patch.set_visible(False)
        text = self._svg()
        text = text[text.index("<svg"):]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
        text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
        text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.S)  # would hold for the whole page
        view = re.search(r'viewBox="([^"]*)"', text).group(1)
        text = text[text.index(">") + 1:]
        text = re.sub(r'id="series-(\d+)"', r'class="series" data-s="\1"', text)
        # Only what is referred to keeps its identifier, made unique within the page.
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
        text = re.sub(r' id="([^"]*)"', lambda m: f' id="{self.name}-{m[1]}"' if m[1] in used else "", text)
        text = re.sub(r'(href="|url\()#', rf"\1#{self.name}-", text)
        text = re.sub(r"#[0-9a-f]{6}\b", lambda m: VARIABLES.get(m[0], m[0]), text)
        text = text.replace("'DejaVu Sans'", "var(--sans)")
        # Coordinates need two decimals; text between tags stays as it is.
        text = re.sub(r'="[^"]*"', lambda m: re.sub(r"(-?\d+\.\d{2})\d+", r"\1", m[0]), text)
        text = re.sub(r"\n\s*", "\n", text)
        return f'<svg class="plot" viewBox="{view}" role="img" aria-label="{attribute(self.alt)}">{text}'

    def files(self) -> dict[str, bytes]:
        """SVG and PNG by file name."""
        self._lay_out(alone=True)
        self.canvas.patch.set_visible(True)
        self.canvas.patch.set_facecolor(PAPER)
        png = io.BytesIO()
        self.canvas.set_dpi(160)
        FigureCanvasAgg(self.canvas).print_png(png, metadata={"Software": None})
        self.canvas.set_dpi(72)
        return {f"{self.name}.svg": self._svg().encode(), f"{self.name}.png": png.getvalue()}
