# SPDX-License-Identifier: Apache-2.0
"""Train CFNet or AdaCFNet; see README.md. Writes DIR/{settings.json,log.jsonl,checkpoint.pt}; a rerun goes on from the
checkpoint. Same settings, machine, thread count and packages: same numbers."""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clips import Tracks, batch, colour_axes
from first_layer import FirstLayer
from losses import cell_weights, labels, mean_loss
from net import Features, Siamese
from torch import nn

HERE = Path(__file__).resolve().parent
RESPONSE = 33


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=Path, required=True, help="folder with boxes.tsv and crops of videos")
    parser.add_argument("--photos", type=Path, help="folder of photographs for rendered pairs; without it there are none")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--attention", action="store_true", help="squeeze-and-excitation blocks")
    parser.add_argument("--loss", choices=("logistic", "focal"), default="logistic")
    parser.add_argument("--start", type=Path, help="CFNet's .mat file whose filters to begin with; default: at random")
    parser.add_argument("--first-layer", type=Path, metavar="DIR",
                        help="leave --start's first layer as it is; what it makes of all crops (4 GB) is kept in DIR")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a number of settings.json")
    parser.add_argument("--stop", type=int, help="stop after this step; a rerun goes on")
    args = parser.parse_args()
    if args.first_layer and not args.start:
        parser.error("--first-layer needs --start: a random first layer must be trained.")
    return args


def settings_of(args: argparse.Namespace) -> dict[str, Any]:
    settings = json.loads((HERE / "settings.json").read_text())
    for text in args.set:
        key, _, value = text.partition("=")
        if key not in settings:
            raise SystemExit(f"train.py: settings.json has no {key}.")
        settings[key] = json.loads(value)
    settings.update(attention=args.attention, loss=args.loss, start=args.start.name if args.start else "random")
    settings["first_layer_fixed"] = args.first_layer is not None
    return settings


def cfnet_parameters(path: Path) -> dict[str, np.ndarray]:
    sys.path.insert(0, str(HERE.parent))
    import cfnet

    return cfnet.parameters_of(path)


def begin_with(features: Features, values: dict[str, np.ndarray]) -> None:
    """CFNet's own filters, with their batch normalisation. Gates begin at 1/2 and what they close is doubled, so that the
    network with blocks begins as the one without."""
    for i in (1, 2):
        conv, bn, block = (getattr(features, f"{name}{i}") for name in ("conv", "bn", "se"))
        moments, open_ = values[f"br_bn{i}x"], 2.0 if block else 1.0
        pairs = [
            (conv.weight, values[f"br_conv{i}f"].transpose(3, 2, 0, 1)),
            (conv.bias, values[f"br_conv{i}b"]),
            (bn.weight, values[f"br_bn{i}m"] * open_),
            (bn.bias, values[f"br_bn{i}b"] * open_),
            (bn.running_mean, moments[:, 0]),
            (bn.running_var, moments[:, 1] ** 2 - 1e-5),
        ]
        for tensor, value in pairs:
            tensor.data.copy_(torch.from_numpy(np.ascontiguousarray(value)))
        if block:
            nn.init.zeros_(block.expand.weight)


class Batches:
    """Maps of a step's crops, targets first, made ahead in a thread: of crops, or of what a fixed first layer made of them."""

    def __init__(self, args: argparse.Namespace, settings: dict[str, Any], model: Siamese) -> None:
        self.args, self.settings, self.features = args, settings, model.features
        self.tracks = Tracks(args.tracks, settings["sources"])
        self.photos = sorted(args.photos.glob("*.jpg")) if args.photos else []
        self.axes = colour_axes(self.tracks)
        self.fixed: FirstLayer | None = None
        if args.first_layer:
            plain = Features(False)
            begin_with(plain, cfnet_parameters(args.start))
            self.fixed = FirstLayer(args.first_layer, plain.eval(), self.tracks, self.photos, self.axes, settings)
            self.features.conv1.requires_grad_(False)
            self.features.bn1.requires_grad_(False)
        self.ahead: queue.Queue[Any] = queue.Queue(maxsize=4)

    def _make(self, step: int) -> Any:
        if self.fixed:
            return self.fixed.batch(step)
        return batch(self.tracks, self.photos, self.axes, self.settings, step).reshape(-1, 3, 255, 255)

    def begin(self, step: int) -> None:
        def work() -> None:
            for number in range(step, self.settings["steps"]):
                self.ahead.put(self._make(number))

        threading.Thread(target=work, daemon=True).start()

    def maps(self) -> torch.Tensor:
        made = self.ahead.get()
        if not self.fixed:
            return self.features(torch.from_numpy(made))
        open_ = 2.0 if self.features.se1 else 1.0  # as begin_with() has it
        pooled, means = (torch.from_numpy(part) * open_ for part in made)
        return self.features.rest(pooled, means[:, :, None, None])


def save(path: Path, state: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    torch.save(state, temporary)
    os.replace(temporary, path)


def main() -> None:
    args, began = arguments(), time.time()
    settings = settings_of(args)
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint, step = args.out / "checkpoint.pt", 0
    torch.manual_seed(settings["seed"])
    model = Siamese(settings, args.attention)
    if args.start:
        values = cfnet_parameters(args.start)
        begin_with(model.features, values)
        model.gain.data.fill_(float(values["fin_adjustf"]))
        model.shift.data.fill_(float(values["fin_adjustb"]))
    batches = Batches(args, settings, model)
    optimiser = torch.optim.SGD(model.groups(settings["decay"], settings["blocks_rate"]), lr=1.0, momentum=settings["momentum"])
    if checkpoint.exists():
        state = torch.load(checkpoint)
        if state["settings"] != settings:
            raise SystemExit(f"train.py: {args.out} was begun with other settings; name another folder with --out.")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    (args.out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    label = labels(RESPONSE, settings["radius"])
    weights = cell_weights(label, settings["balanced"])
    losses, errors = [], []
    batches.begin(step)
    model.train()
    if settings["bn_fixed"]:
        model.features.bn2.eval()
    last = min(settings["steps"], args.stop or settings["steps"])
    while step < last:
        rate = settings["rate_first"] * (settings["rate_last"] / settings["rate_first"]) ** (step / settings["steps"])
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        optimiser.zero_grad()
        scores = model.scores(batches.maps())
        loss = mean_loss(scores, label, weights, args.loss, settings["focal_a"], settings["focal_b"])
        loss.backward()
        optimiser.step()
        if not torch.isfinite(loss):
            raise SystemExit(f"train.py: the loss is not finite at step {step}.")
        best = scores.detach().flatten(1).argmax(1)
        middle = (RESPONSE - 1) / 2
        errors.append(torch.hypot(best // RESPONSE - middle, best % RESPONSE - middle).mean().item())
        losses.append(loss.item())
        step += 1
        if step % settings["log_every"] == 0 or step == last:
            row = {"step": step, "loss": np.mean(losses), "cells_off": np.mean(errors), "rate": rate, "s": time.time() - began}
            losses, errors = [], []
            with (args.out / "log.jsonl").open("a") as log:
                log.write(json.dumps({key: round(float(value), 6) for key, value in row.items()}) + "\n")
            print(row, flush=True)
        if step % settings["keep_every"] == 0 or step == last:
            state = {"step": step, "settings": settings, "model": model.state_dict(), "optimiser": optimiser.state_dict()}
            save(checkpoint, state)


if __name__ == "__main__":
    main()
