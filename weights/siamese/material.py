# SPDX-License-Identifier: Apache-2.0
"""Pairs of a template and a search crop with the target's box: from real tracks, from look-alikes of the same source
(the target is absent), rendered (a patch of one photo over another), and of photos moved as a whole."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from outline import extents, objects_of, outline_of

sys.path.append(str(Path(__file__).resolve().parent.parent / "distill"))  # its train.py is another one
from pairs import background, draw_target, paste  # noqa: E402
from photos import Photos, affine, degrade, recolour, sample  # noqa: E402

GROUP = {
    "davis16train": "general", "segtrack2": "general", "e2fgvi_davis": "general", "ytvos_opn": "general",
    "mot15_adl6": "people", "pets_tud": "people",
    "cdnet_highway": "vehicles", "detrac_mvi39031_pseudo": "vehicles",
}  # everything else is of drones and birds against the sky


class Frame(NamedTuple):
    image: np.ndarray
    box: np.ndarray  # x, y, width, height
    outline: np.ndarray | None = None  # 255 on the target, 0 elsewhere


class Example(NamedTuple):
    template: np.ndarray  # 127 x 127 x 3, float32
    search: np.ndarray  # 255 x 255 x 3
    box: np.ndarray  # x1, y1, x2, y2 relative to the search crop's centre
    present: bool
    exact: bool  # the box is an object's, not any part of a photo
    drawn: bool  # the boxes were drawn differently than the teacher would
    size: np.ndarray  # width and height of the box in the template, px


def read_tracks(folder: Path) -> list[tuple[str, list[Frame]]]:
    tracks: dict[tuple[str, str], list[Frame]] = {}
    with (folder / "boxes.tsv").open() as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if float(row["pad_sum"]) > 2.2:
                continue
            image = cv2.imread(str(folder / row["crop"]), cv2.IMREAD_COLOR)
            if image is None:
                print(f"{folder / row['crop']}: cannot be decoded, left out")
                continue
            box = np.array([float(row[k]) for k in "xywh"])
            tracks.setdefault((row["source"], row["track"]), []).append(Frame(image, box))
    return [(GROUP.get(source, "sky"), frames) for (source, _), frames in tracks.items() if len(frames) > 1]


class Material:
    def __init__(self, photos: Path, videos: Path, s: dict[str, Any]) -> None:
        self.s = s
        self.photos = Photos(photos, s["photo_side"], s["held_out"])
        tracks = read_tracks(videos)
        every = max(2, round(1 / s["held_out"]))
        self.tracks: dict[bool, dict[str, list[list[Frame]]]] = {False: {}, True: {}}
        for n, (group, frames) in enumerate(tracks):
            self.tracks[n % every == every - 1].setdefault(group, []).append(frames)
        self.outlines: dict[int, np.ndarray | None] = {}
        self.things: dict[int, list[Frame]] = {}

    def example(self, rng: np.random.Generator, held: bool) -> Example:
        s = self.s
        kind = rng.choice(list(s["shares"]), p=list(s["shares"].values()))
        pictures = self.photos.held if held else self.photos.train
        if kind in ("track", "absent"):
            first, second = self.track(rng, held, kind == "absent")
        elif kind == "paste" and self.s["objects"] > 0 and rng.random() < self.s["objects"]:
            first, second = self.object_moved(pictures, rng)
        elif kind == "paste":
            first, second = rendered(pictures, rng)
        else:
            first, second = moved(pictures, rng, s["places"])
        if self.s["clutter"] > 0 and kind != "absent" and rng.random() < self.s["clutter"]:
            second = self.cluttered(second, rng, held)
            if rng.random() < 0.5:
                first = self.cluttered(first, rng, held)
        gone = self.s["gone"] > 0 and kind != "absent" and bool(rng.random() < self.s["gone"])
        if gone:
            second = self.covered(second, rng, held)
        return self.cut(first, second, rng, pictures, kind != "absent" and not gone, kind != "photo")

    def track(self, rng: np.random.Generator, held: bool, absent: bool) -> tuple[Frame, Frame]:
        groups = {k: v for k, v in self.s["groups"].items() if k in self.tracks[held]}
        names = list(groups)
        share = np.array([groups[k] for k in names])
        tracks = self.tracks[held][rng.choice(names, p=share / share.sum())]
        at = int(rng.integers(len(tracks)))
        frames = tracks[at]
        a = int(rng.integers(len(frames)))
        if absent:
            other = tracks[int((at + 1 + rng.integers(max(len(tracks) - 1, 1))) % len(tracks))]
            if self.s["clutter"] > 0 and rng.random() < 0.5:
                other = self.any_track(rng, held, frames)
            return frames[a], other[int(rng.integers(len(other)))]
        b = int(rng.integers(len(frames)))
        first, second = self.outlined(frames[a], rng), self.outlined(frames[b], rng)
        if self.s["swap"] > 0 and rng.random() < self.s["swap"]:
            first, second = elsewhere(self.photos.held if held else self.photos.train, first, second, rng)
        if self.s["neighbours"] > 0 and rng.random() < self.s["neighbours"]:
            if self.s["companions"] > 0 and rng.random() < self.s["companions"]:
                return self.together(first, second, tracks, at, rng)
            second = self.beside(second, tracks, at, rng)
            if rng.random() < 0.5:
                first = self.beside(first, tracks, at, rng)
        return first, second

    def outlined(self, frame: Frame, rng: np.random.Generator) -> Frame:
        """The frame of a track with its target's outline, for the share `outlines` of all."""
        if self.s["outlines"] <= 0 or rng.random() >= self.s["outlines"]:
            return frame
        key = id(frame.image)  # the frames live as long as this does
        if key not in self.outlines:
            self.outlines[key] = outline_of(frame.image, frame.box)
        return frame._replace(outline=self.outlines[key])

    def things_of(self, photo: np.ndarray) -> list[Frame]:
        """What stands out in a photograph; found once."""
        key = id(photo)  # the photographs live as long as this does
        if key not in self.things:
            rng = np.random.default_rng(photo.shape[0] * 4096 + photo.shape[1])  # whoever asks first, the same things
            found = objects_of(photo, rng, 8)
            self.things[key] = [Frame(photo, box, outline) for box, outline in found]
        return self.things[key]

    def object_moved(self, photos: list[np.ndarray], rng: np.random.Generator) -> tuple[Frame, Frame]:
        """A thing of a photograph before others: it bends, turns a little and grows."""
        things: list[Frame] = []
        for _ in range(8):
            things = things or self.things_of(photos[int(rng.integers(len(photos)))])
        if not things:
            return rendered(photos, rng)
        thing = things[int(rng.integers(len(things)))]
        return elsewhere(photos, thing, bent(thing, rng), rng)

    def any_track(self, rng: np.random.Generator, held: bool, but: list[Frame] | None = None) -> list[Frame]:
        groups = [t for k, t in self.tracks[held].items() if k in self.s["groups"]]
        while True:
            tracks = groups[int(rng.integers(len(groups)))]
            track = tracks[int(rng.integers(len(tracks)))]
            if track is not but:
                return track

    def cluttered(self, frame: Frame, rng: np.random.Generator, held: bool) -> Frame:
        """Up to three other things around the target: targets of any kind and parts of photographs."""
        image, (x, y, w, h) = frame.image, frame.box
        for _ in range(int(rng.integers(1, 4))):
            angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.6)
            if rng.random() < 0.5:
                track = self.any_track(rng, held)
                other = self.outlined(track[int(rng.integers(len(track)))], rng)
                size = other.box[2:]
            else:
                other = draw_target(self.photos.held if held else self.photos.train, image.shape[0], rng)
                size = np.array(other.size)
            size = size * float(np.sqrt(w * h / (size[0] * size[1])) * np.exp(rng.normal(0, 0.25)))
            reach = far * (np.array([w, h]) + size)
            place = np.array([x + w / 2, y + h / 2]) + reach * np.array([np.cos(angle), np.sin(angle)])
            if isinstance(other, Frame):
                image = lay(image, other, place, size)[0]
            else:
                patch = other._replace(size=tuple(size))
                image = np.uint8(np.clip(paste(np.float32(image), patch, tuple(place), 1.0, 0.0, 1.0) + 0.5, 0, 255))
        return frame._replace(image=image)

    def covered(self, frame: Frame, rng: np.random.Generator, held: bool) -> Frame:
        """Something else where the target would be: the target of any track, or a part of a photograph."""
        image, (x, y, w, h) = frame.image, frame.box
        place, size = np.array([x + w / 2, y + h / 2]), np.array([w, h]) * rng.uniform(1.25, 1.6, 2)
        if rng.random() < 0.6:
            track = self.any_track(rng, held)
            return Frame(lay(image, track[int(rng.integers(len(track)))], place, size)[0], frame.box)
        part = draw_target(self.photos.held if held else self.photos.train, image.shape[0], rng)._replace(size=tuple(size))
        image = paste(np.float32(image), part, tuple(place), 1.0, 0.0, 1.0)
        return Frame(np.uint8(np.clip(image + 0.5, 0, 255)), frame.box)

    def beside(self, frame: Frame, tracks: list[list[Frame]], at: int, rng: np.random.Generator) -> Frame:
        """The target of another track of the group laid beside ours: a look-alike that must not be followed."""
        others = tracks[int((at + 1 + rng.integers(max(len(tracks) - 1, 1))) % len(tracks))]
        other = self.outlined(others[int(rng.integers(len(others)))], rng)
        size = float(np.exp(rng.normal(0, 0.15)))
        return laid_beside(frame, other, *self.direction(rng), size, self.s["near"] < 0.5 and rng.random() < 0.5)

    def direction(self, rng: np.random.Generator) -> tuple[float, float]:
        """Angle and distance of a neighbour, the distance in sums of both sizes: the boxes touch at a half."""
        if self.s["near"] >= 0.5:
            return rng.uniform(0, 2 * np.pi), rng.uniform(self.s["near"], 1.3)
        angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.normal(0, 0.25) + np.pi * rng.integers(2)
        return float(angle), self.s["near"] + 1.1 * rng.random() ** 1.5

    def together(self, first: Frame, second: Frame, tracks: list[list[Frame]], at: int,
                 rng: np.random.Generator) -> tuple[Frame, Frame]:
        """Another target of the group goes beside ours, in both frames."""
        others = tracks[int((at + 1 + rng.integers(max(len(tracks) - 1, 1))) % len(tracks))]
        (angle, far), size, behind = self.direction(rng), rng.normal(0, 0.15), rng.random() < 0.5
        frames = []
        for frame in (first, second):
            other = self.outlined(others[int(rng.integers(len(others)))], rng)
            frames.append(laid_beside(frame, other, angle + rng.normal(0, 0.15), far * float(np.exp(rng.normal(0, 0.15))),
                                      float(np.exp(size + rng.normal(0, 0.05))), behind))
        return frames[0], frames[1]

    def cut(self, first: Frame, second: Frame, rng: np.random.Generator, pictures: list[np.ndarray], present: bool,
            exact: bool) -> Example:
        s = self.s
        drawn = present and s["drawn"] > 0 and bool(rng.random() < s["drawn"])
        if drawn:
            first, second = redrawn(first, second, rng, s["margins"])
        z, inner = crop(first, s["template"], s["template"], np.zeros(2), np.ones(2))
        size = np.exp(rng.normal(0, s["scale"]) + rng.normal(0, s["aspect"]) * np.array([1, -1]))
        shift = rng.uniform(-1, 1, 2) * s["shift"] * np.sqrt(second.box[2] * second.box[3])
        turn = rng.normal(0, 0.6) if s["turn"] > 0 and rng.random() < s["turn"] else 0.0
        x, box = crop(second, s["search"], s["template"], shift, size, turn)
        if s["warp"] > 0 and rng.random() < s["warp"]:
            x, box = warped(x, box, rng)
        if s["hide"] > 0 and rng.random() < s["hide"]:
            x = hidden(x, box, pictures, rng)
        if s["mirror"] > 0 and not drawn and rng.random() < s["mirror"]:  # it turned round
            x, box = x[:, ::-1], mirrored(box)
        if rng.random() < 0.5:
            z, x, box = z[:, ::-1], x[:, ::-1], mirrored(box)
        if s["small"] > 0 and rng.random() < s["small"]:  # a target of few pixels in the frame
            factor = rng.uniform(0.14, 0.5)
            z, x = coarse(z, factor), coarse(x, factor)
        if rng.random() < 0.5:  # another light on both, then a little of its own on each
            light = np.random.default_rng(rng.integers(2**63))
            state = light.bit_generator.state
            z = recolour(np.float32(z), light, 0.7)
            light.bit_generator.state = state
            x = recolour(np.float32(x), light, 0.7)
        if rng.random() < 0.7:
            x = recolour(np.float32(x), rng, 0.4)
        if rng.random() < 0.1:
            grey = np.array([0.114, 0.587, 0.299], np.float32)
            z, x = (np.repeat((np.float32(i) @ grey)[..., None], 3, 2) for i in (z, x))
        x = degrade(np.float32(x), rng) if rng.random() < 0.6 else np.clip(x, 0, 255)
        z = degrade(np.float32(z), rng) if rng.random() < 0.2 else np.clip(z, 0, 255)
        return Example(np.float32(z), np.float32(x), np.float32(box), present, exact, drawn,
                       np.float32(inner[2:] - inner[:2]))


