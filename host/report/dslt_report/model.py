# SPDX-License-Identifier: Apache-2.0
"""What the report shows, read from the files that `dslt report` made. Every place that knows their schema is here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .text import clean, is_number, plural

# The measures by the names that `dslt eval --json` gives them, in the order of the tables.
MEASURES = {
    "auc": "AUC",
    "precision20": "Precision at 20 px",
    "norm_precision20": "Normalised precision at 0.2",
    "op50": "OP50",
    "op75": "OP75",
    "ao": "AO",
    "sr50": "SR50",
    "sr75": "SR75",
}


class InputError(Exception):
    """A sentence about an input that cannot be used."""


@dataclass
class Worst:
    """A frame of low overlap. Boxes are x, y, width, height, 0-based."""

    frame: int
    path: str
    overlap: float
    truth: list[float] | None  # None: no usable ground truth there
    box: list[float] | None  # None: the result has no box there


@dataclass
class Playable:
    """A sequence whose frames are at hand."""

    step: int  # every which frame `paths` has
    paths: list[str | None]  # of frame 0, of frame `step` ...; None: missing
    boxes: np.ndarray  # 1 + trackers x frames x 4, the truth first, in the report's order; NaN where there is none


@dataclass
class Sequence:
    name: str
    frames: int
    attributes: list[str] = field(default_factory=list)
    overlaps: np.ndarray | None = None  # trackers x frames in the report's order, NaN where nothing can be said
    worst: list[Worst] = field(default_factory=list)
    playable: Playable | None = None


@dataclass
class Speed:
    """From the times of a result folder; the first frame of a sequence, on which a tracker learns, stands apart."""

    fps: float  # frames after the first of all sequences / their seconds
    first: float  # median seconds of a first frame
    sequences: int


@dataclass
class Tracker:
    name: str
    overall: dict[str, Any]
    attributes: dict[str, dict[str, Any]]
    sequences: dict[str, dict[str, Any]]
    folder: Path | None = None
    speed: Speed | None = None
    index: int = 0  # place in the overall ranking, which decides colour and dashes
    manifest: dict[str, Any] | None = None
    losses: dict[str, Any] = field(default_factory=dict)

    def value(self, measure: str, part: dict[str, Any] | None = None) -> float | None:
        found = (self.overall if part is None else part).get(measure)
        return found if is_number(found) else None

    @property
    def fps(self) -> float | None:
        return self.speed.fps if self.speed else None


@dataclass
class Attribute:
    name: str
    words: str
    count: int


@dataclass
class Vot:
    """A tracker's scores in VOT's protocol, as dslt_vot_score_json() writes them."""

    name: str
    convention: str
    rules: dict[str, Any]
    overall: dict[str, Any]
    curve: list[Any]

    def value(self, measure: str) -> float | None:
        found = self.overall.get(measure)
        return found if is_number(found) else None


@dataclass
class Model:
    title: str
    dataset: str
    protocol: str  # ope, tre, sre or got10k
    convention: str  # "" for got10k
    trackers: list[Tracker]  # ranked by AUC (AO for GOT-10k)
    sequences: list[Sequence]
    attributes: list[Attribute]
    thresholds: dict[str, list[float]]
    rank_measure: str
    focus: Tracker | None  # None: there are no trackers, only VOT's scores or an ablation
    notes: list[str] = field(default_factory=list)
    pictures: str = ""  # why there are no thumbnails; "" when there are
    vot: list[Vot] = field(default_factory=list)  # best first
    ablations: list[dict[str, Any]] = field(default_factory=list)
    summaries: list[tuple[str, list[tuple[str, Any]]]] = field(default_factory=list)  # name, targets' "init_channels"


def load_json(path: Path) -> Any:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return json.load(stream)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON that can be used: {error}.") from None


def expect(value: Any, kind: type, what: str, path: Path) -> Any:
    if not isinstance(value, kind):
        raise InputError(f"{path}: {what} is missing or of another type than the schema in host/eval/README.md says.")
    return value


def best_first(trackers: list[Tracker], score) -> list[tuple[Tracker, float]]:
    """Those that have a score, best first; equal scores by name, so that the order never depends on the input's."""
    scored = [(tracker, score(tracker)) for tracker in trackers]
    return sorted(((t, s) for t, s in scored if is_number(s)), key=lambda pair: (-pair[1], pair[0].name))


# ---- the evaluation --------------------------------------------------------------------------------


