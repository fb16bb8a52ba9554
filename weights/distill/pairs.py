# SPDX-License-Identifier: Apache-2.0
"""Pairs of crops with one target in both, rendered from photographs: the material of the tracking loss.

The first crop has the target in its centre. In the second one it has moved, turned, grown or shrunk a little, over
the same background or another one, sometimes half hidden, with a look-alike elsewhere, under another light.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from photos import affine, degrade, recolour, sample


class Pair(NamedTuple):
    first: np.ndarray  # side x side x 3, float32, 0..255
    second: np.ndarray
    place: tuple[float, float]  # of the target's centre in the second crop, pixels


class Target(NamedTuple):
    photo: np.ndarray
    centre: tuple[float, float]  # in the photo
    size: tuple[float, float]  # in the first crop, pixels
    zoom: float  # photo pixels to pixels of the first crop


def draw_target(photos: list[np.ndarray], side: int, rng: np.random.Generator) -> Target:
    photo = photos[rng.integers(len(photos))]
    h, w = photo.shape[:2]
    area, shape = rng.uniform(0.14, 0.3) * side, float(np.exp(rng.normal(0, 0.35)))
    zoom = float(np.exp(rng.uniform(np.log(0.5), np.log(2.5))))
    centre = (rng.uniform(0.2, 0.8) * w, rng.uniform(0.2, 0.8) * h)
    return Target(photo, centre, (area * shape, area / shape), zoom)


def paste(
    canvas: np.ndarray, target: Target, place: tuple[float, float], zoom: float, turn: float, aspect: float
) -> np.ndarray:
    """Lay the target over the canvas, cut out along a rounded outline with a soft edge."""
    side = canvas.shape[0]
    matrix = affine(target.centre, place, target.zoom * zoom, turn, aspect, False)
    cut = sample(target.photo, matrix, side)
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    dx, dy = xs - place[0], ys - place[1]
    c, s = np.cos(-turn), np.sin(-turn)
    u = (c * dx - s * dy) / (0.5 * target.size[0] * zoom * aspect)
    v = (s * dx + c * dy) / (0.5 * target.size[1] * zoom / aspect)
    edge = (np.abs(u) ** 3 + np.abs(v) ** 3) ** (1 / 3)
    soft = max(0.02, 2.0 / min(target.size))
    mask = np.clip((1.0 + soft - edge) / (2 * soft), 0, 1)[..., None]
    return canvas + mask * (cut - canvas)


def background(photos: list[np.ndarray], side: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo and the matrix that looks at it."""
    photo = photos[rng.integers(len(photos))]
    h, w = photo.shape[:2]
    centre = (rng.uniform(0.25, 0.75) * w, rng.uniform(0.25, 0.75) * h)
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(2.0))))
    return photo, affine(centre, (side / 2, side / 2), zoom, rng.normal(0, 0.1), 1.0, rng.random() < 0.5)


def render(photos: list[np.ndarray], side: int, rng: np.random.Generator) -> Pair:
    target = draw_target(photos, side, rng)
    middle = (side / 2, side / 2)
    zoom, turn = float(np.exp(rng.normal(0, 0.1))), float(rng.normal(0, 0.15))
    aspect = float(np.exp(rng.normal(0, 0.06)))
    reach = 0.33 * side
    place = (middle[0] + rng.uniform(-reach, reach), middle[1] + rng.uniform(-reach, reach))

    if rng.random() < 0.4:  # the camera moves: the target keeps its surroundings
        first = sample(target.photo, affine(target.centre, middle, target.zoom, 0, 1, False), side)
        second = sample(target.photo, affine(target.centre, place, target.zoom * zoom, turn, aspect, False), side)
    else:  # the target moves over its background
        photo, look = background(photos, side, rng)
        first = paste(sample(photo, look, side), target, middle, 1.0, 0.0, 1.0)
        if rng.random() < 0.3:
            photo, look = background(photos, side, rng)
        moved = look + np.array([[0, 0, rng.normal(0, 12)], [0, 0, rng.normal(0, 12)]])
        second = sample(photo, moved, side)
        for _ in range(int(rng.integers(0, 3))):
            other = draw_target(photos, side, rng)
            at = (rng.uniform(0, side), rng.uniform(0, side))
            first = paste(first, other, (at[0] + 40, at[1] - 40), 1, 0, 1) if abs(at[0] - 56) > 60 else first
            second = paste(second, other, at, 1.0, float(rng.normal(0, 0.3)), 1.0)
        second = paste(second, target, place, zoom, turn, aspect)

    if rng.random() < 0.2:  # something stands before a part of the target
        hide = draw_target(photos, side, rng)
        offset = rng.uniform(0.45, 0.9) * np.array(target.size) * rng.choice([-1, 1], 2)
        second = paste(second, hide, (place[0] + offset[0], place[1] + offset[1]), 0.8, 0.0, 1.0)

    grey = rng.random() < 0.15
    light = np.random.default_rng(rng.integers(2**63))
    state = light.bit_generator.state
    out = []
    for crop in (first, second):
        light.bit_generator.state = state  # the same light on both, then a little of its own
        crop = recolour(crop, light, 0.8)
        crop = recolour(crop, rng, 0.35)
        if grey:
            crop = np.repeat((crop @ np.array([0.114, 0.587, 0.299], np.float32))[..., None], 3, axis=2)
        out.append(degrade(crop.astype(np.float32), rng))
    return Pair(out[0], out[1], place)


def shade(pair: Pair, rng: np.random.Generator) -> Pair:
    """A shadow or a glow over a part of the second crop."""
    side = pair.second.shape[0]
    spot = cv2.GaussianBlur(rng.normal(0, 1, (side // 16, side // 16)).astype(np.float32), (0, 0), 2)
    field = cv2.resize(spot / (np.abs(spot).max() + 1e-6), (side, side), interpolation=cv2.INTER_CUBIC)
    return pair._replace(second=np.clip(pair.second * np.exp(0.4 * field[..., None]), 0, 255))
