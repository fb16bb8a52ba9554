# SPDX-License-Identifier: Apache-2.0
"""Turn CFNet's trained networks (MatConvNet DagNN files) into a network that dslt runs, batch normalisation folded."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import published
import safetensors_file
from vgg16 import ConvertError

BRANCH = "br1_"  # the exemplar's; the search's has the same parameters


def _load(path: Path) -> Any:
    try:
        import scipy.io
    except ImportError as error:
        raise ConvertError(
            "Reading .mat files needs SciPy: apt-get install python3-scipy, or pip install scipy."
        ) from error
    try:
        content = scipy.io.loadmat(path, variable_names=["net"], squeeze_me=True, struct_as_record=False)
    except Exception as error:  # SciPy's parser raises whatever a damaged file leads it to
        raise ConvertError(f"The .mat file cannot be read ({type(error).__name__}): download it again.") from error
    return content.get("net")


def is_cfnet(path: Path) -> bool:
    """A MatConvNet file that holds a DagNN with an exemplar's branch."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        if not stream.read(32).startswith(b"MATLAB 5.0 MAT-file"):
            return False
    try:
        net = _load(path)
        return net is not None and any(str(layer.name).startswith(BRANCH) for layer in np.atleast_1d(net.layers))
    except (ConvertError, AttributeError):
        return False


def _pair(value: Any) -> list[int]:
    numbers = [int(number) for number in np.atleast_1d(value)]
    return numbers * 2 if len(numbers) == 1 else numbers[:2]


def _parameters(net: Any) -> dict[str, np.ndarray]:
    return {str(p.name): np.asarray(p.value, np.float64) for p in np.atleast_1d(net.params)}


def parameters_of(path: Path) -> dict[str, np.ndarray]:
    """All parameters of a network, by their names in the file."""
    if not is_cfnet(path):
        raise SystemExit(f"{path} is no network of CFNet's.")
    return _parameters(_load(path))


def fold(weight: np.ndarray, bias: np.ndarray, gain: np.ndarray, shift: np.ndarray, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Batch normalisation behind a convolution, as part of it; the second moment is the deviation itself."""
    factor = gain / moments[:, 1]
    return weight * factor[:, None, None, None], (bias - moments[:, 0]) * factor + shift


class Network:
    """The layers of one branch: a graph as dslt writes it, and float32 tensors."""

    def __init__(self, net: Any, prefix: str) -> None:
        self.layers: list[dict[str, Any]] = []
        self.tensors: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._values = _parameters(net)
        self._prefix = prefix
        for layer in np.atleast_1d(net.layers):
            if str(layer.name).startswith(BRANCH):
                self._add(layer)
        if not self.layers or self.layers[-1]["kind"] != "conv":
            raise ConvertError("The network has no convolution at its end: it is not CFNet's.")

    def _value(self, name: Any) -> np.ndarray:
        if str(name) not in self._values:
            raise ConvertError(f"The network has no parameter {name}: the file is damaged.")
        return self._values[str(name)]

    def _add(self, layer: Any) -> None:
        name, block, kind = str(layer.name)[len(BRANCH) :], layer.block, str(layer.type)
        params = [str(p) for p in np.atleast_1d(layer.params)]
        if kind == "dagnn.Conv":
            weight = self._value(params[0]).transpose(3, 2, 0, 1)
            groups = self._groups(weight, name)
            self._append("conv", name, channels=weight.shape[0], kernel=list(weight.shape[2:]), stride=_pair(block.stride))
            if groups > 1:
                self.layers[-1]["groups"] = groups
            self.tensors[self.layers[-1]["name"]] = (weight, self._value(params[1]))
        elif kind == "dagnn.BatchNorm":
            last = self.layers[-1]["name"]
            self.tensors[last] = fold(*self.tensors[last], *(self._value(p) for p in params))
        elif kind == "dagnn.ReLU":
            self.layers[-1]["activation"] = "relu"
        elif kind == "dagnn.Pooling" and str(block.method) == "max":
            self._append("max_pool", name, kernel=_pair(block.poolSize), stride=_pair(block.stride))
        else:
            raise ConvertError(f"Layer {layer.name} is a {kind}, which CFNet's networks do not have.")
        if hasattr(block, "pad") and np.any(np.asarray(block.pad) != 0):
            raise ConvertError(f"Layer {layer.name} has padding, which CFNet's networks do not have.")

    def _groups(self, weight: np.ndarray, name: str) -> int:
        before = [layer["channels"] for layer in self.layers if layer["kind"] == "conv"]
        channels = before[-1] if before else 3
        if weight.ndim != 4 or channels % weight.shape[1]:
            raise ConvertError(f"Layer {name} does not take the {channels} channels that it is given.")
        return channels // weight.shape[1]

    def _append(self, kind: str, name: str, **numbers: Any) -> None:
        self.layers.append({"name": self._prefix + name, "kind": kind, **numbers})


def graph(networks: list[Network]) -> list[dict[str, Any]]:
    """All networks behind one picture."""
    out: list[dict[str, Any]] = [{"name": "image", "kind": "input", "channels": 3}]
    for network in networks:
        for place, layer in enumerate(network.layers):
            out.append({**layer, "inputs": [len(out) - 1 if place else 0]})
    return out


def _license(path: Path) -> tuple[str, str]:
    digests = published.digests(path)
    official = published.recognise(digests)
    return f"MatConvNet {path.name} sha256:{digests['sha256']}", official.license if official else published.UNKNOWN_LICENSE


def convert(args: argparse.Namespace) -> list[str]:
    """Write the file; what the user should know about it."""
    given = {
        "--layers": args.layers, "--scale-low": args.scale_low, "--scale-high": args.scale_high,
        "--measure-scale": args.measure_scale, "--channel-order": args.channel_order, "--mean": args.mean,
        "--deviation": args.deviation,
    }  # fmt: skip
    for name, value in given.items():
        if value:
            raise ConvertError(f"{name} is for VGG-16, and this is CFNet's network.")
    networks = [Network(_load(args.input), "")]
    sources = [_license(args.input)]
    if args.grey:
        if not is_cfnet(args.grey):
            raise ConvertError(f"--grey {args.grey} is no network of CFNet's.")
        networks.append(Network(_load(args.grey), "grey_"))
        sources.append(_license(args.grey))
    metadata = {
        "dslt.arch": "cfnet",
        "dslt.channel_order": "rgb",
        "dslt.mean": "0,0,0",
        "dslt.deviation": "1,1,1",
        "dslt.graph": json.dumps(graph(networks), separators=(",", ":")),
        "dslt.taps": ",".join(network.layers[-1]["name"] for network in networks),
        "dslt.scales": ",".join("1" for _ in networks),
        "dslt.source": "; ".join(source for source, _ in sources),
        "dslt.license": args.license or sources[0][1],
    }
    tensors = [
        (f"{name}.{part}", np.ascontiguousarray(values, np.float32))
        for network in networks
        for name, pair in network.tensors.items()
        for part, values in zip(("weight", "bias"), pair)
    ]
    safetensors_file.write(args.output, tensors, metadata, args.dtype)
    layers = ", ".join(name for network in networks for name in network.tensors)
    print(f"Wrote {args.output}: {layers}, {args.dtype}, rgb.")
    notes = []
    if not args.grey:
        notes.append("without --grey, grey videos are tracked with the colour network.")
    return notes
