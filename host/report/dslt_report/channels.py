# SPDX-License-Identifier: Apache-2.0
"""The section of channel attention: the weight of each channel, of targets that differ (AdaCFNet's figure 7)."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import numpy as np

from .figure import Figure
from .model import Model
from .text import clean, is_number, plural

SHOWN = 3  # targets with a figure of their own

Blocks = list[tuple[str, np.ndarray]]  # layer, weights


class Target(NamedTuple):
    name: str
    blocks: Blocks


def blocks_of(entries: Any) -> Blocks:
    """Of "init_channels" as dslt run and dslt track write it; empty for anything else."""
    found: Blocks = []
    for entry in entries if isinstance(entries, list) else []:
        weights = entry.get("weights") if isinstance(entry, dict) else None
        if not isinstance(weights, list) or not weights or not all(map(is_number, weights)):
            return []
        found.append((clean(entry.get("layer") or ""), np.array(weights, dtype=float)))
    return found


def section(model: Model, draw: Callable[..., Any]) -> dict[str, Any] | None:
    sources = []
    for tracker in model.trackers:
        targets = [Target(clean(run.get("sequence") or file.removesuffix(".json")), blocks_of(run.get("init_channels")))
                   for file, run in tracker.losses.items()]
        sources.append((tracker.name, tracker.index, targets))
    taken = len(model.trackers)
    for name, entries in model.summaries:
        sources.append((name, taken, [Target(label, blocks_of(blocks)) for label, blocks in entries]))
        taken += 1
    groups = []
    for place, (name, index, targets) in enumerate(sources):
        usable = [t for t in targets if t.blocks]
        shapes = [[len(w) for _, w in t.blocks] for t in usable]
        usable = [t for t, shape in zip(usable, shapes) if shape == shapes[0]]
        if usable:
            groups += _blocks(usable, name, index, place, draw)
    return {"groups": groups} if groups else None


def _blocks(targets: list[Target], name: str, index: int, place: int, draw: Callable[..., Any]) -> list[dict[str, Any]]:
    groups = []
    for number, (layer, first) in enumerate(targets[0].blocks):
        weights = np.array([t.blocks[number][1] for t in targets])
        shown = unlike(weights)
        figures = [draw(bars(weights[i], index, f"channels-{place + 1}-{number + 1}-{k + 1}", f"{targets[i].name}, {layer}"),
                        targets[i].name, _note(weights[i])) for k, i in enumerate(shown)]
        groups.append({"title": f"{name}: block {number + 1}, {layer}, {plural(len(first), 'channel')}",
                       "text": _words(weights, len(shown)), "figures": figures})
    return groups


def unlike(weights: np.ndarray) -> list[int]:
    """Up to SHOWN rows: the one farthest from the mean, then each time the one farthest from those taken."""
    taken = [int(np.abs(weights - weights.mean(0)).sum(1).argmax())]
    while len(taken) < min(SHOWN, len(weights)):
        distance = np.min([np.abs(weights - weights[i]).sum(1) for i in taken], axis=0)
        distance[taken] = -1
        taken.append(int(distance.argmax()))
    return sorted(taken)


def _note(weights: np.ndarray) -> str:
    return (f"Mean {weights.mean():.2f}; channel {weights.argmin() + 1} has the least, {weights.min():.2f}, and "
            f"channel {weights.argmax() + 1} the most, {weights.max():.2f}.")


def _words(weights: np.ndarray, shown: int) -> str:
    channel = weights.mean(0)
    text = (f"From channel to channel the weights deviate by {channel.std():.3f} around their mean of {channel.mean():.2f}"
            if len(weights) > 1 else
            f"The weights of the target's channels deviate by {channel.std():.3f} around their mean of {channel.mean():.2f}")
    if len(weights) == 1:
        return text + "."
    text += f"; from target to target one channel's weight deviates by {weights.std(0).mean():.3f} ({plural(len(weights), 'target')})."
    if shown < len(weights):
        text += f" Shown are the {shown} targets that differ most."
    return text


def bars(weights: np.ndarray, index: int, name: str, title: str) -> Figure:
    """A bar for each channel, and the mean as a line."""
    figure = Figure(name, title, "Channel", "Weight", height=2.3)
    figure.bars(index, weights)
    figure.axes.set_xlim(0, len(weights) + 1)
    figure.axes.set_ylim(0, 1)
    figure.axes.grid(False, axis="x")
    figure.alt = f"Channel weights of {title}: {_note(weights)}"
    return figure
