# SPDX-License-Identifier: Apache-2.0
"""Print the README's table from what bench/otb_table.sh recorded: scores.json of a results folder.
Speeds stand in bench/table.py's tables, from `dslt bench`, which has the machine for itself.

    python3 bench/otb_readme.py bench/results/otb10
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROWS = {
    "DSLT-default": "**dslt**, preset `dslt` (bfloat16)",
    "DSLT-default-f32": "dslt, preset `dslt`, float32",
    "DSLT-paper": "dslt, preset `paper`",
    "DSLT-released": "dslt, preset `released`, bfloat16",
    "DSLT-default-random": "dslt, preset `dslt`, random weights",
    "CSRT": "OpenCV CSRT",
    "KCF": "OpenCV KCF",
    "MIL": "OpenCV MIL",
    "SRDCF": "SRDCF, published boxes",
    "KCF_GaussHog": "KCF, published boxes",
}


def main() -> int:
    folder = Path(sys.argv[1])
    trackers = json.loads((folder / "scores.json").read_text())["trackers"]
    most = max(len(t["sequences"]) for t in trackers.values())
    print("| tracker | AUC | precision, 20 px |")
    print("| --- | --- | --- |")
    for name, words in ROWS.items():
        if name not in trackers:
            continue
        scored = len(trackers[name]["sequences"])
        if scored < most:
            words += f", {scored} of the {most} targets"
        overall = trackers[name]["overall"]
        print(f"| {words} | {overall['auc']:.3f} | {overall['precision20']:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
