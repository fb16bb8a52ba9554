#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that each room of host/ includes only rooms below it: docs/architecture.md has the picture. Exit code 1 if one does not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

BELOW = ("base", "math", "backend", "nn", "tracker", "trackers")  # each may include those before it
BESIDE = ("media", "dataset")  # base alone
ABOVE = ("report", "bench", "experiment", "eval")  # all of the above, and each other
TOP = "cli"


def allowed(room: str) -> set[str]:
    if room in BELOW:
        return set(BELOW[: BELOW.index(room) + 1])
    if room in BESIDE:
        return {"base", room}
    return {*BELOW, *BESIDE, *ABOVE} | ({TOP} if room == TOP else set())


def main() -> int:
    host = Path(__file__).resolve().parent.parent / "host"
    wrong = []
    for path in sorted(host.rglob("*")):
        if path.suffix not in (".c", ".h", ".cpp"):
            continue
        room = path.relative_to(host).parts[0]
        for included in re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            target = included.split("/")[0]
            if (host / target).is_dir() and target not in allowed(room):
                wrong.append(f"host/{path.relative_to(host)} includes {included}, but {room} is not above {target}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
