# SPDX-License-Identifier: Apache-2.0
"""bench/gpu_report.py: goals kept and missed, floors from measured ceilings, and folders in which most is missing."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPORT = Path(__file__).parents[2] / "bench" / "gpu_report.py"


def bench(fps, update_ms):
    one = lambda value: {"median": value, "low": value, "high": value}
    return {"tracker": {"precision": "bf16"},
            "figures": {k: one(v) for k, v in {"fps": fps, "ms_mean": 1e3 / fps, "ms_p50": 1e3 / fps, "ms_p95": 1.5e3 / fps, "ms_p99": 2e3 / fps,
                                               "cpu_ms": 0.25, "init_ms": 90, "memory_peak_mib": 700}.items()},
            "stages": [{"name": "backbone", "ms": one(1.0), "gflop": 400.0, "megabytes": 100.0},
                       {"name": "update", "ms": one(update_ms), "gflop": 0.5, "megabytes": 400.0}]}


class GpuReport(unittest.TestCase):
    def report(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / name).write_text(content if isinstance(content, str) else json.dumps(content))
            done = subprocess.run([sys.executable, REPORT, folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_goals_and_floors(self):
        text = self.report({
            "steps.txt": "ok      build (9 s)\nFAILED  agree (exit 1, 2 s): too far\nNOT RUN torch_f32: out of time\n",
            "speed_paper_bf16.json": bench(350.0, 0.7), "speed_default.json": bench(900.0, 0.1),
            "kernels.json": {"ceilings": {"copy_bytes_per_s": 4e12, "fma_flops_per_s": 5e13, "tf32_flops_per_s": None,
                                          "bf16_flops_per_s": 8e14, "launch_us": 1.5}},
            "torch_bf16.json": {"precision": "bf16", "results": [
                {"mode": "dslt cuda", "fps": 350.0},
                {"mode": "eager", "fps": 90.0, "fps_warm": 100.0, "dslt_faster": 3.5, "from_dslt_px": [0.1, 0.2]}]}})
        self.assertIn("3 steps, 2 failed or were not run", text)
        self.assertIn("| at least 300 frames/s | 350 frames/s | yes |", text)
        self.assertIn("| under 0.6 ms | 0.7 ms | NO |", text)
        self.assertIn("| at least 1000 frames/s | 900 frames/s | NO |", text)
        self.assertIn("| preset `released` | at least 100 frames/s | not measured | - |", text)
        self.assertIn("| at least 3 times | 3.5 times | yes |", text)
        self.assertIn("| `paper` against PyTorch compiled | at least 1.5 times | not measured | - |", text)
        self.assertIn("| 2.857 | 4.286 | 5.714 |", text)
        self.assertIn("| 0.5000 | 50.0 % |", text)   # the backbone: 400 GFLOP at 800 TFLOP/s
        self.assertIn("| 0.1000 | 14.3 % |", text)   # the update: 400 MB at 4 TB/s
        self.assertIn("| eager | bf16 | - | 90.0 | 100.0 | 3.50 | 0.1000 |", text)

    def test_nothing_is_there(self):
        text = self.report({"kernels.json": "{ broken"})
        self.assertIn("0 steps", text)
        self.assertEqual(text.count("not measured"), 6)


if __name__ == "__main__":
    unittest.main()
