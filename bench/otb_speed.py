"""Print, for each tracker's times/ folder, the median frames per second over its sequences (updates included, first
frame and decoding apart) and the median time of the first frame.

    python3 bench/otb_speed.py RESULTS
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path


def main() -> int:
    print("| tracker | frames/s, median of sequences | slowest | first frame, ms |")
    print("| --- | --- | --- | --- |")
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        rates, firsts = [], []
        for path in sorted((folder / "times").glob("*.txt")):
            seconds = [float(line) for line in path.read_text().split()]
            firsts.append(1000 * seconds[0])
            rates.append(len(seconds[1:]) / sum(seconds[1:]))
        if rates:
            print(f"| {folder.name} | {statistics.median(rates):.1f} | {min(rates):.1f} | {statistics.median(firsts):.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
