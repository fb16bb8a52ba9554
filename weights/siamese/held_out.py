# SPDX-License-Identifier: Apache-2.0
"""Runs beside each other on the same held-out pairs: overlap of the box at the best score, and losses.

    python3 weights/siamese/held_out.py --photos PHOTOS --videos VIDEOS --teachers TEACHERS run1 run2 run3

Pairs are drawn as the settings of each run named with --as say (default: of every run), with a seed of their own."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from material import Material
from net import SHAPE
from teachers import NanoTrack
from train import HERE, Trainer, make_batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders with settings.json and checkpoint.pt")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--teachers", type=Path, required=True)
    parser.add_argument("--as", type=Path, action="append", dest="kinds", help="draw pairs as this run did; repeatable")
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--seed", type=int, default=777)
    args = parser.parse_args()
    print("| pairs as in | run | overlap | score | box | teacher's overlap |\n| --- | --- | --- | --- | --- | --- |")
    for kind in args.kinds or args.runs:
        settings = {**json.loads((HERE / "settings.json").read_text()), **json.loads((kind / "settings.json").read_text())}
        settings["seed"] = args.seed
        nano = NanoTrack(args.teachers / "nanotrack", settings["third_weight"] > 0)
        material = Material(args.photos, args.videos, settings)
        batches = [make_batch(material, nano, [args.seed, 3, n], True) for n in range(args.batches)]
        for run in args.runs:
            state = torch.load(run / "checkpoint.pt", map_location="cpu")
            trainer = Trainer({**settings, **{k: state["settings"].get(k, settings[k]) for k in SHAPE}}, args.teachers)
            trainer.measure_teachers(batches[:2])
            trainer.average.load_state_dict(state["average"])
            trainer.project.load_state_dict(state["project"], strict=False)
            v = trainer.validate(batches)
            print(f"| {kind.name} | {run.name} | {v['iou']:.3f} | {v['score']:.3f} | {v['box']:.3f} | {v['teacher_iou']:.3f} |",
                  flush=True)


if __name__ == "__main__":
    main()
