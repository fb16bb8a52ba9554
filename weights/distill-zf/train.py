# SPDX-License-Identifier: Apache-2.0
"""Train the compressed network; see README.md. Writes DIR/{settings.json,log.jsonl,checkpoint.pt}; a rerun goes on from
the checkpoint."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
import torch
from nets import Student, Teacher, inputs, read_teacher
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "distill"))

from photos import Photos, random_crop  # noqa: E402


def make_pairs(photos: list[np.ndarray], settings: dict[str, Any], seed: list[int], count: int) -> tuple[Tensor, Tensor]:
    """The same crops for both: the student's pixels are two by two of the teacher's, so that cells stand for the same
    places; the teacher sees the first 203 of 214 pixels."""
    rng = np.random.default_rng(seed)
    side, large = settings["student_side"], settings["teacher_side"]
    crops = [random_crop(photos, 2 * side, rng).astype(np.float32) for _ in range(count)]
    small = [cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) for crop in crops]
    return inputs(np.stack([crop[:large, :large] for crop in crops]), settings), inputs(np.stack(small), settings)


class Trainer:
    def __init__(self, settings: dict[str, Any], teacher: Path) -> None:
        torch.manual_seed(settings["seed"])
        self.settings = settings
        weights = read_teacher(teacher)
        self.teacher = Teacher(weights).to(memory_format=torch.channels_last).eval()
        self.student = Student(settings["groups"]).to(memory_format=torch.channels_last)
        self.weights = weights
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=1.0, weight_decay=settings["weight_decay"])
        self.mean = torch.zeros(256)
        self.deviation = torch.ones(256)
        self.step, self.seconds = 0, 0.0

    def begin(self, photos: list[np.ndarray]) -> None:
        """Start from the teacher, and measure the mean and deviation of its maps."""
        s = self.settings
        pairs = make_pairs(photos, s, [s["seed"], 2], s["fit_images"])
        self.student.start(self.weights)
        before = time.process_time()
        self.kept = self.student.fit(self.teacher, pairs, s["ridge"])
        self.seconds += time.process_time() - before
        with torch.no_grad():
            maps = self.teacher(pairs[0])
        self.mean, self.deviation = maps.mean((0, 2, 3)), maps.std((0, 2, 3)) + 0.05 * maps.std()

    def loss(self, pairs: tuple[Tensor, Tensor]) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            wanted = self.teacher(pairs[0].contiguous(memory_format=torch.channels_last)).float()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mine = self.student(pairs[1].contiguous(memory_format=torch.channels_last)).float()
        return ((mine - wanted) / self.deviation[None, :, None, None]).pow(2).mean()

    def learn(self, photos: list[np.ndarray]) -> float:
        s = self.settings
        rate = s["rate"] * min(1.0, (self.step + 1) / s["warm_up"]) * 0.5 ** (self.step / s["half_life"])
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss = self.loss(make_pairs(photos, s, [s["seed"], 1, self.step], s["batch"]))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())

    @torch.no_grad()
    def validate(self, photos: list[np.ndarray]) -> float:
        """Mean squared error in deviations of the teacher's maps; 1 is about what a constant map has."""
        s = self.settings
        return float(self.loss(make_pairs(photos, s, [s["seed"], 3], s["validation_images"])))

    def save(self, path: Path) -> None:
        names = ("step", "seconds", "settings", "mean", "deviation")
        state = {name: getattr(self, name) for name in names}
        state["student"], state["optimiser"] = self.student.state_dict(), self.optimiser.state_dict()
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path)
        for name in ("step", "seconds", "mean", "deviation"):
            setattr(self, name, state[name])
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])


def validate(trainer: Trainer, photos: Photos, log: TextIO) -> None:
    row = {"step": trainer.step, "seconds": round(trainer.seconds), "validation": trainer.validate(photos.held)}
    print(json.dumps(row), file=log, flush=True)


def run(trainer: Trainer, photos: Photos, out: Path) -> None:
    s, checkpoint = trainer.settings, out / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    else:
        trainer.begin(photos.train)
        (out / "fit.json").write_text(json.dumps({"kept": trainer.kept, "seconds": trainer.seconds}) + "\n")
        trainer.save(checkpoint)
    trained = trainer.step < s["steps"]
    with (out / "log.jsonl").open("a") as log:
        while trainer.step < s["steps"]:
            if trainer.step % s["validate_every"] == 0:
                validate(trainer, photos, log)
            before = time.process_time()
            loss = trainer.learn(photos.train)
            trainer.seconds += time.process_time() - before
            if trainer.step % 10 == 0:
                print(json.dumps({"step": trainer.step, "seconds": round(trainer.seconds), "loss": loss}), file=log, flush=True)
            if trainer.step % s["save_every"] == 0 or trainer.step == s["steps"]:
                trainer.save(checkpoint)
        if trained:
            validate(trainer, photos, log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="alexnet_pruned_int8.npz")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    settings = json.loads((HERE / "settings.json").read_text())
    (args.out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    torch.set_num_threads(1)
    run(Trainer(settings, args.teacher), Photos(args.photos, settings["photo_side"], settings["held_out"]), args.out)


if __name__ == "__main__":
    main()
