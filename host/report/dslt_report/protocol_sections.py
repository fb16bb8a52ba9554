# SPDX-License-Identifier: Apache-2.0
"""What the sections hold that only some results have: VOT's protocol and losses."""

from __future__ import annotations

from typing import Any, Callable

from . import protocol_figures as figures
from . import tables
from .model import Model
from .text import clean, is_number

Draw = Callable[..., Any]  # Page.figure()
Data = dict[str, Any]


def vot(model: Model, draw: Draw) -> Data | None:
    if not model.vot:
        return None
    index = figures.style_index(model, [v.name for v in model.vot])
    interval = figures.eao_interval(model)
    note = f"EAO is the mean over the lengths {interval[0]:g} to {interval[1]:g}, shaded." if interval else ""
    plots = [draw(figures.accuracy_robustness(model, index), "Accuracy and robustness",
                  "Towards the upper right is better."),
             draw(figures.expected_overlap(model, index), "Expected overlap over length", note),
             draw(figures.eao_ranking(model, index), "Ranked by EAO")]
    columns = {"eao": "EAO", "accuracy": "Accuracy", "robustness": "Robustness (failures)",
               "rank_accuracy": "Rank A", "rank_robustness": "Rank R", "failures_per_100": "Failures in 100 frames",
               "no_reset_overlap": "Overlap without resets", "frames_per_second": "fps", "runs": "Runs"}
    columns = {name: title for name, title in columns.items() if any(v.value(name) is not None for v in model.vot)}
    rows = [[v.name] + [v.value(name) for name in columns] for v in model.vot]
    conventions = sorted({v.convention for v in model.vot if v.convention})
    caption = "VOT's supervised protocol" + (f", convention {' and '.join(conventions)}" if conventions else "") + "."
    return {"table": tables.plain(caption, ["Tracker", *columns.values()], rows), "figures": list(filter(None, plots))}


def losses(model: Model, draw: Draw) -> Data | None:
    """The curve of the first training, and how many steps were needed in all."""
    plots = [draw(figures.losses(model), "Loss"), draw(figures.snr(model), "Signal to noise")]
    rows = []
    for tracker in model.trackers:
        runs = [run for run in tracker.losses.values() if is_number(run.get("init_steps"))]
        if not runs:
            continue
        kinds = sorted({clean(run["loss"]) for run in runs if isinstance(run.get("loss"), str)})
        frames = sum(run["frames"] for run in runs if is_number(run.get("frames")))
        updates = sum(run["update_steps"] for run in runs if is_number(run.get("update_steps")))
        rows.append([tracker.name, len(runs), sum(run["init_steps"] for run in runs) / len(runs),
                     updates / frames if frames else None, ", ".join(kinds)])
    table = tables.plain("Steps of training.", ["Tracker", "Sequences", "First frame, mean", "Later, per frame", "Loss"],
                         rows, digits=2) if rows else None
    plots = list(filter(None, plots))
    return {"table": table, "figures": plots} if table or plots else None
