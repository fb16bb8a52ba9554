# SPDX-License-Identifier: Apache-2.0
"""Write a trained network as the safetensors file that dslt reads, batch normalisation folded into the convolutions."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from net import Features, Siamese
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import cfnet  # noqa: E402
import safetensors_file  # noqa: E402


def folded(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    moments = torch.stack([bn.running_mean, torch.sqrt(bn.running_var + bn.eps)], 1)
    parts = (t.detach().double().numpy() for t in (conv.weight, conv.bias, bn.weight, bn.bias, moments))
    return cfnet.fold(*parts)


def layers_of(features: Features) -> tuple[list[dict[str, Any]], list[tuple[str, np.ndarray]]]:
    """The graph, and its tensors."""
    graph: list[dict[str, Any]] = [{"name": "image", "kind": "input", "channels": 3}]
    tensors: list[tuple[str, np.ndarray]] = []

    def add(name: str, kind: str, inputs: list[int], values: tuple[np.ndarray, np.ndarray] | None = None, **rest: Any) -> int:
        graph.append({"name": name, "kind": kind, "inputs": inputs, **rest})
        if values is not None:
            for part, array in zip(("weight", "bias"), values):
                tensors.append((f"{name}.{part}", np.ascontiguousarray(array, np.float32)))
        return len(graph) - 1

    def attend(number: int, at: int) -> int:
        block = getattr(features, f"se{number}")
        if block is None:
            return at
        means = add(f"se{number}_mean", "global_average", [at])
        for part, activation in (("reduce", "relu"), ("expand", "sigmoid")):
            conv = getattr(block, part)
            values = conv.weight.detach().numpy(), conv.bias.detach().numpy()
            means = add(f"se{number}_{part}", "conv", [means], values, channels=len(values[1]), activation=activation)
        return add(f"se{number}", "product", [at, means])

    at = add("conv1", "conv", [0], folded(features.conv1, features.bn1), channels=96, kernel=[11, 11], stride=[2, 2],
             activation="relu")  # fmt: skip
    at = add("pool1", "max_pool", [attend(1, at)], kernel=[3, 3], stride=[2, 2])
    at = add("conv2", "conv", [at], folded(features.conv2, features.bn2), channels=32, kernel=[5, 5], groups=2,
             activation="relu")  # fmt: skip
    attend(2, at)
    return graph, tensors


def write(features: Features, path: Path, source: str, license: str) -> None:
    graph, tensors = layers_of(features)
    metadata = {
        "dslt.arch": "adacfnet" if features.se1 else "cfnet",
        "dslt.channel_order": "rgb",
        "dslt.mean": "0,0,0",
        "dslt.deviation": "1,1,1",
        "dslt.graph": json.dumps(graph, separators=(",", ":")),
        "dslt.taps": graph[-1]["name"],
        "dslt.scales": "1",
        "dslt.source": source,
        "dslt.license": license,
    }
    safetensors_file.write(path, tensors, metadata, "f32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--license", default="Apache-2.0")
    args = parser.parse_args()
    state = torch.load(args.run / "checkpoint.pt")
    model = Siamese(state["settings"], state["settings"]["attention"])
    model.load_state_dict(state["model"])
    source = f"weights/adacfnet, step {state['step']}, {state['settings']['loss']} loss, from {state['settings']['start']}"
    write(model.features.eval(), args.output, source, args.license)
    print(f"Wrote {args.output}: {source}.")


if __name__ == "__main__":
    main()
