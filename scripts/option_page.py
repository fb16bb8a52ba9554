#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/options.md: every option of every preset, from the program's own tables.

    scripts/option_page.py build/dslt > docs/options.md
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import NamedTuple

TRACKERS = {  # name in the program: title, what to read
    "siamese": ("Tracker siamese", "[How it works](siamese.md)."),
    "dslt": ("DSLT", "[How it works](architecture.md); `bench/presets.md` says what each difference of `dslt` from `paper` is worth."),
    "crt": ("CRT", "[How it works](crt.md)."),
    "adacf": ("CFNet and AdaCFNet", "[How it works](cfnet.md)."),
    "trackloss": ("Tracking loss", "[How it works](trackloss.md)."),
}
HEAD = """# Every option

Written by `scripts/option_page.py` from the tables of the program; `dslt track --preset NAME --list-options` prints the same.
`--set KEY=VALUE` changes an option, `dslt_options_set()` does in C, and a keyword in Python. In brackets stands the symbol of the
paper. [Presets](presets.md) says which of them you are likely to change.
"""


class Option(NamedTuple):
    value: str
    help: str
    range: str


def run(program: str, *words: str) -> str:
    return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def options(program: str, preset: str) -> dict[str, Option]:
    found: dict[str, Option] = {}
    lines = run(program, "track", "--preset", preset, "--list-options").splitlines()[2:]
    for line, allowed in zip(lines[::2], lines[1::2]):
        key, value, text = re.match(r"^  (\S+) +(\S+) +(.*)$", line).groups()
        found[key] = Option(value, text, allowed.strip())
    return found


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def section(program: str, tracker: str, presets: list[tuple[str, str]]) -> list[str]:
    title, reading = TRACKERS[tracker]
    tables = {name: options(program, name) for name, _ in presets}
    first = tables[presets[0][0]]
    lines = [f"## {title}", "", reading, ""]
    lines += [f"- Preset `{name}`: {words}." for name, words in presets]
    lines += ["", "| option | what it is | values | " + " | ".join(f"`{name}`" for name in tables) + " |",
              "| --- " * (3 + len(tables)) + "|"]
    for key, option in first.items():
        values = " | ".join(cell(table[key].value) for table in tables.values())
        lines.append(f"| `{key}` | {cell(option.help)} | {cell(option.range)} | {values} |")
    return [*lines, ""]


def page(program: str) -> str:
    presets: dict[str, list[tuple[str, str]]] = {}
    for name, tracker, words in re.findall(r"^preset (\S+) \((\w+)\): (.*)$", run(program, "info"), re.M):
        presets.setdefault(tracker, []).append((name, words))
    lines = [HEAD]
    for tracker, named in presets.items():
        lines += section(program, tracker, named)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
