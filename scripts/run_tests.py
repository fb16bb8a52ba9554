#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the tests of a build folder with ctest, then say what was skipped and why.

    scripts/run_tests.py BUILD                  the fast tests and today's share of the slow ones
    scripts/run_tests.py BUILD --all            every test
    scripts/run_tests.py BUILD --seed 107       the share of another day
    scripts/run_tests.py BUILD --exclude cli    not those with this label; repeatable
    scripts/run_tests.py BUILD -- -L tracker    arguments after -- go to ctest

Slow tests are those that tests/slow.cmake names. One in SHARE of them (default 5) runs, chosen by the seed, which is the day
of the year unless --seed or DSLT_TEST_SEED gives another; all of them have run after SHARE days.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

import skipped

ROUTINE = re.compile(r"^ *Start +\d+: |^ *\d+/\d+ Test +#\d+: .*(Passed|\*\*\*Skipped)|^(Internal ctest|Test project)")
TAIL = "% tests passed"  # the line that opens ctest's closing lines
NOT_RUN = "The following tests did not run:"  # a list of every skipped test; the summary says it in fewer lines


def arguments(line: list[str]) -> argparse.Namespace:
    """The command line; what follows -- is ctest's."""
    end = line.index("--") if "--" in line else len(line)
    day = datetime.date.today().timetuple().tm_yday
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--all", action="store_true", help="every slow test too")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("DSLT_TEST_SEED") or day))
    parser.add_argument("--share", type=int, default=5, metavar="N", help="run one in N of the slow tests")
    parser.add_argument("--exclude", action="append", default=[], metavar="LABEL", help="leave out tests with this label")
    parser.add_argument("--brief", action="store_true", help="no line for a test that passed or was skipped")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args(line[:end])
    given.ctest = line[end + 1 :]
    return given


def run(command: list[str], environment: dict[str, str], brief: bool) -> tuple[int, list[str]]:
    """Pass the output on as it comes, but keep the closing lines for later."""
    closing: list[str] = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout or ():
            if closing or TAIL in line:
                closing.append(line)
            elif not (brief and ROUTINE.match(line)):
                print(line, end="", flush=True)
    return process.returncode, closing


def shown(closing: list[str]) -> str:
    """The closing lines without the list of tests that did not run."""
    lines, inside = [], False
    for line in closing:
        inside = line.startswith(NOT_RUN) or (inside and line.startswith("\t"))
        if not inside:
            lines.append(line)
    return "".join(lines).strip("\n") + "\n"


def main() -> int:
    given = arguments(sys.argv[1:])
    junit = given.build.resolve() / "junit.xml"
    junit.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", str(given.build), "--output-on-failure", "--parallel", str(given.jobs)]
    command += ["--output-junit", str(junit), "--test-output-size-passed", "1000000", *given.ctest]
    environment = dict(os.environ)
    if given.all:
        environment.pop("DSLT_TEST_SLOW", None)
        print("tests: all of them", flush=True)
    else:
        environment["DSLT_TEST_SLOW"] = f"{given.seed};{given.share}"
        given.exclude.append("another_day")
        print(f"tests: the fast ones and 1 in {given.share} of the slow ones, seed {given.seed} (--all: all)", flush=True)
    if given.exclude:  # one expression: of several, ctest would want all to match
        command += ["--label-exclude", f"^({'|'.join(given.exclude)})$"]
    code, closing = run(command, environment, given.brief)
    if junit.exists():
        print("\n" + skipped.summary(str(junit)) + "\n")
    print(shown(closing), end="", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