def read_evaluation(path: Path, title: str | None, focus: str | None) -> Model:
    document = expect(load_json(path), dict, "the document", path)
    entries = expect(document.get("trackers"), dict, '"trackers"', path)
    trackers = []
    notes = [clean(document["rule"])] if document.get("rule") else []
    for name, entry in entries.items():
        expect(entry, dict, f'the tracker "{name}"', path)
        notes += _gaps(clean(name), entry)
        if not isinstance(entry.get("overall"), dict):  # no sequence of it could be scored
            continue
        trackers.append(Tracker(
            name=clean(name),
            overall=entry["overall"],
            attributes=expect(entry.get("attributes", {}), dict, f'"attributes" of "{name}"', path),
            sequences={clean(n): part for n, part in
                       expect(entry.get("sequences"), dict, f'"sequences" of "{name}"', path).items()
                       if isinstance(part, dict)},
            folder=Path(entry["folder"]) if isinstance(entry.get("folder"), str) else None,
        ))
    if not trackers:
        raise InputError(" ".join([f"{path} holds no tracker with a scored sequence."] + notes[:3]))
    first = trackers[0]
    measure = "ao" if any(t.value("ao") is not None for t in trackers) else "auc"
    trackers.sort(key=lambda t: (-(t.value(measure) if t.value(measure) is not None else -1), t.name))
    for index, tracker in enumerate(trackers):
        tracker.index = index
    if focus is not None:
        chosen = [t for t in trackers if t.name == clean(focus)]
        if not chosen:
            raise InputError(f'There is no tracker "{clean(focus)}" to put into focus: '
                             f"choose one of {', '.join(t.name for t in trackers)}.")
        first = chosen[0]
    dataset = clean(document.get("title") or document.get("dataset") or "")
    return Model(
        title=clean(title) if title else f"Tracking results on {dataset}" if dataset else "Tracking results",
        dataset=dataset,
        protocol=clean(document.get("protocol") or "ope"),
        convention="" if measure == "ao" else clean(document.get("convention") or ""),
        trackers=trackers,
        sequences=_sequences(document, trackers),
        attributes=_attributes(document, trackers),
        thresholds={name: values for name, values in _table(document.get("thresholds")).items()
                    if isinstance(values, list) and all(map(is_number, values))},
        rank_measure=measure,
        focus=first,
        notes=notes,
    )


def empty(title: str | None) -> Model:
    """For a report without one-pass results."""
    return Model(clean(title or "Tracking results"), "", "", "", [], [], [], {}, "auc", None)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _gaps(name: str, entry: dict[str, Any]) -> list[str]:
    """What a reader must know before comparing this tracker with the others."""
    missing = _table(entry.get("not_scored"))
    found = []
    if missing:
        listed = ", ".join(clean(sequence) for sequence in list(missing)[:8]) + (" ..." if len(missing) > 8 else "")
        found.append(f"{name}: {plural(len(missing), 'sequence')} not scored and left out of its means ({listed}). "
                     f"{clean(next(iter(missing.values())))}")
    notes = entry.get("notes")
    found += [f"{name}: {clean(note)}" for note in (notes if isinstance(notes, list) else [])[:5]]
    return found


def _sequences(document: dict[str, Any], trackers: list[Tracker]) -> list[Sequence]:
    """Those that some tracker was scored on, in the dataset's order."""
    scored = {name for tracker in trackers for name in tracker.sequences}
    found = []
    for name, about in _table(document.get("sequences")).items():
        if clean(name) not in scored:
            continue
        about = _table(about)
        frames, attributes = about.get("frames"), about.get("attributes")
        found.append(Sequence(clean(name), frames if isinstance(frames, int) else 0,
                              [clean(a) for a in attributes] if isinstance(attributes, list) else []))
    return found


def _attributes(document: dict[str, Any], trackers: list[Tracker]) -> list[Attribute]:
    words = _table(document.get("attribute_names"))
    counts: dict[str, int] = {}
    for tracker in trackers:
        for name, scores in tracker.attributes.items():
            count = _table(scores).get("sequences")
            counts[name] = max(counts.get(name, 0), count if isinstance(count, int) else 0)
    order = [name for name in words if name in counts] + [name for name in counts if name not in words]
    return [Attribute(name, clean(words.get(name) or name), counts[name]) for name in order]


def curve(part: dict[str, Any], name: str) -> np.ndarray | None:
    """A curve of an entry of the evaluation: "success", "precision" or "norm_precision"."""
    values = part.get(name)
    if not isinstance(values, list) or len(values) < 2 or not all(map(is_number, values)):
        return None
    return np.asarray(values, dtype=float)


# ---- overlaps and frames ---------------------------------------------------------------------------


def read_frames(model: Model, path: Path) -> None:
    """Add what host/report/frames.c wrote: overlaps and boxes as float32 beside the description."""
    document = expect(load_json(path), dict, "the document", path)
    names = [clean(name) for name in expect(document.get("trackers"), list, '"trackers"', path)]
    order = [names.index(t.name) if t.name in names else -1 for t in model.trackers]
    try:
        values = np.fromfile(path.with_suffix(".f32"), dtype="<f4")
    except OSError as error:
        raise InputError(f"{path.with_suffix('.f32')} cannot be read: {error.strerror}.") from None
    try:
        boxes = np.fromfile(path.with_suffix(".boxes"), dtype="<f4")
    except FileNotFoundError:  # nothing plays
        boxes = None
    by_name = {sequence.name: sequence for sequence in model.sequences}
    for entry in expect(document.get("sequences"), list, '"sequences"', path):
        sequence = by_name.get(clean(entry["name"]))
        frames, offset = entry["frames"], entry["offset"]
        if sequence is None or frames < 1 or offset + frames * len(names) > values.size:
            continue
        table = values[offset:offset + frames * len(names)].reshape(len(names), frames)
        rows = [table[i] if i >= 0 else np.full(frames, np.nan, np.float32) for i in order]
        sequence.overlaps = np.stack(rows)
        sequence.frames = sequence.frames or frames
        sequence.worst = [Worst(w["frame"], w["path"], w["overlap"], w["truth"], w["box"])
                          for w in entry.get("worst", [])]
        if boxes is not None and "played" in entry and entry["step"] > 0:
            sequence.playable = _playable(entry, boxes, [0] + [i + 1 for i in order], len(names))
    model.pictures = clean(document.get("no_pictures") or "")


