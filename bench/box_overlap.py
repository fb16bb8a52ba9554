#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Overlap of two trackers' boxes, file by file: how near one is to the other, whatever the truth is.

    python3 bench/box_overlap.py ../shared/data/otb-results/CFNet-conv2 results/cfnet

Each folder holds NAME.txt with a row x, y, width, height a frame. Names that both have are compared, row by row as far as both go.
Needs Python 3 alone.
"""
import argparse
import pathlib
import re
import sys


def rows_of(path):
    return [[float(v) for v in re.split(r"[\s,]+", row.strip())[:4]] for row in path.read_text().splitlines() if row.strip()]


def overlap(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inner = max(w, 0) * max(h, 0)
    return inner / (a[2] * a[3] + b[2] * b[3] - inner)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=pathlib.Path)
    parser.add_argument("other", type=pathlib.Path)
    args = parser.parse_args()
    names = sorted({f.name for f in args.one.glob("*.txt")} & {f.name for f in args.other.glob("*.txt")})
    if not names:
        parser.error(f"{args.one} and {args.other} have no file NAME.txt in common")
    print("| sequence | frames | mean overlap | least | first below 0.99 |\n| --- | --- | --- | --- | --- |")
    for name in names:
        try:
            each = [overlap(a, b) for a, b in zip(rows_of(args.one / name), rows_of(args.other / name))]
        except (ValueError, IndexError, ZeroDivisionError):
            print(f"box_overlap.py: {name}: a row is not a box", file=sys.stderr)
            return 1
        first = next((str(i + 1) for i, v in enumerate(each) if v < 0.99), "-")
        print(f"| {name[:-4]} | {len(each)} | {sum(each) / len(each):.4f} | {min(each):.4f} | {first} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
