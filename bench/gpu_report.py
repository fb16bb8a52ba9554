#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a run of bench/gpu_all.sh: the goals and what was reached, each stage beside its floor, the steps.

    python3 bench/gpu_report.py bench/results/nvidia-h200-2026-11-21 > README.md

Reads whatever of steps.txt, speed_*.json (dslt bench), kernels.json (dslt_bench_kernels) and torch_*.json
(bench/peers/torch_dslt.py) is in the folder; what is missing is said to be.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def load(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def fps(run: dict | None) -> float | None:
    return run["figures"]["fps"]["median"] if run else None


def stage(run: dict | None, name: str) -> float | None:
    return next((s["ms"]["median"] for s in run["stages"] if s["name"] == name), None) if run else None


def ratio(torch: dict | None, mode: str) -> float | None:
    return next((r.get("dslt_faster") for r in torch["results"] if r["mode"] == mode), None) if torch else None


def goal(words: str, reached: float | None, wanted: float, least: bool, unit: str) -> str:
    if reached is None:
        return f"| {words} | {'at least' if least else 'under'} {wanted:g} {unit} | not measured | - |"
    good = reached >= wanted if least else reached < wanted
    return f"| {words} | {'at least' if least else 'under'} {wanted:g} {unit} | {reached:.3g} {unit} | {'yes' if good else 'NO'} |"


def goals(folder: Path) -> list[str]:
    paper, recommended, released = (load(folder / f"speed_{n}.json") for n in ("paper_bf16", "default", "released"))
    torch = load(folder / "torch_bf16.json")
    out = ["| goal | wanted | reached | kept |", "| --- | --- | --- | --- |",
           goal("preset `paper`, full VGG-16, bfloat16", fps(paper), 300, True, "frames/s"),
           goal("its update phase", stage(paper, "update"), 0.6, False, "ms"),
           goal("preset `default`", fps(recommended), 1000, True, "frames/s"),
           goal("preset `released`", fps(released), 100, True, "frames/s"),
           goal("`paper` against PyTorch eager", ratio(torch, "eager"), 3, True, "times"),
           goal("`paper` against PyTorch compiled", ratio(torch, "compiled"), 1.5, True, "times")]
    if paper:
        cpu, wall = paper["figures"]["cpu_ms"]["median"], paper["figures"]["ms_mean"]["median"]
        out += ["", f"Processor time of the host in a frame of `paper`: {cpu:.2f} of {wall:.2f} ms, waiting for the GPU included."]
    return out


def floors(folder: Path) -> list[str]:
    """Every stage beside the time that its arithmetic and its bytes need at the ceilings measured in the same run."""
    kernels = load(folder / "kernels.json")
    ceilings = kernels["ceilings"] if kernels else {}
    memory, plain = ceilings.get("copy_bytes_per_s"), ceilings.get("fma_flops_per_s")
    tensor = {"bf16": ceilings.get("bf16_flops_per_s"), "tf32": ceilings.get("tf32_flops_per_s"), "f32": plain}
    out = []
    if memory and plain:
        out += [f"Ceilings, measured: copy {memory * 1e-9:.0f} GB/s, float32 {plain * 1e-12:.1f} TFLOP/s, "
                + ", ".join(f"{k} products {v * 1e-12:.0f} TFLOP/s" for k, v in tensor.items() if v and k != "f32")
                + f"; a kernel in a graph {ceilings['launch_us']:.2f} us.", ""]
    out += ["| run | stage | ms | GFLOP | MB | floor, ms | floor / measured |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for path in sorted(folder.glob("speed_*.json")):
        run = load(path)
        if not run:
            continue
        for s in run["stages"]:
            peak = (tensor.get(run["tracker"]["precision"]) or plain) if s["name"] == "backbone" else plain
            ms, floor = s["ms"]["median"], None
            if memory and peak:
                floor = 1e3 * max(s["gflop"] * 1e9 / peak, s["megabytes"] * 1e6 / memory)
            share = f"{100 * floor / ms:.1f} %" if floor is not None and ms else "-"
            out.append(f"| {path.stem[6:]} | {s['name']} | {ms:.4f} | {s['gflop']:.3f} | {s['megabytes']:.2f} | "
                       f"{'-' if floor is None else f'{floor:.4f}'} | {share} |")
    return out


def speeds(folder: Path) -> list[str]:
    out = ["| run | precision | frames/s | p50 ms | p95 ms | p99 ms | first frame ms | peak MiB (host) |",
           "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for path in sorted(folder.glob("speed_*.json")):
        run = load(path)
        if not run:
            continue
        f = {k: v["median"] for k, v in run["figures"].items()}
        out.append(f"| {path.stem[6:]} | {run['tracker']['precision']} | {f['fps']:.1f} | {f['ms_p50']:.3f} | {f['ms_p95']:.3f} | {f['ms_p99']:.3f} | "
                   f"{f['init_ms']:.0f} | {f['memory_peak_mib']:.0f} |")
    return out


def peers(folder: Path) -> list[str]:
    out = ["| run | precision | layout | frames/s | once warm | dslt faster | boxes apart, px |",
           "| --- | --- | --- | --- | --- | --- | --- |"]
    for path in sorted(folder.glob("torch_*.json")):
        torch = load(path)
        for r in torch["results"] if torch else []:
            apart = r.get("from_dslt_px")
            out.append(f"| {r['mode']} | {r.get('precision', torch['precision'])} | {r.get('layout', '-')} | {r['fps']:.1f} | "
                       f"{r.get('fps_warm', r['fps']):.1f} | {r.get('dslt_faster', 1):.2f} | "
                       f"{'-' if apart is None else f'{apart[0]:.4f}'} |")
    return out


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    steps = (folder / "steps.txt").read_text().splitlines() if (folder / "steps.txt").exists() else []
    bad = [s for s in steps if not s.startswith("ok")]
    print(f"# {folder.resolve().name}\n\n`bench/gpu_all.sh`: {len(steps)} steps, {len(bad)} failed or were not run.\n")
    for title, lines in (("Goals", goals(folder)), ("Speed", speeds(folder)), ("PyTorch", peers(folder)),
                         ("Stages and floors", floors(folder)), ("Steps", ["```", *steps, "```"])):
        print(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
