# SPDX-License-Identifier: Apache-2.0
"""Train the student; see README.md. Writes DIR/{settings.json,log.jsonl,checkpoint.pt}; a rerun goes on from the
checkpoint. Same settings, machine, thread count and packages: same numbers."""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from pairs import render, shade
from photos import Photos, random_crop
from student import Projections, Student
from teacher import GoogLeNet, Vgg3
from torch import Tensor
from track_loss import both_taps

HERE = Path(__file__).resolve().parent


class Batch(NamedTuple):
    images: Tensor  # N x 3 x side x side, 0..255
    place: Tensor | None  # N/2 x 2 when the images are pairs


def make_batch(photos: list[np.ndarray], settings: dict[str, Any], seed: list[int], pairs: bool) -> Batch:
    rng = np.random.default_rng(seed)
    side, count = settings["crop"], settings["batch"]
    crops: list[np.ndarray] = []
    places: list[tuple[float, float]] = []
    while len(crops) < count:
        if pairs:
            pair = render(photos, side, rng)
            if rng.random() < 0.25:
                pair = shade(pair, rng)
            crops += [pair.first, pair.second]
            places.append(pair.place)
        else:
            crops.append(random_crop(photos, side, rng))
    images = torch.from_numpy(np.stack(crops).astype(np.float32)).permute(0, 3, 1, 2)
    return Batch(images, torch.tensor(places, dtype=torch.float32) if pairs else None)


def stream(photos: list[np.ndarray], settings: dict[str, Any], start: int) -> queue.Queue[Batch]:
    """Batches made ahead in a thread. Batch n depends on the seed and n alone; every second one is of pairs."""
    ahead: queue.Queue[Batch] = queue.Queue(maxsize=4)

    def work() -> None:
        for step in range(start, settings["steps"]):
            ahead.put(make_batch(photos, settings, [settings["seed"], 1, step], step % 2 == 1))

    threading.Thread(target=work, daemon=True).start()
    return ahead