def _playable(entry: dict[str, Any], boxes: np.ndarray, rows: list[int], trackers: int) -> Playable | None:
    """`rows`: which rows of the file's table, the truth first; 0 for a tracker that the file does not have."""
    frames, offset = entry["frames"], entry["boxes"]
    size = (1 + trackers) * frames * 4
    if offset + size > boxes.size or not any(entry["played"]):
        return None
    table = boxes[offset:offset + size].reshape(1 + trackers, frames, 4)
    picked = np.stack([table[row] if row or not place else np.full((frames, 4), np.nan, np.float32)
                       for place, row in enumerate(rows)])
    return Playable(entry["step"], entry["played"], picked)


# ---- other scores ----------------------------------------------------------------------------------


def read_vot(model: Model, path: Path) -> None:
    """The JSON of dslt eval --protocol vot, or one tracker's dslt_vot_score_json(), which is called like the file."""
    document = expect(load_json(path), dict, "the document", path)
    many = document.get("trackers")
    shared = {"eao_interval": [document.get("eao_low"), document.get("eao_high")],
              "sensitivity": document.get("sensitivity")}
    for name, entry in (many if isinstance(many, dict) else {path.stem: document}).items():
        entry = expect(entry, dict, f'the tracker "{name}"', path)
        if "refused" in entry:
            model.notes.append(f"{clean(name)}: not scored in VOT's protocol. {clean(entry['refused'])}")
            continue
        overall = _table(entry.get("overall")) or entry
        curve = entry.get("eao_curve", entry.get("curve"))
        model.vot.append(Vot(clean(name), clean(entry.get("convention") or document.get("convention") or ""),
                             _table(entry.get("rules")) or shared, overall, curve if isinstance(curve, list) else []))
    if not any(v.value(measure) is not None for v in model.vot for measure in ("eao", "accuracy", "no_reset_overlap")):
        raise InputError(f"{path} holds no VOT score: make it with dslt eval --protocol vot --json.")
    model.vot.sort(key=lambda v: (-(v.value("eao") if v.value("eao") is not None else -1), v.name))


def read_ablation(model: Model, path: Path) -> None:
    model.ablations.append(expect(load_json(path), dict, "the document", path))


def read_summary(model: Model, path: Path) -> None:
    """The channel weights in the JSON of dslt track --summary, of one target or of several."""
    document = expect(load_json(path), dict, "the document", path)
    targets = document.get("targets")
    if isinstance(targets, list):
        found = [(f"Target {number}", t.get("init_channels")) for number, t in enumerate(targets, 1) if isinstance(t, dict)]
    else:
        found = [(path.stem, document.get("init_channels"))]
    found = [(clean(name), blocks) for name, blocks in found if isinstance(blocks, list) and blocks]
    if not found:
        raise InputError(f"{path} holds no channel weights: they are in the --summary of dslt track where the network has "
                         "channel attention, as with --preset adacfnet.")
    model.summaries.append((clean(path.stem), found))


# ---- result folders --------------------------------------------------------------------------------


def read_folder(tracker: Tracker) -> None:
    """Manifest, loss curves and times of a result folder; published ones may have none of them."""
    folder = tracker.folder
    if folder is None or not folder.is_dir():
        return
    if (folder / "manifest.json").is_file():
        tracker.manifest = _table(load_json(folder / "manifest.json")) or None
    if (folder / "losses").is_dir():
        for file in sorted((folder / "losses").rglob("*.json")):
            tracker.losses[clean(file.relative_to(folder / "losses"))] = _table(load_json(file))
    if (folder / "times").is_dir():
        tracker.speed = read_speed(sorted((folder / "times").rglob("*.txt")))


def read_speed(files: list[Path]) -> Speed | None:
    """Each file has the seconds of a sequence's frames, one a line."""
    frames, seconds, first = 0, 0.0, []
    for file in files:
        try:
            times = np.array(file.read_text(encoding="ascii", errors="replace").replace(",", " ").split(), dtype=float)
        except (OSError, ValueError) as error:
            raise InputError(f"{file} is no list of seconds, one a line: {error}.") from None
        times = times[np.isfinite(times)]  # NaN: the tracker did not run on that frame
        if times.size < 2 or np.any(times < 0):
            continue
        frames, seconds = frames + times.size - 1, seconds + float(times[1:].sum())
        first.append(float(times[0]))
    return Speed(frames / seconds, float(np.median(first)), len(first)) if seconds > 0 else None
