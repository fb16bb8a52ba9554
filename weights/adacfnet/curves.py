# SPDX-License-Identifier: Apache-2.0
"""Draw loss and place of the maximum against the step: a line for each kind of network, the mean over its seeds' logs."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

KINDS = {"cfnet": "CFNet", "se": "CFNet+SE", "focal": "CFNet+focal", "se-focal": "CFNet+SE+focal"}


def read(folder: Path) -> dict[str, list[list[dict[str, float]]]]:
    """Rows of each run by kind; a run's log is called KIND-SEED.jsonl."""
    runs = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl")):
        kind = path.stem.rpartition("-")[0]
        if kind not in KINDS:
            raise SystemExit(f"curves.py: {path} should be called KIND-SEED.jsonl, with KIND {', '.join(KINDS)}.")
        runs[kind].append([json.loads(line) for line in path.read_text().splitlines()])
    if not runs:
        raise SystemExit(f"curves.py: {folder} holds no .jsonl.")
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=Path, required=True, help="folder with KIND-SEED.jsonl, the log.jsonl of each run")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), constrained_layout=True)
    for n, (kind, runs) in enumerate(sorted(read(args.logs).items(), key=lambda item: list(KINDS).index(item[0]))):
        place = 1 if "focal" in kind else 0
        for axis, key in ((axes[place], "loss"), (axes[2], "cells_off")):
            common = min(map(len, runs))
            values = np.array([[row[key] for row in rows[:common]] for rows in runs])
            steps = [row["step"] for row in runs[0][:common]]
            axis.plot(steps, values.mean(0), color=f"C{n}", marker=".", label=f"{KINDS[kind]} ({len(runs)})")
            axis.fill_between(steps, values.min(0), values.max(0), color=f"C{n}", alpha=0.15, linewidth=0)
    for axis, title, unit in zip(axes, ("Logistic loss", "Focal loss", "Maximum of the response"),
                                 ("loss", "loss", "cells from the middle")):  # fmt: skip
        axis.set(xlabel="step", ylabel=unit, title=title)
        axis.legend(fontsize=8)
    figure.savefig(args.output, dpi=110)


if __name__ == "__main__":
    main()
