# SPDX-License-Identifier: Apache-2.0
"""Photographs in memory, and crops of them: random place, size, turn, shape, colour, blur, noise."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(0)  # the training step owns the cores


class Photos:
    """All photos of a folder as BGR bytes, split by position in the sorted list; no photo is in both parts."""

    def __init__(self, folder: Path, side: int, held_out: float) -> None:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        if not paths:
            raise SystemExit(f"{folder} holds no photographs (.jpg or .png); name the folder with --photos.")
        every = max(2, round(1 / held_out))
        self.train: list[np.ndarray] = []
        self.held: list[np.ndarray] = []
        for index, path in enumerate(paths):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                print(f"{path}: cannot be decoded, left out")
                continue
            shorter = min(image.shape[:2])
            if shorter > side:
                image = cv2.resize(image, None, fx=side / shorter, fy=side / shorter, interpolation=cv2.INTER_AREA)
            (self.held if index % every == 0 else self.train).append(image)


def affine(
    centre: tuple[float, float], out_centre: tuple[float, float], zoom: float, turn: float, aspect: float, mirror: bool
) -> np.ndarray:
    """2 x 3 matrix that maps crop pixels to photo pixels: `centre` of the photo comes to `out_centre`, enlarged by
    `zoom`, turned by `turn` radians, stretched by `aspect` along x."""
    c, s = np.cos(turn), np.sin(turn)
    scale = np.array([[1 / (zoom * aspect), 0.0], [0.0, aspect / zoom]])
    if mirror:
        scale[0, 0] = -scale[0, 0]
    linear = np.array([[c, -s], [s, c]]) @ scale
    shift = np.asarray(centre) - linear @ np.asarray(out_centre)
    return np.hstack([linear, shift[:, None]])


def sample(photo: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    """A side x side crop as float32 0..255. Edges are replicated, as the tracker does."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(photo, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return out.astype(np.float32)


def recolour(crop: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Brightness, contrast, saturation, tint; sometimes grey, as many sequences are."""
    gain = np.exp(rng.normal(0, 0.2 * strength))
    level = rng.normal(0, 16 * strength)
    tint = np.exp(rng.normal(0, 0.06 * strength, 3)).astype(np.float32)
    grey = crop @ np.array([0.114, 0.587, 0.299], np.float32)
    kept = np.clip(rng.normal(1, 0.3 * strength), 0, 1.6)
    crop = grey[..., None] + kept * (crop - grey[..., None])
    middle = float(grey.mean())
    return ((crop - middle) * gain + middle + level) * tint


def degrade(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur of focus or of motion, coarse pixels, noise, JPEG: what videos have and photographs have not."""
    kind = rng.random()
    if kind < 0.2:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.4, 2.5))
    elif kind < 0.35:
        crop = motion_blur(crop, rng)
    elif kind < 0.5:
        small = max(24, int(crop.shape[0] * rng.uniform(0.2, 0.7)))
        down = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
        crop = cv2.resize(down, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        crop = crop + rng.normal(0, rng.uniform(1, 10), crop.shape).astype(np.float32)
    if rng.random() < 0.2:
        quality = [int(cv2.IMWRITE_JPEG_QUALITY), int(rng.integers(20, 80))]
        coded = cv2.imencode(".jpg", np.clip(crop, 0, 255).astype(np.uint8), quality)[1]
        crop = cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32)
    return np.clip(crop, 0, 255)


def motion_blur(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = int(rng.integers(3, 13))
    kernel = np.zeros((length, length), np.float32)
    angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
    for t in np.linspace(-middle, middle, 2 * length):
        kernel[round(middle + t * np.sin(angle)), round(middle + t * np.cos(angle))] = 1
    return cv2.filter2D(crop, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def random_crop(photos: list[np.ndarray], side: int, rng: np.random.Generator) -> np.ndarray:
    """A crop from any photo: from far away to eightfold enlarged, as search areas are."""
    photo = photos[rng.integers(len(photos))]
    h, w = photo.shape[:2]
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(4.0))))
    centre = (rng.uniform(0.1, 0.9) * w, rng.uniform(0.1, 0.9) * h)
    matrix = affine(
        centre,
        (side / 2, side / 2),
        zoom,
        rng.normal(0, 0.15),
        float(np.exp(rng.normal(0, 0.1))),
        rng.random() < 0.5,
    )
    crop = sample(photo, matrix, side)
    if rng.random() < 0.15:
        crop = np.repeat((crop @ np.array([0.114, 0.587, 0.299], np.float32))[..., None], 3, axis=2)
    elif rng.random() < 0.8:
        crop = recolour(crop, rng)
    return degrade(crop, rng)
