# SPDX-License-Identifier: Apache-2.0
"""dslt.got10k.Tracker in the GOT-10k toolkit itself; its scores equal those of `dslt eval`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import dslt.got10k
import numpy as np
import scene
from got10k.datasets import OTB
from got10k.experiments import ExperimentGOT10k, ExperimentOTB
from PIL import Image

PROGRAM = os.environ.get("DSLT_PROGRAM", "")
SHARED = Path("../shared/data/sequences/otb")
FAST = {"threads": 1, "precision": "f32", "init_steps": 10}


def evaluated(results: Path, *options: object) -> dict:
    """What `dslt eval` says."""
    out = subprocess.run([PROGRAM, "eval", f"dslt={results}", "--json", "-", *map(str, options)], capture_output=True, text=True)
    if out.returncode:
        raise AssertionError(out.stderr)
    return json.loads(out.stdout)["trackers"]["dslt"]


class Toolkit(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def make_got10k(self) -> Path:
        """Two drawn sequences in the benchmark's layout; in some frames the target is covered."""
        names = ["GOT-10k_Val_000001", "GOT-10k_Val_000002"]
        root = self.folder / "got10k"
        for seed, name in enumerate(names):
            place = root / "val" / name
            place.mkdir(parents=True)
            frames, truth = scene.clip(20, seed)
            for i, frame in enumerate(frames):
                Image.fromarray(np.ascontiguousarray(frame[:, :, ::-1])).save(place / f"{i + 1:08}.jpg", quality=95)
            np.savetxt(place / "groundtruth.txt", truth, fmt="%.4f", delimiter=",")
            (place / "meta_info.ini").write_text(f"[METAINFO]\nurl: none\nresolution: ({scene.WIDTH}, {scene.HEIGHT})\n")
            cover = [8] * 20
            cover[5 + seed] = 0
            for label, values in (("cover", cover), ("absence", [0] * 20), ("cut_by_image", [0] * 20)):
                (place / f"{label}.label").write_text("".join(f"{value}\n" for value in values))
        (root / "val" / "list.txt").write_text("\n".join(names) + "\n")
        return root

    @unittest.skipUnless(PROGRAM, "no program dslt: DSLT_PROGRAM names none")
    def test_got10k(self) -> None:
        root = self.make_got10k()
        experiment = ExperimentGOT10k(str(root), subset="val", result_dir=str(self.folder / "results"),
                                      report_dir=str(self.folder / "reports"))
        experiment.run(dslt.got10k.Tracker(**FAST))
        files = sorted((self.folder / "results/GOT-10k/dslt").rglob("*_0*.txt"))
        self.assertEqual(len([f for f in files if not f.name.endswith("time.txt")]), 2, "one repetition is enough")
        theirs = experiment.report(["dslt"])["dslt"]["overall"]
        ours = evaluated(self.folder / "results/GOT-10k/dslt", "--dataset", "got10k-val", "--root", root, "--protocol", "got10k")["overall"]
        print(f"GOT-10k: AO {theirs['ao']:.6f}, SR {theirs['sr']:.6f}; dslt eval: {ours['ao']:.6f}, {ours['sr50']:.6f}")
        self.assertGreater(theirs["ao"], 0.6)
        self.assertAlmostEqual(ours["ao"], theirs["ao"], places=12)
        self.assertAlmostEqual(ours["sr50"], theirs["sr"], places=12)
        np.testing.assert_allclose(ours["success"], theirs["succ_curve"], rtol=0, atol=1e-12)
        self.assertGreater(theirs["speed_fps"], 1)

    @unittest.skipUnless(SHARED.exists(), f"../shared is absent: {SHARED}")
    @unittest.skipUnless(PROGRAM, "no program dslt: DSLT_PROGRAM names none")
    def test_otb(self) -> None:
        experiment = ExperimentOTB.__new__(ExperimentOTB)  # its __init__() downloads what is not there
        with contextlib.redirect_stdout(io.StringIO()):  # a line for each sequence that is not there
            data = experiment.dataset = OTB(str(SHARED.resolve()), 2015, download=False)
        keep = [i for i, name in enumerate(data.seq_names) if name in ("Crossing", "Jumping")]
        for each in ("anno_files", "seq_dirs", "seq_names"):
            setattr(data, each, [getattr(data, each)[i] for i in keep])
        experiment.result_dir, experiment.report_dir = str(self.folder / "results"), str(self.folder / "reports")
        experiment.nbins_iou, experiment.nbins_ce = 21, 51
        tracker = dslt.got10k.Tracker(first_pixel=1, threads=1)
        experiment.run(tracker)
        theirs = experiment.report(["dslt"])["dslt"]
        ours = evaluated(self.folder / "results/dslt", "--dataset", "otb100", "--root", SHARED, "--sequences", "Crossing,Jumping",
                         "--convention", "got10k")
        for name, score in [("overall", theirs["overall"]), *theirs["seq_wise"].items()]:
            mine = ours["overall"] if name == "overall" else ours["sequences"][name]
            print(f"OTB {name}: success {score['success_score']:.6f}, precision {score['precision_score']:.6f}; "
                  f"dslt eval: {mine['auc']:.6f}, {mine['precision20']:.6f}")
            self.assertAlmostEqual(mine["auc"], score["success_score"], places=12)
            self.assertAlmostEqual(mine["precision20"], score["precision_score"], places=12)
        self.assertGreater(theirs["overall"]["success_score"], 0.5)

    def test_the_toolkits_own_loop_gives_the_same(self) -> None:
        place = self.make_got10k() / "val" / "GOT-10k_Val_000001"
        files, box = sorted(map(str, place.glob("*.jpg"))), np.loadtxt(place / "groundtruth.txt", delimiter=",")[0]
        found, times = dslt.got10k.Tracker(**FAST).track(files, box)
        theirs, _ = super(dslt.got10k.Tracker, tracker := dslt.got10k.Tracker(**FAST)).track(files, box)
        self.assertEqual(tracker.name, "dslt")
        np.testing.assert_allclose(found, theirs, atol=1.5)  # two decoders of JPEG
        self.assertTrue((times > 0).all())
        moved, _ = dslt.got10k.Tracker(first_pixel=1, **FAST).track(files, box + [1, 1, 0, 0])
        np.testing.assert_allclose(moved - [1, 1, 0, 0], found, atol=1e-9)


if __name__ == "__main__":
    unittest.main()
