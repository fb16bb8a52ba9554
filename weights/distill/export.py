# SPDX-License-Identifier: Apache-2.0
"""Turn a checkpoint into the file that ships: normalisation folded in, float16, scales measured, safetensors."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from photos import Photos
from student import CONV4_3, CONV5_3, POOL_AFTER, Student
from torch import Tensor
from train import make_batch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import safetensors_file  # noqa: E402
from vgg16 import LAYERS  # noqa: E402


def half(x: Tensor) -> Tensor:
    return x.to(torch.float16).float()


@torch.no_grad()
def taps(layers: list[tuple[Tensor, Tensor]], images: Tensor) -> tuple[Tensor, Tensor]:
    """The folded network's conv4_3 and conv5_3; what the library computes."""
    x, low = images, images
    for index, (weight, bias) in enumerate(layers):
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
        if index == CONV4_3:
            low = x
        if index in POOL_AFTER and index != CONV5_3:
            x = F.max_pool2d(x, 2)
    return low, x


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder that train.py wrote")
    parser.add_argument("--photos", type=Path, required=True, help="the photographs; the held-out ones set the scales")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()

    settings = json.loads((args.run / "settings.json").read_text())
    state = torch.load(args.run / "checkpoint.pt", map_location="cpu")
    student = Student(settings["widths"], settings["mean"], settings["deviation"])
    student.load_state_dict(state["student"])
    student.eval()
    layers = [(half(w), half(b)) for w, b in student.folded()]

    held = Photos(args.photos, settings["photo_side"], settings["held_out"]).held
    sums, largest = np.zeros(2), 0.0
    for n in range(8):
        images = make_batch(held, settings, [settings["seed"], 4, n], False).images
        low, high = taps(layers, (images - student.mean) / student.deviation)
        sums += [float(low.mean()), float(high.mean())]
        if n == 0:
            _, exact_low, exact_high = student(images)
            for mine, exact in ((low, exact_low), (high, exact_high)):
                largest = max(largest, float((mine - exact).abs().max() / exact.abs().max()))
    scale_low, scale_high = settings["target_mean"] / (sums / 8)

    metadata = {
        "dslt.arch": "vgg16",
        "dslt.channel_order": "bgr",
        "dslt.mean": ",".join(f"{v:g}" for v in settings["mean"]),
        "dslt.deviation": ",".join(f"{v:g}" for v in settings["deviation"]),
        "dslt.scale_low": f"{scale_low:.6g}",
        "dslt.scale_high": f"{scale_high:.6g}",
        "dslt.source": f"distilled by weights/distill, seed {settings['seed']}, step {state['step']}",
        "dslt.license": "the project's own; teachers BVLC GoogLeNet (unrestricted) and VGG-16 (CC BY 4.0)",
    }
    tensors = []
    for layer, (weight, bias) in zip(LAYERS, layers):
        tensors += [(f"{layer.caffe}.weight", weight.numpy()), (f"{layer.caffe}.bias", bias.numpy())]
    safetensors_file.write(args.out, tensors, metadata, "f16")
    data = args.out.read_bytes()
    print(f"{args.out}: {len(data)} bytes, step {state['step']}, scales {scale_low:.4g} and {scale_high:.4g}")
    print(f"folding and rounding change the taps by at most {largest:.1e} of their largest value")
    print(f"SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
