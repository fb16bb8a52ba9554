# SPDX-License-Identifier: Apache-2.0
"""Write the trained network as a file that dslt loads: batch normalisation folded into the convolutions, the layers of
backbone and matching head as JSON in the metadata. Same checkpoint, same bytes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from net import Block, Conv, Net, Plain
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from safetensors_file import write  # noqa: E402


class Graph:
    """Layers in order, with their tensors."""

    def __init__(self, channels: int, name: str) -> None:
        self.layers: list[dict[str, Any]] = [{"name": name, "kind": "input", "channels": channels}]
        self.tensors: list[tuple[str, np.ndarray]] = []

    def add(self, layer: dict[str, Any]) -> int:
        self.layers.append(layer)
        return len(self.layers) - 1

    def conv(self, name: str, source: int, conv: nn.Conv2d, relu: bool) -> int:
        kernel, stride, pad = conv.kernel_size[0], conv.stride[0], conv.padding[0]
        layer: dict[str, Any] = {"name": name, "kind": "conv", "inputs": [source], "channels": conv.out_channels}
        if relu:
            layer["activation"] = "relu"
        if kernel > 1:
            layer["kernel"] = [kernel, kernel]
        if stride > 1:
            layer["stride"] = [stride, stride]
        if pad > 0:
            layer["pad"] = [pad] * 4
        self.tensors.append((f"{name}.weight", conv.weight.detach().numpy()))
        if conv.bias is not None:
            self.tensors.append((f"{name}.bias", conv.bias.detach().numpy()))
        return self.add(layer)

    def module(self, name: str, source: int, module: nn.Module) -> int:
        if isinstance(module, Conv):
            return self.conv(name, source, module.folded(), module.relu)
        if isinstance(module, (Block, Plain)):
            parts = module.body if isinstance(module, Block) else [module.body]
            at = source
            for i, part in enumerate(parts):
                at = self.conv(f"{name}.{i}", at, part.folded(), part.relu)
            return self.add({"name": name, "kind": "sum", "inputs": [at, source], "activation": "relu"})
        if isinstance(module, nn.Sequential):
            at = source
            for i, part in enumerate(module):
                at = self.module(f"{name}.{i}", at, part)
            return at
        if isinstance(module, nn.Conv2d):
            return self.conv(name, source, module, False)
        raise TypeError(f"{name}: no layer for {type(module).__name__}")

    def name(self, index: int) -> str:
        return self.layers[index]["name"]

    def text(self) -> str:
        return json.dumps(self.layers, separators=(",", ":"))


def backbone_of(net: Net) -> tuple[Graph, dict[str, str]]:
    graph, at, names = Graph(3, "picture"), 0, {}
    for part in ("stem", "middle", "coarse", "neck"):
        at = graph.module(part, at, getattr(net.backbone, part))
        names[part] = graph.name(at)
    return graph, names


def head_of(net: Net, neck: int, cells: int) -> Graph:
    graph = Graph(neck, "head.search")
    match = nn.Conv2d(neck, cells, 1, bias=False)
    nn.init.zeros_(match.weight)  # the tracker puts the template's features here
    at = graph.conv("head.match", 0, match, False)
    at = graph.add({"name": "head.both", "kind": "concat", "inputs": [at, 0]})
    mixed = graph.module("head.mix", at, net.head.mix)
    graph.module("head.score", graph.module("head.score_tower", mixed, net.head.score_tower), net.head.score)
    graph.module("head.box", graph.module("head.box_tower", mixed, net.head.box_tower), net.head.box)
    return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of train.py")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--dtype", choices=["f32", "f16", "bf16"], default="f16")
    args = parser.parse_args()
    state = torch.load(args.run / "checkpoint.pt", map_location="cpu")
    s = state["settings"]
    net = Net(s)
    net.load_state_dict(state["average"])
    net.eval()
    backbone, names = backbone_of(net)
    cells = ((s["template"] + 15) // 16) ** 2
    head = head_of(net, s["neck"], cells)
    metadata = {
        "dslt.channel_order": "bgr",
        "dslt.mean": ",".join(str(v) for v in s["mean"]),
        "dslt.deviation": ",".join(str(v) for v in s["deviation"]),
        "dslt.graph": backbone.text(),
        "dslt.taps": f"{names['middle']},{names['coarse']}",
        "dslt.matching": head.text(),
        "dslt.matching_tap": names["neck"],
        "dslt.matching_sides": f"{s['template']},{s['search']}",
        **({"dslt.matching_around": str(s["around"])} if s.get("around", 1) < 1 else {}),
        "dslt.source": f"trained with dslt's weights/siamese, step {state['step']}",
        "dslt.license": "Apache-2.0",
    }
    write(args.output, backbone.tensors + head.tensors, metadata, args.dtype)
    print(f"{args.output}: {sum(t.size for _, t in backbone.tensors + head.tensors)} values")


if __name__ == "__main__":
    main()
