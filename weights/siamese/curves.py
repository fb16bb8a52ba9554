# SPDX-License-Identifier: Apache-2.0
"""Draw losses and overlap against the step, from the logs of one or more runs that follow one another."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

LOSSES = {"nano": "NanoTrack's map", "score": "score", "box": "box (true)", "taught": "box (taught)"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, action="append", required=True, help="log.jsonl of a run; repeatable")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    rows, before = [], 0
    for path in args.log:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        rows += [{**row, "step": row["step"] + before} for row in lines]
        before += lines[-1]["step"]
    held = [row for row in rows if "held_out" in row]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), constrained_layout=True)
    for n, (key, name) in enumerate(LOSSES.items()):
        left.plot([r["step"] for r in rows], [r[key] for r in rows], color=f"C{n}", alpha=0.5)
        left.plot([r["step"] for r in held], [r["held_out"][key] for r in held], color=f"C{n}", marker=".", label=name)
    left.set(xlabel="step", ylabel="loss", yscale="log", title="Losses (pale: training, dots: held out)")
    left.legend()
    right.plot([r["step"] for r in rows], [r["iou"] for r in rows], color="C0", alpha=0.5, label="training")
    right.plot([r["step"] for r in held], [r["held_out"]["iou"] for r in held], color="C0", marker=".", label="held out")
    right.plot([r["step"] for r in held], [r["held_out"]["teacher_iou"] for r in held], color="C1", label="NanoTrack v2, held out")
    right.set(xlabel="step", ylabel="overlap with the true box", title="Box at the best score", ylim=(0.4, 0.85))
    right.legend(loc="lower right")
    figure.savefig(args.output, dpi=110)


if __name__ == "__main__":
    main()
