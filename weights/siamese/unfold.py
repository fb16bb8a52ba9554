# SPDX-License-Identifier: Apache-2.0
"""A checkpoint to train on from, of an exported file: every convolution gets a batch normalisation with the statistics that
pairs give it, so that the network computes what it did. The projections onto the teachers' maps are fitted by least squares.

    python3 weights/siamese/unfold.py --photos PHOTOS --videos VIDEOS --teachers TEACHERS --out start weights/siamese.safetensors
    python3 weights/siamese/train.py ... --start start/checkpoint.pt"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import torch
from net import Block, Conv, Net, Plain
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from safetensors_file import contents  # noqa: E402
from vgg16 import ConvertError  # noqa: E402


class Exported(NamedTuple):
    metadata: dict[str, str]
    tensors: dict[str, Tensor]


def read(path: Path) -> Exported:
    try:
        metadata, found = contents(path)
        tensors = {name: torch.from_numpy(tensor.load()).float() for name, tensor in found.items()}
    except (ConvertError, OSError) as error:
        raise SystemExit(f"{path}: {error}") from error
    if "dslt.matching" not in metadata:
        raise SystemExit(f"{path}: has no matching head; only files of export.py can be unfolded")
    return Exported(metadata, tensors)


def settings_of(exported: Exported, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the shape of the exported network."""
    t, numbers = exported.tensors, exported.metadata
    widths = [t[f"{name}.weight"].shape[0] for name in ("stem.0", "stem.1", "middle.0", "coarse.0")]
    sides = [int(v) for v in numbers["dslt.matching_sides"].split(",")]
    mean, deviation = ([float(v) for v in numbers[key].split(",")] for key in ("dslt.mean", "dslt.deviation"))
    return {**settings, "widths": widths, "blocks": sum(name.startswith("coarse.") and name.endswith(".2.weight") for name in t),
            "neck": t["neck.weight"].shape[0], "tower": sum(n.startswith("head.score_tower.") and n.endswith("weight") for n in t),
            "template": sides[0], "search": sides[1], "mean": mean, "deviation": deviation,
            "around": float(numbers.get("dslt.matching_around", 1))}


def names_of(net: Net) -> dict[nn.Module, str]:
    """The convolutions and what export.py calls them."""
    names: dict[nn.Module, str] = {}

    def walk(module: nn.Module, name: str) -> None:
        if isinstance(module, (Conv, nn.Conv2d)):
            names[module] = name
        elif isinstance(module, (Block, Plain)):
            for i, part in enumerate(module.body if isinstance(module, Block) else [module.body]):
                walk(part, f"{name}.{i}")
        else:
            for i, part in enumerate(module.children()):
                walk(part, f"{name}.{i}")

    for part in ("stem", "middle", "coarse", "neck"):
        walk(getattr(net.backbone, part), part)
    for part in ("mix", "score_tower", "box_tower", "score", "box"):
        walk(getattr(net.head, part), f"head.{part}")
    return names


@torch.no_grad()
def take(net: Net, tensors: dict[str, Tensor]) -> None:
    """The exported values; normalisations do nothing then."""
    for module, name in names_of(net).items():
        conv = module.conv if isinstance(module, Conv) else module
        conv.weight.copy_(tensors[f"{name}.weight"])
        if isinstance(module, Conv):
            module.norm.running_mean.zero_()
            module.norm.running_var.fill_(1 - module.norm.eps)
            module.norm.weight.fill_(1)
            module.norm.bias.copy_(tensors[f"{name}.bias"])
        else:
            conv.bias.copy_(tensors[f"{name}.bias"])


@torch.no_grad()
def normalise(net: Net, pairs: list[tuple[Tensor, Tensor, Tensor]]) -> None:
    """Normalisations with the statistics that their convolutions have on pairs (template, search, size); same function."""
    sums: dict[Conv, list[Any]] = {}

    def add(conv: Conv, value: Tensor) -> None:
        one = sums.setdefault(conv, [0.0, 0.0, 0])
        one[0] = one[0] + value.double().sum((0, 2, 3))
        one[1] = one[1] + value.double().pow(2).sum((0, 2, 3))
        one[2] += value.numel() // value.shape[1]

    convs = [m for m in net.modules() if isinstance(m, Conv)]
    hooks = [m.norm.register_forward_hook(lambda _, given, __, m=m: add(m, given[0])) for m in convs]
    net.eval()
    for pair in pairs:
        net(*pair)
    for hook in hooks:
        hook.remove()
    for conv, (total, squares, count) in sums.items():
        mean = total / count
        variance = (squares / count - mean * mean).clamp(min=1e-6)
        conv.norm.running_mean.copy_(mean)
        conv.norm.running_var.copy_(variance)
        conv.norm.weight.copy_((variance + conv.norm.eps).sqrt())
        conv.norm.bias.add_(mean.float())


@torch.no_grad()
def fit(project: nn.Conv2d, maps: Tensor, wanted: Tensor) -> None:
    """The 1 x 1 projection with the least squared error."""
    x = torch.nn.functional.pad(maps.permute(0, 2, 3, 1).flatten(0, 2), (0, 1), value=1.0).double()
    y = wanted.permute(0, 2, 3, 1).flatten(0, 2).double()
    best = torch.linalg.solve(x.T @ x + 1e-3 * torch.eye(x.shape[1], dtype=x.dtype), x.T @ y).float()
    project.weight.copy_(best[:-1].T[:, :, None, None])
    project.bias.copy_(best[-1])


def main() -> None:
    from material import Material
    from train import Trainer, make_batch

    from teachers import NanoTrack

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="a file of export.py")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--teachers", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and its settings")
    parser.add_argument("--batches", type=int, default=8, help="pairs to measure on, in batches of 32")
    args = parser.parse_args()

    exported = read(args.weights)
    settings = settings_of(exported, json.loads((HERE / "settings.json").read_text()))
    settings.update(middle_weight=1.0, third_weight=1.0, semantic_weight=0.0)
    trainer = Trainer(settings, args.teachers)
    take(trainer.net, exported.tensors)
    material = Material(args.photos, args.videos, settings)
    nano = NanoTrack(args.teachers / "nanotrack", True)
    batches = [make_batch(material, nano, [settings["seed"], 4, n], False) for n in range(args.batches)]
    normalise(trainer.net, [(b.template, b.search, b.size) for b in batches])
    trainer.measure_teachers(batches)
    with torch.no_grad():
        maps = [trainer.net.backbone(b.search) for b in batches]
    for name, tap in (("nano", "neck"), ("middle", "middle"), ("third", "coarse")):
        wanted = [trainer.teach(b)[name] * trainer.power[name] for b in batches]
        fit(trainer.project[name], torch.cat([getattr(m, tap) for m in maps]), torch.cat(wanted))
    trainer.average.load_state_dict(trainer.net.state_dict())
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    trainer.save(args.out / "checkpoint.pt", 0)
    print(f"{args.out / 'checkpoint.pt'}: {exported.metadata['dslt.source']}")


if __name__ == "__main__":
    main()