def laid_beside(frame: Frame, other: Frame, angle: float, far: float, size: float, behind: bool) -> Frame:
    """`other`, `size` times as large as the target, `far` times the sum of both sizes away; before the target if it has
    no outline, and then never over its middle."""
    x, y, w, h = frame.box
    extent = other.box[2:] * float(np.sqrt(w * h / (other.box[2] * other.box[3])) * size)
    behind = behind and frame.outline is not None
    far = far if behind else max(far, 0.42)
    place = np.array([x + w / 2, y + h / 2]) + far * (np.array([w, h]) + extent) * np.array([np.cos(angle), np.sin(angle)])
    image = lay(frame.image, other, place, extent)[0]
    if behind:
        mask = cv2.GaussianBlur(frame.outline, (0, 0), 0.8)[..., None] / np.float32(255)
        image = np.uint8(image + mask * (frame.image.astype(np.float32) - image) + 0.5)
    return frame._replace(image=image)


def redrawn(first: Frame, second: Frame, rng: np.random.Generator, margins: list[float]) -> tuple[Frame, Frame]:
    """Both boxes drawn alike, but otherwise: with margins, or around a part of the object."""
    margin = rng.uniform(*margins, 4) * rng.random()
    if rng.random() < 0.25:  # the upper or lower part alone
        margin[rng.integers(2) * 2 + 1] = -rng.uniform(0.3, 0.5)
    frames = []
    for image, (x, y, w, h), _ in (first, second):
        left, top, right, bottom = margin * np.array([w, h, w, h])
        frames.append(Frame(image, np.array([x - left, y - top, w + left + right, h + top + bottom])))
    return frames[0], frames[1]


