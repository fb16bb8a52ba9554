# SPDX-License-Identifier: Apache-2.0
"""bench/table.py and bench/plot_sweep.py: tables and pictures from results of known content."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import skips

BENCH = Path(__file__).resolve().parents[2] / "bench"


def load(name):
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figure(median, low=None, high=None):
    return {"median": median, "low": median if low is None else low, "high": median if high is None else high}


TRACKER = {"preset": "default", "weights": "slim", "arch": "vgg16/4", "precision": "f32", "backend": "cpu",
           "device": "a processor", "library": "a library", "threads": 2, "seed": 1}
COMMON = {"program": "dslt bench", "version": "0.1.0", "date": "2026-11-20T00:00:00Z", "tracker": TRACKER, "repeat": 3,
          "other_work": 0.01, "energy": "none"}
FIGURES = {"fps": figure(41.25, 40, 43), "fps_with_all": figure(35), "ms_p95": figure(28.04, 28.0, 28.04),
           "init_ms": figure(250), "memory_peak_mib": figure(300), "ms_mean": figure(24.0, 23, 25),
           "memory_first_mib": figure(200), "memory_further_mib": figure(None)}


def plain():
    return dict(COMMON, command=["dslt", "bench", "a folder"], figures=FIGURES,
                targets=[{"name": "One", "width": 64, "height": 48, "frames": 99, "lost": 0}],
                stages=[{"name": "backbone", "ms": figure(20), "share": 0.8, "gflop": 5, "megabytes": 1, "gflop_per_s": 250.0,
                         "gb_per_s": 0.05, "bound": "arithmetic", "floor_ms": 10.0, "reached": 0.5}],
                ceiling={"gflop_per_s_f32": 500.0, "gflop_per_s_bf16": None, "gb_per_s": 30.0, "how": "a product"},
                paper={"paper_fps": 5.7, "fps_with_init": {"ratio": 7.25, "includes": "updates and training"}},
                backbone=[{"batch": 3, "width": 224, "height": 224, "run_ms": 20.0, "best_ms": 18.0, "share_of_best": 0.9}])


def sweep():
    two = dict(FIGURES, ms_mean=figure(44.0), memory_further_mib=figure(120))
    return dict(COMMON, command=["dslt", "bench", "scene:1", "--sweep", "targets"], sweep="targets",
                points=[{"value": 1, "width": 480, "height": 360, "figures": FIGURES},
                        {"value": 3, "width": 480, "height": 360, "figures": two}])


class BenchTable(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.table = load("table")
        self.readme = self.root / "README.md"
        self.readme.write_text(f"# Head\n\n{self.table.BEGIN}\nold\n{self.table.END}\n\ntail\n")
        self.front = self.root / "FRONT.md"
        self.front.write_text(f"{self.table.FRONT}\nold\n{self.table.END}\n")
        self.results = self.root / "results"
        self.results.mkdir()

    def put(self, name, content):
        (self.results / name).write_text(json.dumps(content))

    def run_table(self, *more):
        return self.table.main(["--readme", str(self.readme), "--front", str(self.front), "--results", str(self.results), *more])

    def test_every_number_is_the_files(self):
        self.put("b.json", plain())
        self.put("a.json", sweep())
        self.put("other.json", {"program": "something else"})
        self.put("t.json", {"program": "torch_dslt", "command": ["python3", "x"], "frames": 25, "frames_from": "a/Clip",
                            "precision": "f32", "machine": {"torch": "1.13", "torch_threads": 2, "date": "today"},
                            "results": [{"mode": "dslt cpu", "fps": 12.0},
                                        {"mode": "cpu", "fps": 3.9, "fps_warm": 4.0, "dslt_faster": 3.0,
                                         "from_dslt_px": [0.0001, 0.02]}]})
        self.assertEqual(self.run_table(), 0)
        text = self.readme.read_text()
        self.assertIn("| `b.json` | default, slim, f32, cpu, 2 threads | One, 99 frames | 41.2 (40.0 .. 43.0) | 35.0 |",
                      text)
        self.assertIn("| backbone | 10.000 | 20.000 | 80.0 % | 250.0 GFLOP/s | 50 % | arithmetic |", text)
        self.assertIn("so it is at 90 % of them", text)
        self.assertIn("| `default`, slim, f32 | 41.2 | 28.0 | 250 | 300 | [b.json](bench/results/b.json) |", self.front.read_text())
        self.assertIn("Beside the paper's 5.7 frames per second: 7.25 times (updates and training).", text)
        self.assertIn("| `t.json` | 25 frames of Clip | f32 | 12.00 | 4.00 | cpu | 3.00 | 0.0001 |", text)
        self.assertIn("| 3 | 480 x 360 | 44.00 |", text)
        self.assertIn("| 10.00 | 120 |", text)  # (44 - 24) / 2 each further
        self.assertIn("dslt bench 'a folder'    # b.json", text)
        self.assertTrue(text.startswith("# Head\n") and text.endswith("\n\ntail\n"))
        self.assertNotIn("\nold\n", text)
        self.assertNotIn("other.json", text)

    def test_writing_twice_changes_nothing_and_check_tells(self):
        self.put("b.json", plain())
        self.assertEqual(self.run_table("--check"), 1)
        self.run_table()
        once = self.readme.read_text()
        self.run_table()
        self.assertEqual(self.readme.read_text(), once)
        self.assertEqual(self.run_table("--check"), 0)

    def test_a_busy_machine_is_told(self):
        self.put("b.json", dict(plain(), other_work=0.4))
        self.run_table()
        self.assertIn("other work: 40 % of the cores", self.readme.read_text())

    def test_a_readme_without_markers_is_left_alone(self):
        self.readme.write_text("nothing\n")
        self.assertEqual(self.run_table(), 2)
        self.assertEqual(self.readme.read_text(), "nothing\n")

    def test_the_real_readme_has_the_markers(self):
        text = (BENCH / "README.md").read_text()
        self.assertEqual((text.count(self.table.BEGIN), text.count(self.table.END)), (1, 1))


class BenchPlot(unittest.TestCase):
    def setUp(self):
        skips.need("matplotlib")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)

    def draw(self, content, target):
        source = self.root / "sweep.json"
        source.write_text(json.dumps(content))
        return subprocess.run([sys.executable, str(BENCH / "plot_sweep.py"), str(source), str(target)], capture_output=True,
                              text=True, check=False)

    def test_pictures_repeat_to_the_byte(self):
        first, second = self.root / "a.svg", self.root / "b.svg"
        for target in (first, second):
            done = self.draw(sweep(), target)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(first.read_bytes(), second.read_bytes())
        self.assertEqual(self.draw(sweep(), self.root / "a.png").returncode, 0)
        self.assertEqual((self.root / "a.png").read_bytes()[:4], b"\x89PNG")

    def test_what_is_no_sweep_is_refused(self):
        done = self.draw(plain(), self.root / "a.png")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no sweep in it", done.stderr)
        self.assertFalse((self.root / "a.png").exists())


if __name__ == "__main__":
    unittest.main()
