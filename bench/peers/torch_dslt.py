#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DSLT, preset `paper`, written with PyTorch: the same algorithm on the same frames, for timing and for comparing boxes.

    dslt weights random --arch vgg16 -o random.safetensors
    build/dslt_scene_frames scene:1:640x360 60 /tmp/scene        (or any folder with img/ and groundtruth_rect.txt)
    python3 bench/peers/torch_dslt.py /tmp/scene --weights random.safetensors --dslt build/dslt

Modes: cpu; eager (on the GPU); compiled (torch.compile, with CUDA graphs on a GPU; --modes cpu,cpu-compiled for both on a
processor). Memory layouts (channels first and last) are tried on the first frames and the faster one is kept. Prints frames
per second without decoding and the first frame, as `dslt track` counts them, once over all frames and once over those after
the store is full and everything is compiled, and the largest distance of its boxes from those of --dslt; exits 1 where that is
more than --tolerance pixels. --threads goes to both. --precision: bf16 runs the backbone in bfloat16 and the head in TF32, as
dslt does; tf32 both in TF32. --json writes it all down, with the machine and the versions.
Needs numpy and torch; Pillow for pictures other than PPM.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

LAYERS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3",
          "conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3"]
POOL_AFTER = {"conv1_2", "conv2_2", "conv3_3", "conv4_3"}
CHANNELS, MEMORY, STRIDE, COARSE, FACTOR = 128, 7, 8, 16, 2
SCALE_STEP, SCALE_RATE, SCALE_GATE, LEVELS = 1.03, 0.6, 0.35, 3
LOST_RATIO, LOST_RATE = 0.25, 0.1
INIT_RATES, ONLINE_RATES = (2e-8, 8e-7), (5e-9, 2e-7)


def read_picture(path: Path) -> np.ndarray:
    """BGR, height x width x 3."""
    if path.suffix.lower() == ".ppm":
        data = path.read_bytes()
        fields, at = [], 0
        while len(fields) < 4:
            end = at
            while not data[end:end + 1].isspace():
                end += 1
            fields.append(data[at:end])
            at = end + 1
        width, height = int(fields[1]), int(fields[2])
        return np.frombuffer(data, np.uint8, width * height * 3, at).reshape(height, width, 3)[:, :, ::-1].copy()
    from PIL import Image
    return np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1].copy()


