#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the code in one place at a time and see whether a test notices.

    tests/mutation/mutate.py                  all mutants of mutants.py, and the table RESULTS.md
    tests/mutation/mutate.py --only vot_rank  those whose name or file matches a regular expression
    tests/mutation/mutate.py --resume         only those that no earlier run killed
    tests/mutation/mutate.py --check          only whether each mutant's text still occurs exactly once
    tests/mutation/mutate.py --list           the mutants

A copy of the working tree is built in build-mutation/ (--build), so that the tree itself is never changed. Each mutant
replaces one piece of text, builds the test programs that concern it and runs them: killed if a test fails, crashes or takes
too long; alive if all pass; not built if the compiler refuses it, which is a mistake in the list. Ends with 1 unless every
mutant was killed. The unchanged code runs first: a test that fails on it could not tell anything.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
KILLED, ALIVE, NOT_BUILT = "killed", "ALIVE", "NOT BUILT"


def position(mutant: Mutant, root: Path = ROOT) -> int:
    """The line of the mutant's text; raises ValueError unless it occurs exactly once."""
    path = root / mutant.file
    if not path.is_file():
        raise ValueError(f"{mutant.name}: {mutant.file} does not exist")
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: the text occurs {text.count(mutant.old)} times in {mutant.file}: {mutant.old}")
    if mutant.old == mutant.new:
        raise ValueError(f"{mutant.name}: nothing is changed")
    return text[: text.index(mutant.old)].count("\n") + 1


def check(mutants: list[Mutant]) -> int:
    problems = []
    for mutant in mutants:
        try:
            position(mutant)
        except ValueError as problem:
            problems.append(str(problem))
    names = [mutant.name for mutant in mutants]
    problems += [f"{name}: the name is used twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for problem in problems:
        print(f"mutate.py: {problem}", file=sys.stderr)
    return len(problems)


def quiet(*command: str | Path, cwd: Path, log: Path, timeout: float | None = None) -> int:
    """The exit code; 124 where it took too long."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive", CCACHE_BASEDIR=str(ROOT.parent),
                       CCACHE_NOHASHDIR="1")
    with log.open("wb") as stream:
        try:
            return subprocess.run([str(part) for part in command], cwd=cwd, stdout=stream, stderr=subprocess.STDOUT,
                                  timeout=timeout, env=environment, check=False).returncode
        except subprocess.TimeoutExpired:
            return 124


class Workshop:
    """A copy of the working tree and its build folder."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.source, self.build, self.jobs = folder / "source", folder / "build", jobs
        self.log = folder / "log.txt"
        self.source.mkdir(parents=True, exist_ok=True)
        self.copy_tree()
        shared = folder / "shared"
        if not shared.exists() and (ROOT.parent / "shared").exists():
            shared.symlink_to((ROOT.parent / "shared").resolve())

    def copy_tree(self) -> None:
        """Bring the copy up to date; files that did not change keep their times, so that little is built anew."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                                capture_output=True, check=True).stdout.decode().split("\0")
        names = {name for name in listed if name and (ROOT / name).is_file()}
        for name in names:
            target = self.source / name
            if not target.exists() or target.read_bytes() != (ROOT / name).read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
                shutil.copymode(ROOT / name, target)
        for path in self.source.rglob("*"):
            if path.is_file() and str(path.relative_to(self.source)) not in names and "__pycache__" not in path.parts:
                path.unlink()

    def configure(self) -> None:
        options = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DDSLT_WITH_CUDA=OFF",
                   *(f"-DCMAKE_{language}_FLAGS_RELEASE=-O1" for language in ("C", "CXX"))]
        if shutil.which("ccache"):
            options += [f"-DCMAKE_{language}_COMPILER_LAUNCHER=ccache" for language in ("C", "CXX")]
        if quiet("cmake", "-S", self.source, "-B", self.build, *options, cwd=self.source, log=self.log) != 0:
            raise SystemExit(f"mutate.py: CMake failed:\n{self.log.read_text()}")

    def make(self, programs: list[str]) -> bool:
        return quiet("nice", "ninja", "-C", self.build, f"-j{self.jobs}", *programs, cwd=self.source, log=self.log) == 0

    def has_tests(self, program: str, chosen: str) -> bool:
        file = next(self.build.glob(f"tests/**/{program}"))
        quiet(file, f"--gtest_filter={chosen}", "--gtest_list_tests", cwd=self.source, log=self.log, timeout=60)
        return "\n  " in self.log.read_text(errors="replace")

    def run(self, program: str, chosen: str, timeout: float) -> str:
        """"" if all passed, else the name of the first test that failed, or how the program ended."""
        file = next(self.build.glob(f"tests/**/{program}"))
        code = quiet("nice", file, f"--gtest_filter={chosen}", "--gtest_fail_fast", cwd=self.source, log=self.log,
                     timeout=timeout)
        if code == 0:
            return ""
        text = self.log.read_text(errors="replace")
        failed = re.search(r"^\[  FAILED  \] ([\w./]+)", text, re.MULTILINE)
        begun = re.findall(r"^\[ RUN      \] ([\w./]+)", text, re.MULTILINE)
        if failed:
            return failed.group(1)
        where = begun[-1] if begun else program
        return f"{where} (took too long)" if code == 124 else f"{where} (ended with {code})"


def concerned(mutants: list[Mutant]) -> dict[str, str]:
    """{program: filter} of everything that some mutant runs."""
    filters: dict[str, set[str]] = {}
    for mutant in mutants:
        for program, chosen in mutant.tests:
            filters.setdefault(program, set()).add(chosen)
    return {program: "*" if "*" in chosen else ":".join(sorted(chosen)) for program, chosen in filters.items()}


def baseline(shop: Workshop, mutants: list[Mutant]) -> dict[str, float]:
    """Build and run the unchanged code; the seconds that each program took."""
    programs = concerned(mutants)
    if not shop.make(list(programs)):
        raise SystemExit(f"mutate.py: the unchanged code does not build:\n{shop.log.read_text()[-4000:]}")
    for program, chosen in sorted({test for mutant in mutants for test in mutant.tests}):
        if not shop.has_tests(program, chosen):
            raise SystemExit(f"mutate.py: {program} has no test {chosen}")
    seconds = {}
    for program, chosen in programs.items():
        begun = time.monotonic()
        failed = shop.run(program, chosen, 1800)
        seconds[program] = time.monotonic() - begun
        if failed:
            raise SystemExit(f"mutate.py: {program} fails on the unchanged code: {failed}")
    return seconds


def judge(shop: Workshop, mutant: Mutant, seconds: dict[str, float]) -> tuple[str, str]:
    """(verdict, the test that killed it or "")."""
    path = shop.source / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        if not shop.make([program for program, _ in mutant.tests]):
            return NOT_BUILT, ""
        for program, chosen in mutant.tests:
            failed = shop.run(program, chosen, 60 + 5 * seconds[program])
            if failed:
                return KILLED, f"{program.removeprefix('dslt_test_')}: {failed}"
        return ALIVE, ""
    finally:
        path.write_text(whole, encoding="utf-8")


class Verdicts:
    """What earlier runs found, by everything that a mutant is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}

    def of(self, mutant: Mutant) -> list[str] | None:
        return self.found.get(json.dumps(mutant))

    def note(self, mutant: Mutant, verdict: str, killer: str) -> None:
        self.found[json.dumps(mutant)] = [verdict, killer]
        self.path.write_text(json.dumps(self.found, indent=1))


