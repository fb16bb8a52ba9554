# SPDX-License-Identifier: Apache-2.0
"""dslt report: what the page holds, from scores, frames and result folders that are made up here."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import resource
import subprocess
import sys
import unittest
import xml.etree.ElementTree as xml
from html import unescape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from report_case import MAIN, Page, ReportCase, clips, fixtures, legends  # skips without matplotlib

# isort: split
import numpy as np
from dslt_report import command, model, palette, player, strips, text, thumbnails
from PIL import Image


class Content(ReportCase):
    def setUp(self) -> None:
        super().setUp()
        self.scores, self.frames = fixtures.evaluation(self.folder, fixtures.NAMES[:5], sequences=6, pictures=True)
        self.document = json.loads(self.scores.read_text(encoding="utf-8"))

    def rewrite(self) -> None:
        self.scores.write_text(json.dumps(self.document), encoding="utf-8")

    def test_sections_in_the_order_of_a_paper(self) -> None:
        fixtures.result_folders(self.folder)
        vot = fixtures.vot_scores(self.folder / "vot.json", ["DSLT", "KCF"])
        ablation = fixtures.ablation(self.folder / "ablation.json")
        page = self.drawn("--eval", self.scores, "--frames", self.frames, "--vot", vot, "--ablation", ablation,
                          "--player-megabytes", 2)
        self.assertEqual(re.findall(r'<section id="([^"]+)"', page),
                         ["overall", "attributes", "sequences", "time", "player", "vot", "ablation", "losses", "speed", "manifest"])
        self.assertEqual(re.findall(r'<li><a href="#([^"]+)"', page), re.findall(r'<section id="([^"]+)"', page))
        for words in ("Success", "Precision", "Normalised precision", "Occlusion (", "Accuracy and robustness",
                      "Training steps of a sequence", "OTB-100", "matlab", "Frames with invalid truth miss"):
            self.assertIn(words, page)

    def test_legends_rank_as_in_the_papers(self) -> None:
        page = self.drawn("--eval", self.scores)
        for place, measure in enumerate(("auc", "precision20", "norm_precision20")):
            ranked = sorted(((-entry["overall"][measure], name) for name, entry in self.document["trackers"].items()))
            self.assertEqual(legends(page)[place], [f"{name} [{-score:.3f}]" for score, name in ranked])

    def test_a_tracker_looks_the_same_everywhere(self) -> None:
        page = self.drawn("--eval", self.scores)
        looks: dict[str, set[str]] = {}
        for item in re.findall(r'<li data-s="\d+">.*?</li>', page):
            name = re.search(r"<span>(.*?) \[", item).group(1)
            looks.setdefault(name, set()).add(re.search(r'stroke="(var\(--s\d\))".*?/>', item).group(0))
        self.assertEqual({len(found) for found in looks.values()}, {1})
        self.assertEqual(len(set.union(*looks.values())), len(looks))

    def test_equal_scores_rank_by_name_whatever_the_order_given(self) -> None:
        trackers = self.document["trackers"]
        trackers["Twin"] = dict(trackers["DSLT"])
        self.document["trackers"] = dict(reversed(trackers.items()))
        self.rewrite()
        ranked = legends(self.drawn("--eval", self.scores))[0]
        self.assertEqual([name.split(" ")[0] for name in ranked if name.startswith(("Twin", "DSLT"))], ["DSLT", "Twin"])

    def test_table_of_sequences(self) -> None:
        page = self.drawn("--eval", self.scores)
        table = re.search(r'<table class="sorts many" id="sequence-table">.*?</table>', page, re.S).group(0)
        rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table)
        self.assertEqual(len(rows), 6)
        order = [e.split(" [")[0] for e in legends(page)[0]]
        for row, (sequence, facts) in zip(rows, self.document["sequences"].items()):
            self.assertIn(f">{sequence}<", row)
            self.assertIn(f"<td>{facts['frames']}</td>", row)
            for name, cell in zip(order, re.findall(r'data-v="([^"]*)">([^<]*)<', row)):
                scores = self.document["trackers"][name]["sequences"][sequence]
                self.assertEqual(cell[0].split(" "), [f"{scores[m]:.3f}" for m in (
                    "auc", "precision20", "norm_precision20", "op50")])
                self.assertEqual(cell[1], f"{scores['auc']:.3f}")

    def test_every_figure_becomes_a_file_that_stands_alone(self) -> None:
        plots = self.folder / "plots"
        page = self.drawn("--eval", self.scores, "--plots", plots)
        drawn = page.count('<svg class="plot"')
        self.assertEqual(len(list(plots.glob("*.svg"))), drawn)
        for svg in plots.glob("*.svg"):
            words = "".join(xml.parse(svg).getroot().itertext())
            self.assertIn("DSLT [0.", words)
            self.assertNotIn("var(--", svg.read_text(encoding="utf-8"))
            with Image.open(svg.with_suffix(".png")) as picture:
                self.assertGreater(picture.width, 700)
                self.assertGreater(len(picture.convert("RGB").getcolors(1 << 20)), 50)
        self.assertEqual({p.suffix for p in plots.iterdir()}, {".svg", ".png"})

    def test_curves_are_the_evaluation_s(self) -> None:
        """The best tracker's line in the success plot, read back from its path."""
        page = self.drawn("--eval", self.scores)
        svg = re.search(r'<svg class="plot".*?</svg>', page, re.S).group(0)
        lines = {int(number): path for number, path in
                 re.findall(r'class="series" data-s="(\d+)">\s*<path d="([^"]*)"', svg)}
        points = np.array([float(v) for v in re.findall(r"-?[\d.]+", lines[0])]).reshape(-1, 2)
        ranked = legends(page)[0][0].split(" [")[0]
        wanted = np.array(self.document["trackers"][ranked]["overall"]["success"])
        drawn = points[:, 1]
        scale = (drawn[-1] - drawn[0]) / (wanted[-1] - wanted[0])
        np.testing.assert_allclose((drawn - drawn[0]) / scale + wanted[0], wanted, atol=2e-4)

    def test_dark_and_light_share_one_picture(self) -> None:
        page = self.drawn("--eval", self.scores)
        self.assertIn("@media screen and (prefers-color-scheme:dark)", page)
        self.assertIn("@media print", page)
        for svg in re.findall(r'<svg class="plot".*?</svg>', page, re.S):
            self.assertEqual(re.findall(r"#[0-9a-fA-F]{6}\b", svg), [])

    def test_focus_and_its_refusal(self) -> None:
        page = self.drawn("--eval", self.scores, "--frames", self.frames, "--focus", "Struck")
        self.assertIn("the overlap of Struck with the ground truth", page)
        self.assert_fails(3, "no tracker", "Nobody", options=("--eval", self.scores, "--focus", "Nobody"))

    def test_gaps_are_said(self) -> None:
        entry = self.document["trackers"]["Struck"]
        entry["not_scored"] = {"Sequence001": "Sequence001.txt holds 3 rows, but the sequence has 9 frames."}
        del entry["sequences"]["Sequence001"]
        self.document["trackers"]["Nothing"] = {"overall": None, "attributes": {}, "sequences": {},
                                                "not_scored": {"Sequence001": "No file."}, "notes": ["Odd folder."]}
        self.rewrite()
        page = self.drawn("--eval", self.scores, "--frames", self.frames)
        self.assertIn("1 sequence not scored", page)
        self.assertIn("holds 3 rows, but the sequence has 9 frames.", page)
        self.assertIn("Nothing: Odd folder.", page)
        self.assertIn('data-v="- - - -">–</td>', page)
        self.assertNotIn("Nothing [", page)


