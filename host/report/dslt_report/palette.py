# SPDX-License-Identifier: Apache-2.0
"""Colours and line styles.

Figures are drawn in the light colours. Each of these is unique, so that the SVG in the page can name a CSS variable
in its place and follow the reader's light or dark setting. The series' hues are Okabe's and Ito's, made darker or
lighter until each stands out from its background; neighbours differ in lightness too, and the dash pattern tells
apart what a reader's eye may not.
"""

from __future__ import annotations

from typing import NamedTuple

# name: (light, dark)
BASE = {
    "paper": ("#fcfbf8", "#15181c"),
    "ink": ("#1d2327", "#e7e5df"),
    "soft": ("#5c656c", "#a3abb2"),
    "line": ("#d9d6cd", "#353b42"),
    "card": ("#f4f2ec", "#1d2126"),
    "accent": ("#0b5c8f", "#7fc0f0"),
}
SERIES = (
    ("#c8391f", "#ff8266"),
    ("#0b6fb3", "#62b3f4"),
    ("#058562", "#41cf9f"),
    ("#a8478a", "#f09ac8"),
    ("#b27600", "#f2b53c"),
    ("#2b9bdb", "#9adcff"),
    ("#6b4fb3", "#bba4f6"),
    ("#535b61", "#c3c6c9"),
)
# Lengths in points: drawn, left out, drawn ...
DASHES = ((), (5, 2), (1.2, 1.6), (6, 2, 1.2, 2))

# From lost (0) through half (0.5) to exact (1): strips show it on either background.
RAMP = ((178, 40, 26), (232, 143, 92), (240, 226, 196), (126, 176, 207), (24, 94, 156))
NO_TRUTH = (128, 128, 128)


class Style(NamedTuple):
    colour: str  # light, "#rrggbb"
    variable: str  # CSS variable, "--s3"
    dash: tuple[float, ...]  # empty: a solid line

    def dashes(self, scale: float) -> str:
        """For SVG's stroke-dasharray; "" for a solid line."""
        return " ".join(f"{scale * length:g}" for length in self.dash)


def style(index: int) -> Style:
    """The look of the tracker on place `index` (from 0) of the overall ranking: the same in every figure."""
    hue = index % len(SERIES)
    return Style(SERIES[hue][0], f"--s{hue}", DASHES[index // len(SERIES) % len(DASHES)])


def variables(dark: bool) -> str:
    """CSS declarations of all colours."""
    side = int(dark)
    named = [f"--{name}:{pair[side]}" for name, pair in BASE.items()]
    return ";".join(named + [f"--s{i}:{pair[side]}" for i, pair in enumerate(SERIES)])


def light_to_variable() -> dict[str, str]:
    """Every light colour, "#rrggbb", to the CSS value that stands for it."""
    found = {pair[0]: f"var(--{name})" for name, pair in BASE.items()}
    found.update({pair[0]: f"var(--s{i})" for i, pair in enumerate(SERIES)})
    return found


def ramp(levels: int) -> list[tuple[int, int, int]]:
    """`levels` colours from RAMP's first to its last."""
    out = []
    for level in range(levels):
        place = level * (len(RAMP) - 1) / (levels - 1)
        low = min(int(place), len(RAMP) - 2)
        part = place - low
        out.append(tuple(round(a + (b - a) * part) for a, b in zip(RAMP[low], RAMP[low + 1])))
    return out
