# SPDX-License-Identifier: Apache-2.0
"""A first layer that is not trained: what it makes of every crop, computed once and kept in a folder.

A colour added to a crop adds one number s to each channel. Kept are therefore z, the largest value of each 3 x 3 cells before the
ReLU, of which the pooled maps are relu(z + s), and the mean behind the ReLU for several s, between which it is interpolated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clips import Tracks, cut_crop, photo_pair
from net import Features

SHIFTS = np.linspace(-3, 3, 7, dtype=np.float32)  # in deviations of a channel under the colours that are added


def colour_slopes(features: Features) -> np.ndarray:
    """What a level of red, green and blue adds to each channel: 96 x 3."""
    factor = features.bn1.weight / torch.sqrt(features.bn1.running_var + features.bn1.eps)
    return (features.conv1.weight.sum((2, 3)) * factor[:, None]).detach().numpy()


def pooled(z: torch.Tensor) -> torch.Tensor:
    """max_pool2d(z, 3, 2) of C x H x W, ten times as fast on one thread."""
    n = z.shape[1] - 2
    z = torch.maximum(torch.maximum(z[:, 0:n:2], z[:, 1 : n + 1 : 2]), z[:, 2 : n + 2 : 2])
    n = z.shape[2] - 2
    return torch.maximum(torch.maximum(z[..., 0:n:2], z[..., 1 : n + 1 : 2]), z[..., 2 : n + 2 : 2])


class FirstLayer:
    """The crops of all tracks, and behind them the pairs of photographs."""

    def __init__(self, folder: Path, features: Features, tracks: Tracks, photos: list[Path], axes: np.ndarray,
                 settings: dict[str, Any]) -> None:  # fmt: skip
        self.tracks, self.settings = tracks, settings
        self.slopes = (settings["colour"] * colour_slopes(features) @ axes).astype(np.float32)
        self.unit = np.maximum(np.sqrt((self.slopes**2).sum(1)), 1e-6)
        self.crops = [crop for name in tracks.names for track in tracks.tracks[name] for crop in track]
        self.place = {crop.path: i for i, crop in enumerate(self.crops)}
        self.pairs = settings["photo_pairs"] if photos else 0
        shape = (len(self.crops) + 2 * self.pairs, 96, 61, 61)
        parts = sorted((name, t) for name, t in features.state_dict().items() if name.startswith(("conv1.", "bn1.")))
        digest = hashlib.sha256(b"".join(t.numpy().tobytes() for _, t in parts))
        key = json.dumps({"crops": [str(path) for path in self.place], "filters": digest.hexdigest(), "photos": len(photos),
                          **{k: settings[k] for k in ("photo_pairs", "photo_zoom", "photo_turn", "colour")}})  # fmt: skip
        maps, means, done = (folder / name for name in ("maps.f16", "means.npy", "done.json"))
        if not done.exists() or done.read_text() != key:
            folder.mkdir(parents=True, exist_ok=True)
            done.unlink(missing_ok=True)
            self._fill(np.memmap(maps, np.float16, "w+", shape=shape), means, features, photos)
            done.write_text(key)
        self.maps, self.means = np.memmap(maps, np.float16, "r", shape=shape), np.load(means)

    def _pictures(self, photos: list[Path]) -> Iterator[np.ndarray]:
        for crop in self.crops:
            yield cut_crop(crop)
        for pair in range(self.pairs):
            yield from photo_pair(photos, np.random.default_rng([pair]), self.settings)

    @torch.no_grad()
    def _fill(self, maps: np.ndarray, means: Path, features: Features, photos: list[Path]) -> None:
        values = np.zeros((len(maps), 96, len(SHIFTS)), np.float32)
        shifts = torch.from_numpy(self.unit[:, None] * SHIFTS)
        for i, picture in enumerate(self._pictures(photos)):
            z = features.first(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None])))
            maps[i] = pooled(z[0]).half().numpy()
            for k in range(len(SHIFTS)):
                values[i, :, k] = (z[0] + shifts[:, k, None, None]).relu_().sum((1, 2)).numpy() / z[0, 0].numel()
        np.save(means, values)

    def of(self, place: int, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pooled maps and means of a crop, each channel shifted."""
        maps = np.maximum(self.maps[place].astype(np.float32) + shift[:, None, None], 0)
        at = np.clip((shift / self.unit - SHIFTS[0]) / (SHIFTS[1] - SHIFTS[0]), 0, len(SHIFTS) - 1 - 1e-4)
        low = at.astype(int)
        rows = np.arange(96)
        below, above = self.means[place, rows, low], self.means[place, rows, low + 1]
        return maps, below + (at - low).astype(np.float32) * (above - below)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """2 batch x 96 x 61 x 61 pooled maps, targets first, and 2 batch x 96 means; it depends on seed and step alone."""
        rng = np.random.default_rng([self.settings["seed"], step])
        out = []
        for _ in range(self.settings["batch"]):
            if self.pairs and rng.random() < self.settings["photo_share"]:
                first = len(self.crops) + 2 * int(rng.integers(self.pairs))
                places = first, first + 1
            else:
                places = [self.place[crop.path] for crop in self.tracks.draw(rng, self.settings["apart"])]
            out.append([self.of(place, self.slopes @ rng.normal(size=3).astype(np.float32)) for place in places])
        ordered = [pair[half] for half in (0, 1) for pair in out]
        return np.stack([maps for maps, _ in ordered]), np.stack([means for _, means in ordered])
