# SPDX-License-Identifier: Apache-2.0
"""Train the network; see README.md. Writes DIR/{settings.json,log.jsonl,checkpoint.pt}; a rerun goes on from the
checkpoint. Same settings, machine, thread count and packages: same numbers."""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from material import Example, Material
from net import Net, Taps, boxes_of, cell_centres
from torch import Tensor, nn

from teachers import Answer, NanoTrack, Peers, semantic_teacher

HERE = Path(__file__).resolve().parent


class Batch(NamedTuple):
    template: Tensor
    search: Tensor
    box: Tensor  # N x 4, corners relative to the search crop's centre
    present: Tensor  # N, bool
    exact: Tensor  # N, bool
    drawn: Tensor  # N, bool
    size: Tensor  # N x 2, of the target in the template, px
    answer: Answer


def batch_of(examples: list[Example], nano: NanoTrack, peers: Peers | None = None) -> Batch:
    z, x = (np.ascontiguousarray(np.stack(i).transpose(0, 3, 1, 2)) for i in
            ([e.template for e in examples], [e.search for e in examples]))
    answer, size = nano(z, x), torch.from_numpy(np.stack([e.size for e in examples]))
    z, x = torch.from_numpy(z), torch.from_numpy(x)
    return Batch(
        z, x, torch.from_numpy(np.stack([e.box for e in examples])),
        torch.tensor([e.present for e in examples]), torch.tensor([e.exact for e in examples]),
        torch.tensor([e.drawn for e in examples]), size, peers(answer, z, x, size) if peers else answer,
    )


def make_batch(material: Material, nano: NanoTrack, seed: list[int], held: bool, peers: Peers | None = None) -> Batch:
    rng = np.random.default_rng(seed)
    return batch_of([material.example(rng, held) for _ in range(material.s["batch"])], nano, peers)


