# SPDX-License-Identifier: Apache-2.0
"""Print what undoing each departure of preset `dslt` changes, from the JSON of `dslt eval`.

    python3 bench/preset_effects.py bench/results/presets/scores.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROWS = {
    "default": ("nothing: preset `dslt`", ""),
    "paper-search-area": (
        "search area: a square of 5 x 5 target sizes, always 256 x 256 px of input",
        "9 x 5 target sizes, between 200 x 200 px and whatever it takes, large targets shrunk",
    ),
    "paper-reduction": ("reductions learn on the first frame alone (`train_reduction`)", "they go on learning"),
    "paper-label": ("label never narrower than a cell (`label_min_sigma`)", "0.1 x target size"),
    "paper-first-frame": ("always 100 first-frame steps (`init_stop_change`)", "stop when the loss settles"),
    "paper-subcell": (
        "place by a Gaussian through the response's own peak; the prior only chooses the peak (`subcell`)",
        "parabola over response times prior",
    ),
    "paper-scale-order": ("all scales searched at once around the last place (`scale_joint`)", "place, then scale"),
    "paper-scale-step": ("scale step 1.05", "1.03"),
    "paper-scale-gate": ("scale gate at 0.6 of the recent peaks (`scale_gate_ratio`)", "at a peak of 0.35"),
    "no-scale-penalty": ("a change of scale must gain 5 % (`scale_penalty`)", "no penalty"),
    "no-hold": (
        "below 0.6 of the recent peaks: hold the place, skip the update (`lost_ratio`, `lost_hold`)",
        "go on whatever the peak",
    ),
    "no-grace": ("nothing is lost in the first ten frames (`lost_grace`)", "from the second frame on"),
}


def main() -> int:
    trackers = json.loads(Path(sys.argv[1]).read_text())["trackers"]
    best = trackers["default"]["overall"]
    print("| departure | undone it is | AUC | precision | change of AUC |")
    print("| --- | --- | --- | --- | --- |")
    for name, (what, undone) in ROWS.items():
        overall = trackers[name]["overall"]
        change = "" if name == "default" else f"{overall['auc'] - best['auc']:+.3f}"
        print(f"| {what} | {undone} | {overall['auc']:.3f} | {overall['precision20']:.3f} | {change} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
