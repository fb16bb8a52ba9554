#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first layers of tracker siamese's network as a network for the tracking loss: stride 8, 64 channels, 60 thousand weights.

    python3 bench/trackloss_network.py -o layers.safetensors [--network weights/siamese.safetensors]

To see how far the network that ships limits the tracker: `-w layers.safetensors` beside nothing. The values of the layers before
ReLU are multiplied by one number, which ReLU passes on, so that the map's mean is about 5 as the shipped network's."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "weights"))
import numpy as np  # noqa: E402
import safetensors_file  # noqa: E402

LAYERS = ("stem.0", "stem.1", "middle.0", "middle.1.0")
LAST = "middle.1"
FACTOR = 5.7233  # of the network that ships, whose map has a mean of 0.8736 on 20 photographs whose shorter side is 320


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, end = (start + offset for offset in entry["data_offsets"])
        kind = {"F16": "<f2", "F32": "<f4"}[entry["dtype"]]
        tensors[name] = np.frombuffer(data[first:end], kind).reshape(entry["shape"]).astype(np.float32)
    return tensors, metadata


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, default=Path("weights/siamese.safetensors"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    tensors, metadata = read(args.network)
    for name in ("middle.0.weight", "middle.0.bias", "middle.1.0.bias"):
        tensors[name] = tensors[name] * FACTOR
    graph = json.loads(metadata["dslt.graph"])
    graph = graph[: 1 + [layer["name"] for layer in graph].index(LAST)]
    kept = {key: metadata[key] for key in ("dslt.channel_order", "dslt.mean", "dslt.deviation", "dslt.license")}
    written = {
        **kept,
        "dslt.arch": "network",
        "dslt.graph": json.dumps(graph, separators=(",", ":")),
        "dslt.taps": LAST,
        "dslt.scales": "1",
        "dslt.source": f"layers up to {LAST} of: {metadata['dslt.source']}",
    }
    values = [(f"{layer}.{part}", tensors[f"{layer}.{part}"]) for layer in LAYERS for part in ("weight", "bias")]
    safetensors_file.write(args.output, values, written, "f16")


if __name__ == "__main__":
    main()