def read_weights(path: Path) -> tuple[dict, dict]:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    meta, tensors = header.pop("__metadata__", {}), {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        raw = data[8 + size + first:8 + size + last]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(raw, {"F32": np.float32, "F16": np.float16}[entry["dtype"]]).astype(np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors, meta


def mix64(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def normal_draws(count: int, seed: int, stream: int) -> np.ndarray:
    """The normal draws of dslt's generator (host/base/normal.h)."""
    with np.errstate(over="ignore"):
        one = np.array([seed], np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        key = mix64(mix64(one) ^ (np.array([stream], np.uint64) * np.uint64(0xD1342543DE82EF95)))
        total = np.full(count, -6.0)
        base = np.arange(count, dtype=np.uint64) * np.uint64(12)
        for i in range(1, 13):
            bits = mix64(key + np.uint64(0x9E3779B97F4A7C15) * (base + np.uint64(i)))
            total += (bits >> np.uint64(11)).astype(np.float64) * 2.0 ** -53
    return total


class Geometry:
    """host/tracker/search_area.c and host/trackers/dslt/search.c with the options of preset `paper`."""

    def __init__(self, frame_width: int, frame_height: int, box: list[float]):
        w, h = box[2], box[3]
        longest, shrink = max(w, h), 1.0
        if w * h > 80 * 80 or longest > 160:
            shrink = 80 / longest
        tw, th = w * shrink, h * shrink
        sw, sh = tw * (1 + 8 * shrink), th * (1 + 4 * shrink)
        zoom = max(math.sqrt(max(40000 / (sw * sh), 1.0)), 0)
        zoom = max(min(zoom, 1024 / max(sw, sh)), 1.0)
        zoom = min(zoom, max(1024 - 2 * COARSE, COARSE) / max(tw, th))
        tw, th, sw, sh = tw * zoom, th * zoom, sw * zoom, sh * zoom
        self.ratio = 1 / (shrink * zoom)
        side = lambda px: max(1, min(int(math.floor(px / STRIDE + 1e-9)), 64))
        self.kw, self.kh = side(tw), side(th)
        self.iw, self.ih = self.input_side(sw, self.kw * STRIDE), self.input_side(sh, self.kh * STRIDE)
        self.rw, self.rh = self.iw // STRIDE - self.kw + 1, self.ih // STRIDE - self.kh + 1
        self.cx, self.cy = (self.rw - 1) // 2, (self.rh - 1) // 2
        self.ax, self.ay = STRIDE * (self.cx + 0.5 * self.kw), STRIDE * (self.cy + 0.5 * self.kh)
        self.motion = [max(0.65 * tw / STRIDE, 0.5), max(0.65 * th / STRIDE, 0.5)]
        cells = [w / (self.ratio * STRIDE), h / (self.ratio * STRIDE)]
        self.label_sigma = [max(0.1 * c, 1e-3) for c in cells]
        self.scale_min = min(5 / min(w, h), 1.0)
        self.scale_max = max(min(frame_width / w, frame_height / h), 1.0)
        self.frame, self.target = (frame_width, frame_height), (w, h)

    @staticmethod
    def input_side(wanted: float, kernel: int) -> int:
        least = (kernel + 3 * COARSE - 1) // COARSE * COARSE
        side = min(int(math.floor(wanted / COARSE + 0.5)) * COARSE, 1024 // COARSE * COARSE)
        return max(side, least)

    def gaussian(self, sigma: list[float]) -> np.ndarray:
        x, y = np.arange(self.rw) - self.cx, np.arange(self.rh) - self.cy
        return np.exp(-0.5 * ((x[None] / sigma[0]) ** 2 + (y[:, None] / sigma[1]) ** 2)).astype(np.float32)


def filter_matrices(size: int, samples: int, anchor: float, centre: float, ratios: list[float],
                    device: torch.device) -> torch.Tensor:
    """[levels, samples, size]: the weights of the frame's pixels for each sample (host/math/resample.h), edges replicated."""
    ratio = torch.tensor(ratios, dtype=torch.float64, device=device)[:, None]
    reach = ratio.clamp(min=1.0)
    position = centre + (torch.arange(samples, dtype=torch.float64, device=device) + 0.5 - anchor) * ratio
    first = torch.floor(position - reach - 0.5) + 1
    taps = int(math.ceil(2 * max(*ratios, 1.0))) + 2
    pixels = first[:, :, None] + torch.arange(taps, dtype=torch.float64, device=device)
    weights = (1.0 - (pixels + 0.5 - position[:, :, None]).abs() / reach[:, :, None]).clamp(min=0.0)
    weights = (weights / weights.sum(2, keepdim=True)).float()
    out = torch.zeros(len(ratios), samples, size, device=device)
    return out.scatter_add_(2, pixels.long().clamp(0, size - 1), weights)


class Tracker:
    def __init__(self, weights: Path, device: str, compiled: bool, channels_last: bool, precision: str, seed: int = 1):
        tensors, meta = read_weights(weights)
        self.device, self.seed = torch.device(device), seed
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.type = torch.bfloat16 if precision == "bf16" else torch.float32
        scales = {"conv4_3": float(meta.get("dslt.scale_low", 1)), "conv5_3": float(meta.get("dslt.scale_high", 1))}
        mean = [float(v) for v in meta.get("dslt.mean", "103.939,116.779,123.68").split(",")]
        deviation = [float(v) for v in meta.get("dslt.deviation", "1,1,1").split(",")]
        self.rgb = meta.get("dslt.order", "bgr").lower() == "rgb"
        self.mean = torch.tensor(mean, device=self.device).view(1, 3, 1, 1)
        self.deviation = torch.tensor(deviation, device=self.device).view(1, 3, 1, 1)
        self.layers = []
        for name in LAYERS:
            weight = tensors[f"{name}.weight"].to(self.device, self.type).contiguous(memory_format=self.format)
            bias = tensors.get(f"{name}.bias", torch.zeros(weight.shape[0]))
            self.layers.append((name, weight, bias.to(self.device, self.type)))
        self.scale_low, self.scale_high = scales["conv4_3"], scales["conv5_3"]
        self.tf32 = precision != "f32"
        self.features, self.responses, self.loss = self.features_eager, self.responses_eager, self.loss_eager
        # Within graphs outputs are overwritten by the next run.
        self.keep = (lambda t: t.clone()) if compiled and self.device.type == "cuda" else (lambda t: t)
        if compiled:
            how = {"mode": "reduce-overhead"} if self.device.type == "cuda" else {}
            how["dynamic"] = False  # one crop and a pyramid of them: code for each
            self.features = torch.compile(self.features_eager, **how)
            self.responses = torch.compile(self.responses_eager, **how)
            self.loss = torch.compile(self.loss_eager, **how)

    # ---- network

    @torch.no_grad()
    def features_eager(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = x.to(self.type)
        low = x
        for name, weight, bias in self.layers:
            x = F.relu_(F.conv2d(x, weight, bias, padding=1))
            if name == "conv4_3":
                low = x
            if name in POOL_AFTER:
                x = F.max_pool2d(x, 2)
        return low.float() * self.scale_low, x.float() * self.scale_high

    @torch.no_grad()
    def crop(self, first_level: int, count: int) -> torch.Tensor:
        g = self.g
        ratios = [g.ratio * self.scale * SCALE_STEP ** level for level in range(first_level, first_level + count)]
        rows = filter_matrices(g.frame[1], g.ih, g.ay, self.cy, ratios, self.device)[:, None]
        columns = filter_matrices(g.frame[0], g.iw, g.ax, self.cx, ratios, self.device)[:, None]
        allow_tf32(False)  # ten bits are too few for a pixel
        x = torch.matmul(torch.matmul(rows, self.pixels), columns.transpose(2, 3))
        allow_tf32(self.tf32)
        if self.rgb:
            x = x.flip(1)
        return ((x - self.mean) / self.deviation).contiguous(memory_format=self.format)

    def look(self, first_level: int = 0, count: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        low, high = self.features(self.crop(first_level, count))
        return self.keep(low), self.keep(high)

    @staticmethod
    def responses_eager(p: list[torch.Tensor], low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
        reduced, raised = F.conv2d(low, p[0]), F.conv2d(high, p[1])
        raised = F.conv_transpose2d(raised, p[2], stride=FACTOR, padding=FACTOR // 2, groups=CHANNELS)
        return (F.conv2d(reduced + raised, p[3]) + F.conv2d(raised, p[4]))[:, 0]

    def init_head(self) -> None:
        g, seed = self.g, self.seed
        low, high = self.layers[9][1].shape[0], self.layers[12][1].shape[0]

        def drawn(shape: tuple, sigma: float, which: int) -> torch.Tensor:
            values = (sigma * normal_draws(int(np.prod(shape)), seed, 100 + which)).astype(np.float32)
            return torch.from_numpy(values.reshape(shape))

        tap = 1 - np.abs(np.arange(2 * FACTOR) - (FACTOR - 0.5)) / FACTOR
        bilinear = torch.from_numpy(np.outer(tap, tap).astype(np.float32)).expand(CHANNELS, 1, -1, -1)
        params = [
            drawn((low, CHANNELS), math.sqrt(2 / low), 0).t()[:, :, None, None],
            drawn((high, CHANNELS), math.sqrt(2 / high), 1).t()[:, :, None, None],
            bilinear,
            drawn((g.kh, g.kw, CHANNELS), 1e-7, 3).permute(2, 0, 1)[None],
            drawn((g.kh, g.kw, CHANNELS), 1e-7, 4).permute(2, 0, 1)[None],
        ]
        self.params = [p.contiguous().to(self.device).requires_grad_() for p in params]
        self.reset_moments()

    def reset_moments(self) -> None:
        self.m = [torch.zeros_like(p) for p in self.params]
        self.v = [torch.zeros_like(p) for p in self.params]
        self.count = 0

    def loss_eager(self, params: list[torch.Tensor], low: torch.Tensor, high: torch.Tensor,
                   label: torch.Tensor) -> torch.Tensor:
        e = self.responses_eager(params, low, high)[0] - label
        return (torch.exp(label) * e * e / (1 + torch.exp(10 * (0.2 - e.abs())))).sum()

    def step(self, low: torch.Tensor, high: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """The loss, and its gradients."""
        loss = self.loss(self.params, low, high, self.label)
        return loss.detach(), torch.autograd.grad(loss, self.params)

    @torch.no_grad()
    def adam(self, gradients: tuple[torch.Tensor, ...], rates: tuple[float, float]) -> None:
        self.count += 1
        correction = math.sqrt(1 - 0.999 ** self.count) / (1 - 0.9 ** self.count)
        torch._foreach_mul_(self.m, 0.9)
        torch._foreach_add_(self.m, gradients, alpha=0.1)
        torch._foreach_mul_(self.v, 0.999)
        torch._foreach_addcmul_(self.v, gradients, gradients, 0.001)
        root = torch._foreach_sqrt(self.v)
        torch._foreach_add_(root, 1e-8)
        for branch in ((0, 3), (1, 2, 4)):  # the parameters behind each tap
            pick = lambda tensors: [tensors[i] for i in branch]
            torch._foreach_addcdiv_(pick(self.params), pick(self.m), pick(root), -rates[branch[0]] * correction)

    # ---- frames

    def see(self, frame: np.ndarray) -> None:
        self.pixels = torch.from_numpy(frame).to(self.device).permute(2, 0, 1).float()

    def init(self, frame: np.ndarray, box: list[float]) -> None:
        g = self.g = Geometry(frame.shape[1], frame.shape[0], box)
        self.cx, self.cy, self.scale, self.mean_peak = box[0] + box[2] / 2, box[1] + box[3] / 2, 1.0, -1.0
        self.label = torch.from_numpy(g.gaussian(g.label_sigma)).to(self.device)
        self.prior = g.gaussian(g.motion)
        self.see(frame)
        self.init_head()
        self.store = [self.look()]
        losses: list[float] = []
        for _ in range(100):
            loss, gradients = self.step(*self.store[0])
            losses.append(float(loss))
            if len(losses) >= 20:
                before, after = sum(losses[-20:-10]), sum(losses[-10:])
                if before - after < 0.001 * before:
                    break
            self.adam(gradients, INIT_RATES)
        self.reset_moments()
        self.next = 1
        self.losses = losses

    @staticmethod
    def vertex(left: float, centre: float, right: float) -> float:
        curvature = left - 2 * centre + right
        return min(0.5, max(-0.5, 0.5 * (left - right) / curvature)) if curvature < 0 else 0.0

    def peak_of(self, r: np.ndarray) -> tuple[float, float, float, float]:
        """x, y, score, response of the maximum."""
        score = r * self.prior
        row, column = divmod(int(score.argmax()), score.shape[1])
        x, y = float(column), float(row)
        if 0 < column < score.shape[1] - 1:
            x += self.vertex(*[float(v) for v in score[row, column - 1:column + 2]])
        if 0 < row < score.shape[0] - 1:
            y += self.vertex(*[float(v) for v in score[row - 1:row + 2, column]])
        return x, y, float(score[row, column]), float(r[row, column])

    def update(self, frame: np.ndarray) -> list[float]:
        g = self.g
        self.see(frame)
        before = (self.cx, self.cy)
        sample = self.look()
        with torch.no_grad():
            x, y, _, peak = self.peak_of(self.responses(self.params, *sample)[0].cpu().numpy())
        believable = 0 < peak < 1e30
        peak = peak if believable else 0.0
        if believable and not (self.mean_peak >= 0 and peak < LOST_RATIO * self.mean_peak):
            self.mean_peak = peak if self.mean_peak < 0 else (1 - LOST_RATE) * self.mean_peak + LOST_RATE * peak
        if believable:
            ratio = g.ratio * self.scale
            self.cx = min(max(self.cx + (STRIDE * (x + 0.5 * g.kw) - g.ax) * ratio, 0), g.frame[0])
            self.cy = min(max(self.cy + (STRIDE * (y + 0.5 * g.kh) - g.ay) * ratio, 0), g.frame[1])
        if believable and peak > SCALE_GATE:
            sample = self.rescale()
        elif before != (self.cx, self.cy):
            sample = self.look()
        if len(self.store) < MEMORY:
            self.store.append(sample)
        else:
            self.store[self.next] = sample
        self.next = self.next + 1 if self.next + 1 < MEMORY else 1
        for one in self.store:
            self.adam(self.step(*one)[1], ONLINE_RATES)
        w, h = g.target[0] * self.scale, g.target[1] * self.scale
        return [self.cx - w / 2, self.cy - h / 2, w, h]

    def rescale(self) -> tuple[torch.Tensor, torch.Tensor]:
        low, high = self.look(-(LEVELS // 2), LEVELS)
        with torch.no_grad():
            scores = [self.peak_of(r)[2] for r in self.responses(self.params, low, high).cpu().numpy()]
        best = LEVELS // 2
        for level, score in enumerate(scores):
            if score > scores[best]:
                best = level
        factor = 1 - SCALE_RATE + SCALE_RATE * SCALE_STEP ** (best - LEVELS // 2)
        self.scale = min(max(self.scale * factor, self.g.scale_min), self.g.scale_max)
        return low[best:best + 1].clone(), high[best:best + 1].clone()


def allow_tf32(yes: bool) -> None:
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = yes


def follow(mode: str, channels_last: bool, frames: list[np.ndarray], box: list[float],
           options: argparse.Namespace) -> dict:
    device = "cpu" if mode.startswith("cpu") else "cuda"
    sync = torch.cuda.synchronize if device == "cuda" else lambda: None
    tracker = Tracker(options.weights, device, "compiled" in mode, channels_last, options.precision)
    boxes, times = [list(box)], []
    begin = time.perf_counter()
    tracker.init(frames[0], box)
    sync()
    first = time.perf_counter() - begin
    for frame in frames[1:]:
        begin = time.perf_counter()
        boxes.append(tracker.update(frame))
        sync()
        times.append(time.perf_counter() - begin)
    warm = times[min(8, len(times) // 2):]  # the store is full, what is compiled is compiled
    return {"mode": mode, "layout": "channels last" if channels_last else "channels first",
            "fps": len(times) / sum(times), "fps_warm": len(warm) / sum(warm),
            "median_ms": 1e3 * float(np.median(warm)), "init_ms": 1e3 * first, "init_steps": len(tracker.losses),
            "init_loss": tracker.losses[-1], "search": [tracker.g.iw, tracker.g.ih], "boxes": boxes}


def run(mode: str, frames: list[np.ndarray], box: list[float], options: argparse.Namespace) -> dict:
    """The faster of the two memory layouts by a trial on the first frames, uncompiled, then everything with it."""
    plain = {"compiled": "eager", "cpu-compiled": "cpu"}.get(mode, mode)
    trials = {last: follow(plain, last, frames[:options.trial], box, options)["median_ms"] for last in (False, True)}
    out = follow(mode, trials[True] < trials[False], frames, box, options)
    out["trial_ms"] = {"channels first": trials[False], "channels last": trials[True]}
    return out


def machine() -> dict:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    out = {"system": f"{platform.system()} {platform.release()} {platform.machine()}", "processor": model,
           "cores": os.cpu_count(), "python": platform.python_version(), "torch": torch.__version__,
           "torch_threads": torch.get_num_threads(), "mkldnn": torch.backends.mkldnn.is_available(),
           "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    if torch.cuda.is_available():
        out |= {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version()}
    return out


def run_dslt(program: str, folder: Path, box: list[float], count: int, options: argparse.Namespace) -> dict:
    with tempfile.TemporaryDirectory() as where:
        out, summary = Path(where) / "boxes.csv", Path(where) / "summary.json"
        command = [program, "track", str(folder / "img"), "--box", ",".join(repr(v) for v in box), "--weights",
                   str(options.weights), "--preset", "paper", "--backend", options.backend, "--precision",
                   options.precision, "--frames", str(count), "--threads", str(options.threads), "--format", "json",
                   "--out", str(out), "--summary", str(summary), "-q"]
        subprocess.run(command, check=True)
        told = json.loads(summary.read_text())
        rows = json.loads(out.read_text())
    rows = rows if isinstance(rows, list) else next(v for v in rows.values() if isinstance(v, list))
    boxes = [row["box"] if "box" in row else [row[k] for k in ("x", "y", "width", "height")] for row in rows]
    return {"mode": f"dslt {told['backend']}", "version": told["version"], "precision": told["precision"],
            "threads": told["threads"], "ms_per_stage": told["ms_per_stage"], "fps": told["fps"], "init_ms": told["init_ms"],
            "init_steps": told["init_steps"], "init_loss": told["init_loss"], "boxes": boxes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--modes", default="auto", help="cpu,eager,compiled; auto: what this machine has")
    parser.add_argument("--precision", choices=("f32", "tf32", "bf16"), default="f32")
    parser.add_argument("--dslt", help="the program to compare with")
    parser.add_argument("--backend", default="auto", help="of --dslt")
    parser.add_argument("--tolerance", type=float, default=0.5, help="pixels")
    parser.add_argument("--compare", type=int, default=10,
                        help="frames that must agree: rounding grows from frame to frame")
    parser.add_argument("--threads", type=int, default=0, help="of torch and of --dslt; 0: as each likes")
    parser.add_argument("--trial", type=int, default=4, help="frames by which the memory layout is chosen")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.threads > 0:
        torch.set_num_threads(options.threads)
    allow_tf32(options.precision != "f32")
    torch.backends.cudnn.benchmark = True
    paths = sorted(p for p in (options.folder / "img").iterdir() if p.is_file())[:options.frames]
    frames = [read_picture(p) for p in paths]
    row = (options.folder / "groundtruth_rect.txt").read_text().split("\n")[0].replace("\t", ",")
    box = [float(v) for v in row.replace(" ", ",").split(",") if v]
    box[0], box[1] = box[0] - 1, box[1] - 1
    modes = options.modes.split(",")
    if options.modes == "auto":
        modes = ["eager"] + (["compiled"] if hasattr(torch, "compile") else []) if torch.cuda.is_available() else ["cpu"]
    results = [run_dslt(options.dslt, options.folder, box, len(frames), options)] if options.dslt else []
    for mode in modes:
        try:
            results.append(run(mode, frames, box, options))
        except Exception as error:  # one mode's failure is a result as well
            print(f"{mode}: failed: {error}", file=sys.stderr)
    worst = 0.0
    for r in results:
        warm = f" ({r['fps_warm']:.2f} once warm, {r['layout']})" if "fps_warm" in r else ""
        print(f"{r['mode']:>12}: {r['fps']:8.2f} fps{warm}, first frame {r['init_ms']:.0f} ms, {r['init_steps']} steps, "
              f"loss {r['init_loss']:.6g}")
        if options.dslt and r is not results[0]:
            apart = np.abs(np.array(r["boxes"]) - np.array(results[0]["boxes"])).max(1)
            r["from_dslt_px"] = [float(apart[:options.compare].max()), float(apart.max())]
            first = r["from_dslt_px"][0]
            worst = math.inf if math.isnan(first) else max(worst, first)  # max() may pass over NaN
            r["dslt_faster"] = results[0]["fps"] / max(r["fps"], r["fps_warm"])
            print(f"{'':>12}  dslt is {r['dslt_faster']:.2f} times as fast as the better of these")
            print(f"{'':>12}  largest distance of a box's numbers from dslt's: {r['from_dslt_px'][0]:.4f} px in "
                  f"{min(options.compare, len(frames))} frames, {r['from_dslt_px'][1]:.4f} px in {len(frames)}")
    if options.json:
        for r in results:  # they follow somebody's video: only how far they lie apart is kept
            r.pop("boxes", None)
        options.json.write_text(json.dumps({"program": "torch_dslt", "command": ["python3", *sys.argv], "machine": machine(), "frames_from": str(options.folder),
                                            "size": list(frames[0].shape[1::-1]), "weights": str(options.weights),
                                            "precision": options.precision, "frames": len(frames),
                                            "results": results}, indent=1) + "\n")
    return int(worst > options.tolerance or len(results) < len(modes) + bool(options.dslt))


if __name__ == "__main__":
    sys.exit(main())
