# SPDX-License-Identifier: Apache-2.0
"""Write a trained network as the safetensors file that dslt reads."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nets import CHANNELS, Student

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import safetensors_file  # noqa: E402
import zf  # noqa: E402


def scaled(student: Student, target: float, mean: float) -> None:
    """ReLU passes a factor on, so the map's mean can be brought to `target` in the last convolution."""
    with torch.no_grad():
        student.conv5.weight.mul_(target / mean)
        student.conv5.bias.mul_(target / mean)


def tensors_of(student: Student) -> list[tuple[str, np.ndarray]]:
    out = []
    for layer, conv in enumerate(student.convs(), 1):
        out.append((f"conv{layer}.weight", conv.weight.detach().numpy().astype(np.float32)))
        out.append((f"conv{layer}.bias", conv.bias.detach().numpy().astype(np.float32)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--mean", type=float, default=5.0, help="mean of the map's values; default: 5")
    parser.add_argument("--license", default="MIT (teacher: lxd-cumt/ABM-SpConv); Apache-2.0")
    args = parser.parse_args()
    state: dict[str, Any] = torch.load(args.run / "checkpoint.pt")
    settings = state["settings"]
    student = Student(settings["groups"])
    student.load_state_dict(state["student"])
    scaled(student, args.mean, float(state["mean"].mean()))
    layers = zf.graph(compressed=True, groups=settings["groups"], channels=CHANNELS)
    source = f"weights/distill-zf, step {state['step']}: AlexNet's conv5 of 203 pixels from 107"
    metadata = zf.metadata(layers, settings["mean"], source, args.license)
    safetensors_file.write(args.output, tensors_of(student), metadata, "f16")
    print(f"Wrote {args.output}: {source}.")


if __name__ == "__main__":
    main()