def stream(material: Material, nano: NanoTrack, start: int, peers: Peers | None) -> queue.Queue[Batch]:
    """Batches made ahead in a thread. Batch n depends on the seed and n alone."""
    ahead: queue.Queue[Batch] = queue.Queue(maxsize=3)

    def work() -> None:
        for step in range(start, material.s["steps"]):
            ahead.put(make_batch(material, nano, [material.s["seed"], 1, step], False, peers))

    threading.Thread(target=work, daemon=True).start()
    return ahead


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of corners, dimension 1."""
    ax1, ay1, ax2, ay2 = a.unbind(1)
    bx1, by1, bx2, by2 = b.unbind(1)
    w = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp(min=0)
    h = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp(min=0)
    inner = w * h
    union = (ax2 - ax1).clamp(min=0) * (ay2 - ay1).clamp(min=0) + (bx2 - bx1) * (by2 - by1) - inner + 1e-6
    hull = (torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)) * (torch.maximum(ay2, by2) - torch.minimum(ay1, by1))
    iou = inner / union
    return iou, iou - (hull - union) / (hull + 1e-6)


def best_box(score: Tensor, boxes: Tensor) -> Tensor:
    """N x 4: the corners at the cell with the highest score, of N x 4 x H x W."""
    best = score.flatten(1).argmax(1)
    return boxes.flatten(2).gather(2, best[:, None, None].expand(-1, 4, 1))[:, :, 0]


class Labels(NamedTuple):
    score: Tensor  # N x 16 x 16, 0..1
    score_weight: Tensor  # 0 where neither sure
    truth: Tensor  # N x 4 x 1 x 1
    truth_weight: Tensor  # N x 16 x 16
    taught: Tensor  # N x 4 x 16 x 16
    taught_weight: Tensor


def labels_of(batch: Batch, masked: bool, alike: float) -> Labels:
    """The teacher's answer where it found the target, the true box where it did not. `masked`: the teacher is not asked
    about cells outside the target, where it may follow other objects. Its boxes count where their overlap with the true
    one is more than `alike`."""
    size = batch.answer.score.shape[-1]
    at = cell_centres(size)
    x1, y1, x2, y2 = (v[:, None, None] for v in batch.box.unbind(1))
    # position inside of the box: 0 in its centre, 1 on its border
    u = ((at[None, None, :] - (x1 + x2) / 2) / ((x2 - x1) / 2)).pow(2)
    v = ((at[None, :, None] - (y1 + y2) / 2) / ((y2 - y1) / 2)).pow(2)
    r = u + v
    near = torch.maximum((at[None, None, :] - (x1 + x2) / 2).abs(), (at[None, :, None] - (y1 + y2) / 2).abs()) <= 8
    inside = ((r < 0.25) | near) & batch.present[:, None, None]
    outside = (r > 1.0) & ~near | ~batch.present[:, None, None]
    taught = boxes_of(batch.answer.distances)
    truth = batch.box[:, :, None, None]
    chosen = best_box(batch.answer.score, taught)
    right = ((overlap(chosen, batch.box)[0] > 0.5) & batch.present & ~batch.drawn)[:, None, None]
    heard = batch.answer.score * (r < 1.5) if masked else batch.answer.score
    score = torch.where(right, 0.5 * (heard + inside.float()), inside.float())
    weight = torch.where(right, torch.ones_like(score), (inside | outside).float())
    kind = torch.where(batch.exact, 1.0, 0.5)[:, None, None]
    taught_weight = batch.answer.score * right
    if alike > 0:
        taught_weight = taught_weight * (overlap(taught, truth)[0] > alike)
    return Labels(score, weight, truth, inside.float() * kind, taught, taught_weight)


class Trainer:
    def __init__(self, s: dict[str, Any], teachers: Path) -> None:
        torch.manual_seed(s["seed"])
        self.s = s
        self.net = Net(s).to(memory_format=torch.channels_last)
        _, _, c, d = s["widths"]
        self.project = nn.ModuleDict({"nano": nn.Conv2d(s["neck"], 48, 1)})
        if s["middle_weight"] > 0:
            self.project["middle"] = nn.Conv2d(c, 24, 1)
        if s["third_weight"] > 0:
            self.project["third"] = nn.Conv2d(d, 96, 1)
        if s["semantic_weight"] > 0:
            self.project.update({"low": nn.Conv2d(c, 480, 1), "high": nn.Conv2d(d, 832, 1)})
        self.google = semantic_teacher(teachers / "googlenet_bvlc.npz") if s["semantic_weight"] > 0 else None
        self.optimiser = torch.optim.AdamW([*self.net.parameters(), *self.project.parameters()], lr=1.0,
                                           weight_decay=s["weight_decay"])
        self.average = Net(s)
        self.average.load_state_dict(self.net.state_dict())
        self.power: dict[str, Tensor] = {}

    @torch.no_grad()
    def teach(self, batch: Batch) -> dict[str, Tensor]:
        out = {"nano": batch.answer.search}
        if "middle" in self.project:
            out["middle"] = batch.answer.middle
        if "third" in self.project:
            out["third"] = batch.answer.third
        if self.google is not None:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                low, high = self.google(batch.template)
            out.update(low=low.float(), high=high.float())
        return out

    def measure_teachers(self, batches: list[Batch]) -> None:
        """Each teacher channel is divided by its own root mean square, so that all count alike."""
        rows = [{k: v.pow(2).mean((0, 2, 3)) for k, v in self.teach(b).items()} for b in batches]
        for name in rows[0]:
            power = torch.stack([r[name] for r in rows]).mean(0)
            self.power[name] = (power + 0.01 * power.mean()).rsqrt()[None, :, None, None]

    def losses(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        wanted = {k: v * self.power[k] for k, v in self.teach(batch).items()}
        with torch.autocast("cpu", dtype=torch.bfloat16):
            z, x, logit, distances = net(batch.template, batch.search, batch.size)
            maps = {"nano": x.neck, "middle": x.middle, "third": x.coarse, "low": z.middle, "high": z.coarse}
            guess = {k: self.project[k](maps[k]) for k in wanted}
        out = {k: (guess[k].float() - wanted[k]).pow(2).mean() for k in wanted}
        side = self.project["nano"]
        template = F.conv2d(z.neck.float(), side.weight, side.bias)
        out["nano"] = out["nano"] + (template - batch.answer.template * self.power["nano"]).pow(2).mean()
        t = labels_of(batch, self.s["masked"], self.s["alike"])
        each = F.binary_cross_entropy_with_logits(logit, t.score, reduction="none") * t.score_weight
        high = t.score * t.score_weight
        low = (1 - t.score) * t.score_weight
        out["score"] = (each * high).sum() / (high.sum() + 1) + (each * low).sum() / (low.sum() + 1)
        boxes = boxes_of(distances)
        true_iou, true_giou = overlap(boxes, t.truth)
        _, taught_giou = overlap(boxes, t.taught)
        wt, wa = t.truth_weight, t.taught_weight
        out["box"] = ((1 - true_giou) * wt).sum() / (wt.sum() + 1)
        out["taught"] = ((1 - taught_giou) * wa).sum() / (wa.sum() + 1)
        with torch.no_grad():  # overlap of the box at the best score, what the tracker will use
            keep = batch.present & batch.exact
            out["iou"] = overlap(best_box(logit, boxes), batch.box)[0][keep].mean()
            out["teacher_iou"] = overlap(best_box(batch.answer.score, t.taught), batch.box)[0][keep].mean()
        return out

    def total(self, v: dict[str, Tensor]) -> Tensor:
        s = self.s
        semantic = v["low"] + v["high"] if "low" in v else 0
        return (s["features_weight"] * v["nano"] + s["middle_weight"] * v.get("middle", 0)
                + s["third_weight"] * v.get("third", 0) + s["semantic_weight"] * semantic
                + s["score_weight"] * v["score"] + s["box_weight"] * (v["box"] + v["taught"]) * 0.5)

    def rate(self, step: int) -> float:
        s = self.s
        return s["rate"] * min(1.0, (step + 1) / s["warm_up"]) * (0.5 * (1 + math.cos(math.pi * step / s["steps"])) + 0.002)

    def step(self, batch: Batch, step: int) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(step)
        losses = self.losses(self.net, batch)
        self.optimiser.zero_grad(set_to_none=True)
        self.total(losses).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.net.head.separate()
        keep = min(self.s["average"], (1 + step) / (10 + step))
        with torch.no_grad():
            for mine, other in zip(self.average.state_dict().values(), self.net.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.mul_(keep).add_(other, alpha=1 - keep)
                else:
                    mine.copy_(other)
        return {name: float(value) for name, value in losses.items()}

    @torch.no_grad()
    def validate(self, batches: list[Batch]) -> dict[str, float]:
        self.average.eval()
        rows = [self.losses(self.average, b) for b in batches]
        return {k: float(np.mean([float(r[k]) for r in rows])) for k in rows[0]}

    def save(self, path: Path, step: int) -> None:
        state = {"step": step, "net": self.net.state_dict(), "average": self.average.state_dict(),
                 "project": self.project.state_dict(), "optimiser": self.optimiser.state_dict(), "settings": self.s}
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def begin_from(self, path: Path) -> None:
        """The weights of another run, its averages. Blocks that it lacks begin as identities."""
        state = torch.load(path, map_location="cpu")
        for net in (self.net, self.average):
            lacking = net.load_state_dict(state["average"], strict=False).missing_keys
            if other := [k for k in lacking if not k.startswith("backbone.coarse.")]:
                raise SystemExit(f"{path}: has no {', '.join(other)}; begin from a run with the same widths")
            net.head.separate()
        self.project.load_state_dict(state["project"], strict=False)

    def load(self, path: Path) -> int:
        state = torch.load(path, map_location="cpu")
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.project.load_state_dict(state["project"])
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])


def run(trainer: Trainer, material: Material, nano: NanoTrack, peers: Peers | None, out: Path) -> None:
    s = trainer.s
    held = [make_batch(material, nano, [s["seed"], 3, n], True, peers) for n in range(s["validation_batches"])]
    trainer.measure_teachers(held)
    checkpoint, start = out / "checkpoint.pt", 0
    if checkpoint.exists():
        start = trainer.load(checkpoint)
        print(f"going on after step {start}", flush=True)
    batches = stream(material, nano, start, peers)
    began, recent = time.monotonic(), {}
    with (out / "log.jsonl").open("a") as log:
        for step in range(start, s["steps"]):
            for name, value in trainer.step(batches.get(), step).items():
                recent.setdefault(name, []).append(value)
            done = step + 1
            if done % 50 == 0 or done == s["steps"]:
                row: dict[str, Any] = {"step": done, **{k: round(float(np.mean(v)), 4) for k, v in recent.items()}}
                recent = {}
                spent = time.monotonic() - began
                left = spent / (done - start) * (s["steps"] - done)
                if done % s["validate_every"] == 0 or done == s["steps"]:
                    row["held_out"] = {k: round(v, 4) for k, v in trainer.validate(held).items()}
                    trainer.save(checkpoint, done)
                log.write(json.dumps(row) + "\n")
                log.flush()
                print(f"{json.dumps(row)}  {spent / 60:.1f} min, {left / 60:.1f} min left", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--videos", type=Path, required=True, help="folder with boxes.tsv and crops of real tracks")
    parser.add_argument("--teachers", type=Path, required=True, help="folder with nanotrack/ and googlenet_bvlc.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder for log and checkpoint")
    parser.add_argument("--settings", type=Path, default=HERE / "settings.json")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="change a setting")
    parser.add_argument("--start", type=Path, help="checkpoint of another run to begin from")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="RUN",
                        help="an earlier run's folder: its answers count like NanoTrack's; repeatable")
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
    material = Material(args.photos, args.videos, settings)
    counts = {g: len(t) for g, t in material.tracks[False].items()}
    print(f"{len(material.photos.train)} photos and tracks {counts} to learn from; the rest held out", flush=True)
    trainer = Trainer(settings, args.teachers)
    if args.start:
        trainer.begin_from(args.start)
    peers = Peers(args.peer) if args.peer else None
    run(trainer, material, NanoTrack(args.teachers / "nanotrack", settings["third_weight"] > 0), peers, args.out)


if __name__ == "__main__":
    main()
