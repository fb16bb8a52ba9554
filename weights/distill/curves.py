# SPDX-License-Identifier: Apache-2.0
"""Draw what train.py logged: the losses against the step, in training and on held-out photographs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

PANELS = {
    "Distillation: squared error over the teacher's power": {
        "low": "inception_3b from conv4_3",
        "high": "inception_4e from conv5_3",
        "vgg": "VGG-16 conv3_3 from conv3_3",
    },
    "Tracking: squared error over the label's power": {"track_low": "conv4_3", "track_high": "conv5_3"},
}


def smooth(values: list[float], width: int = 10) -> np.ndarray:
    kernel = np.ones(width) / width
    padded = np.pad(np.asarray(values), (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, kernel, mode="valid")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()

    rows = [json.loads(line) for line in args.log.read_text().splitlines()]
    figure, axes = plt.subplots(1, len(PANELS), figsize=(11, 4.2), layout="constrained")
    for axis, (title, names) in zip(axes, PANELS.items()):
        for index, (key, label) in enumerate(names.items()):
            seen = [(r["step"], r[key]) for r in rows if key in r]
            held = [(r["step"], r["held_out"][key]) for r in rows if "held_out" in r]
            steps, values = zip(*seen)
            axis.plot(steps, smooth(list(values)), color=f"C{index}", linewidth=1, alpha=0.6)
            axis.plot(*zip(*held), color=f"C{index}", marker="o", markersize=3, linewidth=1.5, label=label)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("step (16 crops each)")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    figure.suptitle("Lines: training, running mean of 500 steps; dots: held-out photographs", fontsize=9)
    figure.savefig(args.out, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