def cell(text: str) -> str:
    short = " ".join(text.split())
    return "`" + short.replace("|", "\\|") + "`"


def table(rows: list[tuple[Mutant, int, str, str]]) -> str:
    killed = sum(verdict == KILLED for _, _, verdict, _ in rows)
    waiting = sum(verdict == "not run" for _, _, verdict, _ in rows)
    out = ["# Mutation check", "",
           "Written by `tests/mutation/mutate.py`: each row is the code with one change, and the first test that noticed.",
           "", f"{len(rows)} mutants: {killed} killed, {len(rows) - killed - waiting} alive, {waiting} not run.", "",
           "| mutant | place | code | becomes | verdict | noticed by |", "| --- | --- | --- | --- | --- | --- |"]
    for mutant, line, verdict, killer in rows:
        out.append(f"| {mutant.name} | {mutant.file}:{line} | {cell(mutant.old)} | {cell(mutant.new)} | {verdict} | {killer} |")
    return "\n".join(out) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", help="mutants whose name or file matches")
    parser.add_argument("--resume", action="store_true", help="pass over what an earlier run killed")
    parser.add_argument("--check", action="store_true", help="compare the list with the code and end")
    parser.add_argument("--list", action="store_true", help="print the mutants and end")
    parser.add_argument("--build", type=Path, default=ROOT / "build-mutation", metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a mutated file is put back
    chosen = [m for m in MUTANTS if not options.only or re.search(options.only, f"{m.name} {m.file}")]
    if check(chosen):
        return 1
    if options.check:
        print(f"{len(chosen)} mutants, each text occurs once")
        return 0
    if options.list:
        for mutant in chosen:
            print(f"{mutant.name:32} {mutant.file}:{position(mutant)}")
        return 0
    if not chosen:
        raise SystemExit("mutate.py: no mutant matches")
    shop = Workshop(options.build.resolve(), options.jobs)
    verdicts = Verdicts(options.build.resolve() / "verdicts.json")
    if options.resume:
        chosen = [m for m in chosen if (verdicts.of(m) or [""])[0] != KILLED]
    if chosen:
        shop.configure()
        seconds = baseline(shop, chosen)
    for mutant in chosen:
        begun = time.monotonic()
        verdict, killer = judge(shop, mutant, seconds)
        verdicts.note(mutant, verdict, killer)
        print(f"{verdict:10} {mutant.name:32} {killer} ({time.monotonic() - begun:.0f} s)", flush=True)
    rows = [(m, position(m), *(verdicts.of(m) or ["not run", ""])) for m in MUTANTS]
    RESULTS.write_text(table(rows), encoding="utf-8")
    alive = [mutant.name for mutant, _, verdict, _ in rows if verdict in (ALIVE, NOT_BUILT)]
    print(f"{len(rows)} mutants, {sum(v == KILLED for _, _, v, _ in rows)} killed, "
          f"{sum(v == 'not run' for _, _, v, _ in rows)} not run" + (f"; not killed: {', '.join(alive)}" if alive else ""))
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