class Parts(ReportCase):
    """Pages without one part or another."""

    def setUp(self) -> None:
        super().setUp()
        self.scores, self.frames = fixtures.evaluation(self.folder, ["Only"], sequences=3)
        self.document = json.loads(self.scores.read_text(encoding="utf-8"))

    def draw(self, *options: object) -> str:
        self.scores.write_text(json.dumps(self.document), encoding="utf-8")
        return self.drawn("--eval", self.scores, *options)

    def sections(self, page: str) -> list[str]:
        return re.findall(r'<section id="([^"]+)"', page)

    def test_scores_alone(self) -> None:
        self.assertEqual(self.sections(self.draw()), ["overall", "attributes", "sequences"])

    def test_without_attributes(self) -> None:
        self.document["trackers"]["Only"]["attributes"] = {}
        self.document["attribute_names"] = {}
        self.assertEqual(self.sections(self.draw()), ["overall", "sequences"])

    def test_without_curves(self) -> None:
        only = self.document["trackers"]["Only"]
        for part in [only["overall"], *only["attributes"].values()]:
            for name in ("success", "precision", "norm_precision"):
                part.pop(name)
        self.assertNotIn('<svg class="plot"', self.draw())

    def test_got10k(self) -> None:
        for part in [self.document["trackers"]["Only"]["overall"], *self.document["trackers"]["Only"]["sequences"].values()]:
            auc = part["auc"]
            part.clear()
            part.update({"ao": auc, "sr50": 0.5, "sr75": 0.25, "frames": 9, "auc": auc,
                         "success": np.linspace(1, 0, 101).tolist()})
        self.document.update(protocol="got10k", attribute_names={}, thresholds={"success": np.linspace(0, 1, 101).tolist()})
        self.document["trackers"]["Only"]["attributes"] = {}
        page = self.draw()
        self.assertEqual(len(legends(page)), 1)
        for words in ("SR75", "protocol on OTB-100", '<option value="0">AO</option>'):
            self.assertIn(words, page)
        self.assertNotIn("matlab", page)

    def test_frames_without_pictures_say_why(self) -> None:
        page = self.draw("--frames", self.frames)
        self.assertIn("There are no frames under /data/OTB100", page)
        self.assertNotIn("data:image/jpeg", page)
        self.assertNotIn("There are no frames", self.draw("--frames", self.frames, "--no-thumbnails"))

    def test_pictures_that_cannot_be_read(self) -> None:
        _, frames = fixtures.evaluation(self.folder, ["Only"], sequences=3, pictures=True)
        (self.folder / "frame.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
        page = self.draw("--frames", frames)
        self.assertIn("No frame could be read", page)
        (self.folder / "frame.jpg").unlink()
        self.assertIn("No frame could be read", self.draw("--frames", frames))

    def test_vot_alone_and_ablation_alone(self) -> None:
        vot = fixtures.vot_scores(self.folder / "vot.json", ["A", "B"])
        page = self.drawn("--vot", vot, "--title", "Two")
        self.assertEqual(self.sections(page), ["vot"])
        self.assertEqual(legends(page)[1], [f"{n} [{s:.3f}]" for n, s in zip("AB", self.eao(vot))])
        page = self.drawn("--ablation", fixtures.ablation(self.folder / "a.json"), "--plots", self.folder / "p")
        self.assertEqual(self.sections(page), ["ablation"])
        self.assertTrue((self.folder / "p" / "ablation-losses-steps.svg").is_file())
        self.assertIn("0.642", page)
        self.assertIn("The paper&#39;s numbers are for 100 sequences.", page)

    def eao(self, path: Path) -> list[float]:
        trackers = json.loads(path.read_text(encoding="utf-8"))["trackers"]
        return [entry["eao"] for entry in trackers.values()]

    def test_one_tracker_s_vot_scores_are_called_like_the_file(self) -> None:
        vot = fixtures.vot_scores(self.folder / "many.json", ["A"])
        single = json.loads(vot.read_text(encoding="utf-8"))["trackers"]["A"]
        document = {"protocol": "vot", "convention": "python", "overall": single, "curve": single.pop("eao_curve"),
                    "rules": {"eao_interval": [109, 372], "sensitivity": 30}}
        (self.folder / "Mine.json").write_text(json.dumps(document), encoding="utf-8")
        page = self.drawn("--vot", self.folder / "Mine.json")
        self.assertIn("Mine [0.", page)
        self.assertIn("lengths 109 to 372", page)
        vot.write_text(json.dumps({"trackers": {"A": {"refused": "No results."}}}), encoding="utf-8")
        self.assert_fails(3, "holds no VOT score", options=("--vot", vot))

    def test_speed_leaves_out_first_frames_and_pauses(self) -> None:
        results = Path(self.document["trackers"]["Only"]["folder"])
        (results / "times" / "deep").mkdir(parents=True)
        (results / "times" / "A.txt").write_text("9.0\n0.1\n0.1\n0.1\n", encoding="ascii")
        (results / "times" / "deep" / "B.txt").write_text("1.0\nNaN\n0.3\n", encoding="ascii")
        speed = model.read_speed(sorted((results / "times").rglob("*.txt")))
        self.assertAlmostEqual(speed.fps, 4 / 0.6)
        self.assertAlmostEqual(speed.first, 5.0)
        self.assertIn(">6.7</td>", self.draw())
        (results / "times" / "A.txt").write_text("soon\n", encoding="ascii")
        self.assert_fails(3, "A.txt", options=("--eval", self.scores))

    def test_losses_of_runs_that_stopped_early(self) -> None:
        from dslt_report.protocol_figures import mean_curve

        np.testing.assert_allclose(mean_curve([[4.0, 2.0], [2.0, 1.0, 0.5]]), [3.0, 1.5, 1.25])

    def test_signal_to_noise_of_those_that_measure_it(self) -> None:
        losses = Path(self.document["trackers"]["Only"]["folder"]) / "losses"
        losses.mkdir(parents=True)
        run = {"init_steps": 3, "init_losses": [3.0, 2.0, 1.0]}
        (losses / "A.json").write_text(json.dumps(run), encoding="utf-8")
        self.assertNotIn("Signal to noise", self.draw())
        (losses / "A.json").write_text(json.dumps(run | {"init_snr": [1.0, 1.5, 2.25]}), encoding="utf-8")
        page = self.draw()
        self.assertIn("<h3>Signal to noise</h3>", page)
        self.assertIn("Only [2.25]", page)

    def test_channel_weights_of_targets_that_differ(self) -> None:
        losses = Path(self.document["trackers"]["Only"]["folder"]) / "losses"
        losses.mkdir(parents=True)
        weights = {"A": [0.25, 0.75, 0.5], "B": [0.3, 0.7, 0.5], "C": [0.9, 0.1, 0.5], "D": [0.26, 0.74, 0.5]}
        for name, values in weights.items():
            run = {"sequence": name, "init_channels": [{"layer": "se1_expand", "weights": values}]}
            (losses / f"{name}.json").write_text(json.dumps(run), encoding="utf-8")
        page = self.draw()
        self.assertIn("Channel weights", page)
        self.assertIn("<h3>Only: block 1, se1_expand, 3 channels</h3>", page)
        self.assertIn("around their mean of 0.50", page)
        self.assertIn("(4 targets). Shown are the 3 targets that differ most.", page)
        section = re.search(r'<section id="channels">.*?</section>', page, re.S).group(0)
        self.assertEqual(re.findall(r"<figure><h3>(.)</h3>", section), ["A", "B", "C"])
        self.assertIn("channel 2 has the least, 0.10, and channel 1 the most, 0.90.", section)
        paths = re.findall(r'<path d="M ([\d.]+) ([\d.]+) *\nL ([\d.]+) ([\d.]+) *\n" *[^>]*stroke: var\(--s0\)', section)
        heights = [float(y0) - float(y1) for x0, y0, x1, y1 in paths[:3]]  # of A's bars
        np.testing.assert_allclose(np.array(heights) / heights[2], np.array(weights["A"]) / 0.5, rtol=0.01)
        self.assertEqual(re.findall(r"#[0-9a-fA-F]{6}\b", section), [])
        (losses / "A.json").write_text(json.dumps({"init_channels": [{"weights": "many"}, 3]}), encoding="utf-8")
        self.assertIn("(3 targets)", self.draw())

    def test_channel_weights_of_dslt_track(self) -> None:
        one = self.folder / "clip.json"
        one.write_text(json.dumps({"init_channels": [{"layer": "se1", "weights": [0.4, 0.6]}]}), encoding="utf-8")
        page = self.drawn("--summary", one)
        self.assertEqual(re.findall(r'<section id="([^"]+)"', page), ["channels"])
        self.assertIn("<h3>clip: block 1, se1, 2 channels</h3>", page)
        one.write_text(json.dumps({"targets": [{"init_channels": [{"layer": "se1", "weights": [0.4, 0.6]}]},
                                               {"init_channels": [{"layer": "se1", "weights": [0.1, 0.7]}]}]}), encoding="utf-8")
        self.assertIn("<h3>Target 2</h3>", self.drawn("--summary", one))
        one.write_text(json.dumps({"fps": 3}), encoding="utf-8")
        self.assert_fails(3, "clip.json holds no channel weights", options=("--summary", one))

    def test_an_ablation_of_networks(self) -> None:
        spread = {"mean": 56.25, "deviation": 1.5}
        network = {"name": "CFNet+SE", "variants": ["se-1", "se-2"], "precision20": spread, "auc": spread, "success50": spread,
                   "fps": {"mean": 30.0, "deviation": None}, "paper": {"precision20": 82.8, "success50": None, "fps": 66},
                   "gains": [{"over": "CFNet", "pairs": 2, "precision20": {"mean": 0.5, "deviation": 2.0}, "auc": spread,
                              "paper_precision20": 3.5, "paper_auc": None}]}  # fmt: skip
        path = self.folder / "n.json"
        document = {"variants": [], "networks": [network], "attributes": [
            {"name": "OCC", "words": "Occlusion", "sequences": 4, "auc": {"CFNet+SE": 51.04}}]}
        path.write_text(json.dumps(document), encoding="utf-8")
        page = self.drawn("--ablation", path)
        for words in ("<h3>Networks</h3>", ">56.2 ± 1.5</td>", ">30.0</td>", ">82.8</td>", ">66</td>", "<h3>Gains</h3>",
                      ">+0.5 ± 2.0</td>", ">3.5</td>", "Occlusion (4)", ">51.0</td>"):
            self.assertIn(words, page)


class Hostile(ReportCase):
    NAMES = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$\\frac{1}{0$", "_hidden", "a&amp;b",
             "tab\there\nline", "\u202eesrever", "\x00\x1b[31m", "\ud800lone", "名前", "x" * 300, "'; --", "{{}}%s"]

    def test_names_of_trackers_sequences_and_all_else(self) -> None:
        scores, frames = fixtures.evaluation(self.folder, self.NAMES, sequences=3, pictures=True, longest=80)
        document = scores.read_text(encoding="utf-8")
        described = frames.read_text(encoding="utf-8")
        evil = json.dumps('</style><svg/onload=alert(2)>"')[1:-1]
        for name in ("Sequence001", "Occlusion", "OTB-100", "Frames with invalid truth"):
            document = document.replace(name, evil + name)
            described = described.replace(name, evil + name)
        scores.write_text(document, encoding="utf-8")
        frames.write_text(described, encoding="utf-8")
        fixtures.result_folders(self.folder)
        plots = self.folder / "plots"
        page = self.drawn("--eval", scores, "--frames", frames, "--plots", plots, "--title", "<b>&title</b>",
                          "--player-megabytes", 3)
        for part in ("<script>alert", "<img src=x", "<svg/onload", "</style><svg", "<b>&title"):
            self.assertNotIn(part, page)
        self.assertEqual(page.count("</style>"), 1)
        self.assertNotRegex(page, "[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]")
        self.assertIn('</style><svg/onload=alert(2)>"Sequence001', [clip["name"] for clip in clips(page)])
        self.assertEqual(page.count("</script>"), len(clips(page)) + 1)
        shown = {unescape(line).rsplit(" [", 1)[0] for line in legends(page)[0]}
        self.assertEqual(shown, {text.clean(name) for name in self.NAMES})
        for file in plots.iterdir():
            self.assertTrue(file.name.isascii())
            if file.suffix == ".svg":
                xml.parse(file)

    def test_manifests_are_text(self) -> None:
        scores, _ = fixtures.evaluation(self.folder, ["A"], sequences=2)
        fixtures.result_folders(self.folder)
        place = self.folder / "results" / "0" / "manifest.json"
        place.write_text(json.dumps({"<i>key</i>": "</pre><script>alert(3)</script>", "deep": {"<u>": "&"}}),
                         encoding="utf-8")
        page = self.drawn("--eval", scores)
        self.assertIn("&lt;/pre&gt;&lt;script&gt;alert(3)", page)
        self.assertNotIn("<i>key", page)

    def test_boxes_from_nowhere(self) -> None:
        picture = fixtures.picture_of(self.folder)
        for box in ([1e300, 0, 1, 1], [-5000, -5000, 3, 3], [0, 0, 0, 0], [10, 10, -40, -40], [0, 0, 1e5, 1e5], None):
            drawn = thumbnails.draw(model.Worst(1, picture, 0.0, [float("nan")] * 4, box))
            self.assertIsNotNone(drawn, str(box))

    def test_numbers_that_are_none(self) -> None:
        scores, frames = fixtures.evaluation(self.folder, ["A", "B"], sequences=2)
        document = json.loads(scores.read_text(encoding="utf-8"))
        document["trackers"]["A"]["overall"].update(auc=None, op50="high", success=[1, None])
        document["trackers"]["B"]["sequences"]["Sequence001"] = None
        scores.write_text(json.dumps(document).replace('"op75": ', '"op75": NaN, "was": '), encoding="utf-8")
        page = self.drawn("--eval", scores, "--frames", frames)
        self.assertEqual([line.split(" ")[0] for line in legends(page)[0]], ["B"])


class Failures(ReportCase):
    def test_input_that_cannot_be_used(self) -> None:
        broken = self.folder / "broken.json"
        for content, word in (("{", "no JSON"), ("[]", "document"), ('{"trackers": {}}', "no tracker"),
                              ('{"trackers": {"A": {"overall": {}}}}', '"sequences"'), ("[" * 100000, "no JSON")):
            broken.write_text(content, encoding="utf-8")
            self.assert_fails(3, "broken.json", word, options=("--eval", broken))
        self.assert_fails(3, "absent.json", options=("--eval", self.folder / "absent.json"))
        self.assertFalse(self.out.exists())

    def test_output_that_cannot_be_written(self) -> None:
        scores, _ = fixtures.evaluation(self.folder, ["A"], sequences=2)
        self.out = self.folder / "no" / "such" / "report.html"
        self.assert_fails(1, "report.html", options=("--eval", scores))
        self.out = self.folder
        self.assert_fails(3, "is a folder", options=("--eval", scores))
        before = scores.read_bytes()
        self.out = scores
        self.assert_fails(3, "is an input", options=("--eval", scores))
        self.assertEqual(scores.read_bytes(), before)

    def test_descriptors_are_written_where_they_stand(self) -> None:
        scores, _ = fixtures.evaluation(self.folder, ["A"], sequences=2)
        page = self.drawn("--eval", scores)
        log, link = self.folder / "log.html", self.folder / "link.html"
        for form in ("/dev/fd/{}", "/proc/self/fd/{}", "link"):
            log.write_text("earlier ", encoding="utf-8")
            with log.open("ab") as stream:
                self.out = Path(form.format(stream.fileno()))
                if form == "link":
                    link.symlink_to(f"/dev/fd/{stream.fileno()}")
                    self.out = link
                self.assertEqual(self.run_report("--eval", scores), (0, ""))
            self.assertEqual(log.read_text(encoding="utf-8"), "earlier " + page, form)
        for out in ("/dev/stdout", "/proc/self/fd/1"):
            done = subprocess.run([sys.executable, MAIN, "--eval", scores, "--output", out], stdout=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stdout.decode()), (0, page), out)
        self.out = Path("/dev/fd/999")
        self.assert_fails(1, "/dev/fd/999", options=("--eval", scores))

    def test_pipes_are_opened_by_their_own_name(self) -> None:
        read, written = os.pipe()
        try:
            command.write(Path(f"/proc/{os.getpid()}/fd/{written}"), b"page")
            self.assertEqual(os.read(read, 9), b"page")
        finally:
            os.close(read)
            os.close(written)

    def test_a_full_disk_leaves_the_older_page(self) -> None:
        if not Path("/dev/full").exists():
            self.skipTest("no /dev/full")
        scores, _ = fixtures.evaluation(self.folder, ["A"], sequences=2)
        self.out = Path("/dev/full")
        self.assert_fails(1, "/dev/full", options=("--eval", scores))
        self.out = self.folder / "report.html"
        self.drawn("--eval", scores)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".dslt")], [])


