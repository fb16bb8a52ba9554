# SPDX-License-Identifier: Apache-2.0
"""A small clip made from a seed: a textured square that wanders over a smooth background, with its true boxes."""

from __future__ import annotations

import numpy as np

WIDTH, HEIGHT, SIDE = 160, 120, 28
FAST = {"threads": 1, "precision": "f32", "init_steps": 10}


def noise(random: np.random.Generator, height: int, width: int, cell: int) -> np.ndarray:
    """Random colours in cells of this size."""
    small = random.integers(0, 256, (-(-height // cell), -(-width // cell), 3), dtype=np.uint8)
    return np.repeat(np.repeat(small, cell, axis=0), cell, axis=1)[:height, :width]


def clip(frames: int = 8, seed: int = 1) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames of height x width x 3, and boxes [frames, 4]."""
    random = np.random.default_rng(seed)
    ground = noise(random, HEIGHT, WIDTH, 20) // 3 + 60
    target = noise(random, SIDE, SIDE, 7)
    pictures, boxes = [], []
    for i in range(frames):
        x, y = 50 + 3 * i, 40 + 2 * (i % 5)
        picture = ground.copy()
        picture[y : y + SIDE, x : x + SIDE] = target
        pictures.append(picture)
        boxes.append((x, y, SIDE, SIDE))
    return pictures, np.array(boxes, dtype=float)


def overlap(a, b) -> float:
    """Intersection over union of two boxes."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)
