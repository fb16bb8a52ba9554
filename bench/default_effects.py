# SPDX-License-Identifier: Apache-2.0
"""Print what changing each part of preset `default` does, from the three JSON files of bench/default_table.sh.

    python3 bench/default_effects.py SELECTION.json REDUCED.json TURNED.json
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

ROWS = {
    "default": "nothing: preset `default`",
    "no-regression": "no regression: matching alone (`blend` 0, not 0.3)",
    "half-regression": "regression's share 0.5 (`blend`)",
    "every-frame": "an update every frame, not every third (`update_interval`)",
    "never-updated": "no update (`update_interval` 0)",
    "at-once": "an update's learning in one frame, not in three (`update_spread` 1)",
    "no-window": "no cosine window (`window` 0, not 0.15)",
    "wide-window": "window's share 0.5",
    "no-shape-penalty": "no penalty on changes of shape (`shape_penalty` 0)",
    "slow-size": "the size follows half as fast (`size_rate` 0.4, not 0.8)",
    "no-fit": "boxes as the network draws them (`box_fit` 0, not 0.4)",
    "no-hold": "a lost target's box goes on (`lost_hold` 0)",
    "no-seek": "no search elsewhere (`seek_after` 0)",
    "no-doubt": "none while only doubted (`doubt` 0)",
    "fixed-template": "the template stays the first frame's (`template_rate` 0, not 0.2)",
    "fast-template": "it follows faster (`template_rate` 0.5)",
    "trusted-template": "the first frame's serves alone while the mean score is 0.9 or more (`template_trust` 0.9, not 1)",
    "float32": "float32 instead of bfloat16 (`precision`)",
}


def scores(path: str) -> dict[str, list[tuple[float, float]]]:
    """Of each change, AUC and precision of every seed."""
    out: dict[str, list[tuple[float, float]]] = {}
    for name, tracker in sorted(json.loads(Path(path).read_text())["trackers"].items()):
        overall = tracker["overall"]
        out.setdefault(name.rpartition(".")[0], []).append((overall["auc"], overall["precision20"]))
    return out


def cell(runs: list[tuple[float, float]]) -> str:
    auc, precision = zip(*runs)
    return f"{statistics.mean(auc):.3f} ± {max(auc) - min(auc):.3f} | {statistics.mean(precision):.3f}"


def main() -> int:
    sets = [scores(path) for path in sys.argv[1:4]]
    print("| change | AUC (largest - smallest of the seeds) | precision | small targets: AUC | precision | turned: AUC "
          "| precision |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, what in ROWS.items():
        print(f"| {what} | {' | '.join(cell(s[name]) for s in sets)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
