#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What compressing ZF saves of the tracking loss's frame: full network (crops of 203 pixels) against compressed (107), as the
paper has it and with the shipped network's groups, each with a crop for every candidate and with shared maps.

    python3 bench/zf_compressed.py [build/dslt]

Weights are random: they change nothing about the time. One thread; processor seconds, of which other programs take none: those of a
run of four frames less those of a run of two. Frames do not learn. The paper: 2.37 s a frame with ZF, 0.60 s compressed."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "weights"))
import numpy as np  # noqa: E402
import safetensors_file  # noqa: E402
import zf  # noqa: E402

NETWORKS = {"ZF, 203 px": (False, 1), "compressed, 107 px": (True, 1), "compressed, in groups": (True, 2)}
SMALL = ("init_steps=1", "init_positives=8", "init_negatives=16", "update_interval=0", "collect_interval=0")


def write_network(path: Path, compressed: bool, groups: int) -> None:
    layers = zf.graph(compressed, groups)
    rng = np.random.default_rng(1)
    inner = (3, *zf.CHANNELS)
    tensors = []
    for number, (size, count) in enumerate(zip(zf.SIZES, zf.CHANNELS), 1):
        below = inner[number - 1] // (groups if number in (2, 4, 5) else 1)
        scale = (2.0 / (below * size * size)) ** 0.5
        weight = rng.standard_normal((count, below, size, size)) * scale
        tensors.append((f"conv{number}.weight", weight.astype(np.float32)))
        tensors.append((f"conv{number}.bias", np.zeros(count, np.float32)))
    safetensors_file.write(path, tensors, zf.metadata(layers, zf.MEAN_BGR, "random", "CC0"), "f32")


def seconds(command: list[str]) -> float:
    """Processor time of a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def frame_seconds(dslt: str, weights: Path, shared: int) -> float:
    command = [dslt, "track", "scene:1", "--preset", "trackloss-softmax", "-w", str(weights), "--threads", "1"]
    command += ["--backend", "cpu", "--quiet", "--set", f"shared_maps={shared}"]
    for setting in SMALL:
        command += ["--set", setting]
    return (seconds([*command, "--frames", "4"]) - seconds([*command, "--frames", "2"])) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dslt", nargs="?", default="build/dslt")
    args = parser.parse_args()
    print("| network | a crop for each of 256 candidates, s | shared maps, s |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, (compressed, groups) in NETWORKS.items():
            path = Path(folder) / "network.safetensors"
            write_network(path, compressed, groups)
            crops, shared = (frame_seconds(args.dslt, path, kind) for kind in (0, 1))
            print(f"| {name} | {crops:.2f} | {shared:.2f} |", flush=True)


if __name__ == "__main__":
    main()
