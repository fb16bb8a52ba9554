#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""List what a test run skipped and why: one line per reason, with the number of tests.

    scripts/skipped.py [--names] BUILD/junit.xml      the file that ctest --output-junit writes

Understands GoogleTest's GTEST_SKIP(), Python's unittest with -v, and scripts that print "skipped: REASON" and exit with
ctest's SKIP_RETURN_CODE. A skipped test that gives no reason is listed as such. --names adds the tests' names.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
import xml.etree.ElementTree as ElementTree

GTEST = re.compile(r"^[^\s:][^:\n]*:\d+: Skipped\n(.*?)(?:\n\s*\n|\n\[|\Z)", re.MULTILINE | re.DOTALL)
UNITTEST = re.compile(r"^(\w+) \(([\w.]+)\)(?:\n[^\n]*)??(?: \.\.\.)? skipped (['\"])(.*)\3$", re.MULTILINE)
SCRIPT = re.compile(r"^skipped: (.*)$", re.MULTILINE)
PROGRAM = re.compile(r"(no GPU) to measure")  # dslt_bench_kernels says it as an error, which it is to a person
NO_REASON = "(no reason given)"


def one_line(text: str) -> str:
    return " ".join(text.split()) or NO_REASON


def skips(case: ElementTree.Element) -> list[tuple[str, str]]:
    """(reason, test) for what one ctest entry skipped; a passed entry may hold skipped tests of its own."""
    name = case.get("name", "?")
    output = case.findtext("system-out") or ""
    inner = [(one_line(reason), f"{name}: {of}.{test}") for test, of, _, reason in UNITTEST.findall(output)]
    if case.find("skipped") is None and case.get("status") not in ("notrun", "disabled"):
        return inner
    for pattern in (GTEST, SCRIPT, PROGRAM):
        found = pattern.search(output)
        if found:
            return [(one_line(found.group(1)), name)]
    return inner or [(NO_REASON, name)]


def summary(path: str, names: bool = False) -> str:
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for case in cases:
        for reason, test in skips(case):
            reasons[reason.partition(": ")[0]].append(test)  # details stand behind a colon (tests/skip.h)
    count = sum(map(len, reasons.values()))
    if not count:
        return f"skipped: nothing ({len(cases)} tests)"
    lines = [f"skipped: {count} tests, for these reasons ({len(cases)} ctest entries):"]
    for reason, tests in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        lines.append(f"{len(tests):5}  {reason}")
        if names:
            lines += [f"         {test}" for test in tests]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("junit", help="what ctest --output-junit wrote")
    parser.add_argument("--names", action="store_true", help="list the tests under each reason")
    arguments = parser.parse_args()
    try:
        print(summary(arguments.junit, arguments.names))
    except (OSError, ElementTree.ParseError) as error:
        print(f"skipped.py: {arguments.junit}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
