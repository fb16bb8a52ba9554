# SPDX-License-Identifier: Apache-2.0
"""Write how fast the runs below a folder were, from their times/: for each tracker the median over its sequences of the
frames per second (updates included, first frame and decoding apart), the slowest sequence, the median time of the
first frame, and how many sequences ran at a time.

    python3 bench/otb_speed.py RESULTS SPEED.json
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from pathlib import Path


def jobs(folder: Path) -> int:
    """From the command in the manifest of `dslt run`; other trackers run one sequence at a time."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return 1
    found = re.search(r'"--jobs",\s*"(\d+)"', manifest.read_text())
    return int(found.group(1)) if found else 0  # 0: as many as there are cores


def main() -> int:
    speeds = {}
    for folder in sorted(p for p in Path(sys.argv[1]).iterdir() if (p / "times").is_dir()):
        rates, firsts = [], []
        for path in sorted((folder / "times").glob("*.txt")):
            seconds = [float(line) for line in path.read_text().split()]
            firsts.append(1000 * seconds[0])
            rates.append(len(seconds[1:]) / sum(seconds[1:]))
        speeds[folder.name] = {
            "fps": round(statistics.median(rates), 2),
            "fps_slowest": round(min(rates), 2),
            "first_ms": round(statistics.median(firsts), 1),
            "jobs": jobs(folder),
        }
    Path(sys.argv[2]).write_text(json.dumps(speeds, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
