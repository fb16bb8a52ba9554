# SPDX-License-Identifier: Apache-2.0
"""Training pairs: two crops of one target from a folder of crops of videos, or a photograph and its shifted copy."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

SIDE, EXEMPLAR = 255, 127


class Crop(NamedTuple):
    path: Path
    frame: int
    box: tuple[float, float, float, float]


def area_side(w: float, h: float) -> float:
    """Side of the square that becomes the network's input."""
    context = 0.5 * (w + h)
    return float(np.sqrt((w + context) * (h + context))) * SIDE / EXEMPLAR


class Tracks:
    """Crops by source and track, from the folder's boxes.tsv; hidden targets are left out."""

    def __init__(self, folder: Path, sources: dict[str, float]) -> None:
        tracks: dict[tuple[str, str], list[Crop]] = defaultdict(list)
        with (folder / "boxes.tsv").open(newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                if row["flag"] != "partly":
                    box = tuple(float(row[key]) for key in "xywh")
                    tracks[row["source"], row["track"]].append(Crop(folder / row["crop"], int(row["frame"]), box))
        self.tracks: dict[str, list[list[Crop]]] = defaultdict(list)
        for (source, _), crops in sorted(tracks.items()):
            if len(crops) > 1:
                self.tracks[source].append(sorted(crops, key=lambda crop: crop.frame))
        self.names = sorted(self.tracks)
        share = np.array([sources.get(name, sources["other"]) for name in self.names])
        self.share = share / share.sum()

    def draw(self, rng: np.random.Generator, most: int) -> tuple[Crop, Crop]:
        """Two crops of one track, at most `most` rows apart."""
        source = self.tracks[self.names[rng.choice(len(self.names), p=self.share)]]
        track = source[rng.integers(len(source))]
        first = int(rng.integers(len(track)))
        low, high = max(0, first - most), min(len(track), first + most + 1)
        second = int(rng.integers(low, high - 1))
        return track[first], track[second + (second >= first)]


def cut(image: Image.Image, centre: tuple[float, float], side: float, turn: float = 0.0) -> np.ndarray:
    """A square of `side` around `centre` as 255 x 255 x 3; the mean colour outside the picture."""
    pixels = np.asarray(image)
    scale = side / SIDE
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    x = centre[0] - (c - s) * SIDE / 2
    y = centre[1] - (c + s) * SIDE / 2
    fill = tuple(int(v) for v in pixels.reshape(-1, 3).mean(0))
    size, affine = (SIDE, SIDE), (c, -s, x, s, c, y)
    return np.asarray(image.transform(size, Image.AFFINE, affine, Image.BICUBIC, fillcolor=fill), np.float32)


def cut_crop(crop: Crop) -> np.ndarray:
    x, y, w, h = crop.box
    with Image.open(crop.path) as image:
        return cut(image.convert("RGB"), (x + w / 2, y + h / 2), area_side(w, h))


def track_pair(tracks: Tracks, rng: np.random.Generator, most: int) -> list[np.ndarray]:
    return [cut_crop(crop) for crop in tracks.draw(rng, most)]


def photo_pair(photos: list[Path], rng: np.random.Generator, settings: dict[str, Any]) -> list[np.ndarray]:
    """A part of a photograph, and the same part a little turned and resized."""
    with Image.open(photos[rng.integers(len(photos))]) as opened:
        image = opened.convert("RGB")
    w, h = (float(rng.uniform(0.1, 0.35)) * min(image.size) for _ in range(2))
    centre = float(rng.uniform(w / 2, image.width - w / 2)), float(rng.uniform(h / 2, image.height - h / 2))
    side = area_side(w, h)
    zoom = float(np.exp(rng.normal(0, settings["photo_zoom"])))
    return [cut(image, centre, side), cut(image, centre, side * zoom, float(rng.normal(0, settings["photo_turn"])))]


def colour_axes(tracks: Tracks) -> np.ndarray:
    """Principal components of the crops' colours, times their deviations: what colours are shifted along."""
    colours = []
    for name in tracks.names:
        for track in tracks.tracks[name]:
            with Image.open(track[0].path) as image:
                colours.append(np.asarray(image.convert("RGB").resize((16, 16)), np.float64).reshape(-1, 3))
    values, vectors = np.linalg.eigh(np.cov(np.concatenate(colours).T))
    return vectors * np.sqrt(np.maximum(values, 0))


def batch(tracks: Tracks, photos: list[Path], axes: np.ndarray, settings: dict[str, Any], step: int) -> np.ndarray:
    """2 x batch x 3 x 255 x 255; it depends on seed and step alone."""
    rng = np.random.default_rng([settings["seed"], step])
    pairs = []
    for _ in range(settings["batch"]):
        rendered = photos and rng.random() < settings["photo_share"]
        pair = photo_pair(photos, rng, settings) if rendered else track_pair(tracks, rng, settings["apart"])
        pairs.append([crop + settings["colour"] * (axes @ rng.normal(size=3)).astype(np.float32) for crop in pair])
    return np.ascontiguousarray(np.asarray(pairs, np.float32).transpose(1, 0, 4, 2, 3))
