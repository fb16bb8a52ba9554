#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print the table of bench/sets_table.sh: each tracker's AUC and precision on each set, and its speed over all sets. Of a tracker
that ran with several seeds, as NAME, NAME.2, NAME.3, the means, and the least and the largest AUC.

    python3 bench/sets_readme.py RESULTS
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

NAMES = {
    "dslt-default": "**dslt**, preset `default`",
    "dslt-dslt": "dslt, preset `dslt`",
    "CSRT": "OpenCV CSRT",
    "Nano": "OpenCV TrackerNano (NanoTrack v2)",
}


def speed(boxes: Path, tracker: str) -> str:
    """Median over sequences of the frames after the first by their seconds."""
    rates = []
    for path in boxes.glob(f"*/{tracker}/times/*.txt"):
        times = [float(v) for v in path.read_text().split()][1:]
        if times:
            rates.append(len(times) / max(sum(times), 1e-9))
    return f"{statistics.median(rates):.0f}" if rates else "-"


def cell(trackers: dict[str, dict], key: str) -> str:
    runs = [t["overall"] for name, t in trackers.items() if name.partition(".")[0] == key]
    if not runs:
        return "-"
    auc, precision = [r["auc"] for r in runs], [r["precision20"] for r in runs]
    spread = f" ({min(auc):.3f} to {max(auc):.3f})" if len(runs) > 1 else ""
    return f"{statistics.mean(auc):.3f}{spread} / {statistics.mean(precision):.3f}"


def main() -> None:
    results = Path(sys.argv[1])
    sets = {p.stem: json.loads(p.read_text()) for p in sorted((results / "boxes").glob("*.json"))}
    print("| tracker | " + " | ".join(sets) + " | frames/s |")
    print("| --- |" + " --- |" * (len(sets) + 1))
    for key, name in NAMES.items():
        cells = [cell(scores["trackers"], key) for scores in sets.values()]
        if any(c != "-" for c in cells):
            print(f"| {name} | " + " | ".join(cells) + f" | {speed(results / 'boxes', key)} |")


if __name__ == "__main__":
    main()
