#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Size and state of each room: files, lines, functions, the longest function, and what the style forbids.

    scripts/room_sizes.py [FOLDER]           a Markdown table of host/, kernels/ and include/ under FOLDER (default: .)
    scripts/room_sizes.py --check [FOLDER]   name each function over 60 lines and each file without SPDX line or head
                                             comment; exit 1 if there is one

Functions are found by layout, as clang-format writes it: a line at column 0 that ends a head with `{`, up to the next `}` at
column 0. "Ladders" counts `if (rc == DSLT_OK)`, the clean-up style that `goto done` replaces.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

LONGEST = 60
NO_FUNCTION = re.compile(r"^(typedef|struct|enum|union|static const|extern|namespace|const|class|#|\}|DSLT_API)")


def functions(text: str):
    """(first line, name, lines) of each function."""
    lines = text.split("\n")
    head = None
    for number, line in enumerate(lines):
        if re.match(r"^\}", line) and head is not None:
            yield head[0] + 1, head[1], number - head[0] + 1
            head = None
        elif line and not line[0].isspace() and head is None:
            opening = find_head(lines, number)
            if opening:
                head = (number, opening)


def find_head(lines: list[str], number: int) -> str | None:
    """The name of the function whose head begins at this line, or None."""
    first = lines[number]
    if NO_FUNCTION.match(first) and not re.match(r'^(static const|const|extern "C") .*\(', first) or first.startswith(("/*", " *", "//")):
        return None
    head = ""
    for line in lines[number : number + 12]:
        head += " " + line
        if line.rstrip().endswith("{"):
            name = re.search(r"(\w+)\s*\(", head)
            return name.group(1) if name and "=" not in head.split("(")[0] else None
        if line.rstrip().endswith((";", "}")) or not line.strip():
            return None
    return None


def room_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).parts
    if parts[0] == "host" and len(parts) > 3 and parts[1] in ("backend", "trackers"):
        return "/".join(parts[:3])
    return "/".join(parts[:2]) if parts[0] == "host" and len(parts) > 2 else parts[0]


def head_problem(text: str) -> str | None:
    lines = text.split("\n")
    if "SPDX-License-Identifier" not in lines[0]:
        return "no SPDX line"
    return None if len(lines) > 1 and lines[1].startswith(("/*", "//")) else "no comment that says what the file is"


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    folders = [a for a in arguments if not a.startswith("-")]
    root = Path(folders[0] if folders else ".").resolve()
    rooms: dict[str, list] = defaultdict(lambda: [0, 0, 0, 0, "", 0, 0])
    problems = []
    for path in sorted(p for top in ("include", "host", "kernels") for p in (root / top).rglob("*")):
        if path.suffix not in (".c", ".h", ".cpp", ".cu"):
            continue
        text = path.read_text(encoding="utf-8")
        room = rooms[room_of(path, root)]
        name = path.relative_to(root).as_posix()
        room[0] += 1
        room[1] += text.count("\n")
        room[5] += text.count("if (rc == DSLT_OK)")
        room[6] += not re.match(r"(/\* SPDX[^\n]*\n)?(/\*|//)(?! SPDX)", text)
        if head_problem(text):
            problems.append(f"{name}: {head_problem(text)}")
        for line, function, length in functions(text):
            room[2] += 1
            if length > room[3]:
                room[3], room[4] = length, function
            if length > LONGEST:
                problems.append(f"{name}:{line}: {function}() has {length} lines, at most {LONGEST} are allowed")
    if check:
        print("\n".join(problems) if problems else f"{sum(r[2] for r in rooms.values())} functions, none over {LONGEST} lines")
        return 1 if problems else 0
    print("| room | files | lines | functions | longest function | ladders | files without head comment |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for room, (files, lines, count, longest, name, ladders, headless) in sorted(rooms.items()):
        print(f"| `{room}/` | {files} | {lines} | {count} | {longest} (`{name}`) | {ladders} | {headless} |")
    total = [sum(r[i] for r in rooms.values()) for i in (0, 1, 2, 5, 6)]
    print(f"| all | {total[0]} | {total[1]} | {total[2]} | | {total[3]} | {total[4]} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