class Pictures(ReportCase):
    def decode(self, uri: str) -> Image.Image:
        return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))

    def test_strips_have_the_ramp_s_colours(self) -> None:
        table = strips.columns(np.array([[1.0, 0.0, 0.5, np.nan]], dtype=np.float32))
        picture = self.decode(strips.png(table)).convert("RGB")
        self.assertEqual(picture.size, (4, 1))
        self.assertEqual([picture.getpixel((x, 0)) for x in range(4)],
                         [palette.RAMP[-1], palette.RAMP[0], palette.RAMP[2], palette.NO_TRUTH])

    def test_columns_are_means_of_what_is_known(self) -> None:
        frames = strips.COLUMNS * 2
        overlaps = np.full((2, frames), 0.25, dtype=np.float32)
        overlaps[0, 1::2] = 0.75
        overlaps[1, ::2] = np.nan
        table = strips.columns(overlaps)
        self.assertEqual(table.shape, (2, strips.COLUMNS))
        np.testing.assert_allclose(table, [[0.5] * strips.COLUMNS, [0.25] * strips.COLUMNS])
        odd = strips.columns(np.arange(1000, dtype=np.float32)[None] / 1000)
        self.assertAlmostEqual(float(np.mean(odd)), 0.4995, delta=0.002)

    def test_thumbnails_show_both_boxes(self) -> None:
        Image.new("RGB", (640, 480), (0, 0, 0)).save(self.folder / "black.png")
        worst = model.Worst(7, str(self.folder / "black.png"), 0.1, [100, 100, 200, 150], [400, 250, 100, 100])
        drawn = thumbnails.draw(worst)
        self.assertFalse(drawn.outside)
        picture = np.asarray(self.decode(drawn.uri).convert("RGB")).astype(int)
        self.assertEqual(picture.shape, (174, 232, 3))
        scale = 232 / 640
        truth = picture[round(175 * scale), round(100 * scale)]
        box = picture[round(300 * scale), round(400 * scale)]
        self.assertGreater(truth.min(), 180)
        self.assertGreater(box[0] - box[2], 60)
        self.assertTrue(thumbnails.draw(worst.__class__(7, worst.path, 0, worst.truth, [700, 0, 9, 9])).outside)

    def test_the_budget_is_shared(self) -> None:
        sequences = []
        for i in range(200):
            worst = [model.Worst(k, "x", i / 200, [0] * 4, None) for k in range(3)]
            sequences.append(model.Sequence(f"s{i}", 9, worst=worst))
        frames = thumbnails.share(sequences)
        self.assertLessEqual(len(frames), thumbnails.BUDGET)
        self.assertEqual({len(s.worst) for s in sequences}, {1})
        self.assertEqual(len(thumbnails.share(sequences[:10])), 10)


