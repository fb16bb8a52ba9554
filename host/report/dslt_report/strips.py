# SPDX-License-Identifier: Apache-2.0
"""Overlap over time as a narrow picture: a row a tracker, a column a few frames."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from . import palette

LEVELS = 33  # colours of the ramp; few enough for small files
COLUMNS = 480  # at most; beyond, a column is the mean of several frames
_PALETTE = [channel for colour in palette.ramp(LEVELS) for channel in colour] + list(palette.NO_TRUTH)


def columns(overlaps: np.ndarray) -> np.ndarray:
    """trackers x frames to trackers x at most COLUMNS: means over frames that say something, else NaN."""
    frames = overlaps.shape[1]
    width = min(frames, COLUMNS)
    starts = np.arange(width) * frames // width
    known = np.isfinite(overlaps)
    total = np.add.reduceat(np.where(known, overlaps, 0).astype(np.float64), starts, axis=1)
    count = np.add.reduceat(known.astype(np.int64), starts, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def png(table: np.ndarray) -> str:
    """The rows of `table` (from columns()) as a data URI of a PNG with a pixel a cell."""
    levels = np.clip(np.rint(np.nan_to_num(table) * (LEVELS - 1)), 0, LEVELS - 1)
    cells = np.where(np.isfinite(table), levels, LEVELS).astype(np.uint8)
    picture = Image.fromarray(cells, "P")
    picture.putpalette(_PALETTE)
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=9)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def words(overlaps: np.ndarray) -> str:
    """The strip of one tracker in words, for those who do not see it."""
    known = overlaps[np.isfinite(overlaps)]
    if not known.size:
        return "no frame can be judged"
    low = np.flatnonzero(np.nan_to_num(overlaps, nan=1.0) < 0.1)
    text = f"mean overlap {known.mean():.2f}"
    if low.size:
        text += f", below 0.1 in {low.size} of {overlaps.size} frames, the first of them {low[0]}"
    return text
