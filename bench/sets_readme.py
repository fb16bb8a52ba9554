#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print the table of bench/sets_table.sh: each tracker's AUC and precision on each set, and its speed over all sets.

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
    """Median over sequences of the median frame after the first."""
    rates = []
    for path in boxes.glob(f"*/{tracker}/times/*.txt"):
        times = [float(v) for v in path.read_text().split()][1:]
        if times:
            rates.append(1 / max(statistics.median(times), 1e-9))
    return f"{statistics.median(rates):.0f}" if rates else "-"


def main() -> None:
    results = Path(sys.argv[1])
    sets = {p.stem: json.loads(p.read_text()) for p in sorted((results / "boxes").glob("*.json"))}
    print("| tracker | " + " | ".join(sets) + " | frames/s |")
    print("| --- |" + " --- |" * (len(sets) + 1))
    for key, name in NAMES.items():
        cells = []
        for scores in sets.values():
            overall = scores["trackers"].get(key, {}).get("overall")
            cells.append(f"{overall['auc']:.3f} / {overall['precision20']:.3f}" if overall else "-")
        if any(c != "-" for c in cells):
            print(f"| {name} | " + " | ".join(cells) + f" | {speed(results / 'boxes', key)} |")


if __name__ == "__main__":
    main()
