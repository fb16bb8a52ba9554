# SPDX-License-Identifier: Apache-2.0
"""Print the README's table from what bench/otb_table.sh recorded: scores.json and speed.json of a results folder.

    python3 bench/otb_readme.py bench/results/otb10
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROWS = {
    "DSLT-default": "**dslt**, preset `default` (bfloat16)",
    "DSLT-default-f32": "dslt, preset `default`, float32",
    "DSLT-paper": "dslt, preset `paper`",
    "DSLT-released": "dslt, preset `released`, bfloat16",
    "DSLT-default-random": "dslt, preset `default`, random weights",
    "CSRT": "OpenCV CSRT",
    "KCF": "OpenCV KCF",
    "MIL": "OpenCV MIL",
    "SRDCF": "SRDCF, published boxes",
    "KCF_GaussHog": "KCF, published boxes",
}


def main() -> int:
    folder = Path(sys.argv[1])
    trackers = json.loads((folder / "scores.json").read_text())["trackers"]
    speed = json.loads((folder / "speed.json").read_text())
    most = max(len(t["sequences"]) for t in trackers.values())
    print("| tracker | AUC | precision, 20 px | frames/s, median | first frame |")
    print("| --- | --- | --- | --- | --- |")
    for name, words in ROWS.items():
        if name not in trackers:
            continue
        scored = len(trackers[name]["sequences"])
        if scored < most:
            words += f", {scored} of the {most} targets"
        overall, times = trackers[name]["overall"], speed.get(name)
        # only the two runs that had the machine for themselves tell something about speed
        timed = times and times["jobs"] == 1 and name.startswith("DSLT")
        rate = f"{times['fps']:.0f}" if timed else ""
        first = f"{times['first_ms']:.0f} ms" if timed else ""
        print(f"| {words} | {overall['auc']:.3f} | {overall['precision20']:.3f} | {rate} | {first} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