class Playing(ReportCase):
    """Sequences that play in the page."""

    def setUp(self) -> None:
        super().setUp()
        self.scores, self.frames = fixtures.evaluation(self.folder, fixtures.NAMES[:3], sequences=4, pictures=True,
                                                       longest=110)
        self.addCleanup(setattr, player, "ENOUGH", player.ENOUGH)
        player.ENOUGH = 15
        self.described = json.loads(self.frames.read_text(encoding="utf-8"))

    def play(self, megabytes: int, *options: object) -> list[dict]:
        self.frames.write_text(json.dumps(self.described), encoding="utf-8")
        self.page = self.drawn("--eval", self.scores, "--frames", self.frames, "--player-megabytes", megabytes, *options)
        return clips(self.page)

    def size(self) -> int:
        return sum(map(len, re.findall(r'class="clip">(.*?)</script>', self.page)))

    def test_every_frame_with_every_box_and_overlap(self) -> None:
        picture = thumbnails.read(self.described["sequences"][0]["played"][0], (480, 480))[0]
        shown = {clip["name"]: clip for clip in self.play(200)}
        ranked = [line.split(" [")[0] for line in legends(self.page)[0]]
        rows = [self.described["trackers"].index(name) for name in ranked]
        overlaps = np.fromfile(self.folder / "frames.f32", dtype="<f4")
        self.assertEqual(len(shown), 4)
        for entry in self.described["sequences"]:
            clip, frames = shown[entry["name"]], entry["frames"]
            self.assertEqual((clip["frames"], clip["step"], clip["size"]), (frames, 1, [320, 240]))
            self.assertEqual(len(clip["pictures"]), frames)
            table = overlaps[entry["offset"]:entry["offset"] + 3 * frames].reshape(3, frames)[rows]
            np.testing.assert_allclose(np.array(clip["overlaps"]) / 100, table, atol=0.0051)
            np.testing.assert_allclose(np.array(clip["curves"]) / 100, strips.columns(table), atol=0.0051)
            wanted = fixtures.drifting(table)
            for row, boxes in zip(wanted, clip["boxes"]):
                self.assertEqual([box == 0 for box in boxes], list(np.isnan(row[:, 0])))
                np.testing.assert_allclose([b for b in boxes if b], 10 * row[np.isfinite(row[:, 0])], atol=0.51)
            decoded = Image.open(io.BytesIO(base64.b64decode(clip["pictures"][0])))
            self.assertEqual((decoded.format, decoded.size), ("JPEG", (320, 240)), "not enlarged")
            self.assertLess(np.abs(np.asarray(decoded).astype(int) - np.asarray(picture)).mean(), 6)
        self.assertIn("4 sequences, every frame, at most 320 pixels", self.page)
        self.assertNotIn("The limit is", self.page)

    def test_with_less_room_smaller_then_fewer_frames_then_fewer_sequences(self) -> None:
        before = None
        for megabytes, player.ENOUGH in ((2, 15), (1, 15), (1, 100)):
            found = self.play(megabytes)
            self.assertLessEqual(self.size(), megabytes * 1_000_000)
            self.assertGreater(self.size(), megabytes * 300_000, "the room is used")
            self.assertIn(f"The limit is {megabytes} MB", self.page)
            side = max(Image.open(io.BytesIO(base64.b64decode(clip["pictures"][0]))).width for clip in found)
            state = (len(found), side, -max(clip["step"] for clip in found))
            self.assertNotEqual(state, before)
            before = state
            for clip in found:
                self.assertEqual(len(clip["pictures"]), -(-clip["frames"] // clip["step"]))
                self.assertEqual([len(row) for row in clip["overlaps"]], [len(clip["pictures"])] * 3)
        self.assertLess(len(found), 4)
        # The worst ones for the tracker in focus are those that stay.
        order = re.findall(r"<summary><b>(.*?)</b>", self.page)
        self.assertEqual(found[0]["name"], order[0])
        self.assertIn("DSLT does worst on those shown", self.page)

    def test_a_sequence_too_long_for_any_plan(self) -> None:
        entry = max(self.described["sequences"], key=lambda e: e["frames"])
        self.described["sequences"] = [entry]
        read = model.read_evaluation(self.scores, None, None)
        self.frames.write_text(json.dumps(self.described), encoding="utf-8")
        model.read_frames(read, self.frames)
        sequence = [s for s in read.sequences if s.playable]
        found = player.fit(sequence, 120_000)
        self.assertEqual(len(found), 1)
        self.assertLessEqual(len(found[0].text), 120_000)
        self.assertGreater(len(found[0].pictures), 3)

    def test_guesses_that_are_wrong_cost_frames_not_the_limit(self) -> None:
        self.addCleanup(setattr, player, "MARGIN", player.MARGIN)
        player.MARGIN = 0.5
        self.play(1)
        self.assertLessEqual(self.size(), 1_000_000)
        self.assertGreater(self.size(), 450_000)

    def test_frames_that_are_missing(self) -> None:
        for entry in self.described["sequences"]:
            entry["played"][1] = None
            entry["played"][2] = str(self.folder / "absent.jpg")
        clip = self.play(200)[0]
        self.assertEqual([p is None for p in clip["pictures"][:4]], [False, True, True, False])
        for entry in self.described["sequences"][:3]:
            entry["played"] = [None] * entry["frames"]
        self.assertEqual(len(self.play(200)), 1)
        self.assertIn("3 sequences more had no room or no frames", self.page)

    def test_no_frames_at_all(self) -> None:
        scores, frames = fixtures.evaluation(self.folder, ["Only"], sequences=2)
        (self.folder / "frames.boxes").unlink()
        page = self.drawn("--eval", scores, "--frames", frames, "--player-megabytes", 5)
        self.assertIn("There are no frames under /data/OTB100. So no sequence can be played.", page)
        self.assertEqual(clips(page), [])
        for options in (("--player-megabytes", 0), ("--player-megabytes", 5, "--no-thumbnails")):
            self.assertNotIn('id="player"', self.drawn("--eval", scores, "--frames", frames, *options))

    def test_every_other_frame_of_those_listed(self) -> None:
        for entry in self.described["sequences"]:
            entry.update(step=3, played=entry["played"][::3])
        clip = self.play(200)[0]
        self.assertEqual(clip["step"], 3)
        self.assertEqual(len(clip["pictures"]), -(-clip["frames"] // 3))
        self.assertIn("every 3rd frame", self.page)

    def test_links_lead_to_the_frame(self) -> None:
        found = self.play(200)
        links = re.findall(r'<a href="#player" data-clip="(\d+)" data-frame="(\d+)"', self.page)
        self.assertEqual(len(links), 4 * (3 + 1))
        for entry in self.described["sequences"]:
            place = str([clip["name"] for clip in found].index(entry["name"]))
            worst = {str(w["frame"]) for w in entry["worst"]} | {"0"}
            self.assertEqual({frame for clip, frame in links if clip == place}, worst)

    def test_pictures_stand_upright(self) -> None:
        picture = Image.new("RGB", (40, 20), "black")
        picture.paste("white", (0, 0, 20, 20))
        exif = Image.Exif()
        exif[thumbnails.ORIENTATION] = 6
        picture.save(self.folder / "turned.jpg", exif=exif)
        upright, full = thumbnails.read(str(self.folder / "turned.jpg"), (480, 480))
        self.assertEqual((upright.size, full), ((20, 40), (20, 40)))
        self.assertGreater(upright.getpixel((10, 5))[0], 200)

    def test_ordinals(self) -> None:
        self.assertEqual([player.ordinal(n) for n in (2, 3, 4, 11, 21, 22, 113)],
                         ["other", "3rd", "4th", "11th", "21st", "22nd", "113th"])


class Whole(ReportCase):
    """The program as `dslt report` starts it."""

    def start(self, *options: object, **environment: str) -> float:
        """CPU seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-B", str(MAIN), *map(str, options)], capture_output=True, text=True,
                              env={**os.environ, **environment}, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_same_input_same_bytes(self) -> None:
        scores, frames = fixtures.evaluation(self.folder, fixtures.NAMES[:4], sequences=4, pictures=True, longest=100)
        fixtures.result_folders(self.folder)
        style = self.folder / "matplotlibrc"
        style.write_text("lines.linewidth: 9\nfont.size: 30\naxes.grid: False\n", encoding="ascii")
        for name, environment in (("a", {"PYTHONHASHSEED": "1", "TZ": "UTC"}),
                                  ("b", {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "MATPLOTLIBRC": str(style)})):
            self.start("--eval", scores, "--frames", frames, "--output", self.folder / f"{name}.html", "--plots",
                       self.folder / name, "--player-megabytes", 1, **environment)
        self.assertEqual((self.folder / "a.html").read_bytes(), (self.folder / "b.html").read_bytes())
        files = sorted(p.name for p in (self.folder / "a").iterdir())
        self.assertEqual(files, sorted(p.name for p in (self.folder / "b").iterdir()))
        for name in files:
            self.assertEqual((self.folder / "a" / name).read_bytes(), (self.folder / "b" / name).read_bytes(), name)

    def test_fifteen_trackers_on_a_hundred_sequences(self) -> None:
        scores, frames = fixtures.evaluation(self.folder, sequences=100, pictures=True)
        # CPU time, for other tests run beside this one.
        seconds = self.start("--eval", scores, "--frames", frames, "--output", self.out)
        size = self.out.stat().st_size
        self.assertLess(seconds, 5)
        self.assertLess(size, 10_000_000)
        page = self.out.read_text(encoding="utf-8")
        self.assert_sound(page)
        self.assertEqual(page.count("data:image/jpeg"), 300)
        self.assertEqual(len(legends(page)[0]), 15)
        self.assertEqual(len(Page(page).all("details")), 102)


if __name__ == "__main__":
    unittest.main()