def coarse(image: np.ndarray, factor: float) -> np.ndarray:
    """The image as it looks when its pixels are fewer by `factor` a side."""
    side = image.shape[0]
    few = max(8, round(side * factor))
    small = cv2.resize(np.ascontiguousarray(image), (few, few), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)


def warped(image: np.ndarray, box: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The image bent by a smooth random field, as a soft target deforms; the box becomes that of the bent ellipse in it."""
    side = image.shape[0]
    size = float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
    knots = int(np.clip(round(side / (size * rng.uniform(0.5, 1.2))) + 1, 3, 12))
    field = np.float32(rng.normal(0, size * rng.uniform(0.03, 0.13), (knots, knots, 2)))
    field = cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    bent = cv2.remap(image, xs + field[..., 0], ys + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    angle = np.linspace(0, 2 * np.pi, 33)[:-1, None]
    at = centre + half * np.concatenate([np.cos(angle), np.sin(angle)], 1)
    moved = at.copy()
    for _ in range(3):  # the place whose field leads to `at`
        pixel = np.clip(np.round(moved + (side - 1) / 2), 0, side - 1).astype(int)
        moved = at - field[pixel[:, 1], pixel[:, 0]]
    return bent, np.concatenate([moved.min(0), moved.max(0)])


def hidden(image: np.ndarray, box: np.ndarray, pictures: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A part of a photograph lies over a part of the target."""
    side = image.shape[0]
    centre, size = (box[:2] + box[2:]) / 2 + (side - 1) / 2, box[2:] - box[:2]
    cover = draw_target(pictures, side, rng)._replace(size=tuple(size * rng.uniform(0.4, 0.9, 2)))
    at = centre + rng.uniform(0.2, 0.6, 2) * size * rng.choice([-1, 1], 2)
    return paste(np.float32(image), cover, tuple(at), 1.0, 0.0, 1.0)


def mirrored(box: np.ndarray) -> np.ndarray:
    return np.array([-box[2], box[1], -box[0], box[3]])


def crop(frame: Frame, side: int, unit: int, shift: np.ndarray, size: np.ndarray,
         turn: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A crop around a guess of the box, moved by `shift` and resized by `size`; context as SiamFC has it. Returns the
    crop and the true box relative to its centre, in crop pixels. `turn`: radians by which all turns around the target;
    its box then is that of the ellipse in the true box."""
    x, y, w, h = frame.box
    centre = np.array([x + w / 2, y + h / 2]) + shift
    gw, gh = w * size[0], h * size[1]
    context = 0.5 * (gw + gh)
    scale = unit / np.sqrt((gw + context) * (gh + context))
    flags = cv2.INTER_LINEAR if scale > 0.7 else cv2.INTER_AREA
    matrix = np.array([[scale, 0, side / 2 - 0.5 + scale * (0.5 - centre[0])],
                       [0, scale, side / 2 - 0.5 + scale * (0.5 - centre[1])]])
    corners = (np.array([x, y, x + w, y + h]) - np.tile(centre, 2)) * scale
    if turn != 0:
        c, n = np.cos(turn), np.sin(turn)
        middle = (corners[:2] + corners[2:]) / 2
        w, h = np.hypot(scale * w * c, scale * h * n) / 2, np.hypot(scale * w * n, scale * h * c) / 2
        corners = np.concatenate([middle - [w, h], middle + [w, h]])
        at = middle + side / 2 - 0.5
        rotation = np.array([[c, -n], [n, c]])
        matrix = np.column_stack([rotation @ matrix[:, :2], rotation @ (matrix[:, 2] - at) + at])
    image = cv2.warpAffine(frame.image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return image, corners


def lay(image: np.ndarray, other: Frame, place: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The target of `other`, resized to `size`, over the image around `place`: along its outline, or with a rounded edge.
    Returns the image and how much of each pixel is the target's."""
    x, y, w, h = other.box
    scale = size / np.array([w, h])
    matrix = np.array([[scale[0], 0, place[0] - scale[0] * (x + w / 2)], [0, scale[1], place[1] - scale[1] * (y + h / 2)]])
    side = image.shape[:2]
    cut = cv2.warpAffine(other.image, matrix, side[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if other.outline is not None:
        mask = cv2.warpAffine(other.outline, matrix, side[::-1], flags=cv2.INTER_LINEAR)
        mask = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None] / np.float32(255)
    else:
        ys, xs = np.ogrid[0 : side[0], 0 : side[1]]
        u, v = np.abs(xs - place[0]) / (0.5 * size[0]), np.abs(ys - place[1]) / (0.5 * size[1])
        mask = np.clip((1.15 - (u**3 + v**3) ** (1 / 3)) / 0.3, 0, 1)[..., None].astype(np.float32)
    return np.uint8(image + mask * (cut.astype(np.float32) - image) + 0.5), mask[..., 0]


def bent(thing: Frame, rng: np.random.Generator) -> Frame:
    """Seen a little from elsewhere, and moved in itself: an affine map and a smooth field."""
    x, y, w, h = thing.box
    pad = 0.35 * max(w, h) + 4
    size = np.int64(np.ceil([w + 2 * pad, h + 2 * pad]))
    linear = np.eye(2) + rng.normal(0, 0.12, (2, 2))
    matrix = np.column_stack([linear, size / 2 - linear @ np.array([x + w / 2, y + h / 2])])
    field = rng.normal(0, rng.uniform(0, 0.06) * np.sqrt(w * h), (4, 4, 2)).astype(np.float32)
    field = cv2.resize(field, (int(size[0]), int(size[1])), interpolation=cv2.INTER_CUBIC)
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    parts = []
    for image, border in ((thing.image, cv2.BORDER_REPLICATE), (thing.outline, cv2.BORDER_CONSTANT)):
        part = cv2.warpAffine(image, matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR, borderMode=border)
        parts.append(cv2.remap(part, xs + field[..., 0], ys + field[..., 1], cv2.INTER_LINEAR, borderMode=border))
    box = extents(parts[1])
    return Frame(parts[0], box, parts[1]) if min(box[2:]) > 4 else thing


def whole(frame: Frame) -> bool:
    """The outline reaches about as far as the box."""
    if frame.outline is None:
        return False
    return bool((extents(frame.outline)[2:] > 0.75 * frame.box[2:]).all())


def elsewhere(photos: list[np.ndarray], first: Frame, second: Frame, rng: np.random.Generator) -> tuple[Frame, Frame]:
    """The target of a real track before photographs: one that moves, or two."""
    side = 256
    area = rng.uniform(32, 64) ** 2
    frames = []
    if not (whole(first) and whole(second)):
        first, second = first._replace(outline=None), second._replace(outline=None)
    photo, look = background(photos, side, rng)
    for n, frame in enumerate((first, second)):
        if n and rng.random() < 0.3:
            photo, look = background(photos, side, rng)
        drift = rng.normal(0, 16, 2)
        canvas = sample(photo, look + np.array([[0, 0, drift[0]], [0, 0, drift[1]]]), side)
        size = frame.box[2:] * np.sqrt(area / (first.box[2] * first.box[3]))
        size = size * min(1.0, 120 / max(size))
        place = side / 2 + rng.uniform(-16, 16, 2)
        canvas, mask = lay(np.uint8(np.clip(canvas, 0, 255)), frame, place, size)
        box, outline = np.concatenate([place - size / 2, size]), None
        if frame.outline is not None:
            outline = np.uint8(255 * mask)
            box = extents(outline)
        frames.append(Frame(canvas, box, outline))
    return frames[0], frames[1]


def rendered(photos: list[np.ndarray], rng: np.random.Generator) -> tuple[Frame, Frame]:
    """A patch of a photo moves, grows, turns over another photo, among others."""
    side = 256
    target = draw_target(photos, side, rng)
    photo, look = background(photos, side, rng)
    frames = []
    for second in (False, True):
        zoom = float(np.exp(rng.normal(0, 0.15))) if second else 1.0
        aspect = float(np.exp(rng.normal(0, 0.1))) if second else 1.0
        turn = float(rng.normal(0, 0.15)) if second else 0.0
        drift = rng.normal(0, 16, 2)
        canvas = sample(photo, look + np.array([[0, 0, drift[0]], [0, 0, drift[1]]]), side)
        place = tuple(side / 2 + rng.uniform(-24, 24, 2))
        for _ in range(int(rng.integers(0, 3))):
            angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(55, 120)
            other = draw_target(photos, side, rng)
            if rng.random() < 0.3:  # a look-alike: another part of the target's own photo
                other = other._replace(photo=target.photo, zoom=target.zoom, size=target.size)
            canvas = paste(canvas, other, (place[0] + far * np.cos(angle), place[1] + far * np.sin(angle)), 1, 0, 1)
        canvas = paste(canvas, target, place, zoom, turn, aspect)
        w, h = target.size[0] * zoom * aspect, target.size[1] * zoom / aspect
        c, n = abs(np.cos(turn)), abs(np.sin(turn))
        w, h = (c * w) + 0.75 * n * h, (c * h) + 0.75 * n * w
        frames.append(Frame(canvas, np.array([place[0] - w / 2, place[1] - h / 2, w, h])))
    if rng.random() < 0.2:  # something stands before a part of the target
        hide = draw_target(photos, side, rng)
        image, box, _ = frames[1]
        at = box[:2] + box[2:] / 2 + rng.uniform(0.4, 0.8, 2) * box[2:] * rng.choice([-1, 1], 2)
        frames[1] = Frame(paste(image, hide, tuple(at), 0.8, 0.0, 1.0), box)
    return frames[0], frames[1]


def moved(photos: list[np.ndarray], rng: np.random.Generator, places: int) -> tuple[Frame, Frame]:
    """One photo seen twice: a part of it with edges is the target."""
    side = 256
    target = draw_target(photos, side, rng)
    best = -1.0
    for _ in range(places):  # the one with most structure counts
        other = draw_target(photos, side, rng)._replace(photo=target.photo)
        h, w = target.photo.shape[:2]
        x, y = int(np.clip(other.centre[0], 16, w - 16)), int(np.clip(other.centre[1], 16, h - 16))
        energy = float(target.photo[y - 16 : y + 16, x - 16 : x + 16].std())
        if energy > best:
            best, target = energy, other
    middle = (side / 2, side / 2)
    zoom, aspect = float(np.exp(rng.normal(0, 0.12))), float(np.exp(rng.normal(0, 0.08)))
    turn = float(rng.normal(0, 0.12))
    first = sample(target.photo, affine(target.centre, middle, target.zoom, 0, 1, False), side)
    second = sample(target.photo, affine(target.centre, middle, target.zoom * zoom, turn, aspect, False), side)
    frames = []
    for image, w, h in ((first, *target.size), (second, target.size[0] * zoom * aspect, target.size[1] * zoom / aspect)):
        frames.append(Frame(image, np.array([middle[0] - w / 2, middle[1] - h / 2, w, h])))
    return frames[0], frames[1]
