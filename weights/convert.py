#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn published VGG-16, CFNet or ZF weights into the safetensors file that dslt reads; weights/README.md says where to get them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

try:
    import numpy as np
except ImportError:
    sys.exit(f"convert.py: {sys.executable} has no numpy: run it with /usr/bin/python3 after apt-get install python3-numpy, or pip install numpy.")

import caffemodel
import cfnet
import kerasfile
import matfile
import npzfile
import published
import safetensors_file
import scale
import torchfile
import zf
import ziparchive
from vgg16 import LAYERS, MIN_LAYERS, Backbone, ConvertError, Found, Preprocess, assemble

PROGRAM = "convert.py"


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{PROGRAM}: {message}; {PROGRAM} --help lists the options.\n")


def checked(read_text: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """Turn a reader of metadata into one of options."""

    def convert_text(text: str) -> Any:
        try:
            return read_text(text, "it")
        except ConvertError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error

    return convert_text


def parser() -> Parser:
    colour, positive = checked(safetensors_file.mean_colour), checked(safetensors_file.positive)
    above_zero = checked(safetensors_file.positive_triple)
    out = Parser(prog=PROGRAM, description=__doc__)
    out.add_argument("input", type=Path, metavar="INPUT", help=".pth, .safetensors, .h5, .caffemodel, .mat or .npz")
    out.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.safetensors")
    out.add_argument("--dtype", choices=tuple(safetensors_file.DTYPES), default="f32", help="default: f32")
    out.add_argument("--layers", type=int, metavar="N", help=f"keep the first N convolutions, {MIN_LAYERS} to 13")
    out.add_argument(
        "--names", choices=("caffe", "torch"), default="caffe", help="conv1_1 or features.0; default: caffe"
    )
    out.add_argument("--grey", type=Path, metavar="FILE", help="CFNet: the authors' network for grey videos, kept beside it")
    feeding = out.add_argument_group("how the network is fed, where the file's kind does not tell")
    feeding.add_argument("--channel-order", choices=("bgr", "rgb"), help="the order in which conv1_1 expects colours")
    feeding.add_argument(
        "--mean", type=colour, metavar="A,B,C", help="subtracted, in channel order, in units of 0..255"
    )
    feeding.add_argument("--deviation", type=above_zero, metavar="A,B,C", help="divided by, likewise")
    features = out.add_argument_group("feature scale, for weights other than the original VGG-16")
    features.add_argument(
        "--scale-low", type=positive, metavar="S", help="factor that brings conv4_3 to the original's scale"
    )
    features.add_argument(
        "--scale-high", type=positive, metavar="S", help="factor that brings conv5_3 to the original's scale"
    )
    features.add_argument("--measure-scale", type=Path, nargs="+", metavar="IMAGE", help="measure both on these images")
    features.add_argument("--reference", type=Path, metavar="FILE", help="the original VGG-16, to measure against")
    out.add_argument("--license", metavar="TEXT", help="the licence of weights that are not a known official file")
    return out


def read(path: Path) -> Found:
    """Tell the format by its first bytes, since names lie, and read it."""
    if not path.is_file():
        raise ConvertError("There is no such file." if not path.exists() else "This is not a file.")
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise ConvertError("The file is empty: download it again.")
    if head.startswith(b"PK\x03\x04"):
        with ziparchive.open_zip(path) as archive:
            is_torch = any(name.endswith("/data.pkl") for name in archive.namelist())
        return torchfile.read_zip(path) if is_torch else npzfile.read(path)
    if head.startswith(torchfile.LEGACY_MAGIC):
        return torchfile.read_legacy(path)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return kerasfile.read(path)
    if head.startswith(b"MATLAB 5.0 MAT-file"):
        return matfile.read(path)
    if head[8:9] == b"{":
        return safetensors_file.read(path)
    if head.startswith(b"MATLAB 7.3"):
        raise ConvertError("This .mat file is of version 7.3: load it in MATLAB and save it with -v7.")
    if head[257:262] == b"ustar":
        raise ConvertError("This is a tar file of PyTorch before 0.1.10: load it with PyTorch and save it again.")
    if head.startswith(b"\x80"):
        raise ConvertError("This is a bare pickle, which only a program could load: save a state_dict with torch.save.")
    if head.startswith(b"version https://git-lfs"):
        raise ConvertError("This is a Git LFS pointer, not the weights: fetch the file itself.")
    if head.lstrip().startswith(b"<"):
        raise ConvertError("This is a web page, not weights: the download failed.")
    try:
        return caffemodel.read(path)
    except ConvertError as error:
        if path.suffix == ".caffemodel":
            raise
        raise ConvertError("This is no .pth, .safetensors, .h5, .caffemodel, .mat or .npz file.") from error


def number(value: float) -> str:
    """The shortest text that reads back as the same float32, which is what dslt keeps."""
    return np.format_float_positional(np.float32(value), unique=True, trim="-")


def overridden(args: argparse.Namespace, how: Preprocess) -> Preprocess:
    if args.channel_order and args.channel_order != how.channel_order:
        how = how.flipped()
    if args.mean:
        how = replace(how, mean=args.mean)
    if args.deviation:
        how = replace(how, deviation=args.deviation)
    if args.scale_low:
        how = replace(how, scale_low=args.scale_low)
    if args.scale_high:
        how = replace(how, scale_high=args.scale_high)
    return how


def measured(args: argparse.Namespace, backbone: Backbone, notes: list[str]) -> Preprocess:
    try:
        reference = assemble(read(args.reference))
    except (ConvertError, OSError) as error:
        raise ConvertError(f"--reference {args.reference}: {error}") from error
    low, high = scale.measure(backbone, reference, args.measure_scale)
    if high is None:
        notes.append("conv5_3 is not in both files, so that only scale_low was measured.")
        high = backbone.preprocess.scale_high
    return replace(backbone.preprocess, scale_low=low, scale_high=high)


def describe(args: argparse.Namespace, found: Found, backbone: Backbone, notes: list[str]) -> dict[str, str]:
    """The metadata, in the order in which it is written."""
    digests = published.digests(args.input)
    official = published.recognise(digests)
    expected = published.misnamed(args.input.name)
    if official is None and expected is not None:
        digest = digests[expected.algorithm]
        notes.append(f"{args.input.name} is not the published file: its {expected.algorithm} is {digest}.")
    name = official.name if official else args.input.name.encode("utf-8", "replace").decode("utf-8")
    source = f"{found.kind} {name} sha256:{digests['sha256']}"
    license = args.license or found.metadata.get("dslt.license")
    if license is None and (official or backbone.original):
        license = official.license if official else published.OXFORD_LICENSE
    how = backbone.preprocess
    return {
        "dslt.arch": "vgg16",
        "dslt.channel_order": how.channel_order,
        "dslt.mean": ",".join(map(number, how.mean)),
        "dslt.deviation": ",".join(map(number, how.deviation)),
        "dslt.scale_low": number(how.scale_low),
        "dslt.scale_high": number(how.scale_high),
        "dslt.source": found.metadata.get("dslt.source", source),
        "dslt.license": license or published.UNKNOWN_LICENSE,
    }


def convert(args: argparse.Namespace) -> list[str]:
    """Write the file; what the user should know about it."""
    notes: list[str] = []
    if not args.output.parent.is_dir() or args.output.is_dir():
        raise ConvertError(f"{args.output} cannot be written: it is a folder, or its folder does not exist.")
    if cfnet.is_cfnet(args.input):
        return cfnet.convert(args)
    if args.grey:
        raise ConvertError("--grey belongs to CFNet's networks, and this is none.")
    if zf.is_zf(args.input):
        return zf.convert(args)
    found = read(args.input)
    backbone = assemble(found, args.layers)
    if backbone.preprocess.channel_order != found.preprocess.channel_order:
        notes.append(
            f"conv1_1 is the original VGG-16's for {backbone.preprocess.channel_order} input, which was recorded."
        )
    backbone.preprocess = overridden(args, backbone.preprocess)
    if args.measure_scale:
        backbone.preprocess = measured(args, backbone, notes)
    metadata = describe(args, found, backbone, notes)
    scaled = args.scale_low or args.measure_scale or "dslt.scale_low" in found.metadata
    if not backbone.original and not scaled:
        notes.append("these are not the original VGG-16's weights: --measure-scale finds their scale, 1 was recorded.")

    tensors: list[tuple[str, np.ndarray]] = []
    for layer, weight, bias in zip(LAYERS, backbone.weights, backbone.biases):
        name = layer.caffe if args.names == "caffe" else layer.torch
        tensors.append((f"{name}.weight", weight))
        if bias is not None:
            tensors.append((f"{name}.bias", bias))
    safetensors_file.write(args.output, tensors, metadata, args.dtype)

    count = len(backbone.weights)
    if count < len(LAYERS):
        last = LAYERS[count - 1].caffe
        notes.append(f"only conv1_1 to {last} were written, {count} of 13: trackers that need more refuse it.")
    print(f"Wrote {args.output}: {count} convolutions, {args.dtype}, {metadata['dslt.channel_order']}.")
    return notes


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the file was written, 1 when it could not be, 2 (by exit) for a wrong command line."""
    options = parser()
    args = options.parse_args(arguments)
    if args.layers is not None and not MIN_LAYERS <= args.layers <= len(LAYERS):
        options.error(f"--layers is {args.layers} and must lie between {MIN_LAYERS} and {len(LAYERS)}")
    if bool(args.measure_scale) != bool(args.reference):
        options.error("--measure-scale and --reference belong together")
    if args.measure_scale and (args.scale_low or args.scale_high):
        options.error("--measure-scale measures what --scale-low and --scale-high state: give one or the other")
    try:
        for sentence in convert(args):
            print(f"{PROGRAM}: note: {sentence}", file=sys.stderr)
        return 0
    except ConvertError as error:
        print(f"{PROGRAM}: {args.input}: {error}", file=sys.stderr)
    except OSError as error:
        print(f"{PROGRAM}: {error.filename or args.input}: {error.strerror or error}.", file=sys.stderr)
    except MemoryError:
        print(f"{PROGRAM}: {args.input}: There is not enough memory to read it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
