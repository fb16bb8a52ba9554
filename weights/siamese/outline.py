# SPDX-License-Identifier: Apache-2.0
"""Outlines by GrabCut, of a target within its box and of what stands out in a photograph: what is cut out along them brings
no background with it."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 72  # root of the box's area at which GrabCut runs, px: finer takes longer and is no better
PHOTO_SIDE = 160  # of a photograph's shorter side, for the same


def outline_of(image: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """255 on the target, 0 elsewhere, of the image's size; None where nothing like a target stands out. The same
    image and box give the same outline."""
    factor = min(1.0, SIDE / float(np.sqrt(box[2] * box[3])))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    x, y, w, h = box * factor
    side = small.shape[:2]
    left, top = max(int(x - w), 0), max(int(y - h), 0)
    part = np.ascontiguousarray(small[top : int(y + 2 * h) + 1, left : int(x + 2 * w) + 1])
    ys, xs = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    u, v = (xs + 0.5 + left - x - w / 2) / (w / 2), (ys + 0.5 + top - y - h / 2) / (h / 2)
    kinds = np.full(part.shape[:2], cv2.GC_BGD, np.uint8)
    kinds[np.maximum(np.abs(u), np.abs(v)) <= 1] = cv2.GC_PR_BGD
    kinds[u * u + v * v <= 0.85] = cv2.GC_PR_FGD
    kinds[u * u + v * v <= 0.03] = cv2.GC_FGD
    if not (kinds == cv2.GC_FGD).any() or not (kinds == cv2.GC_BGD).any():
        return None
    cv2.setRNGSeed(1)
    cv2.grabCut(part, kinds, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    mask = np.zeros(side, np.uint8)
    mask[top : top + part.shape[0], left : left + part.shape[1]] = (kinds == cv2.GC_FGD) | (kinds == cv2.GC_PR_FGD)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    area = stats[1:, cv2.CC_STAT_AREA]
    mask = np.isin(labels, 1 + np.flatnonzero(area > 0.15 * area.max()))
    if not 0.2 < mask.sum() / (w * h) < 0.97:
        return None
    return cv2.resize(np.uint8(mask) * 255, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def extents(outline: np.ndarray) -> np.ndarray:
    """x, y, width, height of what is more than half covered."""
    xs, ys = np.flatnonzero((outline > 127).any(0)), np.flatnonzero((outline > 127).any(1))
    if xs.size == 0:
        return np.zeros(4)
    return np.array([xs[0], ys[0], xs[-1] + 1 - xs[0], ys[-1] + 1 - ys[0]], np.float64)


def cut_out(photo: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The largest thing that GrabCut finds in a box with ground around it: its mask and its box."""
    x, y, w, h = np.int64(np.floor(box))
    if x < 1 or y < 1 or x + w >= photo.shape[1] - 1 or y + h >= photo.shape[0] - 1:
        return None
    kinds = np.full(photo.shape[:2], cv2.GC_BGD, np.uint8)
    kinds[y : y + h, x : x + w] = cv2.GC_PR_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(photo, kinds, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    mask = cv2.morphologyEx(np.uint8((kinds == cv2.GC_FGD) | (kinds == cv2.GC_PR_FGD)), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    best = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    if stats[best, cv2.CC_STAT_AREA] < 0.6 * mask.sum():
        return None
    return labels == best, np.float64(stats[best, : cv2.CC_STAT_AREA])


def same(a: np.ndarray, b: np.ndarray) -> float:
    """Overlap of two masks."""
    return float((a & b).sum() / max(int((a | b).sum()), 1))


def objects_of(photo: np.ndarray, rng: np.random.Generator, tries: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Box and outline, as above, of what stands out: things that are found in a box drawn at random, and again in wider
    boxes around them."""
    factor = min(1.0, PHOTO_SIDE / min(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    side = np.array(small.shape[1::-1])
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(tries):
        size = np.exp(rng.uniform(np.log(24), np.log(100))) * np.exp(rng.normal(0, 0.35) * np.array([1, -1]))
        box = np.concatenate([rng.uniform(0.15, 0.85, 2) * side - size / 2, size])
        first = cut_out(small, box)
        mask = None
        for margin, least in ((0.15, 0.75), (0.3, 0.7)):
            if first is None:
                break
            x, y, w, h = first[1]
            again = cut_out(small, np.array([x - margin * w, y - margin * h, (1 + 2 * margin) * w, (1 + 2 * margin) * h]))
            first, mask = (again, again[0]) if again and same(first[0], again[0]) >= least else (None, None)
        if first is None or mask is None or first[1][2:].min() < 9 or any(same(mask, m) > 0.3 for _, m in found):
            continue
        found.append((first[1], mask))
    return [(box / factor, cv2.resize(np.uint8(mask) * 255, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR))
            for box, mask in found]
