#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doxygen's input filter for include/dslt/dslt.h: plain C comments become Doxygen's, line by line.

A comment that begins a line documents what follows; one behind code documents the member before it; rulers such as
"/* ---- weights ---- */" become headings. Words that Doxygen would take for commands or markup are escaped.
"""

from __future__ import annotations

import re
import sys

RULER = re.compile(r"^/\* -{4,} (.+?) -* ?\*/$")
SEVERAL = re.compile(r"^\s*(\w+) (\w+), (\w+);\s*$")  # "double x, y;": each needs the comment
OPENS = re.compile(r"/\*(?!\*)")


def escape(text: str) -> str:
    text = re.sub(r"([\\@%#<>])", r"\\\1", text.replace("->", "→"))
    return re.sub(r"(?<![\w`])`([^`\n]+)`", r"`\1`", text)


def convert(lines: list[str]) -> list[str]:
    result: list[str] = []
    inside = False
    in_define = False
    headings = 0
    for number, line in enumerate(lines):
        ruler = RULER.match(line)
        if number == 0 and "SPDX" in line:
            result.append("")
        elif ruler:
            result.append(("/** @} */ " if headings else "") + f"/** @name {ruler.group(1)} */ /** @{{ */")
            headings += 1
        elif inside:
            end = line.find("*/")
            text = line if end < 0 else line[:end]
            result.append(escape(text) + ("" if end < 0 else line[end:]))
            inside = end < 0
        elif in_define or line.lstrip().startswith("#"):
            result.append(line.replace("/*", "/**<") if line.startswith("#define") and not line.endswith("\\") else line)
        else:
            begin = OPENS.search(line)
            if not begin:
                result.append(line)
            else:
                several = SEVERAL.match(line[: begin.start()])
                code, comment = line[: begin.start()], line[begin.end() :]
                end = comment.find("*/")
                text, rest = (comment, "") if end < 0 else (comment[:end], comment[end:])
                inside = end < 0
                if number == 1:
                    result.append("/** @file dslt.h */ /** @mainpage dslt\n" + escape(text))
                elif several and not inside:
                    kind, first, second = several.groups()
                    result.append("".join(f"{kind} {name}; /**<{escape(text)}*/ " for name in (first, second)))
                else:
                    opening = "/**<" if code.strip() else "/**"
                    result.append(code + opening + escape(text) + rest)
        in_define = line.endswith("\\")
        if headings and line.startswith("#ifdef __cplusplus") and number > len(lines) - 10:
            result[-1] = "/** @} */ " + line
    return result


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as stream:
        print("\n".join(convert(stream.read().split("\n"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