class Trainer:
    def __init__(self, settings: dict[str, Any], weights: Path) -> None:
        torch.manual_seed(settings["seed"])
        self.settings = settings
        self.student = Student(settings["widths"], settings["mean"], settings["deviation"])
        self.student = self.student.to(memory_format=torch.channels_last)
        self.projections = Projections(settings["widths"])
        self.google = GoogLeNet(weights / "googlenet_bvlc.npz").to(memory_format=torch.channels_last).eval()
        self.vgg = Vgg3(weights / "vgg16_conv1to3.npz").to(memory_format=torch.channels_last).eval()
        parameters = [*self.student.parameters(), *self.projections.parameters()]
        self.optimiser = torch.optim.AdamW(parameters, lr=1.0, weight_decay=settings["weight_decay"])
        self.scales: dict[str, Tensor] = {}

    def measure_teachers(self, photos: list[np.ndarray]) -> None:
        """Each teacher channel is divided by its own root mean square, so that all count alike."""
        sums: dict[str, list[Tensor]] = {"vgg": [], "low": [], "high": []}
        for n in range(4):
            images = make_batch(photos, self.settings, [self.settings["seed"], 2, n], False).images
            for name, maps in zip(sums, self.teach(images, len(images))):
                sums[name].append(maps.float().pow(2).mean((0, 2, 3)))
        for name, values in sums.items():
            power = torch.stack(values).mean(0)
            self.scales[name] = (power + 0.01 * power.mean()).rsqrt()[None, :, None, None]

    def teach(self, images: Tensor, vgg_images: int) -> tuple[Tensor, Tensor, Tensor]:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            low, high = self.google(images)
            return self.vgg(images[:vgg_images]), low, high

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        s = self.settings
        vgg, low, high = self.teach(batch.images, s["vgg_images"])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mine3, mine4, mine5 = self.student(batch.images)
            guess = {
                "vgg": self.projections.vgg(mine3[: len(vgg)]),
                "low": self.projections.low(mine4),
                "high": self.projections.high(mine5),
            }
        out = {}
        for name, wanted in (("vgg", vgg), ("low", low), ("high", high)):
            out[name] = (guess[name].float() - wanted.float() * self.scales[name]).pow(2).mean()
        if batch.place is not None:
            out["track_low"], out["track_high"] = both_taps(mine4, mine5, batch.place, s["label_sigma"], s["ridge"])
        return out

    def total(self, losses: dict[str, Tensor], step: int) -> Tensor:
        s = self.settings
        loss = s["vgg_weight"] * losses["vgg"] + s["low_weight"] * losses["low"] + s["high_weight"] * losses["high"]
        if "track_low" in losses:
            share = (step / s["steps"] - s["track_from"]) / (s["track_full"] - s["track_from"])
            weight = s["track_weight"] * min(max(share, 0.0), 1.0)
            if weight > 0:
                loss = loss + weight * (losses["track_low"] + losses["track_high"])
        return loss

    def rate(self, step: int) -> float:
        s = self.settings
        warm = min(1.0, (step + 1) / s["warm_up"])
        return s["rate"] * warm * (0.5 * (1 + math.cos(math.pi * step / s["steps"])) + 0.002)

    def step(self, batch: Batch, step: int) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(step)
        losses = self.losses(batch)
        self.optimiser.zero_grad(set_to_none=True)
        self.total(losses, step).backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.optimiser.step()
        return {name: float(value) for name, value in losses.items()}

    @torch.no_grad()
    def validate(self, photos: list[np.ndarray]) -> dict[str, float]:
        self.student.eval()
        sums: dict[str, list[float]] = {}
        for n in range(self.settings["validation_batches"]):
            batch = make_batch(photos, self.settings, [self.settings["seed"], 3, n], n % 2 == 1)
            for name, value in self.losses(batch).items():
                sums.setdefault(name, []).append(float(value))
        self.student.train()
        return {name: float(np.mean(values)) for name, values in sums.items()}

    def save(self, path: Path, step: int) -> None:
        state = {
            "step": step,
            "student": self.student.state_dict(),
            "projections": self.projections.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def load(self, path: Path) -> int:
        state = torch.load(path, map_location="cpu")
        self.student.load_state_dict(state["student"])
        self.projections.load_state_dict(state["projections"])
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--teachers", type=Path, required=True, help="folder with the two teachers' npz files")
    parser.add_argument("--out", type=Path, required=True, help="folder for log and checkpoint")
    parser.add_argument("--settings", type=Path, default=HERE / "settings.json")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="change a setting")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()

    settings = json.loads(args.settings.read_text())
    for item in args.set:
        key, _, value = item.partition("=")
        if key not in settings:
            parser.error(f"there is no setting {key}; there are {', '.join(settings)}")
        settings[key] = json.loads(value)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")

    photos = Photos(args.photos, settings["photo_side"], settings["held_out"])
    print(f"{len(photos.train)} photos to learn from, {len(photos.held)} held out", flush=True)
    trainer = Trainer(settings, args.teachers)
    trainer.measure_teachers(photos.train)
    checkpoint, start = args.out / "checkpoint.pt", 0
    if checkpoint.exists():
        start = trainer.load(checkpoint)
        print(f"going on after step {start}", flush=True)

    batches = stream(photos.train, settings, start)
    began, recent = time.monotonic(), {}
    with (args.out / "log.jsonl").open("a") as log:
        for step in range(start, settings["steps"]):
            for name, value in trainer.step(batches.get(), step).items():
                recent.setdefault(name, []).append(value)
            done = step + 1
            if done % 50 == 0:
                row = {"step": done, **{k: round(float(np.mean(v)), 5) for k, v in recent.items()}}
                recent = {}
                spent = time.monotonic() - began
                left = spent / (done - start) * (settings["steps"] - done)
                if done % settings["validate_every"] == 0 or done == settings["steps"]:
                    held = trainer.validate(photos.held)
                    row["held_out"] = {k: round(v, 5) for k, v in held.items()}
                    trainer.save(checkpoint, done)
                log.write(json.dumps(row) + "\n")
                log.flush()
                print(f"{json.dumps(row)}  {spent / 60:.1f} min, {left / 60:.1f} min left", flush=True)


if __name__ == "__main__":
    main()
