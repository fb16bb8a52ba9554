# SPDX-License-Identifier: Apache-2.0
"""Made-up results for the tests of dslt report: trackers with drifts and losses, in the files that the program makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

ATTRIBUTES = {
    "IV": "Illumination Variation", "SV": "Scale Variation", "OCC": "Occlusion", "DEF": "Deformation",
    "MB": "Motion Blur", "FM": "Fast Motion", "IPR": "In-Plane Rotation", "OPR": "Out-of-Plane Rotation",
    "OV": "Out-of-View", "BC": "Background Clutters", "LR": "Low Resolution",
}
SUCCESS, PRECISION, NORM = np.arange(21) / 20, np.arange(51), np.arange(51) / 100
NAMES = ["DSLT", "SRDCF", "KCF_GaussHog", "MUSTER", "Struck", "CSK", "TLD", "MEEM", "DSST", "SAMF", "CREST", "MDNet",
         "HCFT", "ECO", "Staple"]


def overlaps(random: np.random.Generator, quality: float, frames: int) -> np.ndarray:
    """A slow walk below 1 that is lost at some frame with a chance that falls with quality."""
    walk = np.cumsum(random.normal(0, 0.03, frames))
    values = np.clip(quality + walk - np.linspace(0, walk[-1], frames) + random.normal(0, 0.03, frames), 0, 1)
    if random.random() < 0.7 - 0.6 * quality:
        start = random.integers(1, frames)
        values[start:start + random.integers(1, frames)] = 0
    values[0] = 1
    return values


def scores(values: np.ndarray, errors: np.ndarray, size: float) -> dict[str, Any]:
    success = [float(np.mean(values > t)) for t in SUCCESS]
    precision = [float(np.mean(errors <= t)) for t in PRECISION]
    norm = [float(np.mean(errors / size <= t)) for t in NORM]
    return {"success": success, "precision": precision, "norm_precision": norm}


def measures(part: dict[str, Any]) -> dict[str, Any]:
    return {"auc": float(np.mean(part["success"])), "precision20": part["precision"][20],
            "norm_precision20": part["norm_precision"][20], "op50": part["success"][10],
            "op75": part["success"][15], **part}


def mean(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return measures({name: np.mean([part[name] for part in parts], axis=0).tolist()
                     for name in ("success", "precision", "norm_precision")}) | {"sequences": len(parts)}


def evaluation(folder: Path, names: list[str] | None = None, sequences: int = 12, seed: int = 1,
               pictures: bool = False, longest: int = 900) -> tuple[Path, Path]:
    """Write eval.json, frames.json and frames.f32 into `folder`, with pictures frames.boxes too; returns the first two."""
    names = NAMES if names is None else names
    random = np.random.default_rng(seed)
    lengths = random.integers(60, longest, sequences)
    letters = list(ATTRIBUTES)
    about = {}
    for i in range(sequences):
        chosen = sorted(random.choice(len(letters), random.integers(1, 6), replace=False))
        about[f"Sequence{i + 1:03d}"] = {"frames": int(lengths[i]), "invalid_frames": 0,
                                         "attributes": [letters[k] for k in chosen]}
    tables = {sequence: [] for sequence in about}
    trackers: dict[str, Any] = {}
    for place, name in enumerate(names):
        quality = 0.86 - 0.035 * place
        parts = {}
        for sequence, facts in about.items():
            values = overlaps(random, quality + random.normal(0, 0.05), facts["frames"])
            errors = (1 - values) * random.uniform(20, 60)
            errors[0] = 0
            tables[sequence].append(values)
            parts[sequence] = measures(scores(values, errors, 70.0)) | {"frames": facts["frames"]}
        by_attribute = {}
        for letter in letters:
            inside = [parts[s] for s, facts in about.items() if letter in facts["attributes"]]
            if inside:
                by_attribute[letter] = mean(inside)
        trackers[name] = {"folder": str(folder / "results" / str(place)), "overall": mean(list(parts.values())),
                          "attributes": by_attribute, "sequences": parts, "not_scored": {}, "notes": []}
    document = {
        "format": "dslt-eval", "format_version": 1, "version": "0.1.0", "dataset": "otb100", "title": "OTB-100",
        "protocol": "ope", "convention": "matlab", "rule": "Frames with invalid truth miss every overlap threshold.",
        "thresholds": {"success": SUCCESS.tolist(), "precision": PRECISION.tolist(), "norm_precision": NORM.tolist()},
        "attribute_names": ATTRIBUTES, "sequences": about, "not_in_root": [], "trackers": trackers,
    }
    return write(folder, document, tables, picture_of(folder) if pictures else None)


def write(folder: Path, document: dict[str, Any], tables: dict[str, list[np.ndarray]],
          picture: str | None) -> tuple[Path, Path]:
    (folder / "eval.json").write_text(json.dumps(document), encoding="utf-8")
    entries, offset, blocks, boxes = [], 0, [], []
    for name, rows in tables.items():
        table = np.stack(rows).astype("<f4")
        low = np.argsort(table[0], kind="stable")[:3]
        worst = [{"frame": int(i), "path": picture, "overlap": float(table[0, i]), "truth": [40, 30, 60, 50],
                  "box": [70, 60, 55, 45]} for i in low] if picture else []
        entries.append({"name": name, "frames": table.shape[1], "offset": offset, "worst": worst})
        if picture:
            entries[-1].update(step=1, played=[picture] * table.shape[1], boxes=sum(map(np.size, boxes)))
            boxes.append(drifting(table))
        offset += table.size
        blocks.append(table.ravel())
    (folder / "frames.json").write_text(json.dumps({
        "trackers": list(document["trackers"]), "sequences": entries,
        "no_pictures": "" if picture else "There are no frames under /data/OTB100."}), encoding="utf-8")
    if picture:
        np.concatenate([table.ravel() for table in boxes]).astype("<f4").tofile(folder / "frames.boxes")
    np.concatenate(blocks).tofile(folder / "frames.f32")
    return folder / "eval.json", folder / "frames.json"


def drifting(overlaps: np.ndarray) -> np.ndarray:
    """The truth's boxes and the trackers', 1 + trackers x frames x 4: the less overlap, the further to the right."""
    trackers, frames = overlaps.shape
    boxes = np.empty((1 + trackers, frames, 4), dtype="<f4")
    boxes[:] = [40, 30, 60, 50]
    boxes[:, :, 0] += np.arange(frames) % 100
    boxes[1:, :, 0] += 60 * (1 - overlaps)
    boxes[1:, frames - 1] = np.nan
    return boxes


def picture_of(folder: Path) -> str:
    from PIL import Image

    y, x = np.mgrid[0:240, 0:320]
    waves = 110 + 60 * np.sin(x / 23) * np.cos(y / 31) + 25 * np.sin(x * y / 900)
    pixels = np.stack([waves, waves * 0.9 + 20, 255 - waves], axis=-1).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "frame.jpg", quality=85)
    return str(folder / "frame.jpg")


def result_folders(folder: Path, seed: int = 5) -> None:
    """Manifest, losses and times for the trackers of evaluation() that have place 0 and 1."""
    random = np.random.default_rng(seed)
    document = json.loads((folder / "eval.json").read_text(encoding="utf-8"))
    for place, (name, entry) in enumerate(list(document["trackers"].items())[:2]):
        results = Path(entry["folder"])
        for part in ("times", "losses"):
            (results / part).mkdir(parents=True, exist_ok=True)
        for number, sequence in enumerate(list(entry["sequences"])[:6]):  # whose name may be no file's name
            frames = document["sequences"][sequence]["frames"]
            times = random.uniform(0.03, 0.05, frames) * (place + 1)
            times[0] = 0.4
            (results / "times" / f"{number}.txt").write_text("".join(f"{t:.6f}\n" for t in times), encoding="ascii")
            steps = np.exp(-np.arange(100) / (12 + 9 * place)) * random.uniform(0.5, 1.5) + 0.02
            losses = {"sequence": sequence, "loss": "shrinkage", "frames": frames, "inits": 1, "init_steps": 100,
                      "updates": frames // 2, "update_steps": 2 * frames,
                      "init_losses": [round(float(v), 6) for v in steps]}
            (results / "losses" / f"{number}.json").write_text(json.dumps(losses), encoding="utf-8")
        manifest = {"dslt": "0.1.0", "preset": "paper", "seed": 1, "weights": {"sha256": "0" * 64},
                    "machine": {"cpu": "two cores", "system": "Linux"}, "tracker": name}
        (results / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def vot_scores(path: Path, names: list[str]) -> Path:
    """As dslt eval --protocol vot --json writes them."""
    trackers = {}
    for place, name in enumerate(names):
        length = np.arange(1, 401)
        overlap = 0.1 + (0.75 - 0.05 * place) * np.exp(-length / (220 - 25 * place))
        trackers[name] = {
            "eao": float(overlap[107:371].mean()), "accuracy": 0.58 - 0.02 * place, "robustness": 15.0 + 8 * place,
            "failures_per_100": 0.7 + 0.4 * place, "reliability": float(np.exp(-30 * (0.007 + 0.004 * place))),
            "no_reset_overlap": None, "frames_per_second": None, "runs": 3,
            "eao_curve": [*map(float, overlap[:380]), *[None] * 20], "sequences": {}}
    path.write_text(json.dumps({"format": "dslt-eval", "protocol": "vot", "convention": "matlab", "eao_low": 108,
                                "eao_high": 371, "sensitivity": 30.0, "trackers": trackers}), encoding="utf-8")
    return path


def ablation(path: Path) -> Path:
    """As host/experiment/ablation_write.c writes it."""
    variants = []
    for place, (name, losses, layers) in enumerate((("DSLT", 1, 1), ("L2", 1, 0), ("L3", 1, 0), ("OHNM", 1, 0),
                                                    ("DSLT_m", 0, 1), ("DSLT_34", 0, 1), ("DSLT_35", 0, 1))):
        relative = np.exp(-np.arange(100) / (14 + 5 * place)) * 0.95 + 0.05
        variants.append({
            "name": name, "what": f"variant number {place}", "losses": bool(losses), "layers": bool(layers),
            "settings": {}, "precision20": 0.86 - 0.02 * place, "auc": 0.61 - 0.012 * place, "finished": 10,
            "paper": {"precision20": 0.87, "auc": 0.642, "words": "the baseline"} if name == "L2" else
                     {"precision20": None, "auc": None, "words": ""},
            "mean_init_steps": 80.5 + 9 * place, "mean_steps": 310.25 + 60 * place,
            "curve": {"mean": relative.tolist(), "relative": relative.tolist(), "running": [10] * 100},
            "sequences": {}})
    path.write_text(json.dumps({"format": 1, "dataset": "OTB-100", "sequences": 10, "planned": 10, "frames": 3456,
                                "frames_limit": 0, "paper_note": "The paper's numbers are for 100 sequences.",
                                "variants": variants}), encoding="utf-8")
    return path
