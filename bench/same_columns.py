# SPDX-License-Identifier: Apache-2.0
"""Compare two results of `dslt track --format csv` as text, in the columns that both have; exit 1 if they differ.

    python3 bench/same_columns.py BEFORE.csv AFTER.csv
"""

import csv
import sys

if len(sys.argv) != 3:
    sys.exit(__doc__)
before, after = (list(csv.DictReader(open(path, encoding="ascii"))) for path in sys.argv[1:])
if not before or len(before) != len(after):
    sys.exit(f"{len(before)} rows before, {len(after)} after")
columns = [c for c in before[0] if c in after[0]]
for number, (a, b) in enumerate(zip(before, after), 1):
    for column in columns:
        if a[column] != b[column]:
            sys.exit(f"row {number}, {column}: {a[column]} before, {b[column]} after")
