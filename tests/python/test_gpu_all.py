# SPDX-License-Identifier: Apache-2.0
"""bench/gpu_all.sh without a GPU: does what it plans fit into the time that there is, and does it tell what it did not do?"""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench" / "gpu_all.sh"


def plan(*options, budget="300"):
    return subprocess.run(["bash", SCRIPT, *options, "--plan"], capture_output=True, text=True,
                          env={**os.environ, "BUDGET": budget})


def planned(*options):
    return re.findall(r"lane \w: (\w+)", plan(*options).stdout)


class Plan(unittest.TestCase):
    def test_both_calls_fit(self):
        for options in ([], ["--more"]):
            told = plan(*options)
            self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
            rows = re.findall(r"phase (\d+), lane (\w): \w+ +(\d+) s, at most +(\d+) s", told.stdout)
            lanes = {}
            for phase, lane, usual, most in rows:
                self.assertLess(int(usual), int(most))
                lanes[phase, lane] = lanes.get((phase, lane), 0) + int(usual)
            longest = sum(max(v for (p, _), v in lanes.items() if p == phase) for phase in {p for p, _ in lanes})
            self.assertIn(f"expected in all: {longest} s of 300 s", told.stdout)
            self.assertLessEqual(longest, 285)  # something always takes longer

    def test_what_does_not_fit_fails(self):
        told = plan(budget="200")
        self.assertEqual(told.returncode, 1)
        self.assertIn("too much", told.stderr)

    def test_every_step_is_planned_once(self):
        text = SCRIPT.read_text()
        steps = set(re.findall(r"\bstep ([a-z]\w+) (?:bash|env|cmake) ", text)) - {"configure_without_tests"}
        steps |= {"speed_" + name for name in re.findall(r"\bspeed ([a-z]\w+) --", text)} | {"speed_paper_tf32", "speed_paper_f32"}
        steps |= {"torch_" + name for name in re.findall(r"\btorch ([a-z]\w+) --", text)}
        first, second = planned(), planned("--more")
        self.assertEqual(len(first), len(set(first)))
        self.assertEqual(len(second), len(set(second)))
        self.assertEqual(steps, set(first) | set(second))
        self.assertEqual(set(first) & set(second), {"configure", "build", "material", "build_tests"})

    def test_unknown_words(self):
        self.assertEqual(subprocess.run(["bash", SCRIPT, "--quick"], capture_output=True).returncode, 2)


class Books(unittest.TestCase):
    """With a cmake that does what the test needs."""

    def start(self, folder, cmake, environment=None, programs=None):
        tools = Path(folder) / "tools"
        tools.mkdir()
        for name, text in {"cmake": '[ "$1" = --version ] && exit\n' + cmake, **(programs or {})}.items():
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        out = Path(folder) / "out"
        out.mkdir()
        environment = {**os.environ, **(environment or {}), "PATH": f"{tools}:{os.environ['PATH']}", "BUILD": f"{folder}/build",
                       "RESULTS": f"{folder}/results", "OUT": str(out), "BUDGET": "150"}
        return subprocess.Popen(["bash", SCRIPT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True), out

    def test_a_failed_build_names_what_was_not_run(self):
        with tempfile.TemporaryDirectory() as folder:
            process, out = self.start(folder, "echo 'error: no compiler'; exit 3")
            said, _ = process.communicate(timeout=120)
            steps = (out / "steps.txt").read_text().splitlines()
            self.assertTrue((out / "results.tar.gz").exists())
        self.assertIn("expected in all: ", said)
        self.assertRegex(steps[0], r"^FAILED  configure \(exit 3, \d+ s\): error: no compiler$")
        self.assertRegex(steps[1], r"^FAILED  configure_without_tests \(exit 3")
        self.assertEqual([line.split()[2] for line in steps[2:]], planned()[1:])
        self.assertTrue(all(line.startswith("NOT RUN ") for line in steps[2:]), steps)
        self.assertEqual(process.returncode, len(steps) + 1)  # nothing succeeded, which counts as well

    def test_a_signal_names_the_step_it_came_in(self):
        with tempfile.TemporaryDirectory() as folder:
            process, out = self.start(folder, "exec sleep 100")
            running = Path(folder) / "build" / "work" / "running" / "configure"
            for _ in range(300):
                if running.exists():
                    break
                time.sleep(0.1)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            steps = (out / "steps.txt").read_text().splitlines()
        self.assertEqual(steps[0], "FAILED  configure (stopped from outside)")
        self.assertEqual([line.split()[2] for line in steps[1:]], planned()[1:])
        self.assertGreater(process.returncode, 20)

    def test_a_whole_run_passes_through_every_step(self):
        """With programs that pretend: the steps, their lanes and what they hand to one another."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "dslt").write_text(PRETENDER)
            process, out = self.start(folder, f"""
build=$2
[ "$1" = -S ] && build=$4 && mkdir -p "$build/tests/kernels" && exit
for program in dslt dslt_scene_frames dslt_bench_kernels tests/kernels/dslt_test_kernels tests/dslt_test_backend; do
  cp {folder}/dslt "$build/$program" && chmod +x "$build/$program"
done""", {"SEQUENCES": folder}, {"compute-sanitizer": 'shift 4; exec "$@"', "ncu": "exit 0"})
            said, _ = process.communicate(timeout=170)
            steps = (out / "steps.txt").read_text().splitlines()
        told = {line.split()[2 if line.startswith("NOT") else 1].rstrip(":"): line for line in steps}
        self.assertEqual(set(told), set(planned()), said)
        bad = {name: line for name, line in told.items() if not line.startswith("ok")}
        self.assertLessEqual(set(bad), {"torch_bf16"}, said)
        self.assertEqual(process.returncode, len(bad), said)

PRETENDER = r"""#!/usr/bin/env python3
import json, os, pathlib, sys
line, name = sys.argv[1:], os.path.basename(sys.argv[0])
after = lambda word: line[line.index(word) + 1]
if name == "dslt_scene_frames":
    (pathlib.Path(line[2]) / "img").mkdir(parents=True)
    (pathlib.Path(line[2]) / "groundtruth_rect.txt").write_text("1,1,2,2")
elif line[:1] == ["track"]:
    for option in ("--out", "--summary"):
        if option in line:
            frames = [dict(x=0, y=0, width=1, height=1)] * 3
            pathlib.Path(after(option)).write_text(json.dumps({"frames": frames}))
elif line[:1] in (["bench"], ["weights"]):
    pathlib.Path(after("-o")).write_text("{")
"""


if __name__ == "__main__":
    unittest.main()
