# SPDX-License-Identifier: Apache-2.0
"""Figures of VOT's supervised protocol (accuracy and robustness, expected average overlap) and of training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .figure import CARD, Entry, Figure
from .model import Model, Tracker
from .text import is_number, number

LINES = 12  # sequences drawn for each tracker in the figure of losses


def style_index(model: Model, names: list[str]) -> dict[str, int]:
    """Trackers keep the style they have elsewhere; names that are new come after them."""
    index = {t.name: t.index for t in model.trackers}
    for name in names:
        index.setdefault(name, len(index))
    return index


def accuracy_robustness(model: Model, index: dict[str, int]) -> Figure | None:
    usable = [v for v in model.vot if v.value("accuracy") is not None and v.value("reliability") is not None]
    if not usable:
        return None
    sensitivity = usable[0].rules.get("sensitivity")
    power = f"{sensitivity:g}" if is_number(sensitivity) else "S"
    figure = Figure("vot-ar", "Accuracy and robustness", f"Robustness, exp(-{power} failures / frames)", "Accuracy")
    for place, entry in reversed(list(enumerate(usable))):
        figure.numbered(index[entry.name], place + 1, entry.value("reliability"), entry.value("accuracy"))
    figure.axes.set_xlim(0, 1)
    figure.axes.set_ylim(0, 1)
    figure.legend = [Entry(index[v.name], v.name, place + 1) for place, v in enumerate(usable)]
    figure.alt = "Accuracy and robustness: " + ", ".join(
        f"{v.name} {v.value('accuracy'):.3f} and {v.value('reliability'):.3f}" for v in usable)
    return figure


def eao_interval(model: Model) -> tuple[float, float] | None:
    interval = next((v.rules.get("eao_interval") for v in model.vot), None)
    if isinstance(interval, list) and len(interval) == 2 and all(map(is_number, interval)):
        return interval[0], interval[1]
    return None


def expected_overlap(model: Model, index: dict[str, int]) -> Figure | None:
    usable = [v for v in model.vot if len(v.curve) > 1]
    if not usable:
        return None
    figure = Figure("vot-eao", "Expected average overlap", "Sequence length (frames)", "Expected overlap")
    longest = 0
    for place, entry in reversed(list(enumerate(usable))):
        curve = np.array([v if is_number(v) else math.nan for v in entry.curve], dtype=float)
        figure.curve(index[entry.name], np.arange(1, len(curve) + 1), curve, width=2.4 if place == 0 else 1.5)
        longest = max(longest, len(curve))
    interval = eao_interval(model)
    if interval:
        figure.axes.axvspan(*interval, facecolor=CARD, edgecolor="none", zorder=0)
    figure.axes.set_xlim(1, longest)
    figure.axes.set_ylim(0, 1)
    figure.legend = [Entry(index[v.name], f"{v.name} [{number(v.value('eao'))}]") for v in usable]
    figure.alt = "Expected average overlap: " + ", ".join(entry.text for entry in figure.legend)
    return figure


def eao_ranking(model: Model, index: dict[str, int]) -> Figure | None:
    """As in VOT's reports: the best on the right, and numbered."""
    usable = [v for v in model.vot if v.value("eao") is not None]
    if len(usable) < 2:
        return None
    figure = Figure("vot-eao-rank", "EAO, ranked", "Rank", "Expected average overlap")
    for place, entry in reversed(list(enumerate(usable))):
        figure.numbered(index[entry.name], place + 1, place + 1, entry.value("eao"))
    figure.axes.set_xlim(len(usable) + 0.6, 0.4)
    figure.axes.set_xticks(range(1, len(usable) + 1, 1 + len(usable) // 10))
    figure.axes.set_ylim(0, max(v.value("eao") for v in usable) * 1.2 or 1)
    figure.legend = [Entry(index[v.name], f"{v.name} [{v.value('eao'):.3f}]", place + 1)
                     for place, v in enumerate(usable)]
    figure.alt = "Trackers by expected average overlap: " + ", ".join(entry.text for entry in figure.legend)
    return figure


# ---- losses ----------------------------------------------------------------------------------------


def first_frame_steps(losses: dict[str, Any], key: str) -> list[float]:
    """A number for each step of the first training."""
    steps = losses.get(key)
    return [float(v) for v in steps if is_number(v)] if isinstance(steps, list) else []


def mean_curve(runs: list[list[float]]) -> np.ndarray:
    """Mean over runs at each iteration. A run that stopped early keeps its last value."""
    longest = max(map(len, runs))
    return np.mean([run + run[-1:] * (longest - len(run)) for run in runs], axis=0)


def losses(model: Model) -> Figure | None:
    """Training on the first frame: the loss."""
    figure = _training(model, "init_losses", Figure("losses", "Training loss in the first frame", "Iteration", "Loss",
                                                    left=0.66), logarithmic=True)
    if figure:
        figure.alt = "Mean training loss at the end of the first frame: " + ", ".join(e.text for e in figure.legend)
    return figure


def snr(model: Model) -> Figure | None:
    """Training on the first frame: how far the response's maximum stands out, of trackers that measure it."""
    figure = _training(model, "init_snr", Figure("snr", "Signal to noise in the first frame", "Iteration",
                                                 "exp(max - mean)", left=0.66), logarithmic=False)
    if figure:
        figure.alt = "Mean signal-to-noise ratio at the end of the first frame: " \
            + ", ".join(e.text for e in figure.legend)
    return figure


def _training(model: Model, key: str, figure: Figure, logarithmic: bool) -> Figure | None:
    """The mean over a tracker's sequences, and some sequences behind it."""
    runs: list[tuple[Tracker, list[list[float]]]] = []
    for tracker in model.trackers:
        found = [run for run in (first_frame_steps(v, key) for v in tracker.losses.values()) if len(run) > 1]
        if found:
            runs.append((tracker, found))
    if not runs:
        return None
    positive = all(v > 0 for _, found in runs for run in found for v in run)
    longest = 0
    for tracker, found in reversed(runs):
        step = max(1, len(found) // LINES)
        for run in found[::step][:LINES] if len(runs) <= 4 else []:
            figure.curve(tracker.index, range(1, len(run) + 1), run, width=0.7, alpha=0.28)
        mean = mean_curve(found)
        longest = max(longest, len(mean))
        figure.curve(tracker.index, range(1, len(mean) + 1), mean, width=2.2)
    if positive and logarithmic:
        figure.log_axis("y")
    figure.axes.set_xlim(1, longest)
    figure.legend = [Entry(t.index, f"{t.name} [{mean_curve(found)[-1]:.3g}]") for t, found in runs]
    return figure
